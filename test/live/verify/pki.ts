import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sharedRoot, type TestAuthority } from '../../support/certificates.js';
import type { Pki } from './cases.js';

/** The authorities of the cases, and an HTTP server on loopback for what certificates point to. */
export class LivePki implements Pki {
  private constructor(
    readonly root: TestAuthority,
    readonly intermediate: TestAuthority,
    readonly stranger: TestAuthority,
    readonly checked: TestAuthority,
    readonly unreachable: string,
    private readonly server: Server,
    private readonly contents: Map<string, () => Promise<Uint8Array>>,
  ) {}

  static async create(): Promise<LivePki> {
    const contents = new Map<string, () => Promise<Uint8Array>>();
    const server = createServer((request, response) => {
      const content = contents.get(request.url ?? '');
      if (content === undefined) response.writeHead(404).end();
      else void content().then((bytes) => response.end(bytes));
    });
    const base = await listen(server);
    const root = await sharedRoot();
    const crl = put(contents, base, () => root.crl([]));
    return new LivePki(
      root,
      await root.authority('CN=intermediate'),
      await sharedRoot('CN=stranger'),
      await root.authority('CN=checked', { crl }),
      await deadAddress(),
      server,
      contents,
    );
  }

  readonly publish = (content: () => Promise<Uint8Array>): string =>
    put(this.contents, addressOf(this.server), content);

  /** An address that takes the request and never answers. */
  silent(): string {
    return put(this.contents, addressOf(this.server), () => new Promise(() => undefined));
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

function put(
  contents: Map<string, () => Promise<Uint8Array>>,
  base: string,
  content: () => Promise<Uint8Array>,
): string {
  const path = `/${randomUUID()}`;
  contents.set(path, content);
  return base + path;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return addressOf(server);
}

const addressOf = (server: Server): string =>
  `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

/** An address where a server has been and is no more: connections are refused at once. */
async function deadAddress(): Promise<string> {
  const server = createServer();
  const base = await listen(server);
  server.close();
  await once(server, 'close');
  return `${base}/${randomUUID()}`;
}
