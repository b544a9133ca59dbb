import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { persistKey, removeKey } from '#lib/windows/key/keys.js';
import type { Certificate } from '#lib/windows/store/certificate.js';
import { openStore } from '#lib/windows/store/store.js';
import { sharedRoot, type TestCertificate } from './certificates.js';
import { startPeer, type Peer } from './peers.js';
import { localhostIdentity } from './tls-server.js';

/** A client's certificate of the root that all servers of a test run trust, with an RSA key. */
export const issueClient = async (name: string): Promise<TestCertificate> =>
  (await sharedRoot()).issue({ subject: `CN=${name}`, key: 'rsa', usages: ['clientAuth'], altNames: [] });

/** OpenSSL as a server that prints the certificate of its client. */
export interface AskingServer {
  readonly port: number;
  readonly ca: string;
  /** DER of what the client of the next connection showed; null for none. */
  shown(): Promise<Buffer | null>;
  stop(): Promise<void>;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

/** @param flags of s_server beside '-verify 1', which asks and does not insist */
export const startAskingServer = async (...flags: readonly string[]): Promise<AskingServer> =>
  startServerAccepting((await localhostIdentity()).ca, ...flags);

/**
 * As {@link startAskingServer}.
 * @param authority PEM of the only authority whose certificates it asks for
 */
export async function startServerAccepting(
  authority: string,
  ...flags: readonly string[]
): Promise<AskingServer> {
  const { certificate, ca } = await localhostIdentity();
  const args = ['s_server', '-port', '{port}', '-cert', '{file:cert}', '-key', '{file:key}'];
  const peer: Peer = await startPeer('openssl', [...args, '-CAfile', '{file:ca}', '-verify', '1', ...flags], {
    files: { cert: certificate.cert, key: certificate.key, ca: authority },
  });
  await peer.waitFor(/ACCEPT/);
  let read = '';
  return {
    port: peer.port,
    ca,
    shown: async () => {
      // The line that ends what it says of a connection, certificate included.
      const end = new RegExp(`^[^]{${String(read.length)}}[^]*?CIPHER is `);
      const report = (await peer.waitFor(end))[0];
      const [certificate] = CERTIFICATE.exec(report.slice(read.length)) ?? [];
      read = report;
      return certificate === undefined ? null : new X509Certificate(certificate).raw;
    },
    stop: () => peer.stop(),
  };
}

/** A certificate of CurrentUser\\MY with its key, for as long as `use` takes. */
export async function withStored<Result>(
  client: TestCertificate,
  use: (certificate: Certificate) => Promise<Result>,
): Promise<Result> {
  const container = `schannel-test-${randomUUID()}`;
  const location = await persistKey(createPrivateKey(client.key), {
    container,
    machine: false,
    exportable: false,
  });
  const store = await openStore('MY');
  try {
    const certificate = await store.add(client.der, { keyLocation: location });
    try {
      return await use(certificate);
    } finally {
      await store.remove(certificate);
    }
  } finally {
    store.close();
    await removeKey(location);
  }
}
