import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type ChallengeEvent,
  type ChallengeServer,
  type ChallengeServerOptions,
  createChallengeServer,
} from '#lib/apps/acme/challenge-server/server.js';
import type { SecretHash } from '#lib/apps/acme/challenge-server/secret.js';
import { LOCK_SYSTEM } from '#lib/base/files/lock.js';
import { MemoryDns } from './memory-dns.js';
import { ScriptedClock } from './scripted-clock.js';

/** What a request was answered. */
export interface ServiceReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
}

/** A challenge server over plain HTTP, with a zone and a clock of the test. */
export class ChallengeService {
  readonly events: ChallengeEvent[] = [];
  readonly #http: http.Server;

  private constructor(
    readonly dns: MemoryDns,
    readonly clock: ScriptedClock,
    readonly folder: string,
    readonly server: ChallengeServer,
  ) {
    this.#http = http.createServer(server.handler);
  }

  static async start(
    options: Omit<ChallengeServerOptions, 'state'> & { readonly dns?: MemoryDns },
  ): Promise<ChallengeService> {
    const { dns = new MemoryDns(), ...own } = options;
    const clock = new ScriptedClock(1_900_000_000_000);
    const folder = mkdtempSync(path.join(tmpdir(), 'schannel-challenges-'));
    const events: ChallengeEvent[] = [];
    const server = await createChallengeServer(
      dns,
      { state: folder, log: (event) => events.push(event), ...own },
      { ...LOCK_SYSTEM, clock, hash: quickHash },
    );
    const service = new ChallengeService(dns, clock, folder, server);
    Object.assign(service, { events });
    service.#http.listen(0, '127.0.0.1');
    await once(service.#http, 'listening');
    return service;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** 'action outcome client name value reason' of each event, without those that are empty. */
  get lines(): string[] {
    return this.events.map(({ action, outcome, client, name, value, reason }) =>
      [action, outcome, client ?? '', name, value, reason].filter(Boolean).join(' '),
    );
  }

  async ask(
    method: string,
    target: string,
    body: unknown,
    headers: http.OutgoingHttpHeaders = {},
  ): Promise<ServiceReply> {
    const bytes =
      body === undefined
        ? ''
        : typeof body === 'string' || Buffer.isBuffer(body)
          ? body
          : JSON.stringify(body);
    const length =
      headers['transfer-encoding'] === undefined ? { 'content-length': Buffer.byteLength(bytes) } : {};
    const request = http.request(this.url + target, {
      method,
      headers: { ...length, ...headers },
      agent: false,
    });
    // It may answer before it has read everything.
    request.on('error', () => undefined);
    request.end(bytes);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const text = Buffer.concat((await response.toArray()) as Buffer[]).toString();
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  }

  /** Bytes as they are; what comes back until the connection ends. */
  async raw(bytes: string): Promise<string> {
    const socket = net.connect(this.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(bytes, 'latin1');
    return Buffer.concat((await socket.toArray().catch(() => [])) as Buffer[]).toString('latin1');
  }

  async stop(): Promise<void> {
    this.#http.close();
    this.#http.closeAllConnections();
    await this.server.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** In place of scrypt, which takes a tenth of a second. */
export const quickHash: SecretHash = (secret, salt) =>
  Promise.resolve(createHash('sha256').update(salt).update(secret).digest());

export const basic = (name: string, secret: string): http.OutgoingHttpHeaders => ({
  authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
});
