import { createPrivateKey, type KeyObject } from 'node:crypto';
import { damagedFile } from '../asn1/damaged-file.js';
import { readElement } from '../asn1/element.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { FileBudget } from '../pbe/file-budget.js';
import { PasswordForms } from '../pbe/password.js';
import { pkcs8In } from '../private-key/pkcs8.js';
import { KEY_WORK } from '../private-key/private-key.js';
import { type Bag, type BagAttributes, BagReader } from './bags.js';
import { type Envelope, readEnvelope } from './envelope.js';
import { CertificateSet } from './certificate-set.js';
import { DEFAULT_PFX_LIMITS, type PfxLimits } from './limits.js';
import { bagsOf, Opener } from './opener.js';
import { readSafes, type Safe, workOnSafe } from './safes.js';

/** The content of a PFX. */
export interface Pfx {
  /** In the order of the file. */
  readonly keys: readonly PfxKey[];
  /** In the order of the file, which has no meaning. */
  readonly certificates: readonly PfxCertificate[];
  /**
   * Each key with the certificate that belongs to it. A key or a certificate without its counterpart is left out. Of
   * duplicates the first counts.
   */
  readonly identities: readonly PfxIdentity[];
  /** How many keys have no certificate. */
  readonly keysWithoutCertificate: number;
  /** Its encryptions, each once; empty if nothing is encrypted. */
  readonly encryption: readonly string[];
  /** Its MAC; null if the file has none. */
  readonly mac: { readonly name: string; readonly iterations: number } | null;
}

export interface PfxKey extends BagAttributes {
  readonly privateKey: KeyObject;
}

export interface PfxCertificate extends Pick<BagAttributes, 'friendlyName' | 'localKeyId'> {
  readonly der: Buffer;
  /** By its signature. @throws as {@link PfxIdentity.chain} */
  readonly isSelfSigned: () => boolean;
}

export interface PfxIdentity {
  readonly key: PfxKey;
  /** The certificate with the public key of {@link key}: the leaf. */
  readonly certificate: PfxCertificate;
  /**
   * The leaf, its issuer, and so on as far as they are in the file, including a self-signed root. Computed on each
   * call.
   *
   * @throws SchannelError ERR_SCHANNEL_IMPORT_ITERATIONS if the signatures take more work than a file may
   */
  readonly chain: () => readonly PfxCertificate[];
}

/**
 * Reads a PFX (PKCS #12, RFC 7292): old files with RC2-40, 3DES and SHA-1, and new ones with AES-256, SHA-256 and
 * PBMAC1 (RFC 9579). It works on any system, without Windows' functions.
 *
 * @param password undefined and '' both try the two forms that programs write: no password, and an empty one
 * @param limits missing ones have their defaults
 * @param budget the budget that work is charged to; by default a new one with these limits
 * @throws SchannelError
 * - ERR_SCHANNEL_IMPORT_UNRECOGNIZED: it is something else
 * - ERR_SCHANNEL_IMPORT_PASSWORD_MISSING, ERR_SCHANNEL_IMPORT_PASSWORD_WRONG
 * - ERR_SCHANNEL_IMPORT_DAMAGED
 * - ERR_SCHANNEL_IMPORT_UNSUPPORTED: an algorithm, named in the message
 * - ERR_SCHANNEL_IMPORT_TOO_LARGE, ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS, ERR_SCHANNEL_IMPORT_ITERATIONS: beyond a limit
 */
export function parsePfx(
  bytes: Uint8Array,
  password?: string,
  limits: Partial<PfxLimits> = {},
  budget = new FileBudget(limits),
): Pfx {
  const all = { ...DEFAULT_PFX_LIMITS, ...limits };
  if (bytes.length > all.bytes) {
    throw new SchannelError(
      'ERR_SCHANNEL_IMPORT_TOO_LARGE',
      `The file has ${bytes.length} bytes, more than the ${all.bytes} allowed`,
      { advice: 'Check that it is the right file, or raise the limit.' },
    );
  }
  const envelope = readEnvelope(bytes, budget.read);
  const forms = new PasswordForms(password);
  const opener = new Opener(forms, budget.work, password !== undefined);
  try {
    return read(envelope, opener, all.bags, budget);
  } finally {
    opener.wipe();
    forms.wipe();
  }
}

function read(envelope: Envelope, opener: Opener, maxBags: number, budget: FileBudget): Pfx {
  const { content, mac } = envelope;
  const reader = new BagReader(maxBags);
  const safes = readSafes(content, reader, budget.read);
  budget.work.reserve([...(mac === null ? [] : [mac.work]), ...safes.map(workOnSafe)]);
  opener.checkMac(envelope, safes);
  const bags = safes.flatMap((safe) => bagsOf(safe, opener, reader, budget.read));
  budget.work.reserve(bags.map(({ work }) => work));

  const keys = bags.flatMap((bag): PfxKey[] =>
    bag.kind === 'certificate' ? [] : [{ privateKey: keyIn(bag, opener, budget), ...bag.attributes }],
  );
  const found = bags.flatMap((bag) => (bag.kind === 'certificate' ? [bag] : []));
  const set = new CertificateSet(
    found.map(({ der }) => der),
    budget.work,
  );
  const certificates = found.map(({ der, attributes: { friendlyName, localKeyId } }, place) => ({
    der,
    friendlyName,
    localKeyId,
    isSelfSigned: () => set.isSelfSigned(place),
  }));
  return {
    keys,
    certificates,
    ...identitiesOf(keys, certificates, set),
    encryption: encryptionsOf(safes, bags),
    mac: mac === null ? null : { name: mac.name, iterations: mac.iterations },
  };
}

function keyIn(bag: Exclude<Bag, { kind: 'certificate' }>, opener: Opener, budget: FileBudget): KeyObject {
  budget.work.spend(KEY_WORK);
  if (bag.kind === 'key') return readKey(bag.privateKey);
  const plaintext = opener.open((password, work) => bag.key.open(password, work));
  return readKey(pkcs8In(readElement(plaintext, budget.read)));
}

function readKey(privateKey: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw damagedFile('a private key that cannot be read', cause);
  }
}

function identitiesOf(
  keys: readonly PfxKey[],
  certificates: readonly PfxCertificate[],
  set: CertificateSet,
): Pick<Pfx, 'identities' | 'keysWithoutCertificate'> {
  const { pairs, keysWithoutCertificate } = set.pair(keys.map(({ privateKey }) => privateKey));
  const identities = pairs.flatMap(({ key: keyPlace, certificate: leaf }) => {
    const key = keys[keyPlace];
    const certificate = certificates[leaf];
    if (key === undefined || certificate === undefined) return [];
    const chain = (): PfxCertificate[] => set.chainOf(leaf).flatMap((place) => certificates[place] ?? []);
    return [{ key, certificate, chain }];
  });
  return { identities, keysWithoutCertificate };
}

function encryptionsOf(safes: readonly Safe[], bags: readonly Bag[]): string[] {
  const ofSafes = safes.flatMap((safe) => (safe.kind === 'encrypted' ? [safe.encryption.name] : []));
  const ofKeys = bags.flatMap((bag) => (bag.kind === 'encrypted-key' ? [bag.key.encryption] : []));
  return [...new Set([...ofSafes, ...ofKeys])];
}
