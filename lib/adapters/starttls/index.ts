import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from '../../tls/connect.js';
import { native } from '../../native/load.js';
import type { TLSSocket } from '../../tls/socket/tls-socket.js';
import { createStartTls, type DialogueSettings } from './start-tls.js';

export type { DialogueLimits, LineListener } from './dialogue.js';
export type { DialogueSettings, StartTlsProtocolName } from './start-tls.js';

/** Options of startTls(): those of the clear-text dialogue, and those of connect() that are not about the transport. */
export interface StartTlsOptions
  extends DialogueSettings, Omit<ConnectionOptions, 'socket' | 'port' | 'path' | 'signal'> {}

/**
 * Speaks a protocol's clear-text part on a connected or connecting stream, asks for TLS, and secures it by Schannel.
 *
 * The stream must be fresh: the server's greeting not read yet, nobody else reading. `host` or `servername` says whom
 * the certificate has to be for. Clear text that follows the server's go-ahead is refused, so that nobody in between can
 * slip commands or replies into the protected session (CVE-2011-0411). When the promise rejects, the stream is destroyed,
 * but for wrong arguments, and where there is no Schannel: nothing was said then.
 *
 * ```js
 * const socket = await startTls(net.connect(587, 'mail.example'), { protocol: 'smtp', host: 'mail.example' });
 * ```
 *
 * @returns the secure socket; with `required: false` the stream itself, in the clear, where the server offers no TLS
 * @throws {SchannelError} ERR_SCHANNEL_STARTTLS_UNAVAILABLE the server does not offer TLS, or refuses it
 * @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_INJECTION clear text followed the go-ahead
 * @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_REPLY, ERR_SCHANNEL_PEER_STARTTLS_LIMIT,
 *   ERR_SCHANNEL_PEER_STARTTLS_CLOSED, ERR_SCHANNEL_STARTTLS_TIMEOUT the dialogue failed
 * @throws {SchannelError} ERR_SCHANNEL_UNSUPPORTED_PLATFORM
 * @throws the stream's own error, any error of connect(), an AbortError; TypeError for wrong arguments
 */
export function startTls(
  socket: Duplex,
  options: StartTlsOptions & { required?: true | undefined },
): Promise<TLSSocket>;
export function startTls<Clear extends Duplex>(
  socket: Clear,
  options: StartTlsOptions & { required: boolean },
): Promise<TLSSocket | Clear>;
export function startTls(
  socket: Duplex,
  options: StartTlsOptions & { required?: boolean | undefined },
): Promise<Duplex> {
  return upgrade(socket, { ...options, required: options.required ?? true });
}

const upgrade = createStartTls((options: Omit<ConnectionOptions, 'signal'>) => connect(options), native);
