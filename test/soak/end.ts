import { createHash } from 'node:crypto';
import type net from 'node:net';
import { numbersFrom } from '../support/mutations.js';
import { turn } from '../support/patience.js';
import type { Content } from './content.js';
import { otherThan, type Manner, type Plan, type Role } from './plan.js';

/** A TLSSocket of either library. */
export type Wire = net.Socket & {
  /** Only of this library. */
  readonly truncated?: boolean | null;
  getProtocol(): string | null;
};

/** How an end of a connection came to its end. It crosses between processes as JSON. */
export interface EndReport {
  /** null if the client was gone before it had said who it is. */
  readonly number: number | null;
  readonly role: Role;
  readonly sent: number;
  readonly sentHash: string;
  readonly got: number;
  readonly gotHash: string;
  /** Where the first byte is that the peer can't have sent. */
  readonly wrongByte: number | null;
  /** Bytes that were right when they came, and are no more. */
  readonly isChangedLater: boolean;
  /** The event 'end' came. */
  readonly hasEnded: boolean;
  /** 'unknown' with a library that doesn't say so. */
  readonly truncated: boolean | null | 'unknown';
  readonly protocol: string | null;
  /** Codes, or messages where there is no code, of all its events 'error'. */
  readonly errors: readonly string[];
  readonly closes: number;
}

/** What an end needs beside its socket. */
export interface EndOptions {
  readonly role: Role;
  readonly content: Content;
  readonly plan: (number: number) => Plan;
  readonly abort?: () => void;
  /** Something came or went. */
  readonly step: (end: End) => void;
}

/** The code of the error with which an end destroys its socket. */
export const OWN_ERROR = 'E_SOAK';

const HEADER_BYTES = 4;
/** Chunks that an end keeps, to look at them again when all is over. */
const KEPT_CHUNKS = 3;
const LARGEST_PIECES = [10, 1000, 16_384, 20_000, 100_000, 400_000] as const;

/** One end of a connection: does what the plan says, and notes what comes. */
export class End {
  readonly over: Promise<EndReport>;
  readonly role: Role;
  /** Moments at which something came or went. */
  steps = 0;
  readonly #socket: Wire;
  readonly #options: EndOptions;
  readonly #sentHash = createHash('sha256');
  readonly #gotHash = createHash('sha256');
  readonly #kept: { readonly at: number; readonly chunk: Uint8Array }[] = [];
  readonly #errors: string[] = [];
  #plan: Plan | null = null;
  #below = numbersFrom(0);
  #sent = 0;
  #got = 0;
  #wrongByte: number | null = null;
  #protocol: string | null = null;
  #hasEnded = false;
  #hasCut = false;
  #hasSaidGoodbye = false;
  #closes = 0;
  #changed: () => void = () => undefined;

