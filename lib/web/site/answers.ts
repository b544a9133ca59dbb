import type http from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { hostOf } from '../../base/text/host-header.js';
import { isLasting, type Showing } from '../headers/strict-transport.js';
import { knowsHost } from '../names/site-names.js';
import type { SiteSettings } from './options.js';

type Settings = Pick<SiteSettings, 'names' | 'app' | 'upgrade' | 'files' | 'hsts' | 'headers'>;

/** What a site answers. It never throws, whatever the site's own functions do. */
export class Answers {
  readonly #settings: Settings;
  readonly #failed: (error: unknown, request: http.IncomingMessage) => void;

  /** @param failed is told what a function of the site threw */
  constructor(settings: Settings, failed: (error: unknown, request: http.IncomingMessage) => void) {
    this.#settings = settings;
    this.#failed = failed;
  }

  async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      const { headers, hsts } = this.#settings;
      for (const [name, value] of headers) response.setHeader(name, value);
      const refusal = this.#refusalOf(request);
      if (refusal !== null) {
        finish(request, response, refusal);
        return;
      }
      // RFC 6797 §7.2: only over TLS, where every request of this server comes from.
      if (hsts !== null && isLasting(request.socket as unknown as Showing)) {
        response.setHeader('Strict-Transport-Security', hsts);
      }
      await this.#pass(request, response);
    } catch (error) {
      this.#failed(error, request);
      if (!response.headersSent) {
        // What the app has said was for another answer: a cache would keep this one, and an encoding is not its own.
        for (const name of response.getHeaderNames()) response.removeHeader(name);
        for (const [name, value] of this.#settings.headers) response.setHeader(name, value);
        finish(request, response, 500);
      } else if (!response.writableEnded) response.destroy();
    }
  }

  async upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const refusal = this.#refusalOf(request);
    if (refusal !== null) {
      const reason = STATUS_CODES[refusal] ?? '';
      // The client may have gone, and nobody else listens any more.
      socket.on('error', () => undefined);
      socket.end(`HTTP/1.1 ${refusal} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    try {
      await this.#settings.upgrade?.(request, socket, head);
    } catch (error) {
      this.#failed(error, request);
      socket.destroy();
    }
  }

  /** A request for another site: somebody's name leads here, or a page has its own name lead here (DNS rebinding). */
  #refusalOf({ headers }: http.IncomingMessage): 400 | 421 | null {
    const host = hostOf(headers.host);
    if (host === null) return 400;
    return knowsHost(this.#settings.names, host) ? null : 421;
  }

  async #pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { app, files } = this.#settings;
    const outcome = files === null ? 404 : await files(request, response);
    if (outcome === 'sent') return;
    if (app !== null) {
      await app(request, response);
      return;
    }
    if (outcome === 405) response.setHeader('Allow', 'GET, HEAD');
    finish(request, response, outcome);
  }
}

function finish(request: http.IncomingMessage, response: http.ServerResponse, status: number): void {
  const body = `${status} ${STATUS_CODES[status] ?? ''}\n`;
  // A body that nobody reads would come before the next request.
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    ...(isRead ? {} : { Connection: 'close' }),
  });
  response.end(body);
}
