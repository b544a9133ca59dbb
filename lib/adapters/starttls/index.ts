import type { Duplex } from 'node:stream';
import { invalidType } from '../../base/errors/argument-error.js';
import { connect, type ConnectionOptions } from '../../tls/connect.js';
import { native } from '../../native/load.js';
import { Server } from '../../tls/server/server.js';
import type { TLSSocket } from '../../tls/socket/tls-socket.js';
import { type AcceptedTls, type AcceptSettings, createAcceptStartTls } from './server/accept-start-tls.js';
import { createStartTls, type DialogueSettings } from './start-tls.js';

export type { DialogueLimits, LineListener } from './dialogue.js';
export type { AcceptedTls, AcceptSettings } from './server/accept-start-tls.js';
export type { ServerProtocolName } from './server/answer.js';
export type { DialogueSettings, StartTlsProtocolName } from './start-tls.js';

/**
 * Options of startTls(): those of the clear-text dialogue, and those of connect() that do not concern the transport.
 */
export interface StartTlsOptions
  extends DialogueSettings, Omit<ConnectionOptions, 'socket' | 'port' | 'path' | 'signal'> {}

/**
 * Runs the clear-text part of a protocol on a stream that is connected or connecting, requests TLS, and secures the
 * stream by Schannel.
 *
 * The stream must be fresh: nothing has been read from it, not even the server's greeting, and nothing else reads it.
 * `host` or `servername` is the name that the certificate must match. Clear text after the server's go-ahead is
 * refused, so that an attacker cannot inject commands or replies into the protected session (CVE-2011-0411). When the
 * promise rejects, the stream is destroyed, except for wrong arguments or if there is no Schannel: then nothing has
 * been sent.
 *
 * ```js
 * const socket = await startTls(net.connect(587, 'mail.example'), { protocol: 'smtp', host: 'mail.example' });
 * ```
 *
 * @returns the secure socket; with `required: false`, the stream itself, in the clear, if the server offers no TLS
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

/** Options of acceptStartTls(). */
export interface AcceptStartTlsOptions extends AcceptSettings {
  /** Has the certificate and all other settings of TLS: one of createServer(). It need not listen. */
  readonly server: Server;
}

/**
 * Speaks the clear-text part of a protocol as its server, until the client asks for TLS, and secures the stream by
 * Schannel.
 *
 * The stream must be fresh: nothing has been read from it or written to it, and nothing else reads it. Everything but
 * the request for TLS is refused in the words of the protocol. Clear text behind the request ends the connection and is
 * not answered, so that an attacker cannot put commands into the protected session (CVE-2011-0411). When the promise
 * rejects, the stream is destroyed, except for wrong arguments or if there is no Schannel.
 *
 * After STARTTLS no greeting is due, but one is if the client began with TLS (`isImplicit`). The server also emits what
 * it does for its other connections: 'secureConnection' or 'tlsClientError'.
 *
 * ```js
 * const server = createServer({ certificate: 'mail.example' });
 * net.createServer(async (clear) => {
 *   const { socket } = await acceptStartTls(clear, { protocol: 'smtp', server });
 * }).listen(587);
 * ```
 *
 * @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_COMMAND the client did something else
 * @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_INJECTION clear text followed the request
 * @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_LIMIT, ERR_SCHANNEL_PEER_STARTTLS_CLOSED,
 *   ERR_SCHANNEL_STARTTLS_TIMEOUT the dialogue failed
 * @throws {SchannelError} ERR_SCHANNEL_UNSUPPORTED_PLATFORM
 * @throws the stream's own error, that of the handshake, an AbortError; TypeError and RangeError for wrong arguments
 */
export function acceptStartTls(
  socket: Duplex,
  options: AcceptStartTlsOptions,
): Promise<AcceptedTls<TLSSocket>> {
  return accept(socket, options);
}

const accept = createAcceptStartTls(
  (server: Server, transport) => server._secure(transport),
  (server: unknown) => {
    native();
    if (!(server instanceof Server))
      throw invalidType('options.server', 'a server of createServer()', server);
  },
);
