import {
  ClientHelloReader,
  HELLO_LIMITS,
  type HelloProgress,
} from '../../formats/client-hello/hello-reader.js';
import type { Admission } from './connection-side.js';

/** A hello that is there, or will never be. */
export type HelloOutcome = Exclude<HelloProgress, { readonly state: 'incomplete' }>;

/** Takes the first bytes of a client, up to its hello, and what comes behind it before there is a session. */
export class HelloIntake implements Admission {
  readonly turn: Promise<void> | null;
  readonly #reader = new ClientHelloReader();
  /** Behind the hello. */
  readonly #more: Uint8Array[] = [];
  #length = 0;
  readonly #outcome: Promise<HelloOutcome>;
  #settle: (outcome: HelloOutcome) => void = () => undefined;

  constructor(turn: Promise<void> | null = null) {
    this.turn = turn;
    this.#outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** There is room; also behind the hello, since only who reads sees a client leave. */
  get wantsHello(): boolean {
    return this.#length < HELLO_LIMITS.helloBytes;
  }

  /** Fulfilled once the hello is there, or can't come any more. */
  get outcome(): Promise<HelloOutcome> {
    return this.#outcome;
  }

  get helloBytes(): Uint8Array {
    return this.#more.length === 0
      ? this.#reader.received
      : Buffer.concat([this.#reader.received, ...this.#more]);
  }

  pushHello(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#reader.progress.state !== 'incomplete') {
      this.#more.push(Uint8Array.from(chunk));
      return;
    }
    const progress = this.#reader.push(chunk);
    if (progress.state !== 'incomplete') this.#settle(progress);
  }
}
