import type { Duplex } from 'node:stream';
import type { Dialogue } from './dialogue.js';

/** What a protocol may need in addition to the connection. */
export interface UpgradeContext {
  /** The name that the client sends: its own in SMTP's EHLO, the domain in XMPP. Null for the default. */
  readonly name: string | null;
  /** The domain of the server that is the client, in XMPP between servers. Null for the default. */
  readonly from: string | null;
  /** The name of the server, which its certificate must match. */
  readonly host: string;
}

/** How the clear-text part of a protocol ended: TLS is next, or the server does not offer it. */
export type Upgrade =
  | {
      readonly ready: true;
      /** What the protocol puts around TLS. By default there is nothing around it. */
      readonly carry?: (clear: Duplex) => Duplex;
    }
  | { readonly ready: false; readonly why: string; readonly reply: string };

/**
 * The clear-text part before TLS. It reads and writes the lines of the protocol, and returns right after the server's
 * go-ahead. The caller takes care of limits, time, injected data and the handshake.
 */
export type StartTlsProtocol = (dialogue: Dialogue, context: UpgradeContext) => Promise<Upgrade>;
