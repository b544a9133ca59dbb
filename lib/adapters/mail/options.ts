import type { LineListener } from '../starttls/dialogue.js';
import { SchannelError } from '../../base/errors/schannel-error.js';

/**
 * The options of a nodemailer SMTP transport that decide about the connection. All its others (pool, maxConnections,
 * auth, dkim, logger …) go through untouched.
 */
export interface MailConnectionOptions<TlsOptions, Secured> {
  /** Default 'localhost'. */
  host?: string | undefined;
  /** Default 465 with `secure`, else 587. */
  port?: number | undefined;
  /** true: TLS from the first byte (port 465). false: STARTTLS. Default: true on port 465 alone. */
  secure?: boolean | undefined;
  /**
   * Default true: a server without STARTTLS is an error. false sends the message in the clear then, but never
   * credentials: with `auth` TLS stays required.
   */
  requireTLS?: boolean | undefined;
  /** How the client introduces itself (EHLO). Default: this machine's full name, else an address literal. */
  name?: string | undefined;
  /** Address to connect from. */
  localAddress?: string | undefined;
  /** LMTP instead of SMTP. Default false. */
  lmtp?: boolean | undefined;
  /** Milliseconds until the connection has to be secure. Default 120,000. */
  connectionTimeout?: number | undefined;
  /** Milliseconds for the clear-text dialogue before STARTTLS. Default 30,000. */
  greetingTimeout?: number | undefined;
  /** Options of connect(): ca, servername, minVersion, rejectUnauthorized, revocation … */
  tls?: TlsOptions | undefined;
  /** Each line said in the clear before STARTTLS; nodemailer's own logger has those said under TLS. */
  onLine?: LineListener | undefined;
  /** Each connection once it is secure, with all that was negotiated. */
  onSecureConnect?: ((socket: Secured) => void) | undefined;
}

/** nodemailer's options that would take the connection out of our hands, and why they cannot stay. */
const REFUSED: Readonly<Record<string, string>> = {
  url: 'give its parts as host, port, secure and auth',
  proxy: 'nodemailer would connect and do TLS itself',
  getSocket: 'it is the hook this transport uses',
  connection: 'use startTls() and hand the secured socket to nodemailer',
  socket: 'use startTls() and hand the secured socket to nodemailer',
  secured: 'this transport secures the connection itself',
  ignoreTLS: 'a connection without TLS needs no Schannel',
  opportunisticTLS: 'say requireTLS: false',
};

/** @throws {SchannelError} ERR_SCHANNEL_OPTION_UNSUPPORTED for an option that would bypass this transport */
export function refuseBypass(options: object): void {
  for (const [name, reason] of Object.entries(REFUSED)) {
    const value: unknown = Reflect.get(options, name);
    if (value === undefined || value === false || value === null) continue;
    throw new SchannelError(
      'ERR_SCHANNEL_OPTION_UNSUPPORTED',
      `Option ${name} cannot be used here: ${reason}`,
      {
        advice: `Leave ${name} out.`,
      },
    );
  }
}
