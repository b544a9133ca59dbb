import type { ProxyOptions } from '../proxy/choose-proxy.js';
import type { ThroughStep } from '../proxy/steps.js';
import type { LineListener } from '../starttls/dialogue.js';
import { SchannelError } from '../../base/errors/schannel-error.js';

/**
 * The options of a nodemailer SMTP transport that concern the connection. All others (pool, maxConnections, auth, dkim,
 * logger …) are passed on. `proxy` and what belongs to it are those of connectThrough() in schannel/proxy, not
 * nodemailer's.
 */
export interface MailConnectionOptions<TlsOptions, Secured> extends ProxyOptions<TlsOptions> {
  /** Default 'localhost'. */
  host?: string | undefined;
  /** Default 465 with `secure`, else 587. */
  port?: number | undefined;
  /** true: TLS from the first byte (port 465). false: STARTTLS. Default: true only for port 465. */
  secure?: boolean | undefined;
  /**
   * Default true: a server without STARTTLS is an error. false: the message is then sent in the clear, but never with
   * credentials. With `auth` or a client certificate, TLS is always required.
   */
  requireTLS?: boolean | undefined;
  /** The name to send in EHLO. Default: this machine's full name, or else its address. */
  name?: string | undefined;
  /** Address to connect from. */
  localAddress?: string | undefined;
  /** In place of `proxy`: proxies on the way to the server, in their order, as `through` of connectThrough(). */
  through?: readonly ThroughStep<TlsOptions>[] | undefined;
  /** LMTP instead of SMTP. Default false. */
  lmtp?: boolean | undefined;
  /** Milliseconds until the connection must be secure. Default 120,000. */
  connectionTimeout?: number | undefined;
  /** Milliseconds for the clear-text dialogue before STARTTLS. Default 30,000. */
  greetingTimeout?: number | undefined;
  /** Options of connect(): ca, servername, minVersion, rejectUnauthorized, revocation … */
  tls?: TlsOptions | undefined;
  /** Called with each line in the clear before STARTTLS. Nodemailer's own logger gets the lines under TLS. */
  onLine?: LineListener | undefined;
  /** Called with each connection when it is secure. */
  onSecureConnect?: ((socket: Secured) => void) | undefined;
}

/** nodemailer's options that would bypass this transport, with the reason or what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  url: 'give its parts as host, port, secure and auth',
  getSocket: 'this transport uses it',
  connection: 'use startTls() and give nodemailer the secured socket',
  socket: 'use startTls() and give nodemailer the secured socket',
  secured: 'this transport secures the connection itself',
  ignoreTLS: 'without TLS there is no use for Schannel',
  opportunisticTLS: 'use requireTLS: false',
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
