import type http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { Duplex } from 'node:stream';

import { connect, type ConnectionOptions } from '../../tls/connect.js';
import { clientDefaultsNumber } from '../../tls/secure-context/client-defaults.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { callable } from '../../base/callable.js';
import { invalidType } from '../../base/errors/argument-error.js';
import { toError } from '../../base/errors/to-error.js';
import { connectThrough, type ProxyChoice } from '../proxy/index.js';
import { identityOfOptions } from './option-identity.js';
import type { AgentOptions, RequestOptions } from './options.js';

/** What its types do not have, or not with the value that it returns. */
const nodes = https.Agent.prototype as unknown as {
  addRequest(this: https.Agent, request: http.ClientRequest, ...options: unknown[]): void;
  keepSocketAlive(this: https.Agent, socket: Duplex): boolean;
};

/** Which defaults of the process a request was made with. Node copies it with the other options. */
const DEFAULTS = Symbol('schannel.defaults');
type Marked = RequestOptions & { readonly [DEFAULTS]?: string };

type Created = (error: Error | null, stream: Duplex) => void;

class SchannelAgent extends https.Agent {
  readonly #proxy: ProxyChoice;

  /** @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED for `proxyEnv` */
  constructor(options: AgentOptions = {}) {
    if ('proxyEnv' in options && options.proxyEnv != null) throw proxyRefused();
    // They are the agent's own: others give requests options of the same names, which mean something else there.
    const { proxy, noProxy, proxyAuth, proxyAutoDetect, onProxy, ...others } = options;
    super(others as https.AgentOptions);
    this.#proxy = { proxy, noProxy, proxyAuth, proxyAutoDetect, onProxy };
  }

  /** For `using`: as destroy(). */
  [Symbol.dispose](): void {
    this.destroy();
  }

  /** Opens a connection; takes arguments in all the forms of https.Agent. */
  override createConnection(options: RequestOptions, callback?: Created): Duplex;
  override createConnection(...args: unknown[]): Duplex | undefined {
    // A session that the program kept is not used: Windows has its own cache.
    const options = { ...optionsOf(args), session: null } as ConnectionOptions;
    // A pipe is on this machine, whatever host a request names beside it.
    const isDirect = this.#proxy.proxy === undefined || options.socket != null || options.path != null;
    if (isDirect) return connect(options);
    const created = args.find((argument): argument is Created => typeof argument === 'function');
    // Never past the proxy.
    if (created === undefined) throw invalidType('callback', 'of type function', created);
    // Node waits for the callback if nothing is returned.
    this.#tunnelFor(options).then(
      (socket) => {
        created(null, socket);
      },
      (error: unknown) => {
        (created as (error: Error) => void)(toError(error));
      },
    );
    return undefined;
  }

  async #tunnelFor(options: ConnectionOptions): Promise<Duplex> {
    const { host = 'localhost', port, localAddress, lookup, family } = options;
    const socket = await connectThrough({
      ...this.#proxy,
      host,
      port: Number(port),
      dial: (to) => net.connect({ ...to, localAddress, lookup, family } as net.TcpNetConnectOpts),
    });
    try {
      return connect({ ...options, socket });
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** @internal Node calls it for each request. Defaults that change meanwhile must not move a socket to other names. */
  addRequest(request: http.ClientRequest, options: unknown, ...legacy: unknown[]): void {
    const marked = isObject(options) ? { ...options, [DEFAULTS]: clientDefaultsNumber() } : options;
    nodes.addRequest.call(this, request, marked, ...legacy);
  }

  /**
   * Connections with the same name are shared. In addition to the parts of node:https, the name has every option that
   * decides about identity and trust, so that no request is sent with the certificate of another one. The same holds
   * for defaults of the process (register()) from before and after a change.
   */
  override getName(options: RequestOptions = {}): string {
    // Without Node's own mark for a function that checks names: here it is known again.
    const named = Object.fromEntries(Object.entries(options));
    const identity = identityOfOptions(named);
    const defaults = (options as Marked)[DEFAULTS] ?? clientDefaultsNumber();
    return super.getName(named) + (identity && `:${identity}`) + (defaults && `:${defaults}`);
  }

  override keepSocketAlive(socket: Duplex): boolean {
    if (!nodes.keepSocketAlive.call(this, socket) || socket.readableLength > 0) return false;
    socket.on('data', destroyOnData);
    return true;
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    socket.off('data', destroyOnData);
    super.reuseSocket(socket, request);
  }
}

/**
 * An https.Agent with connections by Schannel. It accepts the options of connect() in addition to its own. Use it as
 * `agent` in axios, got, node-fetch, ws and others.
 */
export type Agent = SchannelAgent;
export const Agent = callable(SchannelAgent);

/** Data on an idle connection would be taken for the answer to its next request. */
function destroyOnData(this: Duplex): void {
  this.destroy();
}

function optionsOf(args: readonly unknown[]): object {
  const [first, second, third] = args;
  if (isObject(first)) return first;
  return {
    ...(isObject(second) ? second : isObject(third) ? third : {}),
    ...(typeof first === 'number' ? { port: first } : {}),
    ...(typeof second === 'string' ? { host: second } : {}),
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function proxyRefused(): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_OPTION_UNSUPPORTED',
    'The option "proxyEnv" cannot be honoured: this agent has its own options for proxies',
    { advice: "Use `proxy: 'environment'`, or `proxy` with an address. See docs/https.md." },
  );
}
