import { once } from 'node:events';
import tls from 'node:tls';
import { type Check, found, type Json, works } from '../check.js';
import { errorData } from '../failure.js';
import type { Version } from '../node-peer.js';
import { RSA_AES_CSP, SOFTWARE_KSP } from '../providers.js';
import { schannelPeer, serverIdentity } from '../schannel-peer.js';
import type { KeySpec } from '../ephemeral-test-key.js';
import { VERSIONS } from './loop-back.js';

const KINDS: readonly (readonly [id: string, spec: KeySpec])[] = [
  ['cng-rsa', { ...SOFTWARE_KSP, algorithm: 'rsa' }],
  ['cng-ec', { ...SOFTWARE_KSP, algorithm: 'ec' }],
  ['csp-rsa', { ...RSA_AES_CSP, algorithm: 'rsa' }],
];

const GREETING = 'schannel doctor';

/** A node:tls client connects to Schannel. */
async function visit(port: number, ca: string, version: Version, signal: AbortSignal): Promise<Json> {
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    ca,
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

const check = ([id, spec]: (typeof KINDS)[number]): Check => ({
  id: `server.${id}`,
  title: `Does node:tls reach a server of Schannel in this process with a certificate: ${id}?`,
  writes: true,
  vital: false,
  async run(context) {
    const { port, ca } = await schannelPeer(context, await serverIdentity(context, spec));
    const data: Record<string, Json> = {};
    for (const version of VERSIONS) data[version] = await visit(port, ca, version, context.signal);
    const good = VERSIONS.filter((version) => isEchoed(data[version] ?? null));
    if (good.length === 0) return found('With no version.', data);
    return good.length === VERSIONS.length
      ? works(`With ${good.join(', ')}.`, data)
      : found(`Only with ${good.join(', ')}.`, data);
  },
});

const isEchoed = (outcome: Json): boolean =>
  typeof outcome === 'object' && outcome !== null && Reflect.get(outcome, 'echoed') === true;

/** Schannel as a server, with each kind of key. */
export const SERVER_CHECKS: readonly Check[] = KINDS.map(check);
