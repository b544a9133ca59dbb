import { createPrivateKey, type KeyObject } from 'node:crypto';
import { damaged } from '../asn1/damaged.js';
import { readElement } from '../asn1/element.js';
import { ReadBudget } from '../asn1/read-budget.js';
import { wipe } from '../asn1/wipe.js';
import { SchannelError } from '../errors/schannel-error.js';
import { WorkBudget } from '../pbe/limits.js';
import { PasswordForms } from '../pbe/password.js';
import { copyOfPkcs8 } from '../pem/pkcs8.js';
import { type Bag, type BagAttributes, BagReader } from './bags.js';
import { type Envelope, readEnvelope } from './envelope.js';
import { pair } from './identities.js';
import { DEFAULT_PFX_LIMITS, type PfxLimits } from './limits.js';
import { bagsOf, Opener } from './opener.js';
import { readSafes, type Safe } from './safes.js';

/** What a PFX holds. */
export interface Pfx {
  /** In the order of the file. */
  readonly keys: readonly PfxKey[];
  /** In the order of the file, which means nothing. */
  readonly certificates: readonly PfxCertificate[];
  /** Each key with the certificate that belongs to it. A key or a certificate without the other is in none. */
  readonly identities: readonly PfxIdentity[];
  /** What keeps its content secret, each once; empty where nothing is encrypted. */
  readonly encryption: readonly string[];
  /** What proves it unchanged; null where the file has no MAC. */
  readonly mac: { readonly name: string; readonly iterations: number } | null;
  /** Zeroes the private keys. */
  [Symbol.dispose](): void;
}

export interface PfxKey extends BagAttributes {
  /** PKCS #8, DER. Zeroed with the Pfx. */
  readonly privateKey: Buffer;
}

export interface PfxCertificate extends Pick<BagAttributes, 'friendlyName' | 'localKeyId'> {
  readonly der: Buffer;
}

export interface PfxIdentity {
  readonly key: PfxKey;
  /** The certificate with the public key of {@link key}: the leaf. */
  readonly certificate: PfxCertificate;
  /** The leaf, its issuer, and so on as far as the file goes, a self-signed root included. */
  readonly chain: readonly PfxCertificate[];
}

/**
 * What a PFX (PKCS #12, RFC 7292) holds: old files with RC2-40, 3DES and SHA-1 as new ones with AES-256, SHA-256 and
 * PBMAC1 (RFC 9579). It runs on any system and asks Windows nothing.
 *
 * @param password undefined and '' try both of the forms that programs write: no password at all, and an empty one
 * @param limits those that are left out have their defaults
 * @throws SchannelError
 * - ERR_SCHANNEL_IMPORT_UNRECOGNIZED: it is something else
 * - ERR_SCHANNEL_IMPORT_PASSWORD_MISSING, ERR_SCHANNEL_IMPORT_PASSWORD_WRONG
 * - ERR_SCHANNEL_IMPORT_DAMAGED
 * - ERR_SCHANNEL_IMPORT_UNSUPPORTED: an algorithm, which is named
 * - ERR_SCHANNEL_IMPORT_TOO_LARGE, ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS, ERR_SCHANNEL_IMPORT_ITERATIONS: beyond a limit
 */
export function parsePfx(bytes: Uint8Array, password?: string, limits: Partial<PfxLimits> = {}): Pfx {
  const all = { ...DEFAULT_PFX_LIMITS, ...limits };
  if (bytes.length > all.bytes) {
    throw new SchannelError(
      'ERR_SCHANNEL_IMPORT_TOO_LARGE',
      `The file has ${bytes.length} bytes, more than the ${all.bytes} allowed`,
      { advice: 'Check that it is the right file, or raise the limit.' },
    );
  }
  const budget = new ReadBudget();
  const envelope = readEnvelope(bytes, budget);
  const forms = new PasswordForms(password);
  const opener = new Opener(forms, new WorkBudget(all), password !== undefined);
  const secrets: Buffer[] = [];
  try {
    return read(envelope, opener, all.bags, budget, secrets);
  } catch (error) {
    wipe(...secrets);
    throw error;
  } finally {
    opener.wipe();
    forms.wipe();
  }
}

function read(
  envelope: Envelope,
  opener: Opener,
  maxBags: number,
  budget: ReadBudget,
  secrets: Buffer[],
): Pfx {
  opener.checkMac(envelope, () => readSafes(envelope.content, budget), new BagReader(maxBags));
  const safes = readSafes(envelope.content, budget);
  const reader = new BagReader(maxBags);
  const bags = safes.flatMap((safe) => bagsOf(safe, opener, reader, budget));

  const keys = bags.flatMap((bag): PfxKey[] => {
    if (bag.kind === 'certificate') return [];
    const privateKey = keyOf(bag, opener, budget);
    secrets.push(privateKey);
    return [{ privateKey, ...bag.attributes }];
  });
  const certificates = bags.flatMap((bag): PfxCertificate[] => {
    if (bag.kind !== 'certificate') return [];
    const { friendlyName, localKeyId } = bag.attributes;
    return [{ der: bag.der, friendlyName, localKeyId }];
  });
  return {
    keys,
    certificates,
    identities: identitiesOf(keys, certificates),
    encryption: encryptionsOf(safes, bags),
    mac: envelope.mac === null ? null : { name: envelope.mac.name, iterations: envelope.mac.iterations },
    [Symbol.dispose]: () => {
      wipe(...secrets);
    },
  };
}

function keyOf(bag: Exclude<Bag, { kind: 'certificate' }>, opener: Opener, budget: ReadBudget): Buffer {
  if (bag.kind === 'key') return bag.privateKey;
  return copyOfPkcs8(
    readElement(
      opener.open((password, work) => bag.key.open(password, work)),
      budget,
    ),
  );
}

function identitiesOf(keys: readonly PfxKey[], certificates: readonly PfxCertificate[]): PfxIdentity[] {
  const keyObjects = keys.map(({ privateKey }) => readKey(privateKey));
  const pairings = pair(
    keyObjects,
    certificates.map(({ der }) => der),
  );
  return pairings.flatMap(({ key: keyIndex, certificate: leaf, chain: places }) => {
    const key = keys[keyIndex];
    const certificate = certificates[leaf];
    if (key === undefined || certificate === undefined) return [];
    return [{ key, certificate, chain: places.flatMap((place) => certificates[place] ?? []) }];
  });
}

function readKey(privateKey: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw damaged('a private key that cannot be read', cause);
  }
}

function encryptionsOf(safes: readonly Safe[], bags: readonly Bag[]): string[] {
  const ofSafes = safes.flatMap((safe) => (safe.kind === 'encrypted' ? [safe.encryption.name] : []));
  const ofKeys = bags.flatMap((bag) => (bag.kind === 'encrypted-key' ? [bag.key.encryption] : []));
  return [...new Set([...ofSafes, ...ofKeys])];
}
