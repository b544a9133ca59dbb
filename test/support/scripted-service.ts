import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { httpsTransport } from '#lib/apps/acme/http/transport.js';

/** What was asked of the service: 'POST /zones', its JSON, and its headers. */
export interface ServiceRequest {
  readonly line: string;
  readonly body: unknown;
  readonly headers: http.IncomingHttpHeaders;
}

/** Requests of these tests go over plain HTTP on this machine. */
export const transport = httpsTransport(https);

/** A service that answers by line, '404' to every other one. */
export class ScriptedService {
  readonly asked: ServiceRequest[] = [];
  readonly #server: http.Server;

  private constructor(answers: Readonly<Record<string, readonly [number, unknown?]>>) {
    this.#server = http.createServer((request, response) => {
      void request.toArray().then((chunks) => {
        const text = Buffer.concat(chunks as Buffer[]).toString();
        const line = `${request.method ?? ''} ${request.url ?? ''}`;
        this.asked.push({ line, body: text === '' ? null : JSON.parse(text), headers: request.headers });
        const [status, body] = answers[line] ?? [404, { message: 'not here' }];
        response.writeHead(status, { 'retry-after': '60' });
        response.end(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
      });
    });
  }

  static async start(
    answers: Readonly<Record<string, readonly [number, unknown?]>>,
  ): Promise<ScriptedService> {
    const service = new ScriptedService(answers);
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get lines(): readonly string[] {
    return this.asked.map(({ line }) => line);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
