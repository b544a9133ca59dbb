import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../base/async/clock.js';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import { EventStream } from './event-stream.js';
import { bodyOf, checkKey, checkOrigin, originOf, refused, STATUS_OF } from './guard.js';
import type { LogEntry } from './log.js';
import { PAGE_HEADERS, pageFile } from './page-files.js';
import { Sessions } from './sessions.js';
import type { SettingsService } from './service.js';

const LARGEST_HEADERS = 16_384;
const PATIENCE_MS = 30_000;
const MOST_CONNECTIONS = 64;
/** How many free ports are tried. */
const ATTEMPTS = 5;

/** Both addresses by which a machine reaches itself. Nobody else can. */
const ADDRESSES = ['127.0.0.1', '::1'] as const;

/** The settings page and what it asks: a server that only this machine reaches. */
export class SettingsServer {
  readonly #service: SettingsService;
  readonly #clock: Clock;
  readonly #sessions: Sessions;
  readonly #streams = new Set<EventStream>();
  readonly #servers: http.Server[] = [];
  #port = 0;

  constructor(service: SettingsService, clock: Clock) {
    this.#service = service;
    this.#clock = clock;
    this.#sessions = new Sessions(() => clock.now());
    service.log.listen((entry) => this.#send('log', entry, entry.id));
    service.onChange(() => this.#send('changed', {}));
  }

  /** 0 before {@link listen}. */
  get port(): number {
    return this.#port;
  }

  /** What has happened, the oldest first: the last 500 entries, without secrets. */
  get logEntries(): readonly LogEntry[] {
    return this.#service.log.entries;
  }

  /** @param port 0, the default, for a free one @throws Error of node:net: EADDRINUSE, EACCES */
  async listen(port = 0): Promise<void> {
    for (let left = port === 0 ? ATTEMPTS : 1; this.#servers.length === 0; left -= 1) {
      try {
        for (const address of ADDRESSES) await this.#listenAt(address, port || this.#port);
      } catch (error) {
        await this.#closeServers();
        // Another program may have a port that is free, at the other address.
        if (left > 1 && errorCode(error) === 'EADDRINUSE') continue;
        await this.#service.close();
        throw error;
      }
    }
  }

  /** A link to the page that works once, within ten minutes. Its secret part is never sent as part of an address. */
  link(): string {
    return `http://127.0.0.1:${this.#port}/#${this.#sessions.link()}`;
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.end();
    await this.#closeServers();
    await this.#service.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #closeServers(): Promise<void> {
    this.#port = 0;
    const servers = this.#servers.splice(0);
    await Promise.all(
      servers.map(async (server) => {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }),
    );
  }

  async #listenAt(address: string, port: number): Promise<void> {
    const server = http.createServer(
      {
        maxHeaderSize: LARGEST_HEADERS,
        requestTimeout: PATIENCE_MS,
        headersTimeout: PATIENCE_MS,
        keepAliveTimeout: 5000,
      },
      (request, response) => void this.#answer(request, response),
    );
    server.maxConnections = MOST_CONNECTIONS;
    server.listen({ host: address, port, ipv6Only: true });
    try {
      await once(server, 'listening');
    } catch (error) {
      // A machine without IPv6.
      if (address === '::1' && /^E(ADDRNOTAVAIL|AFNOSUPPORT)$/.test(errorCode(error))) return;
      throw error;
    }
    this.#servers.push(server);
    this.#port = (server.address() as AddressInfo).port;
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
    try {
      await this.#reply(request, response);
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  async #reply(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const own = originOf(request, this.#port);
    const { method = '', url = '' } = request;
    const changes = method !== 'GET' && method !== 'HEAD';
    const { pathname, searchParams } = new URL(`http://host.invalid${url.startsWith('/') ? url : '/'}`);
    if (!pathname.startsWith('/api/')) {
      const file = changes ? null : await pageFile(pathname);
      if (file === null) throw notThere(method, pathname);
      response.setHeader('content-type', file.type);
      response.end(method === 'HEAD' ? undefined : file.content);
      return;
    }
    checkOrigin(request, own, changes);
    const route = `${method} ${pathname}`;
    if (route === 'POST /api/session') {
      send(response, 200, { key: this.#keyFor(await bodyOf(request)) });
      return;
    }
    const key = checkKey(request, this.#sessions, route !== 'GET /api/events');
    if (route === 'GET /api/events') {
      this.#stream(response, key, Number(searchParams.get('after') ?? 0));
      return;
    }
    if (route === 'DELETE /api/session') {
      this.#sessions.end(key);
      send(response, 200, {});
      return;
    }
    const answer = this.#service.routes[route];
    if (answer === undefined) throw notThere(method, pathname);
    send(response, 200, await answer(changes ? await bodyOf(request) : {}));
  }

  #keyFor({ link }: Readonly<Record<string, unknown>>): string {
    const key = typeof link === 'string' ? this.#sessions.exchange(link) : null;
    if (key !== null) return key;
    throw new SchannelError('ERR_SCHANNEL_SETTINGS_LINK', 'The link was used before, or is too old', {
      advice: 'Open the page with a new link: `schannel web settings` prints one.',
    });
  }

  /** First what was missed, then what happens. */
  #stream(response: http.ServerResponse, key: string, after: number): void {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.flushHeaders();
    const stream = new EventStream(response, this.#clock, () => this.#sessions.has(key, false));
    for (const entry of this.#service.log.entries) {
      if (entry.id > after) stream.send('log', entry, entry.id);
    }
    this.#streams.add(stream);
    response.once('close', () => this.#streams.delete(stream));
  }

  #send(event: string, data: unknown, id?: number): void {
    for (const stream of this.#streams) stream.send(event, data, id);
  }

  #refuse(request: http.IncomingMessage, response: http.ServerResponse, thrown: unknown): void {
    const error = toError(thrown);
    const code = errorCode(error) || 'ERR_INTERNAL';
    // What another server or Windows refused is nobody's fault here.
    const status = STATUS_OF[code] ?? (error instanceof SchannelError ? 502 : 500);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // A body that nobody reads would come after the answer: the connection ends with it.
    if (!request.complete) response.setHeader('connection', 'close');
    const { advice = null, reasons = [] } = error instanceof SchannelError ? error : {};
    const filter = (text: string): string => this.#service.log.filter(text);
    send(response, status, {
      error: {
        code,
        message: filter(error.message),
        advice: advice && filter(advice),
        reasons: reasons.map(filter),
      },
    });
  }
}

function send(response: http.ServerResponse, status: number, document: unknown): void {
  const body = JSON.stringify(document);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

const notThere = (method: string, path: string): SchannelError =>
  refused(`There is nothing for ${method.slice(0, 10)} ${path.slice(0, 100)}`);
