import { SerialQueue } from '../../base/async/serial-queue.js';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { LOCK_SYSTEM, type LockSystem, withLock } from '../../base/files/lock.js';
import { damagedAuthority, lockedAuthority } from './errors.js';
import type { AuthorityEvent, LoggedEvent } from './events.js';
import { EventLog, FIRST_HASH } from './event-log.js';
import { type AuthorityFolder, noAuthority, unfinishedAuthority } from './folder.js';
import { AuthorityState } from './state.js';

/** Changes of the log, while no other process can make any. */
export interface Change {
  /** Milliseconds since 1970; never before the last event. */
  readonly now: number;
  /** Adds an event. It is on the disk when this resolves. */
  record(event: AuthorityEvent): Promise<void>;
}

/** How far the clock may be behind the last event. Clocks are corrected in small steps. */
const CLOCK_SLACK_MS = 300_000;

/** The log of an authority and its state. Several processes can use it at once. */
export class Ledger {
  readonly folder: AuthorityFolder;
  readonly system: LockSystem;
  readonly #log: EventLog;
  readonly #turns = new SerialQueue();
  readonly #state = new AuthorityState();
  readonly #mended: string[] = [];

  private constructor(folder: AuthorityFolder, system: LockSystem, log = folder.log) {
    this.folder = folder;
    this.system = system;
    this.#log = new EventLog(log, folder.path);
  }

  /** @throws SchannelError ERR_SCHANNEL_CA_NOT_FOUND, ERR_SCHANNEL_CA_DAMAGED */
  static async open(folder: AuthorityFolder, system: LockSystem = LOCK_SYSTEM): Promise<Ledger> {
    const ledger = new Ledger(folder, system);
    try {
      await ledger.refresh();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error;
      if (await folder.isUnfinished()) throw unfinishedAuthority('ERR_SCHANNEL_CA_NOT_FOUND', folder.path);
      throw noAuthority(folder.path, error);
    }
    if (ledger.state.init === null) throw noAuthority(folder.path);
    return ledger;
  }

  /**
   * Creates the log, which is empty. Its first event has to be the beginning of the authority, and nobody can open it
   * before {@link finish}.
   */
  static async create(folder: AuthorityFolder, system: LockSystem = LOCK_SYSTEM): Promise<Ledger> {
    await folder.create();
    await folder.write(folder.unfinishedLog, '');
    return new Ledger(folder, system, folder.unfinishedLog);
  }

  /** Everything that the authority begins with is recorded: from now on, it can be opened. */
  finish(): Promise<void> {
    return this.#log.rename(this.folder.log);
  }

  /** As of the last {@link refresh} or {@link change}. */
  get state(): AuthorityState {
    return this.#state;
  }

  get head(): string {
    return this.#log.head;
  }

  get count(): number {
    return this.#log.count;
  }

  /** What was put in order after a process had been interrupted, in sentences. */
  get mended(): readonly string[] {
    return this.#mended;
  }

  noteMended(what: string): void {
    this.#mended.push(what);
  }

  /** Whether a {@link change} would put anything in order. */
  get needsMending(): boolean {
    return this.#log.torn > 0 || this.#state.unfinished.size > 0;
  }

  /** Takes in what other processes have added. Needs no lock. */
  refresh(): Promise<void> {
    return this.#turns.run(() => this.#read());
  }

  #read(): Promise<void> {
    return this.#log.read((event) => this.#apply(event));
  }

  #apply(event: LoggedEvent): void {
    const problem = this.#state.apply(event);
    if (problem === null) return;
    throw damagedAuthority(this.folder.path, `is damaged: line ${event.n} of its log ${problem}`);
  }

  /**
   * Runs a task that adds events, while no other process can. What others have added before is in the state.
   *
   * @throws SchannelError ERR_SCHANNEL_CA_LOCKED, ERR_SCHANNEL_CA_DAMAGED, ERR_SCHANNEL_CA_CLOCK
   */
  change<Value>(task: (change: Change) => Promise<Value>): Promise<Value> {
    return this.#turns.run(() =>
      withLock(
        this.folder.path,
        async () => {
          await this.#read();
          const now = this.#now();
          await this.#mend();
          return task({ now, record: (event) => this.#record(event) });
        },
        { locked: lockedAuthority, system: this.system },
      ),
    );
  }

  /** What a process that was killed has left. Nobody else can be at work, since this process has the lock. */
  async #mend(): Promise<void> {
    if (this.#log.torn > 0) {
      await this.#log.removeTorn();
      this.#mended.push('the last line of the log was incomplete, and was removed');
    }
    for (const serial of [...this.#state.unfinished]) {
      await this.#record({ event: 'abandoned', serial });
      this.#mended.push(`the certificate ${serial} was never finished, and was revoked`);
    }
  }

  async #record(event: AuthorityEvent): Promise<void> {
    this.#apply(await this.#log.append(event, new Date(this.#now()).toISOString()));
  }

  /** A log with older events after newer ones would contradict itself, and so would certificates. */
  #now(): number {
    const now = this.system.clock.now();
    const { lastTime } = this.#state;
    if (now >= lastTime) return now;
    if (now >= lastTime - CLOCK_SLACK_MS) return lastTime;
    throw new SchannelError(
      'ERR_SCHANNEL_CA_CLOCK',
      `The clock says ${new Date(now).toISOString()}, but the last event of the authority is of ${new Date(lastTime).toISOString()}`,
      { advice: 'Set the clock of this machine. Nothing was signed.' },
    );
  }

  /** All events, read again from the first line. */
  async events(): Promise<LoggedEvent[]> {
    const events: LoggedEvent[] = [];
    await new EventLog(this.folder.log, this.folder.path).read((event) => events.push(event));
    return events;
  }

  /** Whether a hash that was noted down is that of a line, or of the empty log. */
  async hasHead(head: string): Promise<boolean> {
    if (head === FIRST_HASH || head === this.head) return true;
    return (await this.events()).some(({ before }) => before === head);
  }
}
