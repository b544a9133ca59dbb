import { access } from 'node:fs/promises';
import type { Clock } from '../../../base/async/clock.js';
import { errorCode } from '../../../base/errors/error-code.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { printable } from '../../../base/text/printable.js';
import { newestValidFirst } from '../../../windows/store/order.js';
import { OrderJournal } from '../order/journal.js';
import type { CertificateKey, CertificateKeys } from '../order/keys.js';
import type { OrderLogEntry } from '../order/log.js';
import type { OrderRequest } from '../order/options.js';
import type { AcmeClient } from '../protocol/client.js';
import type { runProgram } from '../process/run-program.js';
import { failingAfter, failingTooLong } from './failing-names.js';
import { type MoveBindings, runPending } from './hooks.js';
import type { ParsedSet } from './options.js';
import { heldOf, type ManagerLogEntry, type Obtained, type SetReport, type SetStatus } from './report.js';
import {
  DAY_MS,
  isPressing,
  isTimeForAnother,
  momentByLifetime,
  type Random,
  renewalMoment,
  restAfter,
  retryMoment,
  type Validity,
  windowOf,
} from './schedule.js';
import { LONGEST_LIMIT_MS, newState, type SetState, withoutFarMoments } from './set-state.js';
import type { Shelf, ShelvedCertificate } from './shelf.js';
import type { StateFolder } from './state-folder.js';
import type { ClockWatch } from './clock-watch.js';

/** What the work on a set needs. */
export interface SetContext<Key extends CertificateKey> {
  readonly manager: string;
  readonly set: ParsedSet;
  readonly staging: boolean;
  /** Directories, the one that is preferred first. */
  readonly directories: readonly [string, ...string[]];
  readonly folderFor: (directory: string) => StateFolder;
  /** A client with its account, opened once. */
  readonly clientFor: (directory: string) => Promise<AcmeClient>;
  readonly clockWatch: Pick<ClockWatch, 'verdict'>;
  readonly shelf: Shelf<Key>;
  readonly keys: CertificateKeys<Key>;
  readonly order: (request: OrderRequest<Key>) => Promise<unknown>;
  readonly undoLeftovers: (leftovers: {
    readonly journal: string;
    readonly solvers: ParsedSet['solvers'];
    readonly keys: CertificateKeys<Key>;
    readonly log: (entry: OrderLogEntry) => void;
  }) => Promise<readonly string[]>;
  /** What a person should know about a certificate in a store, in sentences. */
  readonly inspect: (reference: string) => Promise<readonly string[]>;
  readonly run: typeof runProgram;
  /** Null if no bindings are moved. */
  readonly moveBindings: MoveBindings | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
  readonly log: (entry: Omit<ManagerLogEntry, 'time' | 'set'>) => void;
  readonly obtained: (event: 'issued' | 'renewed', obtained: Obtained) => void;
}

/** How long after its end a certificate is kept. */
const KEPT_MS = 7 * DAY_MS;
/** If a server can't say when to renew (RFC 9773 §4.3.3). */
const ASK_AGAIN_MS = DAY_MS / 4;
/** After so many failures of the first server, the second one gets the certificate if there is none yet. */
const FAILURES_BEFORE_ANOTHER = 3;

/** What is done before its time. */
export interface Haste {
  /** Renew what is not due. */
  readonly force: boolean;
  /** Try again what has failed. */
  readonly retry: boolean;
}

/** Looks after one set of names, in one check. */
export class SetWork<Key extends CertificateKey> {
  readonly #context: SetContext<Key>;
  readonly #folder: StateFolder;
  #state: SetState;
  /** Those of the set that are not archived, the present one first. */
  #held: readonly ShelvedCertificate[] = [];
  #archived: readonly ShelvedCertificate[] = [];

  constructor(context: SetContext<Key>) {
    this.#context = context;
    this.#folder = context.folderFor(context.directories[0]);
    this.#state = newState(this.#names);
  }

