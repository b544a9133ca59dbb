import type { Duplex } from 'node:stream';
import { pauseFor, type Clock } from '../../base/async/clock.js';
import { endIfAborted } from '../../base/errors/abort-error.js';
import { exchange, type Open } from './exchange.js';
import { talk } from './talk.js';
import type { GivenUp, Outcome, Reading } from './outcome.js';

/** How much of a server's time a probe may take. */
export interface Manners {
  /** Connections at the same time. */
  readonly parallel: number;
  /** Milliseconds between two connections, which are then one after another; 0 for no pause. */
  readonly pause: number;
  /** Milliseconds for one connection. */
  readonly timeout: number;
  /** Connections in all. */
  readonly connections: number;
  /** Milliseconds in all. */
  readonly totalTime: number;
}

/** Milliseconds before a connection, after two or more in a row that the server cut or ignored. */
const BACK_OFF = [250, 500, 1000, 2000, 4000];
/** A server that is silent costs the whole time-out each time. */
const SILENT_RETRIES = 1;
/** Hellos in a row that were not cut. After so many, a hello that is cut twice is refused. */
const CALM = 6;
/** Hellos in a row without any answer, after which the server is left alone. */
const UNANSWERED = 3;

/**
 * Visits a server within the limits of good manners. It repeats what stayed without an answer, more and more slowly,
 * and finds out whether a connection that was cut is a refusal: only if other hellos are answered meanwhile.
 */
export class Visitor {
  readonly #open: Open;
  readonly #manners: Manners;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #began: number;
  readonly #waiting: (() => void)[] = [];
  #active = 0;
  #loners = 0;
  #connections = 0;
  #troubles = 0;
  #unanswered = 0;
  #calm = 0;
  #isCareful = false;
  #givenUp: GivenUp | null = null;
  #control: (() => Reading) | null = null;

  constructor(open: Open, manners: Manners, clock: Clock, signal: AbortSignal | undefined) {
    this.#open = open;
    this.#manners = manners;
    this.#clock = clock;
    this.#signal = signal;
    this.#began = clock.now();
  }

  /** Connections so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Milliseconds since the first connection. */
  get elapsed(): number {
    return this.#clock.now() - this.#began;
  }

  /** Why no more connections are made; null if they are. */
  get givenUp(): GivenUp | null {
    return this.#givenUp;
  }

  /** The server has cut or ignored connections, and gets one at a time. */
  get isCareful(): boolean {
    return this.#isCareful;
  }

  /**
   * Sends a hello, and says how it ended. @param make a new reading for each attempt @throws an AbortError
   */
  async ask(make: () => Reading): Promise<Outcome> {
    for (let failures = 0; ; failures += 1) {
      const first = await this.#inTurn(() => this.#visit(make()));
      const outcome = first.end === 'cut' ? await this.#confirm(first, make) : first;
      this.#calm = isDecided(outcome) ? this.#calm + 1 : 0;
      if (outcome.end === 'answer') this.#control ??= make;
      if (outcome.end === 'unreachable') this.#givenUp ??= 'unreachable';
      if (isDecided(outcome)) {
        if (outcome.end !== 'given-up') this.#unanswered = 0;
        return outcome;
      }
      const retries = outcome.end === 'timeout' ? SILENT_RETRIES : BACK_OFF.length;
      // Before any answer, the caller has other hellos to try.
      if (failures < retries && this.#control !== null) continue;
      this.#unanswered += 1;
      if (this.#unanswered >= UNANSWERED) this.#givenUp ??= 'silent';
      return outcome;
    }
  }

  /** Whether a cut is a refusal. */
  async #confirm(cut: Outcome, make: () => Reading): Promise<Outcome> {
    const isCalm = this.#calm >= CALM;
    this.#calm = isCalm ? this.#calm : 0;
    if (!isCalm) return this.#settle(cut, make);
    const wasCareful = this.#isCareful;
    const again = await this.#inTurn(() => this.#visit(make()));
    if (again.end !== 'cut') return again;
    this.#troubles = 0;
    this.#isCareful = wasCareful;
    return { end: 'cut', isRefusal: true };
  }

  /**
   * The same for a server that has cut other hellos: with no other connection open, another hello is answered, and this
   * one is not.
   */
  async #settle(cut: Outcome, make: () => Reading): Promise<Outcome> {
    const control = this.#control;
    if (control === null) return cut;
    return this.#undisturbed(async () => {
      const wasCareful = this.#isCareful;
      if ((await this.#visit(control())).end !== 'answer') return cut;
      // Twice more: a server that cuts each third connection may hit this hello again by chance.
      const again = await this.#visit(make());
      const last = again.end === 'cut' ? await this.#visit(make()) : again;
      if (last.end !== 'cut') return last;
      // The server does what it should: nothing has to be slowed down.
      this.#troubles = 0;
      this.#isCareful = wasCareful;
      return { end: 'cut', isRefusal: true };
    });
  }

