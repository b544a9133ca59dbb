import type { Dialogue } from './dialogue.js';

/** What a protocol may need to know besides the connection itself. */
export interface UpgradeContext {
  /** How the client calls itself (SMTP's EHLO), or null for a name made from the connection. */
  readonly name: string | null;
}

/** How the clear part of a protocol ended: TLS comes next, or the server has none to offer. */
export type Upgrade =
  { readonly ready: true } | { readonly ready: false; readonly why: string; readonly reply: string };

/**
 * What is said in the clear before TLS. A protocol reads and writes its lines and returns right after the server's
 * go-ahead; limits, time, the injection guard and the handshake are not its business.
 */
export type StartTlsProtocol = (dialogue: Dialogue, context: UpgradeContext) => Promise<Upgrade>;