  /**
   * Renews the certificate if it is time, runs what has to run afterwards, and removes what is no longer needed. Only
   * the state folder makes it fail: everything else is in the report.
   *
   * @throws SchannelError ERR_SCHANNEL_ACME_STATE; AbortError
   */
  async check(haste: Haste): Promise<SetReport> {
    const { state, damaged } = await this.#folder.read(this.#context.set.id, this.#names);
    this.#state = withoutFarMoments(state, this.#context.clock.now());
    if (damaged !== null) this.#warn(`The state of the set was damaged. It is ${damaged} now`);
    try {
      await this.#look();
      await this.#retireOthers();
      await this.#askServer();
      const action = await this.#renew(haste);
      await this.#runHooks();
      await this.#discardExpired();
      return { ...(await this.#status()), action, error: null };
    } catch (thrown) {
      if (this.#context.signal?.aborted === true) throw thrown;
      const error = toError(thrown);
      await this.#fail(error);
      return { ...(await this.#status()), action: 'failed', error };
    }
  }

  /** How the set stands, without asking anybody or changing anything. */
  async status(): Promise<SetStatus> {
    const { clock, set } = this.#context;
    this.#state = withoutFarMoments(await this.#folder.look(set.id, this.#names), clock.now());
    await this.#read();
    this.#state = this.#aboutPresent();
    return this.#status();
  }

  /** When something is due next, in milliseconds since 1970. */
  get nextMoment(): number {
    const { askAgain, hooks, nextTry } = this.#state;
    const ask = this.#canAsk() ? (askAgain ?? 0) : Infinity;
    return Math.min(Math.max(this.#dueAt(), nextTry ?? 0), hooks?.nextTry ?? Infinity, ask);
  }

  get #names(): readonly string[] {
    return this.#context.set.names.map(({ value }) => value);
  }

  get #present(): ShelvedCertificate | null {
    return this.#held[0] ?? null;
  }

  /** Reads the stores, and makes the state one about the present certificate. */
  async #look(): Promise<void> {
    await this.#read();
    await this.#save(this.#aboutPresent());
  }

  async #read(): Promise<void> {
    const { shelf, set, manager, clock } = this.#context;
    const all = (await shelf.list(set.store, manager)).filter(({ marker }) => marker.set === set.id);
    const present = all.filter(({ archived, hasKey }) => !archived && hasKey);
    const order = newestValidFirst(
      present.map(({ contents }) => contents),
      new Date(clock.now()),
    );
    // The one that was placed last may begin earlier than the one before it: authorities backdate by different times.
    const isReplaced = ({ successor }: ShelvedCertificate): boolean =>
      present.some(({ contents }) => contents.thumbprint === successor);
    this.#held = present.sort(
      (one, other) =>
        Number(isReplaced(one)) - Number(isReplaced(other)) ||
        order.indexOf(one.contents) - order.indexOf(other.contents),
    );
    this.#archived = all.filter(({ archived }) => archived);
  }

  #aboutPresent(): SetState {
    const present = this.#present;
    const state = this.#state;
    const certificate = present?.contents.thumbprint256 ?? null;
    if (certificate === state.certificate && (present === null || state.byLifetime !== null)) return state;
    const byLifetime = present === null ? null : momentByLifetime(validityOf(present), this.#context.random);
    return { ...state, certificate, byLifetime, window: null, askAgain: null };
  }

  /** When the present certificate should be renewed; -Infinity without one. */
  #dueAt(): number {
    const present = this.#present;
    const { byLifetime, window, restUntil } = this.#state;
    if (present === null || !this.#isWhole(present)) return -Infinity;
    const { moment } = renewalMoment(validityOf(present), window, byLifetime ?? -Infinity);
    return Math.max(moment, restUntil ?? -Infinity);
  }

  /** Whether a certificate has every name that it should have. */
  #isWhole({ contents }: ShelvedCertificate): boolean {
    const has = new Set([...contents.dnsNames, ...contents.ipAddresses].map((name) => name.toLowerCase()));
    const dropped = this.#dropped(true);
    return this.#names.every((name) => has.has(name) || dropped.includes(name));
  }

  /** Whether there is somebody who can say when to renew. Never for what has expired (RFC 9773 §4.3). */
  #canAsk(): boolean {
    const { directories, clock } = this.#context;
    const present = this.#present;
    return (
      present !== null &&
      clock.now() < validityOf(present).to &&
      directories.includes(present.marker.directory)
    );
  }

