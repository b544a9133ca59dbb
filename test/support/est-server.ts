import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { exchangeBy } from '#lib/apps/enrol/exchange.js';
import type { Exchange } from '#lib/apps/enrol/exchange.js';
import type { Request } from '#lib/adapters/https/request.js';
import { selfSigned } from './certificates.js';

/** A server of node:https on loopback. */
export interface HttpsServer {
  readonly url: string;
  readonly identity: NodeIdentity;
  close(): Promise<void>;
}

/**
 * @param authorities whose client certificates it trusts, PEM
 * @param given its certificate. Default a self-signed one
 */
export async function httpsServer(
  listener: RequestListener,
  authorities = '',
  given?: NodeIdentity,
): Promise<HttpsServer> {
  const identity = given ?? (await selfSigned({ subject: 'CN=localhost', altNames: ['DNS:localhost'] }));
  const server = https.createServer(
    {
      key: identity.key,
      cert: identity.cert,
      ...(authorities === '' ? {} : { ca: authorities }),
      requestCert: true,
      rejectUnauthorized: false,
    },
    listener,
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}`,
    identity,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A client identity of node:tls; on Windows, `certificate` names it. */
export interface NodeIdentity {
  readonly key: string;
  readonly cert: string;
}

/** The client of node:https. Its `certificate` is one of these, by name. */
export const nodeExchange = (identities: Readonly<Record<string, NodeIdentity>> = {}): Exchange => {
  const request = (
    url: URL,
    { certificate, ...options }: Record<string, unknown>,
    listener: unknown,
  ): unknown =>
    https.request(
      url,
      { ...options, ...(typeof certificate === 'string' ? identities[certificate] : {}), family: 4 },
      listener as (response: unknown) => void,
    );
  return exchangeBy(request as unknown as Request);
};
