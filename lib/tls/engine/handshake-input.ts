import type { AlertDetails } from '../../base/errors/schannel-error.js';
import { ClearMessages } from './clear-messages.js';
import type { Inbound } from './inbound.js';
import { lastAlertIn } from './plaintext-alert.js';
import { handshakePortions, type RecordFault } from './record.js';

/**
 * Pieces of a handshake that a step gets: Windows may be asked again about each of them, with all that came before
 * it.
 */
const MOST_PORTIONS = 32;

/** What a step gets. */
export interface Offer {
  readonly portions: readonly Uint8Array[];
  /** Bytes of ciphertext. */
  readonly bytes: number;
  /**
   * Bytes that Windows reads for it when no portion is enough by itself: each is tried with all that came before it.
   */
  readonly atMost: number;
}

/**
 * What the steps of a handshake get from the bytes that wait, and what they have taken: it knows when there is
 * something that Windows has not seen, so that a step is never repeated for nothing.
 */
export class HandshakeInput {
  readonly #inbound: Inbound;
  /** A decrypted post-handshake message that a step has not taken yet. */
  #message: Uint8Array | null = null;
  #hasKeyUpdate = false;
  /** Bytes of whole records at the start of the input that were looked at. */
  #followed = 0;
  #hasNews = false;
  /** Bytes at the start of the input that a step got and could do nothing with. */
  #stalledAt = 0;
  /** Bytes that steps have taken in this handshake. */
  #taken = 0;
  /** Null once there are keys, or nothing more to see. */
  #messages: ClearMessages | null = new ClearMessages();
  #alert: AlertDetails | null = null;

  constructor(inbound: Inbound) {
    this.#inbound = inbound;
  }

  /** Windows may find something in the input that it has not found yet. */
  get hasNews(): boolean {
    return this.#hasNews;
  }

  /** Bytes of this handshake that steps have taken, or got and will get again. */
  get tried(): number {
    return this.#taken + this.#stalledAt;
  }

  /** Bytes of this handshake that steps have taken, or that wait as whole records. */
  get seen(): number {
    return this.#taken + this.#followed;
  }

  /** Windows has taken something: a server's context exists from then on. */
  get isBegun(): boolean {
    return this.#taken > 0;
  }

  /**
   * The last alert in the clear: several alerts share one Windows status ("Schannel Error Codes for TLS and SSL
   * Alerts").
   */
  get alert(): AlertDetails | null {
    return this.#alert;
  }

  /** Looks at the records that have become whole since the last call. @returns what is wrong behind them */
  look(): RecordFault | null {
    const bytes = this.#inbound.view();
    const { end, fault } = this.#inbound.wholeRecords(this.#followed, bytes.length);
    const fresh = bytes.subarray(this.#followed, end);
    if (fresh.length > 0) {
      this.#alert = lastAlertIn(fresh) ?? this.#alert;
      if (this.#messages?.follow(fresh) ?? true) this.#hasNews = true;
    }
    this.#followed = end;
    return fault;
  }

  /** The bytes behind the whole records. */
  behind(): Uint8Array {
    return this.#inbound.view().subarray(this.#followed);
  }

  /** The records that were looked at, or as many of them as one step gets. */
  offer(): Offer {
    const portions = handshakePortions(
      this.#inbound.view().subarray(0, this.#followed),
      this.#stalledAt,
      MOST_PORTIONS,
    );
    this.#hasNews = bytesIn(portions) < this.#followed;
    return this.#offerOf(portions);
  }

  /** A post-handshake message, which came decrypted and goes before everything else; empty: none. */
  offerMessage(message: Uint8Array): Offer {
    this.#message = message.length > 0 ? message : null;
    this.#hasKeyUpdate = message.length > 0 && message.length <= LONGEST_KEY_UPDATE;
    return this.#offerOf([]);
  }

  #offerOf(records: readonly Uint8Array[]): Offer {
    const portions = this.#message ? [this.#message, ...records] : records;
    let [soFar, atMost] = [0, 0];
    for (const portion of portions) atMost += soFar += portion.length;
    return { portions, bytes: bytesIn(records), atMost };
  }

  /**
   * Accounts for what a step took: of the post-handshake message first, then of the ciphertext.
   * @returns bytes of ciphertext that the step got and did not take
   */
  take({ bytes }: Offer, consumed: number): number {
    this.#taken += consumed;
    const message = this.#message;
    if (message && consumed < message.length) {
      if (consumed > 0) this.#message = message.subarray(consumed);
      return bytes;
    }
    this.#message = null;
    const taken = consumed - (message?.length ?? 0);
    const endsRecord = this.#inbound.wholeRecords(0, taken).end === taken;
    this.#inbound.consume(taken);
    // Within a record nobody knows any more what follows: it is looked at again as it now lies.
    this.#followed = endsRecord ? this.#followed - taken : 0;
    if (!endsRecord) this.#messages = null;
    return bytes - taken;
  }

  /**
   * Keeps what a step did not take for the next one. If it took something, the rest is offered again at once: it may
   * now be of use ("Extra Buffers Returned by Schannel"), and the peer may have nothing more to say.
   */
  keep(rest: number, hasProgress: boolean): void {
    if (hasProgress) this.#hasNews = true;
    this.#stalledAt = hasProgress ? 0 : rest;
  }

  /** What a step did not take is of use from now on. */
  retry(): void {
    this.#stalledAt = 0;
  }

  /** The last post-handshake message was a key update, going by its size: it is still encrypted. */
  get hasKeyUpdate(): boolean {
    return this.#hasKeyUpdate;
  }

  /** Drops the post-handshake message. */
  dropMessage(): void {
    this.#message = null;
  }

  /** The handshake is over: what it left is application data. */
  finish(): void {
    this.#messages = null;
    this.#stalledAt = this.#followed = this.#taken = 0;
    this.#hasNews = false;
    if (this.#message) this.#inbound.prepend(this.#message);
    this.#message = null;
  }
}

/**
 * A header of 5 bytes, a message of 5, its type and a tag of 16 (RFC 8446 §4.6.3, §5.2). The shortest ticket has 13
 * bytes more (§4.6.1).
 */
const LONGEST_KEY_UPDATE = 5 + 5 + 1 + 16;

const bytesIn = (portions: readonly Uint8Array[]): number =>
  portions.reduce((sum, portion) => sum + portion.length, 0);