  /** Asks the server of the present certificate when to renew it, if it is time to ask. */
  async #askServer(): Promise<void> {
    const { clientFor, clock, random, signal } = this.#context;
    const present = this.#present;
    const now = clock.now();
    if (present === null || !this.#canAsk() || (this.#state.askAgain ?? 0) > now) return;
    const before = this.#state.window;
    try {
      const client = await clientFor(present.marker.directory);
      const info = await client.renewalInfo(present.contents.raw, { signal });
      const window = info === null ? null : windowOf(info, before, random);
      await this.#save({ window, askAgain: info?.retryAfter.getTime() ?? now + ASK_AGAIN_MS });
      if (window?.explanation != null && window.explanation !== before?.explanation) {
        this.#warn(
          `${this.#title}: the authority explains when to renew it: ${printable(window.explanation)}`,
        );
      }
    } catch (error) {
      if (signal?.aborted === true) throw error;
      // The window that is known still holds, and without one the lifetime decides.
      await this.#save({ askAgain: now + ASK_AGAIN_MS });
      this.#log({ step: 'note', text: messageOf(error) });
    }
  }

  async #renew({ force, retry }: Haste): Promise<SetReport['action']> {
    const { clock, clockWatch } = this.#context;
    const present = this.#present;
    const now = clock.now();
    const dueAt = this.#dueAt();
    const finalized = await this.#finalizedAt();
    if (!force && now < dueAt && finalized === null) {
      await this.#undoLeftovers();
      return 'none';
    }
    const directory = finalized ?? this.#directory(dueAt);
    const limitedUntil = this.#state.limited[directory] ?? 0;
    if (limitedUntil > now || (!retry && (this.#state.nextTry ?? 0) > now)) {
      await this.#undoLeftovers();
      return 'waiting';
    }
    await this.#prepare(directory);
    const client = await this.#context.clientFor(directory);
    // A server was asked just now. Without a certificate there is nothing to decide by the clock.
    if (!force && present !== null && dueAt !== -Infinity && clockWatch.verdict === 'wrong')
      throw clockWrong();
    return this.#obtain(client, directory);
  }

  /**
   * The server of an order whose request was sent before the process ended. It goes on although its certificate may be
   * in the store already: then there are still the programs to run.
   */
  async #finalizedAt(): Promise<string | null> {
    const { directories, folderFor, set } = this.#context;
    for (const directory of directories) {
      const file = folderFor(directory).journal(set.id);
      if (!(await isThere(file))) continue;
      const { record, damaged } = await OrderJournal.open(file);
      if (damaged !== null) {
        this.#warn(
          `The journal of an order was damaged. It is ${damaged} now. What the order showed may still be there`,
        );
      }
      if (record.order?.finalized === true) return directory;
    }
    return null;
  }

  /** Everything that could stand in the way is looked at before anything is ordered. */
  async #prepare(directory: string): Promise<void> {
    const { folderFor, shelf, set, staging } = this.#context;
    await folderFor(directory).prepare();
    await shelf.prepare(set.store, staging);
  }

  async #obtain(client: AcmeClient, directory: string): Promise<'issued' | 'renewed'> {
    const { set, manager, shelf, clock, signal, folderFor, order, obtained, staging } = this.#context;
    const present = this.#present;
    const failing = new Set<string>();
    const dropped = this.#dropped(this.#state.failures > 0);
    const names = this.#names.filter((name) => !dropped.includes(name));
    if (dropped.length > 0) this.#warn(`These names are left out, because they fail: ${dropped.join(', ')}`);
    const placed: ShelvedCertificate[] = [];
    try {
      await order({
        client,
        journal: folderFor(directory).journal(set.id),
        names,
        solvers: set.solvers,
        keys: this.#keys(),
        ...set.wishes,
        ...(present?.marker.directory === directory && { replaces: present.contents.raw }),
        place: async ({ chain, key }) => {
          const friendlyName = `${names[0] ?? ''} [acme ${new Date(clock.now()).toISOString().slice(0, 10)}]`;
          const marker = { manager, set: set.id, directory };
          placed.push(await shelf.place(chain, key, { store: set.store, marker, friendlyName }));
        },
        log: (entry) => {
          if (entry.step === 'warning' && entry.name !== null && entry.problem !== null)
            failing.add(entry.name);
          this.#log(entry);
        },
        clock,
        signal,
      });
    } catch (error) {
      if (signal?.aborted !== true) this.#noteFailing(error, failing, directory);
      throw error;
    }
    const fresh = placed.at(-1);
    if (fresh === undefined) throw new RangeError('an order places its certificate');
    // The present one, unless that was placed by a process that ended then.
    const former = this.#held.find((each) => !isSame(each, fresh)) ?? null;
    await this.#succeed(fresh, former, names);
    if (staging) this.#log({ step: 'note', text: `${this.#title} is for tests, and no server shows it` });
    const action = former === null ? 'issued' : 'renewed';
    obtained(action, {
      set: set.id,
      names,
      certificate: heldOf(fresh),
      former: former === null ? null : heldOf(former),
    });
    return action;
  }

  /** An order may be given up that has placed its certificate: the process ended before it could say so. */
  #keys(): CertificateKeys<Key> {
    const { keys, shelf, set } = this.#context;
    return {
      plan: () => keys.plan(),
      make: (plan) => keys.make(plan),
      open: (plan) => keys.open(plan),
      async remove(plan) {
        if (!(await shelf.hasKeyOf(set.store, plan))) await keys.remove(plan);
      },
    };
  }

  async #succeed(
    fresh: ShelvedCertificate,
    former: ShelvedCertificate | null,
    names: readonly string[],
  ): Promise<void> {
    const { set, staging, inspect, clock } = this.#context;
    // Nothing of what follows may undo that: the certificate is in place.
    await this.#save({
      failures: 0,
      restUntil: clock.now() + restAfter(validityOf(fresh)),
      nextTry: null,
      lastFailure: null,
      limited: {},
      failingNames: Object.fromEntries(
        Object.entries(this.#state.failingNames).filter(([name]) => !names.includes(name)),
      ),
      hooks:
        (set.hooks.length === 0 && set.bindings === null) || staging
          ? null
          : {
              thumbprint: fresh.contents.thumbprint,
              former: former?.contents.thumbprint ?? null,
              done: 0,
              failures: 0,
              nextTry: clock.now(),
              error: null,
            },
    });
    for (const each of this.#held) if (!isSame(each, fresh)) await this.#retire(each, fresh);
    await this.#orWarn('The new certificate could not be looked at', async () => {
      for (const sentence of await inspect(fresh.reference)) this.#warn(sentence);
    });
    await this.#look();
    await this.#askServer();
  }

  /**
   * Archives what the present certificate has replaced, if an earlier process did not come to it: what the same server
   * has issued before.
   */
  async #retireOthers(): Promise<void> {
    const present = this.#present;
    if (present === null) return;
    const { thumbprint, validFrom } = present.contents;
    for (const each of this.#held.slice(1)) {
      const isOlder =
        each.contents.validFrom < validFrom && each.marker.directory === present.marker.directory;
      if (isOlder && each.successor !== thumbprint) await this.#retire(each, present);
    }
  }

  #retire(former: ShelvedCertificate, { contents }: ShelvedCertificate): Promise<void> {
    return this.#orWarn(`${former.reference} could not be archived`, async () => {
      await this.#context.shelf.retire(former, contents);
    });
  }

  async #runHooks(): Promise<void> {
    const { set, clock } = this.#context;
    const { hooks } = this.#state;
    const present = this.#present;
    if (hooks === null || hooks.nextTry > clock.now()) return;
    if (present?.contents.thumbprint !== hooks.thumbprint) {
      await this.#save({ hooks: null });
      return;
    }
    const facts = {
      thumbprint: hooks.thumbprint,
      formerThumbprint: hooks.former ?? '',
      name: this.#names[0] ?? '',
      friendlyName: present.friendlyName ?? '',
      store: set.store.slice(set.store.lastIndexOf('\\') + 1),
      set: set.id,
    };
    const { moveBindings } = this.#context;
    const { bindings } = set;
    const isMoving = moveBindings !== null && bindings !== null;
    await runPending(hooks, set.hooks, facts, {
      ...this.#context,
      move: isMoving ? () => this.#moveBindings(present, hooks.former, moveBindings) : null,
      save: (left) => this.#save({ hooks: left }),
      warn: (text) => {
        this.#warn(text);
      },
    });
  }

  /** Every binding that shows an earlier certificate of the set: an attempt before this one may have failed. */
  async #moveBindings(
    present: ShelvedCertificate,
    former: string | null,
    moveBindings: MoveBindings,
  ): Promise<void> {
    const { set } = this.#context;
    const earlier = [...this.#held, ...this.#archived]
      .map(({ contents }) => contents.thumbprint)
      .filter((thumbprint) => thumbprint !== present.contents.thumbprint);
    const from = [...new Set(former === null ? earlier : [...earlier, former])];
    if (from.length === 0) return;
    const { changes, left } = await moveBindings(from, present.reference, { owned: set.bindings === 'all' });
    const keysOf = (list: typeof left): string => list.map(({ key }) => printable(key)).join(', ');
    if (changes.length > 0)
      this.#log({ step: 'note', text: `These bindings show the new certificate: ${keysOf(changes)}` });
    if (left.length > 0) {
      this.#warn(
        `These bindings of IIS show an earlier certificate: ${keysOf(left)}. Change the sites in IIS, or set "bindings" to "all"`,
      );
    }
  }

  /** A week after their end, certificates that were replaced go with their keys, if the clock is known to be right. */
  async #discardExpired(): Promise<void> {
    const { shelf, clock, clockWatch } = this.#context;
    const verdict = clockWatch.verdict;
    if (verdict === null || verdict === 'wrong') return;
    for (const each of [...this.#archived, ...this.#held.slice(1)]) {
      if (validityOf(each).to + KEPT_MS > clock.now()) continue;
      const kept = await shelf.discard(each);
      if (kept === null) this.#log({ step: 'note', text: `${each.reference} has expired and was removed` });
      else this.#warn(`${each.reference} has expired, and is kept: ${kept}`);
    }
  }

  async #undoLeftovers(): Promise<void> {
    const { directories, folderFor, set, undoLeftovers } = this.#context;
    for (const directory of directories) {
      const journal = folderFor(directory).journal(set.id);
      if (!(await isThere(journal))) continue;
      const left = await undoLeftovers({
        journal,
        solvers: set.solvers,
        keys: this.#keys(),
        log: (entry) => {
          this.#log(entry);
        },
      });
      for (const each of left) this.#warn(`This is still there from an order: ${each}`);
    }
  }

  #noteFailing(error: unknown, failing: ReadonlySet<string>, directory: string): void {
    const now = this.#context.clock.now();
    const { problem, retryAfter, code } = error instanceof SchannelError ? error : {};
    const ofProblem = problem?.subproblems.map(({ name }) => name.toLowerCase()) ?? [];
    this.#state = {
      ...this.#state,
      failingNames: failingAfter(
        this.#state.failingNames,
        [...failing, ...ofProblem].filter((name) => this.#names.includes(name)),
        now,
      ),
      ...(code === 'ERR_SCHANNEL_ACME_RATE_LIMITED' &&
        retryAfter !== undefined && {
          limited: {
            ...this.#state.limited,
            [directory]: Math.min(retryAfter.getTime(), now + LONGEST_LIMIT_MS),
          },
        }),
    };
  }

  async #fail(error: Error): Promise<void> {
    const { clock, random, directories } = this.#context;
    const now = clock.now();
    const failures = this.#state.failures + 1;
    const present = this.#present;
    const lifetime = present === null ? null : validityOf(present).to - validityOf(present).from;
    // With another server, only the first one has to be left alone.
    const notBefore = directories.length > 1 ? null : (this.#state.limited[directories[0]] ?? null);
    await this.#save({
      failures,
      nextTry: retryMoment(failures, now, { lifetime, notBefore }, random),
      lastFailure: {
        at: now,
        code: errorCode(error),
        text: printable(error.message, 1000),
        names: Object.keys(this.#state.failingNames),
      },
    });
    if (failures === 2) this.#warn(`${this.#title} has failed twice: ${messageOf(error)}`);
    if (present !== null && isPressing(validityOf(present), now)) {
      this.#warn(
        `${this.#title} expires on ${present.contents.validTo.toISOString()} and could not be renewed`,
      );
    }
  }

  /** Which server gets the order. */
  #directory(dueAt: number): string {
    const { directories, clock } = this.#context;
    const [first, second] = directories;
    if (second === undefined) return first;
    const now = clock.now();
    const { failures, limited } = this.#state;
    if ((limited[first] ?? 0) > now) return second;
    const present = this.#present;
    const isTime =
      present === null || dueAt === -Infinity
        ? failures >= FAILURES_BEFORE_ANOTHER
        : failures > 0 && isTimeForAnother(validityOf(present), dueAt, now);
    // In turn: either of them may be the one that works again.
    return isTime && failures % 2 === 1 ? second : first;
  }

  /** Names that are left out. @param isAfterFailure whether the last attempt with all names failed */
  #dropped(isAfterFailure: boolean): readonly string[] {
    const { set, clock } = this.#context;
    if (!set.dropFailing || !isAfterFailure) return [];
    return failingTooLong(this.#names, this.#state.failingNames, clock.now());
  }

  async #status(): Promise<SetStatus> {
    const { set, clock, directories, folderFor } = this.#context;
    const present = this.#present;
    const { window, byLifetime, failures, nextTry, lastFailure, hooks } = this.#state;
    const renewal = present === null ? null : renewalMoment(validityOf(present), window, byLifetime ?? 0);
    const journals = await Promise.all(
      directories.map((directory) => isThere(folderFor(directory).journal(set.id))),
    );
    return {
      id: set.id,
      names: this.#names,
      store: set.store,
      certificate: present === null ? null : heldOf(present),
      renewal: renewal === null ? null : { at: new Date(renewal.moment), reason: renewal.reason },
      explanation: window?.explanation ?? null,
      due: this.#dueAt() <= clock.now(),
      failures,
      nextTry: nextTry === null ? null : new Date(nextTry),
      lastFailure:
        lastFailure === null
          ? null
          : { at: new Date(lastFailure.at), code: lastFailure.code, text: lastFailure.text },
      dropped: this.#dropped(true),
      unfinished: journals.includes(true),
      hookFailure: hooks?.error ?? null,
    };
  }

  async #save(change: Partial<SetState>): Promise<void> {
    const next = { ...this.#state, ...change };
    if (JSON.stringify(next) === JSON.stringify(this.#state)) return;
    this.#state = next;
    await this.#folder.write(this.#context.set.id, next);
  }

  async #orWarn(what: string, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#warn(`${what}: ${messageOf(error)}`);
    }
  }

  get #title(): string {
    const [first, ...others] = this.#names;
    return `The certificate of ${first ?? ''}${others.length === 0 ? '' : ` and ${others.length} more`}`;
  }

  #warn(text: string): void {
    this.#context.log({ level: 'warning', text, order: null, name: null, problem: null });
  }

  #log(entry: Pick<OrderLogEntry, 'step' | 'text'> & Partial<OrderLogEntry>): void {
    const { step, text, order = null, name = null, problem = null } = entry;
    this.#context.log({ level: step === 'warning' ? 'warning' : 'info', text, order, name, problem });
  }
}

const validityOf = ({ contents }: ShelvedCertificate): Validity => ({
  from: contents.validFrom.getTime(),
  to: contents.validTo.getTime(),
});

const isSame = (one: ShelvedCertificate, other: ShelvedCertificate): boolean =>
  one.contents.thumbprint256 === other.contents.thumbprint256;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

const clockWrong = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_ACME_CLOCK',
    'The clock of this machine is more than an hour away from that of the server, so nothing was renewed',
    { advice: 'Set the clock: "w32tm /resync". To renew anyway, use `force`.' },
  );
