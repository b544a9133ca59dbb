import { connect as connectTcp, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from '../../tls/connect.js';
import { native } from '../../native/load.js';
import type { TLSSocket } from '../../tls/socket/tls-socket.js';
import { createConnectThrough } from '../proxy/connect-through.js';
import { createStartTls } from '../starttls/start-tls.js';
import type { MailConnectionOptions } from './options.js';
import { createMailTransport, type MailHooks } from './transport.js';

export type { MailHooks, MailSocket } from './transport.js';

/** Options of connect(), without those that the transport sets. */
export type MailTlsOptions = Omit<ConnectionOptions, 'host' | 'port' | 'path' | 'socket' | 'signal'>;

/** The options of a nodemailer SMTP transport that concern the connection. All others are passed on. */
export type SchannelTransportOptions = MailConnectionOptions<MailTlsOptions, TLSSocket>;

/**
 * Options for nodemailer's createTransport() that secure its connections by Schannel: with STARTTLS (ports 25 and 587),
 * or with TLS from the first byte if `secure` is true (port 465). Nodemailer does the rest: pooling, sign-in, DKIM and
 * so on.
 *
 * TLS is required unless `requireTLS` is false, and credentials are never sent without it. An error before the message
 * is sent has the code of connect() or startTls(). A later error has nodemailer's `code` ('ESOCKET'), and ours as
 * `originalCode`.
 *
 * ```js
 * const mail = nodemailer.createTransport(schannelTransport({ host: 'mail.example', auth: { user, pass } }));
 * await mail.sendMail({ from, to, subject, text });
 * ```
 *
 * @throws {SchannelError} ERR_SCHANNEL_OPTION_UNSUPPORTED for an option that would bypass Schannel:
 *   url, getSocket, connection, socket, secured, ignoreTLS, opportunisticTLS
 */
export function schannelTransport<Options extends SchannelTransportOptions>(
  options: Options,
): Omit<Options, 'tls' | 'proxy' | 'onLine' | 'onSecureConnect'> & MailHooks {
  return transport(options);
}

const secure = (options: Omit<ConnectionOptions, 'signal'>): TLSSocket => connect(options);
const transport = createMailTransport<Omit<ConnectionOptions, 'signal'>, TLSSocket>({
  ready: native,
  connect: secure,
  startTls: createStartTls(secure, native),
  connectThrough: createConnectThrough<Omit<ConnectionOptions, 'signal'>, Socket>(secure, connectTcp),
});
