import { connect, type ConnectionOptions } from '../../tls/connect.js';
import { native } from '../../native/load.js';
import type { TLSSocket } from '../../tls/socket/tls-socket.js';
import { createStartTls } from '../starttls/start-tls.js';
import type { MailConnectionOptions } from './options.js';
import { createMailTransport, type MailHooks } from './transport.js';

export type { MailHooks, MailSocket } from './transport.js';

/** What connect() takes, without what the transport itself decides. */
export type MailTlsOptions = Omit<ConnectionOptions, 'host' | 'port' | 'path' | 'socket' | 'signal'>;

/** The options of a nodemailer SMTP transport that are about the connection; others go through untouched. */
export type SchannelTransportOptions = MailConnectionOptions<MailTlsOptions, TLSSocket>;

/**
 * Options for nodemailer's createTransport() that have its connections secured by Schannel: STARTTLS (ports 25 and
 * 587), or TLS from the first byte with `secure: true` (port 465). Pooling, sign-in, DKIM and the rest are nodemailer's.
 *
 * TLS is required unless `requireTLS` is false, and credentials never leave without it. What fails before a message is
 * under way has the code of connect() or startTls(); what fails later has nodemailer's `code` ('ESOCKET') and ours as
 * `originalCode`.
 *
 * ```js
 * const mail = nodemailer.createTransport(schannelTransport({ host: 'mail.example', auth: { user, pass } }));
 * await mail.sendMail({ from, to, subject, text });
 * ```
 *
 * @throws {SchannelError} ERR_SCHANNEL_OPTION_UNSUPPORTED for an option that would take the connection elsewhere:
 *   url, proxy, getSocket, connection, socket, secured, ignoreTLS, opportunisticTLS
 */
export function schannelTransport<Options extends SchannelTransportOptions>(
  options: Options,
): Omit<Options, 'tls' | 'onLine' | 'onSecureConnect'> & MailHooks {
  return transport(options);
}

const secure = (options: Omit<ConnectionOptions, 'signal'>): TLSSocket => connect(options);
const transport = createMailTransport<Omit<ConnectionOptions, 'signal'>, TLSSocket>({
  ready: native,
  connect: secure,
  startTls: createStartTls(secure, native),
});
