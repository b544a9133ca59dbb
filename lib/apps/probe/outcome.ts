import type { FlightMessage } from '../../formats/server-flight/flight-messages.js';
import type { ServerHello } from '../../formats/server-flight/server-hello.js';

/** Why no more connections are made. */
export type GivenUp = 'connections' | 'time' | 'silent' | 'unreachable';

/** How one connection ended. */
export type Outcome =
  /** The server chose. `messages` begins with its ServerHello. */
  | { readonly end: 'answer'; readonly hello: ServerHello; readonly messages: readonly FlightMessage[] }
  /** An answer of SSL 2. */
  | { readonly end: 'ssl2' }
  /** A fatal alert. */
  | { readonly end: 'alert'; readonly alert: number }
  /**
   * Closed or reset without an answer. `isRefusal`: it was so twice, and other hellos were answered at the same time.
   */
  | { readonly end: 'cut'; readonly isRefusal: boolean }
  | { readonly end: 'timeout' }
  /** Something else than TLS; `text` is how it began. */
  | { readonly end: 'not-tls'; readonly text: string }
  /** It began as TLS and went on as something that cannot be read. */
  | { readonly end: 'garbled' }
  /** More bytes, or a longer message, than any honest server sends. */
  | { readonly end: 'too-much' }
  | { readonly end: 'unreachable'; readonly error: Error }
  /** The clear-text dialogue before TLS failed. */
  | { readonly end: 'starttls'; readonly error: Error }
  /** No connection was made. */
  | { readonly end: 'given-up'; readonly why: GivenUp };

/** What is sent on a connection, and what is made of the bytes that come back. */
export interface Reading {
  readonly hello: Uint8Array;
  /** The outcome, as soon as the bytes decide it. */
  push(chunk: Uint8Array): Outcome | null;
  /** The outcome of a connection that ended before; null if nothing was decided. */
  partial(): Outcome | null;
}
