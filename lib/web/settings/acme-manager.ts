import { once } from 'node:events';
import type http from 'node:http';
import { createRedirectServer, type TokenSource } from '../../apps/acme/challenge/redirect-server.js';
import { createAcmeManager } from '../../apps/acme/manager/create.js';
import type { AcmeManager } from '../../apps/acme/manager/manager.js';
import type { ManagerOptions } from '../../apps/acme/manager/options.js';
import type { ManagerLogEntry, SetReport, SetStatus } from '../../apps/acme/manager/report.js';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { knowsHost, type SiteNames, siteNames } from '../names/site-names.js';
import { acmeSetUp, completeName } from './acme-options.js';
import type {
  CertificateStatus,
  CreatePageManager,
  ManagerSettings,
  NameStatus,
  PageManager,
} from './manager.js';

/** The manager of `schannel/acme`, by the settings. */
export const acmePageManager: CreatePageManager = (given) => managerBy(createAcmeManager)(given);

/**
 * @param create as createAcmeManager(), or one whose parts are in the hands of a test
 * @param state the folder of the manager; default that of the machine
 */
export const managerBy =
  (create: (options: ManagerOptions) => AcmeManager, state?: string): CreatePageManager =>
  (given) => {
    const { options, tokens } = acmeSetUp(given, state);
    return Promise.resolve(new AcmePageManager(create(options), given, tokens));
  };

class AcmePageManager implements PageManager {
  readonly #manager: AcmeManager;
  readonly #given: ManagerSettings;
  readonly #tokens: TokenSource | null;
  readonly #names: SiteNames;
  #check: AbortController | null = null;
  /** Whether it renews by itself, and so has port 80 all the time. */
  #renews = false;
  #server: http.Server | null = null;
  /** What the authority has said of single names since the last check began. */
  readonly #problems = new Map<string, string>();

  constructor(manager: AcmeManager, given: ManagerSettings, tokens: TokenSource | null) {
    this.#manager = manager;
    this.#given = given;
    this.#tokens = tokens;
    const { names, rootDomain } = given.settings;
    this.#names = siteNames(names.flat().map((name) => completeName(name, rootDomain)));
    manager.on('log', (entry) => {
      this.#note(entry);
    });
    for (const event of ['issued', 'renewed'] as const) {
      manager.on(event, ({ names, certificate }) => {
        const text = `The ${event === 'issued' ? 'certificate' : 'new certificate'} is in its store: ${certificate.reference}`;
        given.log({ level: 'success', text, name: names[0] ?? null });
        given.changed();
      });
    }
    manager.on('failed', (report) => {
      this.#fail(report);
    });
  }

  async status(): Promise<readonly CertificateStatus[]> {
    return (await this.#manager.status()).map((set) => this.#statusOf(set));
  }

  async check(): Promise<void> {
    const check = new AbortController();
    this.#check = check;
    this.#problems.clear();
    await this.#answer();
    try {
      await this.#manager.check({ retry: true, signal: check.signal });
    } catch (error) {
      if (!check.signal.aborted) throw error;
    } finally {
      this.#check = null;
      if (!this.#renews) await this.#answerNoMore();
    }
  }

  start(): void {
    this.#renews = true;
    void this.#answer().then(async () => {
      if (this.#renews) this.#manager.start();
      // It was stopped meanwhile.
      else await this.#answerNoMore();
    });
  }

  async stop(): Promise<void> {
    this.#renews = false;
    this.#check?.abort();
    await this.#manager.stop();
    await this.#answerNoMore();
  }

  /** Takes port 80, if that is how the names are proved, and if nobody has it. */
  async #answer(): Promise<void> {
    const { settings, log } = this.#given;
    const { insecurePort, securePort, address } = settings;
    if (this.#tokens === null || this.#server !== null || insecurePort === 0) return;
    const server = createRedirectServer({
      hosts: (host) => knowsHost(this.#names, host),
      httpsPort: securePort,
      tokens: this.#tokens,
    });
    try {
      server.listen({ port: insecurePort, ...(address !== '' && { host: address }) });
      await once(server, 'listening');
      this.#server = server;
    } catch (error) {
      const text = `Port ${insecurePort} cannot be used here (${errorCode(error)}). The web server that has it has to answer`;
      log({ level: 'warning', text });
    }
  }

  async #answerNoMore(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  #note({ level, text, order, name, problem }: ManagerLogEntry): void {
    if (name !== null && problem !== null) this.#problems.set(name, problem.detail);
    this.#given.log({ level, text, order, name, problem });
    this.#given.changed();
  }

  #fail({ error, names }: SetReport): void {
    if (error === null) return;
    const { advice, problem } = error instanceof SchannelError ? error : {};
    this.#given.log({
      level: 'error',
      text: advice === undefined ? error.message : `${error.message}. ${advice}`,
      name: names[0] ?? null,
      code: errorCode(error) || null,
      problem: problem ?? null,
    });
    this.#given.changed();
  }

  #statusOf(set: SetStatus): CertificateStatus {
    const { certificate, lastFailure, hookFailure, failures } = set;
    return {
      names: set.names.map((name) => this.#nameOf(name, set)),
      state: this.#check !== null && set.due ? 'working' : stateOf(set),
      thumbprint: certificate?.thumbprint ?? null,
      issuer: certificate === null ? null : new URL(certificate.directory).host,
      notAfter: certificate?.validTo ?? null,
      ...nextOf(set),
      failure:
        failures > 0 && lastFailure !== null
          ? { code: lastFailure.code, message: lastFailure.text, advice: null, at: lastFailure.at }
          : hookFailure === null
            ? null
            : { code: 'ERR_SCHANNEL_ACME_HOOK', message: hookFailure, advice: null, at: null },
    };
  }

  #nameOf(name: string, { certificate, dropped }: SetStatus): NameStatus {
    const problem = this.#problems.get(name) ?? null;
    if (problem !== null || dropped.includes(name)) return { name, state: 'failed', problem };
    return { name, state: certificate === null ? 'waiting' : 'confirmed', problem };
  }
}

function stateOf({ certificate, failures, due }: SetStatus): CertificateStatus['state'] {
  if (failures > 0) return 'failing';
  if (certificate === null) return 'missing';
  return due ? 'due' : 'valid';
}

function nextOf(set: SetStatus): Pick<CertificateStatus, 'next' | 'reason'> {
  const { renewal, nextTry, explanation } = set;
  if (nextTry !== null) return { next: nextTry, reason: 'It is tried again then.' };
  if (renewal === null) return { next: null, reason: 'With the next check.' };
  const reason = {
    suggested: `The authority suggests this time.${explanation === null ? '' : ` ${explanation}`}`,
    lifetime: 'Little of its lifetime is left then.',
  }[renewal.reason];
  return { next: renewal.at, reason };
}