  /** @param plan of a client; a server's end learns it from its client */
  constructor(socket: Wire, options: EndOptions, plan: Plan | null) {
    this.#socket = socket;
    this.#options = options;
    this.role = options.role;
    this.over = new Promise((resolve) => {
      socket.once('close', () => {
        // What might wrongly follow 'close' gets the time to do so.
        setImmediate(() => setImmediate(() => resolve(this.#report())));
      });
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.#errors.push(error.code ?? error.message));
    socket.on('close', () => {
      this.#closes += 1;
      this.#step();
    });
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#step();
    });
    for (const event of ['drain', 'finish']) socket.on(event, () => this.#step());
    if (plan === null) this.#await(options.plan);
    else this.#begin(plan);
  }

  get plan(): Plan | null {
    return this.#plan;
  }

  /** The state of an end that stands still, in words. */
  describe(): string {
    const { readable, writable, readableLength, writableLength, writableNeedDrain, destroyed, connecting } =
      this.#socket;
    const state = {
      ...{ sent: this.#sent, got: this.#got, hasEnded: this.#hasEnded, hasCut: this.#hasCut },
      ...{ hasSaidGoodbye: this.#hasSaidGoodbye, protocol: this.#protocol, errors: this.#errors },
      ...{ readable, writable, readableLength, writableLength, writableNeedDrain, destroyed, connecting },
      flowing: this.#socket.readableFlowing,
    };
    return `the ${this.role} of #${this.#plan?.number ?? '?'} ${JSON.stringify(state)}`;
  }

  giveUp(): void {
    this.#socket.destroy();
  }

  /** Bytes for the option `onread` of connect(). */
  take(chunk: Uint8Array, isReused = true): void {
    const plan = this.#plan;
    if (plan === null) return;
    this.#gotHash.update(chunk);
    const from = otherThan(this.role);
    this.#wrongByte ??= this.#options.content.wrongByte(plan.number, from, this.#got, chunk);
    if (!isReused && this.#kept.length < KEPT_CHUNKS && this.#below(4) === 0)
      this.#kept.push({ at: this.#got, chunk });
    this.#got += chunk.length;
    this.#step();
  }

  /** A server's end reads who its client is. */
  #await(planOf: (number: number) => Plan): void {
    const read = (): void => {
      const header = this.#socket.read(HEADER_BYTES) as Buffer | null;
      // At the end of a stream less may come.
      if (header?.length !== HEADER_BYTES) return;
      this.#socket.off('readable', read);
      this.#protocol = this.#socket.getProtocol();
      this.#begin(planOf(header.readUInt32BE()));
    };
    this.#socket.on('readable', read);
    // A client that goes before it has said anything: its end must be read to come.
    this.#socket.once('end', () => this.#plan === null && this.#socket.end());
  }

  #begin(plan: Plan): void {
    this.#plan = plan;
    this.#below = numbersFrom(plan.number * 2 + (this.role === 'client' ? 1 : 0));
    const socket = this.#socket;
    const manner = plan.manner[this.role];
    if (this.#isActor && plan.moment === 'at once') {
      this.#cut();
      return;
    }
    if (this.#isActor && plan.moment === 'connected') socket.once('connect', () => this.#cut());
    if (this.role === 'client') {
      socket.once('secureConnect', () => {
        this.#protocol = socket.getProtocol();
        this.#secure();
      });
      // What is read before it is secure is nothing, but listeners may be there.
      if (plan.isEager) void this.#write(plan, manner);
      else socket.once('secureConnect', () => void this.#write(plan, manner));
    } else {
      this.#secure();
      void this.#write(plan, manner);
    }
    this.#read(manner);
  }

  #secure(): void {
    if (this.#isActor && this.#plan?.moment === 'secure') this.#cut();
    this.#step();
  }

  get #isActor(): boolean {
    const plan = this.#plan;
    return plan?.actor === this.role && plan.action !== 'exchange' && plan.action !== 'untrusted';
  }

  #cut(): void {
    if (this.#hasCut) return;
    this.#hasCut = true;
    switch (this.#plan?.action) {
      case 'destroy':
        this.#socket.destroy();
        break;
      case 'fail':
        this.#socket.destroy(Object.assign(new Error('enough'), { code: OWN_ERROR }));
        break;
      case 'abort':
        this.#options.abort?.();
        break;
      case 'reset':
        this.#socket.resetAndDestroy();
        break;
      default:
        break;
    }
  }

  #step(): void {
    this.steps += 1;
    this.#options.step(this);
    const plan = this.#plan;
    if (plan !== null && this.#isActor && typeof plan.moment === 'object') {
      const isTime = 'got' in plan.moment ? this.#got >= plan.moment.got : this.#sent >= plan.moment.sent;
      if (isTime) this.#cut();
    }
    // Who was left alone ends as well.
    if (plan !== null && plan.action !== 'exchange' && this.#hasEnded) this.#sayGoodbye();
    this.#changed();
  }

  #sayGoodbye(): void {
    if (this.#hasSaidGoodbye) return;
    this.#hasSaidGoodbye = true;
    this.#socket.end();
  }

  // ---- reading ----------------------------------------------------------------------------------------------------

  #read({ reading }: Manner): void {
    const socket = this.#socket;
    switch (reading) {
      case 'flow':
        socket.on('data', (chunk: Buffer) => this.take(chunk, false));
        break;
      case 'pauses':
        socket.on('data', (chunk: Buffer) => {
          this.take(chunk, false);
          if (this.#below(3) === 0) void this.#pause();
        });
        break;
      case 'read':
        socket.on('readable', () => this.#readAll());
        // A server's end has taken the event for what came with the number of its client.
        setImmediate(() => this.#readAll());
        break;
      case 'onread':
        // The bytes come by the option; a flow has the end come as well.
        socket.resume();
        break;
    }
  }

  #readAll(): void {
    const socket = this.#socket;
    for (;;) {
      const size = Math.min(socket.readableLength, 1 + this.#below(200_000));
      const chunk = (size === 0 ? socket.read() : socket.read(size)) as Buffer | null;
      if (chunk === null) break;
      this.take(chunk, false);
    }
  }

  async #pause(): Promise<void> {
    this.#socket.pause();
    if (this.#below(4) === 0) await new Promise((resolve) => setTimeout(resolve, 1 + this.#below(30)));
    else for (let turns = this.#below(30); turns >= 0; turns -= 1) await turn();
    this.#socket.resume();
  }

  // ---- writing ----------------------------------------------------------------------------------------------------

  async #write(plan: Plan, manner: Manner): Promise<void> {
    const socket = this.#socket;
    if (this.role === 'client') {
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUInt32BE(plan.number);
      socket.write(header);
    }
    const isSecond = plan.action === 'exchange' && plan.first === otherThan(this.role);
    await this.#send(plan, manner, manner.size - (isSecond ? plan.late : 0));
    if (plan.action !== 'exchange') return;
    if (plan.first === this.role) {
      const expected = plan.manner[otherThan(this.role)].size - plan.late;
      await this.#until(() => this.#got >= expected);
    }
    if (isSecond) {
      await this.#until(() => this.#hasEnded);
      await this.#send(plan, manner, manner.size);
    }
    this.#sayGoodbye();
  }

  /** Until so many bytes were sent in all, or nothing can be sent any more. */
  async #send(plan: Plan, { writing }: Manner, total: number): Promise<void> {
    const socket = this.#socket;
    let corked = 0;
    while (this.#sent < total && socket.writable) {
      const largest = writing === 'bytes' ? 1 : (LARGEST_PIECES[this.#below(LARGEST_PIECES.length)] ?? 1);
      const length = Math.min(total - this.#sent, 1 + this.#below(largest));
      const piece = this.#options.content.piece(plan.number, this.role, this.#sent, length);
      this.#sentHash.update(piece);
      this.#sent += piece.length;
      if (writing === 'corked' && corked === 0) {
        corked = 1 + this.#below(10);
        socket.cork();
      }
      let hasRoom: boolean;
      if (writing === 'scratch') {
        const scratch = Buffer.from(piece);
        hasRoom = socket.write(scratch, () => scratch.fill(0));
      } else hasRoom = socket.write(piece);
      if (corked > 0) {
        corked -= 1;
        if (corked === 0) process.nextTick(() => socket.uncork());
      }
      this.#step();
      if (!hasRoom && corked === 0 && writing !== 'flood') {
        await this.#until(() => !socket.writableNeedDrain);
      }
    }
    if (corked > 0) socket.uncork();
  }

  /** Until something is so, or the socket is gone. */
  async #until(holds: () => boolean): Promise<void> {
    while (!holds() && !this.#socket.destroyed) {
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  #report(): EndReport {
    const number = this.#plan?.number ?? null;
    const from = otherThan(this.role);
    const { content } = this.#options;
    return {
      ...{ number, role: this.role, sent: this.#sent, got: this.#got },
      sentHash: this.#sentHash.digest('hex'),
      gotHash: this.#gotHash.digest('hex'),
      wrongByte: this.#wrongByte,
      isChangedLater:
        number !== null &&
        this.#kept.some(({ at, chunk }) => content.wrongByte(number, from, at, chunk) !== null) &&
        this.#wrongByte === null,
      hasEnded: this.#hasEnded,
      truncated: this.#socket.truncated === undefined ? 'unknown' : this.#socket.truncated,
      protocol: this.#protocol,
      errors: this.#errors,
      closes: this.#closes,
    };
  }
}
