import { generateKeyPairSync, sign } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { AccountKey } from '#lib/apps/acme/protocol/account-key.js';
import { certificateId } from '#lib/apps/acme/protocol/renewal-info.js';
import { CheckRun, type ManagerSystem } from '#lib/apps/acme/manager/check-run.js';
import type { MachineLock } from '#lib/apps/acme/manager/machine-lock.js';
import { AcmeManager } from '#lib/apps/acme/manager/manager.js';
import { type CertificateSet, type ManagerOptions, parseOptions } from '#lib/apps/acme/manager/options.js';
import type { ManagerLogEntry } from '#lib/apps/acme/manager/report.js';
import type { Placing, Shelf, ShelvedCertificate } from '#lib/apps/acme/manager/shelf.js';
import type { CertificateKey, CertificateKeys } from '#lib/apps/acme/order/keys.js';
import type { OrderRequest } from '#lib/apps/acme/order/options.js';
import type { Chain } from '#lib/apps/acme/protocol/client.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { type CertificateOptions, sharedRoot } from './certificates.js';
import { MemorySolver } from './order-parts.js';
import { json, ORIGIN, problem, ScriptedAcme } from './scripted-acme.js';
import { ScriptedClock } from './scripted-clock.js';

export type ManagerKey = CertificateKey & AccountKey;

/** Keys in memory. */
export class ManagerKeys implements CertificateKeys<ManagerKey> {
  readonly kept = new Map<string, ManagerKey>();

  plan(): { name: string } {
    return { name: `key ${this.kept.size + 1}` };
  }

  make({ name }: { readonly name?: unknown }): Promise<ManagerKey> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = {
      publicKey,
      sign: (digest: string, data: Uint8Array, options: object = {}) =>
        Promise.resolve(
          // An account asks for this form, a request for the other one.
          sign(
            digest,
            data,
            'dsaEncoding' in options ? { key: privateKey, dsaEncoding: 'ieee-p1363' } : privateKey,
          ),
        ),
      close: () => Promise.resolve(),
    };
    this.kept.set(String(name), key);
    return Promise.resolve(key);
  }

  open({ name }: { readonly name?: unknown }): Promise<ManagerKey | null> {
    return Promise.resolve(this.kept.get(String(name)) ?? null);
  }

  remove({ name }: { readonly name?: unknown }): Promise<void> {
    this.kept.delete(String(name));
    return Promise.resolve();
  }
}

/** The stores of a machine, in memory. */
export class MemoryShelf implements Shelf<ManagerKey> {
  readonly held: (ShelvedCertificate & { readonly store: string })[] = [];
  readonly discarded: string[] = [];
  /** Why nothing can be placed. */
  failure: Error | null = null;
  /** Called when a certificate is in its store. */
  afterPlacing: () => void = () => undefined;
  /** What certificates are called that name their successors. */
  readonly successors = new Map<string, string>();
  canArchive = true;
  retired = 0;
  /** Why certificates are kept that should be discarded. */
  keptFor: string | null = null;
  /** Names of keys that certificates have. */
  readonly used = new Set<unknown>();
  /** With what it fails when it is asked whether it may be written. */
  refusal: Error | null = null;

  prepare(): Promise<void> {
    return this.refusal === null ? Promise.resolve() : Promise.reject(this.refusal);
  }

  list(store: string, manager: string): Promise<readonly ShelvedCertificate[]> {
    return Promise.resolve(
      this.held.filter((each) => each.store === store && each.marker.manager === manager),
    );
  }

  place(
    [leaf]: Chain,
    _key: ManagerKey,
    { store, marker, friendlyName }: Placing,
  ): Promise<ShelvedCertificate> {
    if (leaf === undefined) throw new RangeError('a chain without certificates');
    if (this.failure !== null) return Promise.reject(this.failure);
    const reference = `${store}\\${leaf.thumbprint}`;
    const at = this.held.findIndex((each) => each.reference === reference);
    if (at >= 0) this.held.splice(at, 1);
    const shelved = {
      contents: leaf,
      marker,
      friendlyName,
      archived: false,
      hasKey: true,
      successor: null,
      reference,
      store,
    };
    this.held.push(shelved);
    this.afterPlacing();
    return Promise.resolve(shelved);
  }

  hasKeyOf(_store: string, { name }: { readonly name?: unknown }): Promise<boolean> {
    return Promise.resolve(this.used.has(name));
  }

  retire(former: ShelvedCertificate, { thumbprint }: CertificateContents): Promise<'archived' | 'kept'> {
    this.retired += 1;
    this.successors.set(former.contents.thumbprint, thumbprint);
    const at = this.held.findIndex(({ reference }) => reference === former.reference);
    const entry = this.held[at];
    if (entry !== undefined) {
      this.held[at] = { ...entry, successor: thumbprint, archived: this.canArchive };
    }
    return Promise.resolve(this.canArchive ? 'archived' : 'kept');
  }

  discard(former: ShelvedCertificate): Promise<string | null> {
    if (this.keptFor !== null) return Promise.resolve(this.keptFor);
    this.discarded.push(former.reference);
    this.held.splice(
      this.held.findIndex(({ reference }) => reference === former.reference),
      1,
    );
    return Promise.resolve(null);
  }
}

const DAY_MS = 86_400_000;

