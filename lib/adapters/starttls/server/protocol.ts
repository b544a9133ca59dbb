import type { Dialogue } from '../dialogue.js';

/** What the server says to a request, and what follows. */
export type Answer =
  /** The client has asked for TLS, and this is the go-ahead. */
  | { readonly next: 'tls'; readonly say: string | Uint8Array }
  /** It may ask for something else. */
  | { readonly next: 'request'; readonly say: string | Uint8Array }
  /** The session is over; `why` is for the error. */
  | { readonly next: 'end'; readonly say: string | Uint8Array; readonly why: string };

/** What a client is told first. */
export interface Greeting {
  readonly say: string;
  /** False for a goodbye in its place. */
  readonly isWelcome: boolean;
}

/** How a server that speaks first does so. */
export interface Greeter {
  /** The greeting of a server without another one behind it. */
  readonly own: (name: string) => string;
  /**
   * Reads the greeting of the server behind us, and changes it for a client without TLS.
   * @throws as {@link Dialogue.readLine} and readReply()
   */
  readonly passOn: (backend: Dialogue) => Promise<Greeting>;
  /** What a client is told in place of a greeting if there is none. */
  readonly sorry: (name: string) => string;
}

/** The server's part of a protocol before TLS. Requests other than that for TLS are refused. */
export interface ServerProtocol {
  /** Null where clients speak first. */
  readonly greeter: Greeter | null;
  /** Reads the next request and answers it. @throws as {@link Dialogue.readLine} */
  readonly next: (dialogue: Dialogue, name: string) => Promise<Answer>;
  /** What a client is told that asks for too much else. */
  readonly enough: (name: string) => string | Uint8Array;
}

/** The first word of a command, for people: what follows may be a password. */
export function verbOf(line: string): string {
  const [verb = ''] = /^[\x21-\x7e]{1,20}/.exec(line) ?? [];
  return verb === '' ? 'something else' : verb.toUpperCase();
}
