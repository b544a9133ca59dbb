import type { KeyObject, X509Certificate } from 'node:crypto';
import { type WorkBudget } from '../pbe/limits.js';
import { certificateInFile } from '../x509/certificate-of.js';
import { isNamedIssuer, isSelfIssued, isSignedBy, publicKeyOf, walkIssuers } from '../x509/issuers.js';
import { publicKeyDer } from '../x509/public-key.js';
import { certificateWork, PUBLIC_KEY_WORK, signatureWork } from '../x509/work.js';

/** How many certificates with the issuer's name are tried as issuer; a file may hold a thousand. */
const MAX_CANDIDATES = 8;

/** A key with the certificate that belongs to it, by place in the lists they came in. */
export interface Pairing {
  readonly key: number;
  readonly certificate: number;
}

/** Which keys and certificates of a file match. */
export interface Pairings {
  /** In the order of the keys. Of duplicate keys and certificates the first counts. */
  readonly pairs: readonly Pairing[];
  /** How many keys have no certificate. */
  readonly keysWithoutCertificate: number;
}

/** The certificates of one file. Work on them is charged to the budget of the file. */
export class CertificateSet {
  readonly #certificates: readonly X509Certificate[];
  readonly #budget: WorkBudget;
  readonly #places: ReadonlyMap<X509Certificate, number>;
  readonly #issuers = new Map<X509Certificate, X509Certificate | null>();
  #bySubject: ReadonlyMap<string, readonly number[]> | null = null;

  /** @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED for one that cannot be read, ERR_SCHANNEL_IMPORT_ITERATIONS */
  constructor(certificates: readonly Uint8Array[], budget: WorkBudget) {
    this.#budget = budget;
    this.#certificates = certificates.map((der) => parse(der, budget));
    this.#places = new Map(this.#certificates.map((certificate, place) => [certificate, place]));
  }

  /**
   * Matches certificates and keys by their public keys; the order and the attributes of a PFX are not reliable. If a
   * key has several certificates, as after a renewal, each makes a pair, the latest first. So there are never more
   * pairs than certificates.
   *
   * @throws SchannelError ERR_SCHANNEL_IMPORT_ITERATIONS
   */
  pair(keys: readonly KeyObject[]): Pairings {
    const places = keyPlaces(keys);
    const groups = places.size === 0 ? new Map<string, number[]>() : this.#byPublicKey();
    const matched = [...places].flatMap(([publicKey, key]) => {
      const group = groups.get(publicKey);
      return group === undefined ? [] : [group.map((certificate) => ({ key, certificate }))];
    });
    return { pairs: matched.flat(), keysWithoutCertificate: places.size - matched.length };
  }

  /**
   * A certificate, its issuer, the issuer's issuer, … as far as the file goes.
   *
   * @throws SchannelError ERR_SCHANNEL_IMPORT_ITERATIONS
   */
  chainOf(leaf: number): readonly number[] {
    const certificate = this.#certificates[leaf];
    if (certificate === undefined) return [leaf];
    const above = walkIssuers(certificate, (each) => this.#issuerOf(each));
    return [leaf, ...above.map((each) => this.#places.get(each) ?? leaf)];
  }

  /**
   * Whether a certificate is signed by its own key. Equal names are not enough for a root.
   *
   * @throws SchannelError ERR_SCHANNEL_IMPORT_ITERATIONS
   */
  isSelfSigned(place: number): boolean {
    const certificate = this.#certificates[place];
    return (
      certificate !== undefined && isSelfIssued(certificate) && this.#isSignedBy(certificate, certificate)
    );
  }

  /** Places by public key, each certificate once, those that are valid longest first. */
  #byPublicKey(): Map<string, number[]> {
    const seen = new Set<string>();
    const groups = groupBy(this.#certificates, (certificate) => {
      const bytes = certificate.raw.toString('base64');
      if (seen.has(bytes)) return null;
      seen.add(bytes);
      this.#budget.spend(PUBLIC_KEY_WORK);
      return publicKeyHex(certificate);
    });
    const expiries = this.#certificates.map(({ validTo }) => Date.parse(validTo));
    const expiryOf = (place: number): number => expiries[place] ?? 0;
    for (const group of groups.values()) group.sort((one, other) => expiryOf(other) - expiryOf(one));
    return groups;
  }

  /** Each is searched once: certificates of one file share their authorities. */
  #issuerOf(certificate: X509Certificate): X509Certificate | null {
    const known = this.#issuers.get(certificate);
    if (known !== undefined) return known;
    this.#bySubject ??= groupBy(this.#certificates, ({ subject }) => subject);
    const places = this.#bySubject.get(certificate.issuer)?.slice(0, MAX_CANDIDATES) ?? [];
    const candidates = places.flatMap((place) => this.#certificates[place] ?? []);
    // Names and identifiers first: they are cheap. An authority and its renewal can have the same name.
    const issuer = candidates.find(
      (candidate) => isNamedIssuer(candidate, certificate) && this.#isSignedBy(certificate, candidate),
    );
    this.#issuers.set(certificate, issuer ?? null);
    return issuer ?? null;
  }

  #isSignedBy(certificate: X509Certificate, signer: X509Certificate): boolean {
    const key = publicKeyOf(signer);
    if (key === null) return false;
    this.#budget.spend(signatureWork(key));
    return isSignedBy(certificate, key);
  }
}

function parse(der: Uint8Array, budget: WorkBudget): X509Certificate {
  budget.spend(certificateWork(der));
  return certificateInFile(der);
}

/** Where each key is first, by the hexadecimal DER of its public half. */
function keyPlaces(keys: readonly KeyObject[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [index, key] of keys.entries()) {
    const publicKey = hex(publicKeyDer(key));
    if (!places.has(publicKey)) places.set(publicKey, index);
  }
  return places;
}

/** Hexadecimal DER; null for a key of a kind that OpenSSL does not know. */
function publicKeyHex(certificate: X509Certificate): string | null {
  const key = publicKeyOf(certificate);
  return key === null ? null : hex(publicKeyDer(key));
}

const hex = (bytes: Buffer): string => bytes.toString('hex');

/** Places in the list, grouped by what the function returns; null is left out. */
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
