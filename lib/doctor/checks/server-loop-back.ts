import { once } from 'node:events';
import { createServer } from 'node:net';
import tls from 'node:tls';
import type { NativeCredential } from '../../native/binding.js';
import { makeCertificate, makeIdentity, type MadeIdentity } from '../certificates.js';
import { type Check, type CheckContext, found, type Json, works } from '../check.js';
import { acquire, release } from '../credential.js';
import { EngineConnection } from '../engine-connection.js';
import { errorData } from '../failure.js';
import { listen, type Version } from '../node-peer.js';
import { RSA_AES_CSP, SOFTWARE_KSP } from '../providers.js';
import { certificateOf, closedThrowAwayKey, type KeyWish } from '../throw-away-key.js';
import { VERSIONS } from './loop-back.js';

const KINDS: readonly (readonly [id: string, wish: KeyWish])[] = [
  ['cng-rsa', { ...SOFTWARE_KSP, algorithm: 'rsa' }],
  ['cng-ec', { ...SOFTWARE_KSP, algorithm: 'ec' }],
  ['csp-rsa', { ...RSA_AES_CSP, algorithm: 'rsa' }],
];

const GREETING = 'schannel doctor';

/** A client of node:tls connects to Schannel. */
async function visit(port: number, root: MadeIdentity, version: Version, signal: AbortSignal): Promise<Json> {
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    ca: root.cert,
    minVersion: version,
    maxVersion: version,
  });
  try {
    await once(socket, 'secureConnect', { signal });
    socket.write(GREETING);
    const [echo] = (await once(socket, 'data', { signal })) as [Buffer];
    return { protocol: socket.getProtocol(), echoed: echo.toString() === GREETING };
  } catch (error) {
    return errorData(error);
  } finally {
    socket.destroy();
  }
}

/** A server of Schannel on the loopback. */
async function serve(context: CheckContext, credential: NativeCredential): Promise<number> {
  const connections = new Set<EngineConnection>();
  const server = createServer((socket) => {
    const connection = new EngineConnection(context.native, credential, 'server', socket);
    connections.add(connection);
    connection.start();
  });
  context.cleanup.add('connections', () => {
    for (const connection of connections) connection.close();
  });
  return listen(server, context.cleanup);
}

const check = ([id, wish]: (typeof KINDS)[number]): Check => ({
  id: `server.${id}`,
  title: `Does node:tls reach a server of Schannel in this process with a certificate: ${id}?`,
  writes: true,
  vital: false,
  async run(context) {
    const root = makeIdentity('rsa', { isAuthority: true });
    const key = await closedThrowAwayKey(context, wish);
    const { der } = makeCertificate(key.publicKey, { issuer: root });
    const certificate = await certificateOf(context, der, key);
    const credential = await acquire(context.native, { role: 'server', certificates: [certificate] });
    context.cleanup.add('a credential', () => release(credential));
    const port = await serve(context, credential);
    const data: Record<string, Json> = {};
    for (const version of VERSIONS) data[version] = await visit(port, root, version, context.signal);
    const good = VERSIONS.filter((version) => isEchoed(data[version] ?? null));
    return good.length === 0
      ? found('With no version.', data)
      : works(`With ${good.join(' and ')}${good.length === 1 ? ' alone' : ''}.`, data);
  },
});

const isEchoed = (outcome: Json): boolean =>
  typeof outcome === 'object' && outcome !== null && Reflect.get(outcome, 'echoed') === true;

/** Schannel as a server, with each kind of key. */
export const SERVER_CHECKS: readonly Check[] = KINDS.map(check);
