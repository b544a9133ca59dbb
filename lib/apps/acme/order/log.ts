import type { Clock } from '../../../base/async/clock.js';
import { type ProblemDocument, SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';

/**
 * What an order has done:
 *
 * - 'ordered', 'resumed': a new order, or one that an earlier process began
 * - 'confirmed': the authority has confirmed a name, or knew it already
 * - 'planned', 'shown', 'accepted', 'undone': the answer to a challenge
 * - 'key': the key of the certificate was made or found
 * - 'finalized', 'downloaded', 'placed': the certificate
 * - 'dropped': an order that can't be continued, with its key
 * - 'failed': the attempt has ended; what it has reached is in the journal
 * - 'note', 'warning': what a person may want to know
 */
export type OrderStep =
  | 'ordered'
  | 'resumed'
  | 'planned'
  | 'shown'
  | 'accepted'
  | 'confirmed'
  | 'undone'
  | 'key'
  | 'finalized'
  | 'downloaded'
  | 'placed'
  | 'dropped'
  | 'failed'
  | 'note'
  | 'warning';

/** One step of the protocol, for people and for programs. */
export interface OrderLogEntry {
  readonly time: Date;
  readonly step: OrderStep;
  /** A sentence. */
  readonly text: string;
  /** URL of the order; null before there is one. */
  readonly order: string | null;
  /** The name that it is about; null if it is about the whole order. */
  readonly name: string | null;
  /** What the ACME server says; null if it says nothing. */
  readonly problem: ProblemDocument | null;
}

/** Writes the entries of one order. */
export class OrderLog {
  readonly #write: ((entry: OrderLogEntry) => void) | undefined;
  readonly #clock: Pick<Clock, 'now'>;
  /** URL of the order. */
  order: string | null = null;

  constructor(write: ((entry: OrderLogEntry) => void) | undefined, clock: Pick<Clock, 'now'>) {
    this.#write = write;
    this.#clock = clock;
  }

  step(step: OrderStep, text: string, name: string | null = null): void {
    this.#add(step, text, name, null);
  }

  /** The message of the error follows the text, except if it says the same. */
  problem(step: OrderStep, text: string, error: unknown, name: string | null = null): void {
    const { message } = toError(error);
    const problem = error instanceof SchannelError ? (error.problem ?? null) : null;
    this.#add(step, message.startsWith(text) ? message : `${text}: ${message}`, name, problem);
  }

  #add(step: OrderStep, text: string, name: string | null, problem: ProblemDocument | null): void {
    this.#write?.({ time: new Date(this.#clock.now()), step, text, order: this.order, name, problem });
  }
}
