import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { toError } from '../../../base/errors/to-error.js';
import {
  type Address,
  addressText,
  hostAndPort,
  isLoopback,
  isProgramText,
  parseEndpoint,
} from '../endpoint.js';
import { cannotListen, statusExposed } from '../errors.js';
import type { Endpoint } from '../options.js';
import type { TargetStatus, TunnelStatus } from '../tunnel.js';
import type { TunnelFigures } from './figures.js';
import { OPEN_METRICS, openMetrics } from './open-metrics.js';

export interface StatusServerOptions {
  /** A port of 127.0.0.1, an address of this machine, or a named pipe. */
  readonly accept: Endpoint;
  /** Lets other machines ask, if `accept` is an address that they reach. Default false. */
  readonly anyAddress?: boolean | undefined;
}

/** What the server shows. */
export interface StatusSource {
  /** Of the program that runs the tunnels. */
  readonly version: string;
  readonly read: () => Promise<readonly TunnelFigures[]>;
}

/** How long a target may take to answer when somebody asks whether it does. */
const PATIENCE_MS = 5000;

/** Hosts by which a program of this machine asks without DNS. */
const LOCAL_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Shows over HTTP how tunnels are: `GET /status` as JSON, with 503 unless all of them listen, and `GET /metrics` as
 * OpenMetrics. `GET /status?connect=1` connects to each target first. It changes nothing.
 */
export class StatusServer {
  readonly #source: StatusSource;
  readonly #accept: Address;
  readonly #anyAddress: boolean;
  readonly #server: http.Server;
  #probe: Promise<ReadonlyMap<string, string | null>> | null = null;

  /** @throws SchannelError ERR_SCHANNEL_TUNNEL_EXPOSED; TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
  constructor(source: StatusSource, { accept, anyAddress = false }: StatusServerOptions) {
    this.#source = source;
    this.#anyAddress = anyAddress;
    this.#accept = parseEndpoint('options.accept', accept, { host: '127.0.0.1', least: 0 });
    if (!anyAddress && !isLoopback(this.#accept)) throw statusExposed(addressText(this.#accept));
    this.#server = http.createServer({ maxHeaderSize: 8192, requestTimeout: 30_000 }, (request, response) => {
      void this.#answer(request, response);
    });
    this.#server.maxConnections = 100;
    // One connection could not be taken. Without a listener, Node would end the process with all tunnels.
    this.#server.on('error', () => undefined);
  }

  /** Where it listens, such as '127.0.0.1:9090'; null before and after. */
  get address(): string | null {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return address;
    return hostAndPort(address.address, address.port);
  }

  /** @throws SchannelError ERR_SCHANNEL_TUNNEL_LISTEN */
  async listen(): Promise<void> {
    try {
      this.#server.listen(this.#accept);
      await once(this.#server, 'listening');
    } catch (error) {
      throw cannotListen(addressText(this.#accept), toError(error));
    }
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    try {
      await this.#route(request, response);
    } catch (error) {
      // A worker may have ended while it was asked.
      reply(response, 500, 'text/plain', `${toError(error).message}\n`);
    }
  }

  async #route(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method, url = '/' } = request;
    if (!this.#isMeant(request)) {
      reply(response, 421, 'text/plain', 'There is no status for this host.\n');
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      reply(response, 405, 'text/plain', 'Nothing can be changed here.\n');
      return;
    }
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    if (pathname === '/metrics') {
      reply(response, 200, OPEN_METRICS, openMetrics(await this.#source.read()));
      return;
    }
    if (pathname !== '/status') {
      reply(response, 404, 'text/plain', 'There are /status and /metrics.\n');
      return;
    }
    const figures = await this.#source.read();
    const statuses = figures.map(({ status }) => status);
    const reached = searchParams.get('connect') === '1' ? await this.#reach(statuses) : null;
    const page = pageOf(statuses, this.#source.version, reached);
    reply(response, page.ok ? 200 : 503, 'application/json', `${JSON.stringify(page, null, 2)}\n`);
  }

  /** Another name may be that of a hostile page which leads here (DNS rebinding). */
  #isMeant({ headers, socket }: http.IncomingMessage): boolean {
    if (this.#anyAddress || socket.remoteAddress === undefined) return true;
    const host = (headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
    return LOCAL_HOSTS.has(host) || ('host' in this.#accept && host === this.#accept.host.toLowerCase());
  }

  /** Who asks while it is being found out, gets the same answer. */
  #reach(statuses: readonly TunnelStatus[]): Promise<ReadonlyMap<string, string | null>> {
    this.#probe ??= reachAll(
      // What is behind a proxy can't be reached from here.
      statuses
        .flatMap(({ targets, through: [proxy] }) =>
          proxy === undefined ? targets.map(({ address }) => address) : [proxy],
        )
        // Nobody starts a program to see whether it is there.
        .filter((address) => !isProgramText(address)),
    ).finally(() => {
      this.#probe = null;
    });
    return this.#probe;
  }
}

interface StatusPage {
  readonly ok: boolean;
  readonly state: TunnelStatus['state'];
  readonly since: Date | null;
  readonly version: string;
  readonly services: readonly TunnelStatus[];
}

function pageOf(
  statuses: readonly TunnelStatus[],
  version: string,
  reached: ReadonlyMap<string, string | null> | null,
): StatusPage {
  const services =
    reached === null
      ? statuses
      : statuses.map((status) => ({
          ...status,
          targets: status.targets.map((target) => seen(target, status, reached)),
        }));
  const listens = statuses.length > 0 && statuses.every(({ state }) => state === 'listening');
  const starts = statuses.flatMap(({ since }) => (since === null ? [] : [since.getTime()]));
  return {
    ok:
      listens &&
      services.every(
        ({ targets, through }) =>
          reached === null ||
          targets.some(
            ({ address, state }) =>
              state === 'up' || (state === 'unknown' && (through.length > 0 || isProgramText(address))),
          ),
      ),
    state: statuses.find(({ state }) => state !== 'listening')?.state ?? (listens ? 'listening' : 'idle'),
    since: starts.length === 0 ? null : new Date(Math.min(...starts)),
    version,
    services,
  };
}

function seen(
  target: TargetStatus,
  { through: [proxy] }: TunnelStatus,
  reached: ReadonlyMap<string, string | null>,
): TargetStatus {
  if (proxy !== undefined) {
    const fault = reached.get(proxy);
    return fault == null ? target : { ...target, state: 'down', error: `the proxy ${proxy}: ${fault}` };
  }
  const error = reached.get(target.address);
  return error === undefined ? target : { ...target, state: error === null ? 'up' : 'down', error };
}

/** @returns by address: why it can't be reached, or null if it can */
async function reachAll(addresses: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
  const found = await Promise.all(
    [...new Set(addresses)].map(async (text) => [text, await reach(text)] as const),
  );
  return new Map(found);
}

function reach(text: string): Promise<string | null> {
  return new Promise((resolve) => {
    const target = parseEndpoint('target', text, { host: '127.0.0.1', least: 0 });
    const socket = net.connect(target);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
    socket.on('connect', () => {
      socket.destroy();
      resolve(null);
    });
    socket.on('error', (error) => resolve(error.message));
  });
}

function reply(response: http.ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
