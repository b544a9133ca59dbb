import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import type { ConnectThrough } from '../proxy/connect-through.js';
import type { HostAndPort } from '../proxy/steps.js';
import { ownCertificateIn, type StartTls } from '../starttls/start-tls.js';
import { untilSecure } from '../starttls/until-secure.js';
import { type MailConnectionOptions, refuseBypass } from './options.js';
import { withoutSignIn } from './without-sign-in.js';

/** What getSocket() returns to nodemailer: the connection, and the options that describe it. */
export interface MailSocket {
  readonly connection: Socket;
  readonly [option: string]: unknown;
}

/** nodemailer's documented hook for connections that are made elsewhere, here by Schannel. */
export interface MailHooks {
  getSocket(options: object, callback: (error: Error | null, socket?: MailSocket) => void): void;
  /** If something replaces getSocket(), nodemailer still requires TLS. */
  requireTLS: boolean;
}

/** The options of connect() that this transport sets. */
interface Target {
  readonly host?: string | undefined;
  readonly servername?: string | null | undefined;
  readonly socket?: Duplex | null | undefined;
}

/** How TLS is made. node:tls fits too. */
export interface Tls<TlsOptions, Secured> {
  /** Called before anything is connected. @throws if TLS is not available */
  ready(): void;
  connect(options: TlsOptions): Secured;
  startTls: StartTls<TlsOptions, Secured>;
  connectThrough: ConnectThrough<TlsOptions, Socket>;
}

const CONNECTION_TIMEOUT = 120_000;

/**
 * nodemailer expects a greeting before it sends EHLO, but no server sends one after STARTTLS (RFC 3207 §4.2). So it
 * gets this line, and not the server's greeting, which was in the clear.
 */
export const GREETING_AFTER_STARTTLS = '220 secured\r\n';

/** Makes options for nodemailer's createTransport() with connections by these functions. */
export function createMailTransport<TlsOptions extends Target, Secured extends Socket>(
  tls: Tls<TlsOptions, Secured>,
) {
  return <Options extends MailConnectionOptions<TlsOptions, Secured>>(
    options: Options,
  ): Options & MailHooks => {
    refuseBypass(options);
    const own: Options & MailHooks = {
      ...options,
      requireTLS: options.requireTLS ?? true,
      // nodemailer passes the options that it resolved, with those of a well-known `service`.
      getSocket: (settled, callback) => {
        openConnection(tls, { ...options, ...settled, proxy: options.proxy, tls: options.tls }).then(
          (socket) => callback(null, socket),
          (error: unknown) => callback(toError(error)),
        );
      },
    };
    // With a proxy, nodemailer would connect by itself.
    Reflect.deleteProperty(own, 'proxy');
    return own;
  };
}

async function openConnection<TlsOptions extends Target, Secured extends Socket>(
  tls: Tls<TlsOptions, Secured>,
  options: MailConnectionOptions<TlsOptions, Secured> & { auth?: unknown; customAuth?: unknown },
): Promise<MailSocket> {
  tls.ready();
  const host = options.host ?? 'localhost';
  const implicit = options.secure ?? options.port === 465;
  const port = options.port ?? (implicit ? 465 : 587);
  const dial = (to: HostAndPort): Socket => connectTcp({ ...to, localAddress: options.localAddress });
  const limit = options.connectionTimeout ?? CONNECTION_TIMEOUT;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(timedOut(host, port, limit)), limit);
  const { through, proxy, noProxy, proxyAutoDetect, proxyAuth, onProxy } = options;
  const how = { through, proxy, noProxy, proxyAutoDetect, proxyAuth, onProxy };
  // Without a proxy, the first flight of TLS is made while TCP connects.
  const socket =
    proxy === undefined && (through === undefined || through.length === 0)
      ? dial({ host, port })
      : await tls
          .connectThrough({ host, port, ...how, dial, signal: late.signal, timeout: LONGEST_TIMER_MS })
          .catch((error: unknown) => {
            clearTimeout(timer);
            throw late.signal.aborted ? late.signal.reason : error;
          });
  late.signal.addEventListener('abort', () => socket.destroy(late.signal.reason as Error));
  // The name is part of TlsOptions, which the compiler cannot see through the type parameter.
  const target = { ...options.tls, host, socket } as unknown as TlsOptions & { socket: Duplex };
  try {
    if (implicit) {
      const secured = await untilSecure(tls.connect(target), null);
      options.onSecureConnect?.(secured);
      return { connection: secured, secure: true, secured: true };
    }
    const upgraded = await tls.startTls(socket, {
      ...target,
      protocol: options.lmtp ? 'lmtp' : 'smtp',
      name: options.name,
      required:
        (options.requireTLS ?? true) || Boolean(options.auth) || ownCertificateIn(options.tls ?? {}) !== null,
      dialogueTimeout: options.greetingTimeout,
      onLine: options.onLine,
    });
    upgraded.unshift(Buffer.from(GREETING_AFTER_STARTTLS));
    if (upgraded === socket) return { connection: socket, ...withoutSignIn(options.customAuth) };
    options.onSecureConnect?.(upgraded as Secured);
    return { connection: upgraded, secure: true, secured: true };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function timedOut(host: string, port: number, milliseconds: number): SchannelError {
  return new SchannelError(
    'ETIMEDOUT',
    `The connection to ${host}:${port} was not secure within ${milliseconds} ms`,
    {
      phase: 'connect',
      advice: 'Check the host and the port, and whether a firewall drops the connection.',
    },
  );
}