  /** Does more on one connection than to send a hello. @returns null if it failed @throws an AbortError */
  talk<Value>(work: (stream: Duplex) => Promise<Value>): Promise<Value | null> {
    return this.#inTurn(async () => {
      if ((await this.#admit()) !== null) return null;
      const found = await talk(this.#open, work, this.#clock, this.#manners.timeout, this.#signal);
      endIfAborted(this.#signal);
      return found;
    });
  }

  /** Waits as long as manners demand, and counts a connection. @returns why there must be none */
  async #admit(): Promise<GivenUp | null> {
    endIfAborted(this.#signal);
    const reason = this.#reasonToStop();
    if (reason !== null) return reason;
    const backOff = this.#isCareful && this.#troubles > 1 ? BACK_OFF[this.#troubles - 2] : undefined;
    const pause = backOff ?? (this.#connections > 0 ? this.#manners.pause : 0);
    if (pause > 0) await this.#pause(pause);
    endIfAborted(this.#signal);
    const why = this.#reasonToStop();
    if (why === null) this.#connections += 1;
    return why;
  }

  async #visit(reading: Reading): Promise<Outcome> {
    const why = await this.#admit();
    if (why !== null) return { end: 'given-up', why };
    const outcome = await exchange(this.#open, reading, this.#clock, this.#manners.timeout, this.#signal);
    endIfAborted(this.#signal);
    this.#troubles = isDecided(outcome) ? 0 : Math.min(this.#troubles + 1, BACK_OFF.length + 1);
    if (this.#troubles > 1) this.#isCareful = true;
    return outcome;
  }

  async #pause(milliseconds: number): Promise<void> {
    const pause = pauseFor(this.#clock, milliseconds);
    const end = (): void => pause.end();
    this.#signal?.addEventListener('abort', end);
    await pause.over;
    this.#signal?.removeEventListener('abort', end);
  }

  #reasonToStop(): GivenUp | null {
    if (this.#connections >= this.#manners.connections) this.#givenUp ??= 'connections';
    if (this.elapsed >= this.#manners.totalTime) this.#givenUp ??= 'time';
    return this.#givenUp;
  }

  get #slots(): number {
    return this.#isCareful || this.#manners.pause > 0 ? 1 : this.#manners.parallel;
  }

  async #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    while (this.#loners > 0 || this.#active >= this.#slots) await this.#change();
    return this.#working(work);
  }

  /** With no other connection to the server. */
  async #undisturbed<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#loners += 1;
    try {
      while (this.#active > 0) await this.#change();
      return await this.#working(work);
    } finally {
      this.#loners -= 1;
      this.#wake();
    }
  }

  async #working<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#active += 1;
    try {
      return await work();
    } finally {
      this.#active -= 1;
      this.#wake();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}

const isDecided = (outcome: Outcome): boolean =>
  outcome.end !== 'timeout' && outcome.end !== 'starttls' && (outcome.end !== 'cut' || outcome.isRefusal);
