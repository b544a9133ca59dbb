import type { Rejection } from '../../base/errors/rejection.js';
import * as faults from './faults.js';
import type { Limits } from './limits.js';
import { MessageAllowance } from './message-allowance.js';

/** What a peer may still do to us. Each method counts one thing and returns a rejection when it was one too many. */
export class PeerBudget {
  readonly #limits: Limits;
  readonly #now: () => number;
  readonly #allowance: MessageAllowance;
  /** Bytes that Windows was asked about again because the rest of a message was missing. */
  #repeatedBytes = 0;
  #emptyRecords = 0;
  /** When the latest renegotiations began. */
  #renegotiations: number[] = [];
  /** The present renegotiation is among them, or is ours. */
  #renegotiationCounted = false;

  /** @param now a clock in milliseconds */
  constructor(limits: Limits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#allowance = new MessageAllowance(limits, now);
  }

  /** @param bytes of this handshake, taken or waiting */
  handshake(bytes: number): Rejection | null {
    const { handshakeBytes } = this.#limits;
    return bytes <= handshakeBytes ? null : faults.handshakeTooLarge(handshakeBytes);
  }

  /** @param bytes that Windows was asked about and will be asked about again */
  repeat(bytes: number): Rejection | null {
    this.#repeatedBytes += bytes;
    return this.#repeatedBytes <= this.#limits.repeatedHandshakeBytes ? null : faults.fragmented();
  }

  /** A message after the handshake (TLS 1.3 ticket, key update), or the request for a renegotiation. */
  message(): Rejection | null {
    return this.#allowance.spend() ? null : faults.flood('post-handshake messages');
  }

  /** The peer asks for a renegotiation. Refused before Windows has done a handshake's work for it. */
  renegotiationRequest(): Rejection | null {
    return this.#limits.renegotiations > 0 ? null : faults.tooManyRenegotiations(0);
  }

  /**
   * A renegotiation counts once, when Windows first needs more of the peer for it or at its end; a ticket or key
   * update never does.
   */
  renegotiation(): Rejection | null {
    if (this.#renegotiationCounted) return null;
    this.#renegotiationCounted = true;
    const { renegotiations, renegotiationWindow } = this.#limits;
    const now = this.#now();
    this.#renegotiations = this.#renegotiations.filter((at) => now - at < renegotiationWindow);
    this.#renegotiations.push(now);
    return this.#renegotiations.length <= renegotiations
      ? null
      : faults.tooManyRenegotiations(renegotiations);
  }

  /** The renegotiation that begins is ours: the limit is the peer's. */
  excuseRenegotiation(): void {
    this.#renegotiationCounted = true;
  }

  /** @param written bytes of application data that so many records were decrypted to */
  data(written: number, records: number): Rejection | null {
    this.#allowance.earn(written);
    if (written > 0) this.#emptyRecords = 0;
    else this.#emptyRecords += records;
    return this.#emptyRecords <= this.#limits.emptyRecords ? null : faults.flood('records without data');
  }

  /** A handshake, or a message after one, is over. */
  handshakeDone(): void {
    this.#repeatedBytes = 0;
    this.#renegotiationCounted = false;
  }
}
