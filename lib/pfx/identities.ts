import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { damaged } from '../asn1/damaged.js';
import { certificateOf } from '../pem/certificate-of.js';
import { publicKeyDer } from '../pem/public-key.js';

/** Candidates with one name that are looked at for the issuer of a certificate; a file may hold a thousand. */
const MAX_CANDIDATES = 8;

/** Authorities above a leaf; Windows builds no longer chains either. */
const MAX_CHAIN = 16;

/** A key with the certificate that belongs to it, by place in the lists they came in. */
export interface Pairing {
  readonly key: number;
  readonly certificate: number;
  /** The certificate, its issuer, the issuer's issuer, … as far as the file goes. */
  readonly chain: readonly number[];
}

/**
 * Which certificate belongs to which key, decided by their public keys: order and attributes of a PFX say what its
 * maker liked. Among several certificates of one key, as after a renewal, each makes a pair, the latest first.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED for a certificate that cannot be read
 */
export function pair(keys: readonly KeyObject[], certificates: readonly Uint8Array[]): Pairing[] {
  const parsed = certificates.map(parse);
  const byPublicKey = groupBy(parsed, publicKeyOf);
  const findIssuer = issuerFinder(parsed);
  return keys.flatMap((key, index) =>
    [...(byPublicKey.get(hex(publicKeyDer(createPublicKey(key)))) ?? [])]
      .sort((one, other) => expiryOf(parsed[other]) - expiryOf(parsed[one]))
      .map((certificate) => ({ key: index, certificate, chain: chainFrom(certificate, findIssuer) })),
  );
}

function parse(der: Uint8Array): X509Certificate {
  try {
    return certificateOf(der);
  } catch (cause) {
    throw damaged('a certificate that cannot be read', cause);
  }
}

/** Hexadecimal DER; null for a key of a kind that OpenSSL does not know. */
function publicKeyOf(certificate: X509Certificate): string | null {
  try {
    return hex(publicKeyDer(certificate.publicKey));
  } catch {
    return null;
  }
}

const hex = (bytes: Buffer): string => bytes.toString('hex');

const expiryOf = (certificate: X509Certificate | undefined): number => Date.parse(certificate?.validTo ?? '');

/** Places in the list by what the function gives; null is left out. */
function groupBy<T>(list: readonly T[], keyOf: (item: T) => string | null): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [index, item] of list.entries()) {
    const key = keyOf(item);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  return groups;
}

type FindIssuer = (index: number) => number | null;

/** Finds the issuer of a certificate, each once: certificates of one file share their authorities. */
function issuerFinder(certificates: readonly X509Certificate[]): FindIssuer {
  const bySubject = groupBy(certificates, ({ subject }) => subject);
  const known = new Map<number, number | null>();
  const find: FindIssuer = (index) => {
    const certificate = certificates[index];
    const candidates = bySubject.get(certificate?.issuer ?? '')?.slice(0, MAX_CANDIDATES) ?? [];
    const issuer = candidates.find((candidate) => isIssuer(certificates[candidate], certificate));
    return issuer ?? null;
  };
  return (index) => {
    const remembered = known.get(index);
    if (remembered !== undefined) return remembered;
    const issuer = find(index);
    known.set(index, issuer);
    return issuer;
  };
}

function isIssuer(candidate: X509Certificate | undefined, certificate: X509Certificate | undefined): boolean {
  if (candidate === undefined || certificate === undefined) return false;
  try {
    // Names and identifiers first: they are cheap. A name alone does not tell an authority from its renewal.
    return certificate.checkIssued(candidate) && certificate.verify(candidate.publicKey);
  } catch {
    return false;
  }
}

function chainFrom(leaf: number, findIssuer: FindIssuer): number[] {
  const chain = [leaf];
  for (let issuer = findIssuer(leaf); issuer !== null; issuer = findIssuer(issuer)) {
    // A root is its own issuer; two authorities that certified each other go round in circles.
    if (chain.includes(issuer) || chain.length > MAX_CHAIN) break;
    chain.push(issuer);
  }
  return chain;
}
