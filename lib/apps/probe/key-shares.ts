import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { GROUPS } from '../../formats/tls-wire/groups.js';
import type { KeyShare } from './hellos.js';

/** A key pair whose public half is in a hello. */
export interface OwnShare extends KeyShare {
  /** The shared secret. @throws an error of OpenSSL for a share that is no point of the group */
  agree(share: Uint8Array): Buffer;
}

interface Kind {
  readonly generate: () => KeyObject;
  /** Of the public key in its DER (SubjectPublicKeyInfo), before the share. */
  readonly prefix: string;
}

const CURVE = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;

/** The groups that node:crypto knows. */
const KINDS: ReadonlyMap<number, Kind> = new Map([
  [
    GROUPS.x25519,
    { generate: () => generateKeyPairSync('x25519').privateKey, prefix: '302a300506032b656e032100' },
  ],
  [
    GROUPS.secp256r1,
    { generate: () => CURVE('P-256'), prefix: '3059301306072a8648ce3d020106082a8648ce3d030107034200' },
  ],
  [
    GROUPS.secp384r1,
    { generate: () => CURVE('P-384'), prefix: '3076301006072a8648ce3d020106052b81040022036200' },
  ],
  [
    GROUPS.secp521r1,
    { generate: () => CURVE('P-521'), prefix: '30819b301006072a8648ce3d020106052b8104002303818600' },
  ],
  [
    GROUPS.x448,
    { generate: () => generateKeyPairSync('x448').privateKey, prefix: '3042300506032b656f033900' },
  ],
]);

/** Groups that {@link ownShare} can make, the usual ones first. */
export const SHARED_GROUPS: readonly number[] = [...KINDS.keys()];

/** A new key pair; null for a group that node:crypto does not know. */
export function ownShare(group: number): OwnShare | null {
  const kind = KINDS.get(group);
  if (kind === undefined) return null;
  const privateKey = kind.generate();
  const prefix = Buffer.from(kind.prefix, 'hex');
  const share = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(prefix.length);
  return {
    group,
    share,
    agree: (theirs) => {
      const key = Buffer.concat([prefix, theirs]);
      return diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: 'der', type: 'spki' }) });
    },
  };
}
