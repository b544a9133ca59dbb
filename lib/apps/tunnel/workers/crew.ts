import { type CancelTimer, type Clock, LONGEST_TIMER_MS, SYSTEM_CLOCK } from '../../../base/async/clock.js';
import { type Deferred, deferred } from '../../../base/async/deferred.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { merged, type TunnelFigures } from '../status/figures.js';
import { errorOf, type Order, type OrderName, type Orders, type Report } from './messages.js';

/** A process of the crew: a worker of node:cluster. */
export interface WorkerProcess {
  send(order: Order, sent: (error: Error | null) => void): unknown;
  onReport(listener: (report: unknown) => void): unknown;
  onExit(listener: (code: number | null, signal: string | null) => void): unknown;
  kill(): void;
}

export interface CrewOptions {
  readonly count: number;
  readonly fork: () => WorkerProcess;
  /** Is told why a worker has ended without being asked to. Another one takes its place. */
  readonly lost: (error: Error) => void;
  readonly clock?: Clock;
}

interface Member {
  readonly process: WorkerProcess;
  readonly ready: Deferred<void>;
  readonly orders: Map<number, Deferred<unknown>>;
  isReady: boolean;
  /** Why it can't take connections, if it has said so. */
  failure: Error | null;
}

/** How long a worker may take to say how it is, or to end after its connections had their time. */
const PATIENCE_MS = 5000;

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** A worker that has lived so long has not ended for the reason for which the last one did. */
const STABLE_MS = 60_000;

/**
 * Processes that share the ports of the same tunnels. Node's cluster hands each connection to one of them in turn. A
 * worker that ends by itself is replaced, at once or after a pause that doubles while they keep ending.
 */
export class Crew {
  readonly #options: CrewOptions;
  readonly #clock: Clock;
  readonly #members = new Set<Member>();
  readonly #restarts = new Set<CancelTimer>();
  #orders = 0;
  #pause = 0;
  #isStopping = false;
  #isStarted = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /**
   * Until all take connections.
   * @throws why one of them can't; the others have ended then
   */
  async start(): Promise<void> {
    const all = Array.from({ length: this.#options.count }, () => this.#add());
    try {
      await Promise.all(all.map(({ ready }) => ready.promise));
      this.#isStarted = true;
    } catch (error) {
      this.#isStopping = true;
      for (const { process } of this.#members) process.kill();
      throw error;
    }
  }

  /** Of all workers, added up. One that is ending, has just begun or does not answer is left out. */
  async figures(): Promise<readonly TunnelFigures[]> {
    const all = await Promise.all(
      this.#ready.map((member) => {
        const figures = this.#order(member, 'figures', null).catch(() => null);
        return this.#within(PATIENCE_MS, figures, () => null);
      }),
    );
    return merged(all.filter((figures) => figures !== null));
  }

  /** @throws why one of them still has its old options */
  async reload(): Promise<void> {
    await Promise.all(this.#ready.map((member) => this.#order(member, 'reload', null)));
  }

  /** @returns how many connections were cut off */
  async stop(drain: number): Promise<number> {
    this.#isStopping = true;
    for (const cancel of this.#restarts) cancel();
    this.#restarts.clear();
    const cutOff = await Promise.all(
      [...this.#members].map(async (member) => {
        if (!member.isReady) {
          member.process.kill();
          return 0;
        }
        const stopped = this.#order(member, 'stop', drain).catch(() => 0);
        return this.#within(drain + PATIENCE_MS, stopped, () => {
          member.process.kill();
          return 0;
        });
      }),
    );
    return cutOff.reduce((sum, each) => sum + each, 0);
  }

  get #ready(): readonly Member[] {
    return [...this.#members].filter(({ isReady }) => isReady);
  }

  #add(): Member {
    const member: Member = {
      process: this.#options.fork(),
      ready: deferred(),
      orders: new Map(),
      isReady: false,
      failure: null,
    };
    const begun = this.#clock.now();
    this.#members.add(member);
    // Nobody waits for a worker that replaces another one.
    member.ready.promise.catch(() => undefined);
    member.process.onReport((report) => {
      if (isReport(report)) hear(member, report);
    });
    member.process.onExit((code, signal) => this.#lost(member, signal ?? `exit code ${String(code)}`, begun));
    return member;
  }

  /** What the promise gives, or `late` if that takes too long. */
  #within<Value>(milliseconds: number, promise: Promise<Value>, late: () => Value): Promise<Value> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(Math.min(milliseconds, LONGEST_TIMER_MS), () => resolve(late()));
      void promise.then((value) => {
        cancel();
        resolve(value);
      });
    });
  }

  #order<Name extends OrderName>(
    { process, orders }: Member,
    name: Name,
    argument: Orders[Name]['argument'],
  ): Promise<Orders[Name]['answer']> {
    this.#orders += 1;
    const id = this.#orders;
    const answer = deferred<unknown>();
    orders.set(id, answer);
    // If it can't be sent, the worker is ending, and its end is told.
    process.send({ id, name, argument }, () => undefined);
    return answer.promise as Promise<Orders[Name]['answer']>;
  }

  #lost(member: Member, how: string, begun: number): void {
    this.#members.delete(member);
    const error = ended(how);
    member.ready.reject(error);
    for (const answer of member.orders.values()) answer.reject(error);
    if (this.#isStopping || !this.#isStarted) return;
    if (this.#clock.now() - begun >= STABLE_MS) this.#pause = 0;
    this.#options.lost(member.failure ?? error);
    const cancel = this.#clock.after(this.#pause, () => {
      this.#restarts.delete(cancel);
      this.#add();
    });
    this.#restarts.add(cancel);
    this.#pause = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pause * 2));
  }
}

function hear(member: Member, report: Report): void {
  switch (report.kind) {
    case 'ready':
      member.isReady = true;
      member.ready.resolve();
      return;
    case 'failed':
      member.failure = errorOf(report.error);
      member.ready.reject(member.failure);
      return;
    case 'done':
      member.orders.get(report.id)?.resolve(report.answer);
      break;
    case 'undone':
      member.orders.get(report.id)?.reject(errorOf(report.error));
      break;
  }
  member.orders.delete(report.id);
}

const isReport = (message: unknown): message is Report =>
  typeof message === 'object' && message !== null && 'kind' in message;

const ended = (how: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_TUNNEL_WORKER',
    `A worker ended by itself (${how}); another one takes its place`,
    {
      advice:
        'Its connections are lost. Look above for what it wrote; report it if that does not explain it.',
    },
  );
