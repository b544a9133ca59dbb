import type { AddressInfo, Server } from 'node:net';
import tls from 'node:tls';
import type { CheckContext } from './check.js';
import type { MadeIdentity } from './certificates.js';

export type Version = 'TLSv1.2' | 'TLSv1.3';

/** What a server saw from a client. */
export interface SeenClient {
  readonly protocol: string | null;
  /** DER of the certificates that were received, the client's own first; empty if there were none. */
  readonly certificates: readonly Buffer[];
}

/** A server on the loopback that requests a certificate, accepts any, and echoes what it receives. */
export interface Peer {
  readonly port: number;
  /** The trust anchor for its certificate, PEM. */
  readonly ca: string;
  /** The first client with a complete handshake. */
  readonly seen: Promise<SeenClient>;
}

/** A peer of node:tls. */
export async function nodePeer(
  { cleanup }: CheckContext,
  identity: MadeIdentity,
  version: Version,
): Promise<Peer> {
  const server = tls.createServer({
    cert: identity.cert,
    key: identity.key.export({ type: 'pkcs8', format: 'pem' }),
    minVersion: version,
    maxVersion: version,
    requestCert: true,
    rejectUnauthorized: false,
  });
  const seen = new Promise<SeenClient>((resolve, reject) => {
    server.once('secureConnection', (socket) => {
      socket.on('error', () => undefined).pipe(socket);
      resolve({ protocol: socket.getProtocol(), certificates: chainOf(socket.getPeerCertificate(true)) });
    });
    server.once('tlsClientError', reject);
  });
  // A failure that nobody waits for is not an unhandled rejection.
  seen.catch(() => undefined);
  return { port: await listen(server, cleanup), ca: identity.cert, seen };
}

/** Listens on a free port of the loopback until the check is over. */
export async function listen(server: Server, cleanup: CheckContext['cleanup']): Promise<number> {
  const sockets = new Set<{ destroy(): unknown }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  cleanup.add('a server', async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

function chainOf(certificate: tls.DetailedPeerCertificate): Buffer[] {
  const chain: Buffer[] = [];
  // Without a certificate, node:tls returns an empty object.
  let each: Partial<tls.DetailedPeerCertificate> | undefined = certificate;
  while (each?.raw !== undefined && !chain.some((other) => other.equals(each?.raw ?? Buffer.alloc(0)))) {
    chain.push(each.raw);
    each = each.issuerCertificate;
  }
  return chain;
}
