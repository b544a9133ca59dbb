import { createServer } from 'node:net';
import type { NativeSessionInfo, NativeCredential } from '../../native/binding.js';
import { protocolOfBits } from '../../tls/secure-context/protocols.js';
import { makeCertificate, makeIdentity } from './certificates.js';
import type { CheckContext } from './check.js';
import { acquire, release } from './credential.js';
import { EngineConnection } from './engine-connection.js';
import { listen, type Peer, type SeenClient } from './node-peer.js';
import { certificateFor, closedEphemeralKey, type KeySpec } from './ephemeral-test-key.js';

/** A credential of Schannel for servers, with a key in Windows. */
export interface ServerIdentity {
  readonly credential: NativeCredential;
  /** The trust anchor for its certificate, PEM. */
  readonly ca: string;
}

/** @throws SchannelError as generateKey(); or for a key that Schannel does not accept */
export async function serverIdentity(context: CheckContext, spec: KeySpec): Promise<ServerIdentity> {
  const root = makeIdentity('rsa', { isAuthority: true });
  const key = await closedEphemeralKey(context, spec);
  const { der } = makeCertificate(key.publicKey, { issuer: root });
  const certificate = await certificateFor(context, der, key);
  const credential = await acquire(context.native, { role: 'server', certificates: [certificate] });
  context.cleanup.add('a credential', () => release(credential));
  return { credential, ca: root.cert };
}

/** A Schannel server; the client chooses the version. */
export async function schannelPeer(
  { native, cleanup }: CheckContext,
  { credential, ca }: ServerIdentity,
): Promise<Peer> {
  const connections = new Set<EngineConnection>();
  const server = createServer();
  const seen = new Promise<SeenClient>((resolve, reject) => {
    server.on('connection', (socket) => {
      const connection = new EngineConnection(native, credential, 'server', socket);
      connections.add(connection);
      connection.secure.then((secure) => {
        resolve(clientOf(secure));
      }, reject);
      connection.start();
    });
  });
  // A failure that nobody waits for is not an unhandled rejection.
  seen.catch(() => undefined);
  cleanup.add('connections', () => {
    for (const connection of connections) connection.close();
  });
  return { port: await listen(server, cleanup), ca, seen };
}

const clientOf = ({ info, peerCertificates }: NativeSessionInfo): SeenClient => ({
  protocol: info === null ? null : protocolOfBits(info.protocol),
  certificates: peerCertificates.map((der) => Buffer.from(der)),
});
