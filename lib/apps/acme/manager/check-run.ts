import type { EventEmitter } from 'node:events';
import type { Clock } from '../../../base/async/clock.js';
import { toError } from '../../../base/errors/to-error.js';
import type { AcmeTransport } from '../http/transport.js';
import type { CertificateKey, CertificateKeys } from '../order/keys.js';
import type { WindowsKeyOptions } from '../order/windows-keys.js';
import type { AccountKey } from '../protocol/account-key.js';
import type { AcmeClient } from '../protocol/client.js';
import { type OpenAccount, openAccount } from './account.js';
import { ClockWatch } from './clock-watch.js';
import type { MachineLock } from './machine-lock.js';
import type { ParsedOptions, ParsedSet } from './options.js';
import type { CheckReport, ManagerEvents, ManagerLogEntry, SetReport, SetStatus } from './report.js';
import { type Haste, type SetContext, SetWork } from './set-work.js';
import { idOf, managerId, prepareState, StateFolder } from './state-folder.js';

/** What a manager needs of the system. */
export interface ManagerSystem<Key extends CertificateKey & AccountKey> extends Pick<
  SetContext<Key>,
  'shelf' | 'order' | 'undoLeftovers' | 'inspect' | 'run' | 'clock' | 'random'
> {
  readonly transport: AcmeTransport;
  readonly keysFor: (options: WindowsKeyOptions) => CertificateKeys<Key>;
  /** The lock of a state folder. */
  readonly lockFor: (folder: string, clock: Clock) => MachineLock;
}

/** How long to wait after a check that could not keep what it did. */
const TROUBLE_MS = 60_000;

/** One check of all sets, or one look at them. The account of each server is opened once. */
export class CheckRun<Key extends CertificateKey & AccountKey> {
  readonly #options: ParsedOptions;
  readonly #system: ManagerSystem<Key>;
  readonly #events: EventEmitter<ManagerEvents>;
  readonly #signal: AbortSignal | undefined;
  readonly #clockWatch: ClockWatch;
  readonly #accounts = new Map<string, Promise<OpenAccount>>();

  constructor(
    options: ParsedOptions,
    system: ManagerSystem<Key>,
    events: EventEmitter<ManagerEvents>,
    signal?: AbortSignal,
  ) {
    this.#options = options;
    this.#system = system;
    this.#events = events;
    this.#signal = signal;
    this.#clockWatch = new ClockWatch(system.clock);
  }

  /** @returns what was done, and when something is due next. @throws AbortError */
  async check(haste: Haste): Promise<{ readonly report: CheckReport; readonly nextMoment: number }> {
    const { sets, state } = this.#options;
    const { lockFor, clock } = this.#system;
    const reports: SetReport[] = [];
    const moments: number[] = [];
    const note = (report: SetReport, moment: number): void => {
      reports.push(report);
      moments.push(moment);
      if (report.error !== null) this.#emit('failed', report);
    };
    const trouble = (set: ParsedSet, error: unknown): void => {
      if (this.#signal?.aborted === true) throw error;
      note(notBegun(set, toError(error)), clock.now() + TROUBLE_MS);
    };
    try {
      await prepareState(state);
      await lockFor(state, clock)(async () => {
        for (const set of sets) {
          const work = this.#workFor(set);
          try {
            const report = await work.check(haste);
            note(report, work.nextMoment);
          } catch (error) {
            trouble(set, error);
          }
        }
      }, this.#signal);
    } catch (error) {
      for (const set of sets.slice(reports.length)) trouble(set, error);
    } finally {
      await this.#close();
    }
    const { skew } = this.#clockWatch;
    const clockSkew = skew === null ? null : Math.round(skew / 1000);
    return { report: { sets: reports, clockSkew }, nextMoment: Math.min(...moments, Infinity) };
  }

  /** How the sets stand. @throws SchannelError ERR_SCHANNEL_ACME_STATE */
  async status(): Promise<SetStatus[]> {
    const found: SetStatus[] = [];
    for (const set of this.#options.sets) found.push(await this.#workFor(set).status());
    return found;
  }

  #workFor(set: ParsedSet): SetWork<Key> {
    const { state, staging, server, fallback } = this.#options;
    return new SetWork({
      ...this.#system,
      moveBindings: this.#options.moveBindings,
      manager: managerId(state),
      set,
      staging,
      directories: fallback === null ? [server.directory] : [server.directory, fallback.directory],
      folderFor: (directory) => this.#folderFor(directory),
      clientFor: (directory) => this.#clientFor(directory),
      clockWatch: this.#clockWatch,
      keys: this.#system.keysFor(set.key),
      signal: this.#signal,
      log: (entry) => {
        this.#log(set.id, entry);
      },
      obtained: (event, obtained) => {
        this.#emit(event, obtained);
      },
    });
  }

  #folderFor(directory: string): StateFolder {
    return new StateFolder(this.#options.state, directory);
  }

  async #clientFor(directory: string): Promise<AcmeClient> {
    const opened = this.#accounts.get(directory) ?? this.#open(directory);
    this.#accounts.set(directory, opened);
    return (await opened).client;
  }

  async #open(directory: string): Promise<OpenAccount> {
    const { server, fallback, accountKey, state } = this.#options;
    const { keysFor, transport, clock } = this.#system;
    const folder = this.#folderFor(directory);
    await folder.prepare();
    const account = await openAccount(fallback?.directory === directory ? fallback : server, {
      folder,
      keys: keysFor(accountKey),
      plan: {
        name: `schannel-acme-account-${managerId(state)}-${idOf(directory)}`,
        provider: accountKey.provider ?? null,
        machine: accountKey.machine ?? false,
      },
      transport: this.#clockWatch.watched(transport),
      clock,
      signal: this.#signal,
      warn: (text) => {
        this.#warn(text);
      },
    });
    this.#warnOfClock(directory);
    return account;
  }

  #warnOfClock(directory: string): void {
    const { verdict, skew } = this.#clockWatch;
    if (verdict === null || verdict === 'right') return;
    const minutes = Math.round(Math.abs(skew ?? 0) / 60_000);
    const where = (skew ?? 0) > 0 ? 'behind' : 'ahead of';
    this.#warn(
      `The clock of this machine is ${minutes} minutes ${where} that of ${new URL(directory).host}. Set it: "w32tm /resync"`,
    );
  }

  #warn(text: string): void {
    this.#log(null, { level: 'warning', text, order: null, name: null, problem: null });
  }

  #log(set: string | null, entry: Omit<ManagerLogEntry, 'time' | 'set'>): void {
    const whole: ManagerLogEntry = { time: new Date(this.#system.clock.now()), set, ...entry };
    this.#emit('log', whole);
    if (whole.level === 'warning') this.#emit('warning', whole);
  }

  /** A listener that throws must not fail an order: its error goes where those of other listeners go. */
  #emit<Event extends keyof ManagerEvents>(event: Event, ...args: ManagerEvents[Event]): void {
    try {
      (this.#events as EventEmitter).emit(event, ...args);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  async #close(): Promise<void> {
    for (const account of this.#accounts.values()) {
      // One that could not be opened has nothing to close.
      await account.then((each) => each.close()).catch(() => undefined);
    }
  }
}

/** A set of which only is known that nothing could be done. */
const notBegun = (set: ParsedSet, error: Error): SetReport => ({
  id: set.id,
  names: set.names.map(({ value }) => value),
  store: set.store,
  certificate: null,
  renewal: null,
  explanation: null,
  due: true,
  failures: 0,
  nextTry: null,
  lastFailure: null,
  dropped: [],
  unfinished: false,
  hookFailure: null,
  action: 'failed',
  error,
});
