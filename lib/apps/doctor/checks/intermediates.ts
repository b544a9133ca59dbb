import { once } from 'node:events';
import { connect } from 'node:net';
import type { PrivateKey } from '../../../windows/key/private-key.js';
import { callNativeVoid, callNative } from '../../../native/promises.js';
import type { NativeCertificate, NativeStore } from '../../../native/store-binding.js';
import { makeCertificate, makeIdentity, type MadeIdentity } from '../certificates.js';
import { absent, type Check, type CheckContext, found, type Json } from '../check.js';
import { acquire, release } from '../credential.js';
import { EngineConnection } from '../engine-connection.js';
import { errorData } from '../failure.js';
import { nodePeer, type Version } from '../node-peer.js';
import { RSA_AES_CSP, SOFTWARE_KSP } from '../providers.js';
import { closedEphemeralKey } from '../ephemeral-test-key.js';
import { VERSIONS } from './loop-back.js';

/** Undocumented, but in schannel.h. */
const SCH_CRED_MEMORY_STORE_CERT = 0x10000;
const MEMORY_STORE = { provider: 2, flags: 0x2000, name: '' } as const;
const ADD_ALWAYS = 4;

/** The leaf in a memory store, next to the authority that issued it. */
async function leafInMemory(
  { native, cleanup }: CheckContext,
  key: PrivateKey,
  leaf: Uint8Array,
  authority: MadeIdentity,
): Promise<NativeCertificate> {
  const store = await callNative<NativeStore>({ phase: 'store' }, (callback) => {
    native.openStore(MEMORY_STORE, callback);
  });
  cleanup.add('a store in memory', () => {
    store.close();
  });
  const put = async (der: Uint8Array, withKey: boolean): Promise<NativeCertificate> => {
    const certificate = native.createCertificate(der);
    try {
      if (withKey) {
        await callNativeVoid({ phase: 'key' }, (callback) => {
          certificate.setKeyLocation(key.location, callback);
        });
      }
      const added = await callNative<NativeCertificate>({ phase: 'store' }, (callback) => {
        store.add(certificate, ADD_ALWAYS, callback);
      });
      cleanup.add('a certificate in memory', () => {
        added.close();
      });
      return added;
    } finally {
      certificate.close();
    }
  };
  await put(authority.der, false);
  return put(leaf, true);
}

async function certificatesSent(
  context: CheckContext,
  certificate: NativeCertificate,
  version: Version,
  flags: number,
): Promise<readonly Buffer[]> {
  const { port, seen } = await nodePeer(context, makeIdentity('rsa'), version);
  const credential = await acquire(context.native, { role: 'client', certificates: [certificate], flags });
  const free = context.cleanup.add('a credential', () => release(credential));
  const socket = connect(port, '127.0.0.1');
  const close = context.cleanup.add('a connection', () => {
    socket.destroy();
  });
  try {
    await once(socket, 'connect', { signal: context.signal });
    const connection = new EngineConnection(context.native, credential, 'client', socket);
    connection.start();
    await connection.secure;
    return (await seen).certificates;
  } finally {
    await close.now();
    await free.now();
  }
}

const memoryStoreCert: Check = {
  id: 'question.1.memory-store-cert',
  title: 'Does SCH_CRED_MEMORY_STORE_CERT make Schannel send the intermediates of a store in memory?',
  writes: true,
  vital: false,
  async run(context) {
    const root = makeIdentity('rsa', { isAuthority: true });
    const middle = makeIdentity('rsa', { issuer: root, isAuthority: true });
    const key = await closedEphemeralKey(context, { ...SOFTWARE_KSP, algorithm: 'rsa' }).catch(() =>
      closedEphemeralKey(context, { ...RSA_AES_CSP, algorithm: 'rsa' }),
    );
    const { der } = makeCertificate(key.publicKey, { issuer: middle });
    const leaf = await leafInMemory(context, key, der, middle);
    const data: Record<string, Json> = {};
    const sends = async (version: Version, flags: number): Promise<Json> => {
      try {
        const sent = await certificatesSent(context, leaf, version, flags);
        return { certificates: sent.length, intermediate: sent.some((each) => each.equals(middle.der)) };
      } catch (error) {
        return errorData(error);
      }
    };
    for (const version of VERSIONS) {
      data[`${version} without`] = await sends(version, 0);
      data[`${version} with`] = await sends(version, SCH_CRED_MEMORY_STORE_CERT);
    }
    const effective = VERSIONS.filter((version) => isSent(data[`${version} with`] ?? null));
    if (effective.length > 0) return found(`Yes, with ${effective.join(' and ')}.`, data);
    return Object.values(data).some(isAnswer)
      ? absent('No: only what is in CurrentUser\\CA or LocalMachine\\CA can come along.', data)
      : found('No handshake with the certificate came about.', data);
  },
};

const isAnswer = (outcome: Json): boolean =>
  typeof outcome === 'object' && outcome !== null && 'certificates' in outcome;

const isSent = (outcome: Json): boolean =>
  typeof outcome === 'object' && outcome !== null && Reflect.get(outcome, 'intermediate') === true;

export const INTERMEDIATE_CHECKS: readonly Check[] = [memoryStoreCert];