/** A manager whose server, stores, keys and clock are in the hands of a test. */
export class ManagedMachine {
  readonly clock = new ScriptedClock(Date.UTC(2030, 0, 1, 10, 30));
  readonly server: ScriptedAcme;
  readonly shelf = new MemoryShelf();
  readonly keys = new ManagerKeys();
  readonly solver = new MemorySolver();
  readonly orders: OrderRequest<ManagerKey>[] = [];
  /** What the programs after a new certificate were called with. */
  readonly ran: string[][] = [];
  readonly log: ManagerLogEntry[] = [];
  /** 'issued web', 'renewed web', 'failed web', 'warning …'. */
  readonly events: string[] = [];
  /** Called before each order: throws if it is to fail. */
  beforeOrder: (request: OrderRequest<ManagerKey>) => void | Promise<void> = () => undefined;
  /** Called in place of a program. */
  onRun: () => void = () => undefined;
  /** What a person should know of each new certificate. */
  findings: readonly string[] = [];
  /** How long certificates are valid, in days. */
  lifetime = 90;
  /** In how many days the server suggests to renew: from, to; null if it suggests nothing. */
  suggestion: readonly [from: number, to: number] | null = null;
  /** How much later it is at the server, in milliseconds. */
  skew = 0;
  /** From 0 to 1. */
  random = 0;
  leftovers = 0;
  /** What the next order gets: that of an order which goes on. */
  resumed: CertificateContents | null = null;
  readonly state: string;
  #locked: Promise<unknown> = Promise.resolve();

  constructor(state: string) {
    this.state = state;
    this.server = new ScriptedAcme();
    this.server.on('/account', json({ status: 'valid' }, { headers: { location: `${ORIGIN}/account/1` } }));
  }

  manager(set: Partial<CertificateSet> = {}, more: Partial<ManagerOptions> = {}): AcmeManager {
    const options = parseOptions({
      directory: `${ORIGIN}/directory`,
      termsOfServiceAgreed: true,
      state: this.state,
      certificates: [{ names: ['www.bar.test'], challenge: this.solver, id: 'web', ...set }],
      ...more,
    });
    const system = this.#system();
    const manager = new AcmeManager(
      options,
      this.clock,
      (events, signal) => new CheckRun(options, system, events, signal),
    );
    manager.on('log', (entry) => this.log.push(entry));
    manager.on('warning', ({ text }) => this.events.push(`warning ${text}`));
    for (const event of ['issued', 'renewed'] as const) {
      manager.on(event, ({ set: id }) => this.events.push(`${event} ${id}`));
    }
    manager.on('failed', ({ id }) => this.events.push(`failed ${id}`));
    return manager;
  }

  /** Lets time pass while nothing runs. */
  async pass(days: number): Promise<void> {
    await this.clock.advance(days * DAY_MS);
  }

  /** How often the server was asked when to renew. */
  get asked(): number {
    return this.server.asked.filter(({ path }) => path.startsWith('/renewal/')).length;
  }

  #system(): ManagerSystem<ManagerKey> {
    return {
      transport: async (request) => {
        const response = await this.server.transport(request);
        const date = new Date(this.clock.now() + this.skew).toUTCString();
        return { ...response, headers: { ...response.headers, date } };
      },
      shelf: this.shelf,
      keysFor: () => this.keys,
      lockFor: () => this.#lock,
      order: (request) => this.#order(request),
      undoLeftovers: () => {
        this.leftovers += 1;
        return Promise.resolve([]);
      },
      inspect: () => Promise.resolve(this.findings),
      run: (program, args) => {
        this.ran.push([program, ...args]);
        this.onRun();
        return Promise.resolve();
      },
      clock: this.clock,
      random: () => this.random,
    };
  }

  readonly #lock: MachineLock = (task) => {
    const end = this.#locked.then(task);
    this.#locked = end.catch(() => undefined);
    return end;
  };

  async #order(request: OrderRequest<ManagerKey>): Promise<void> {
    this.orders.push(request);
    await this.beforeOrder(request);
    const key = await request.keys.make(request.keys.plan());
    const contents = this.resumed ?? (await this.issue(request.names));
    await rm(request.journal, { force: true });
    this.suggest(contents);
    await request.place({
      chain: [contents],
      key,
      keyPlan: {},
      names: request.names.map((value) => ({ type: 'dns', value })),
      order: `${ORIGIN}/order/${this.orders.length}`,
      profile: null,
    });
  }

  /** A certificate that begins now. */
  async issue(names: readonly string[], more: CertificateOptions = {}): Promise<CertificateContents> {
    const root = await sharedRoot();
    const now = this.clock.now();
    const { der } = await root.issue({
      altNames: names.map((name) => `DNS:${name}`),
      notBefore: new Date(now),
      notAfter: new Date(now + this.lifetime * DAY_MS),
      ...more,
    });
    return new CertificateContents(der);
  }

  /** What the server says from now on of when to renew a certificate. */
  suggest({ raw, validFrom }: CertificateContents, retryAfterSeconds = 21_600): void {
    const path = `/renewal/${certificateId(raw) ?? ''}`;
    if (this.suggestion === null) {
      this.server.on(path, problem('malformed', 404));
      return;
    }
    const [start, end] = this.suggestion.map((days) => new Date(validFrom.getTime() + days * DAY_MS));
    this.server.on(
      path,
      json(
        { suggestedWindow: { start, end }, explanationURL: 'https://acme.test/why' },
        { headers: { 'retry-after': String(retryAfterSeconds) } },
      ),
    );
  }
}
