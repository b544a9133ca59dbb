import net from 'node:net';

import { LONGEST_TIMER_MS } from '../base/async/clock.js';
import { toError } from '../base/errors/to-error.js';
import { connect, type ConnectionOptions } from '../tls/connect.js';
import { connectThrough, type ProxyChoice } from './proxy/index.js';

/** Where to connect: what undici passes to a connector. */
export interface ConnectorTarget {
  readonly hostname: string;
  readonly host?: string | undefined;
  /** 'https:' or 'http:' */
  readonly protocol: string;
  readonly port: string;
  readonly servername?: string | undefined;
  readonly localAddress?: string | null | undefined;
  /** An existing tunnel through a proxy. */
  readonly httpSocket?: net.Socket | undefined;
}

/** The `connect` option of undici's Agent, Client and Pool. */
export type Connector = (
  target: ConnectorTarget,
  callback: (...result: [error: null, socket: net.Socket] | [error: Error, socket: null]) => void,
) => void;

export interface ConnectorOptions
  extends Omit<ConnectionOptions, 'host' | 'port' | 'path' | 'timeout' | 'signal'>, ProxyChoice {
  /** Offer HTTP/2. Also set undici's own `allowH2`. Default false. */
  readonly allowH2?: boolean | undefined;
  /** Milliseconds until the connection is secure. Default 10,000, as in undici; 0 = no limit. */
  readonly connectTimeout?: number | undefined;
}

const CONNECT_TIMEOUT = 10_000;
const KEEP_ALIVE_DELAY = 60_000;

/**
 * Makes undici connect through Schannel, and through its dispatchers also Node's own fetch().
 *
 * ```js
 * const dispatcher = new Agent({ connect: schannelConnector({ certificate: { subject: 'me' } }) });
 * await fetch('https://example.com/', { dispatcher });
 * ```
 *
 * With `proxy`, connections go through an HTTP proxy or one of SOCKS 5, see docs/proxy.md: `proxy: 'system'`.
 *
 * Errors are those of connect() and connectThrough(). A connection that takes too long fails with
 * UND_ERR_CONNECT_TIMEOUT. It never throws: what connect() throws for an option is passed to undici's callback.
 */
export function schannelConnector(options: ConnectorOptions = {}): Connector {
  const { allowH2 = false, connectTimeout = CONNECT_TIMEOUT, ...others } = options;
  const { proxy, noProxy, proxyAuth, proxyAutoDetect, onProxy, ...settings } = others;
  const choice = { proxy, noProxy, proxyAuth, proxyAutoDetect, onProxy };
  const open: Open = (target, milliseconds, callback) => {
    const isSecure = target.protocol === 'https:';
    let socket: net.Socket;
    try {
      socket = isSecure ? secureSocket(target, settings, allowH2) : plainSocket(target, settings);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    if (settings.keepAlive !== false) {
      socket.setKeepAlive(true, settings.keepAliveInitialDelay ?? KEEP_ALIVE_DELAY);
    }
    const timer =
      milliseconds > 0
        ? setTimeout(() => socket.destroy(timedOut(target, connectTimeout)), milliseconds)
        : null;
    const settle = (): void => {
      if (timer) clearTimeout(timer);
      socket.off('error', failed).off('close', closed);
    };
    const failed = (error: Error): void => {
      settle();
      callback(error, null);
    };
    const closed = (): void => failed(new Error(`The connection to ${target.hostname} was closed`));
    socket.on('error', failed).on('close', closed);
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      settle();
      callback(null, socket);
    });
  };
  return (target, callback) => {
    if (proxy === undefined || target.httpSocket !== undefined) open(target, connectTimeout, callback);
    else openThrough(target, { ...choice, dial: dialBy(target, settings) }, connectTimeout, open, callback);
  };
}

type Settings = Omit<ConnectorOptions, 'allowH2' | 'connectTimeout' | keyof ProxyChoice>;
type Callback = Parameters<Connector>[1];
type Open = (target: ConnectorTarget, milliseconds: number, callback: Callback) => void;

/** Plain HTTP goes through a tunnel, too: then a proxy sees no more than where it leads. */
function openThrough(
  target: ConnectorTarget,
  choice: ProxyChoice & { readonly dial: (to: { host: string; port: number }) => net.Socket },
  connectTimeout: number,
  open: Open,
  callback: Callback,
): void {
  const isSecure = target.protocol === 'https:';
  const { host, port } = whereTo(target, isSecure ? 443 : 80);
  const begun = performance.now();
  const timeout = connectTimeout > 0 ? connectTimeout : LONGEST_TIMER_MS;
  connectThrough({ host, port, timeout, ...choice }).then(
    (httpSocket) => {
      if (!isSecure) {
        callback(null, httpSocket);
        return;
      }
      const left = Math.max(1, Math.trunc(timeout - (performance.now() - begun)));
      open({ ...target, httpSocket }, connectTimeout > 0 ? left : 0, (...[error, socket]) => {
        if (socket !== null) {
          callback(null, socket);
          return;
        }
        // Where an option is wrong, nothing has taken the tunnel.
        httpSocket.destroy();
        callback(error, null);
      });
    },
    (error: unknown) => callback(toError(error), null),
  );
}

const dialBy =
  ({ localAddress }: ConnectorTarget, { lookup, family, hints, noDelay }: Settings) =>
  (to: { host: string; port: number }): net.Socket =>
    net.connect({
      ...to,
      lookup,
      family,
      hints,
      noDelay,
      ...(localAddress ? { localAddress } : {}),
    } as net.TcpNetConnectOpts);

function secureSocket(target: ConnectorTarget, settings: Settings, allowH2: boolean): net.Socket {
  return connect({
    // As in undici: enough to keep a stream going, and little to discard when it is aborted.
    highWaterMark: 16_384,
    ALPNProtocols: allowH2 ? ['http/1.1', 'h2'] : ['http/1.1'],
    ...settings,
    ...whereTo(target, 443),
    servername: settings.servername ?? target.servername,
    socket: target.httpSocket ?? settings.socket,
  });
}

function plainSocket(target: ConnectorTarget, settings: Settings): net.Socket {
  const { lookup, family, hints, noDelay } = settings;
  return net.connect({
    highWaterMark: 65_536,
    lookup,
    family,
    hints,
    noDelay,
    ...whereTo(target, 80),
  } as net.TcpNetConnectOpts);
}

function whereTo(
  { hostname, port, localAddress }: ConnectorTarget,
  standard: number,
): { host: string; port: number } {
  // undici writes an IPv6 address in brackets.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: port === '' ? standard : Number(port), ...(localAddress ? { localAddress } : {}) };
}

function timedOut({ hostname, port }: ConnectorTarget, milliseconds: number): Error {
  return Object.assign(new Error(`Connect timeout (${hostname}:${port}, ${milliseconds} ms)`), {
    name: 'ConnectTimeoutError',
    code: 'UND_ERR_CONNECT_TIMEOUT',
  });
}
