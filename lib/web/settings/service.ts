import { SerialQueue } from '../../base/async/serial-queue.js';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import { refused } from './guard.js';
import type { SettingsLog } from './log.js';
import type { CreatePageManager, ManagerSettings, PageManager, PageTools } from './manager.js';
import type { SettingsChange, SettingsFile } from './settings-file.js';

export interface SettingsServiceOptions {
  readonly file: SettingsFile;
  readonly log: SettingsLog;
  readonly createManager: CreatePageManager;
  readonly tools: PageTools;
  /** Whether certificates are renewed as long as the page is served. */
  readonly renew: boolean;
}

/** The answer to a request whose sender has the key. @throws SchannelError, with the code that it is refused with */
type Route = (body: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** What the page shows and does, without HTTP. */
export class SettingsService {
  readonly #options: SettingsServiceOptions;
  readonly #queue = new SerialQueue();
  readonly #listeners = new Set<() => void>();
  #manager: PageManager | null = null;
  /** Why there is no manager; null if there is one, or none is needed. */
  #failure: Error | null = null;
  #check: Promise<void> | null = null;
  #ended = false;

  readonly routes: Readonly<Record<string, Route | undefined>> = {
    'GET /api/settings': () => Promise.resolve(this.#options.file.view),
    'PUT /api/settings': (body) => this.#change(body),
    'GET /api/status': () => this.#status(),
    'POST /api/check': () => Promise.resolve(this.#begin()),
    'POST /api/dns-accounts': (body) => this.#dnsAccounts(body),
    'POST /api/import': () => this.#import(),
    'GET /api/ports': () => this.#ports(),
  };

  private constructor(options: SettingsServiceOptions) {
    this.#options = options;
  }

  static async open(options: SettingsServiceOptions): Promise<SettingsService> {
    const service = new SettingsService(options);
    const { damaged } = options.file.view;
    if (damaged !== null) {
      options.log.add({ level: 'warning', text: `The settings file was damaged. It is kept as ${damaged}` });
    }
    await service.#build();
    return service;
  }

  get log(): SettingsLog {
    return this.#options.log;
  }

  /** Calls back whenever settings or certificates may have changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#ended = true;
    // After a manager that is being made for settings that were just saved.
    await this.#queue.run(async () => this.#manager?.stop());
    await this.#check;
    await this.log.flush();
  }

  async #change(body: SettingsChange): Promise<unknown> {
    await this.#options.file.change({
      settings: objectIn(body, 'settings'),
      secrets: objectIn(body, 'secrets'),
    });
    this.log.add({ level: 'info', text: 'The settings were saved' });
    await this.#build();
    this.#changed();
    return this.#options.file.view;
  }

  /** A manager for the present settings, in place of the last one. */
  #build(): Promise<void> {
    return this.#queue.run(async () => {
      await this.#manager?.stop();
      this.#manager = null;
      this.#failure = null;
      // Nobody would stop it.
      if (this.#ended) return;
      try {
        const settings = await this.#settings();
        // Nothing to do is nothing wrong.
        if (settings.settings.names.length === 0) return;
        this.#manager = await this.#options.createManager(settings);
        if (this.#options.renew) this.#manager.start();
      } catch (error) {
        this.#failure = toError(error);
        this.#report(error);
      }
    });
  }

  async #settings(secrets: ManagerSettings['secrets'] = {}): Promise<ManagerSettings> {
    const { file, log } = this.#options;
    const known = { ...(await file.secrets()), ...secrets };
    log.hide(Object.values(known));
    return {
      settings: file.view.settings,
      secrets: known,
      log: (entry) => log.add(entry),
      changed: () => this.#changed(),
    };
  }

  async #status(): Promise<unknown> {
    await this.#queue.run(() => Promise.resolve());
    return {
      checking: this.#check !== null,
      certificates: (await this.#manager?.status()) ?? [],
      failure: this.#failure && this.#described(this.#failure),
    };
  }

  /** Begins a check, unless one is going on. The result is in the status and the log. */
  #begin(): unknown {
    if (this.#check !== null) return { started: false };
    if (this.#options.file.view.settings.names.length === 0) {
      throw refused('There is no name to get a certificate for');
    }
    this.log.add({ level: 'info', text: 'Checking the certificates' });
    this.#check = this.#queue
      .run(() => Promise.resolve())
      .then(() => {
        if (this.#manager === null) throw this.#failure ?? new Error('There is nothing to check');
        return this.#manager.check();
      })
      .catch((error: unknown) => this.#report(error))
      .finally(() => {
        this.#check = null;
        this.log.add({ level: 'info', text: 'The check has ended' });
        this.#changed();
      });
    this.#changed();
    return { started: true };
  }

  /** With the token that the person has typed, or the one that is set. */
  async #dnsAccounts({ token }: Readonly<Record<string, unknown>>): Promise<unknown> {
    const typed = typeof token === 'string' && token !== '' ? { dnsimpleToken: token } : {};
    const settings = await this.#settings(typed);
    if (settings.secrets.dnsimpleToken === undefined) throw refused('There is no token');
    try {
      return { accounts: await this.#options.tools.dnsAccounts(settings) };
    } catch (error) {
      this.#report(error);
      throw error;
    }
  }

  async #import(): Promise<unknown> {
    const settings = await this.#settings();
    if (settings.settings.certificateFolder === '') throw refused('No folder of certificates is set');
    try {
      const files = await this.#options.tools.importCertificates(settings);
      for (const { file, outcome, text } of files) {
        this.log.add({
          level: outcome === 'failed' ? 'error' : 'info',
          text: `${file}: ${outcome}${text === '' ? '' : `, ${text}`}`,
        });
      }
      this.#changed();
      return { files };
    } catch (error) {
      this.#report(error);
      throw error;
    }
  }

  async #ports(): Promise<unknown> {
    const { insecurePort, securePort, address } = this.#options.file.view.settings;
    const ports = [insecurePort, securePort].filter((port) => port !== 0);
    const owners = await Promise.all(
      ports.map(async (port) => ({ port, owner: await this.#options.tools.portOwner(port, address) })),
    );
    return { ports: owners };
  }

  #report(thrown: unknown): void {
    const error = toError(thrown);
    const { code, message, advice } = this.#described(error);
    const problem = error instanceof SchannelError ? (error.problem ?? null) : null;
    this.log.add({
      level: 'error',
      text: advice === null ? message : `${message}. ${advice}`,
      code: code === '' ? null : code,
      problem,
    });
  }

  #described(error: Error): { code: string; message: string; advice: string | null } {
    const advice = error instanceof SchannelError ? (error.advice ?? null) : null;
    return {
      code: errorCode(error),
      message: this.log.filter(error.message),
      advice: advice === null ? null : this.log.filter(advice),
    };
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function objectIn(body: object, name: keyof SettingsChange): Readonly<Record<string, unknown>> {
  const value: unknown = Reflect.get(body, name) ?? {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw refused(`'${name}' is no object`);
}
