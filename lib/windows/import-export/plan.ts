import type { KeyObject, X509Certificate } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { certificateInFile } from '../../formats/x509/certificate-of.js';
import { isSelfIssued } from '../../formats/x509/issuers.js';
import { type Material } from './material.js';

/** Which certificate of a file goes where; each is in it once, but for a self-signed one with its key. */
export interface ImportPlan {
  /** With their keys, for MY. The first is the one that a person means by the file: the leaf. */
  readonly identities: readonly PlannedIdentity[];
  /** Without a key, and no authorities: those of other people, for the same store. */
  readonly others: readonly X509Certificate[];
  /** Intermediate authorities, for CA. */
  readonly authorities: readonly X509Certificate[];
  /** Self-signed, with a key or without, for Root where the caller trusts them. */
  readonly roots: readonly X509Certificate[];
  readonly keysWithoutCertificate: number;
}

export interface PlannedIdentity {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  readonly friendlyName: string | null;
}

/**
 * Sorts what a file holds by what it is: order, names and attributes of a file tell nothing.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_EMPTY without any certificate, ERR_SCHANNEL_IMPORT_DAMAGED
 */
export function planImport({ certificates, identities, keysWithoutCertificate }: Material): ImportPlan {
  if (certificates.length === 0) throw empty(keysWithoutCertificate);
  const parsed = new Map(certificates.map((each) => [each, certificateInFile(each.der)]));
  const own = new Map<string, PlannedIdentity>();
  for (const { certificate: of, key, friendlyName } of identities) {
    const certificate = parsed.get(of);
    if (certificate === undefined || own.has(certificate.fingerprint256)) continue;
    own.set(certificate.fingerprint256, { certificate, key, friendlyName });
  }

  // Each once, however often it is in the file.
  const once = new Map([...parsed].map((entry) => [entry[1].fingerprint256, entry]));
  const those = (selfSigned: boolean): X509Certificate[] =>
    [...once.values()]
      .filter(([{ isSelfSigned }]) => isSelfSigned === selfSigned)
      .map(([, certificate]) => certificate);
  const roots = those(true);
  const others = those(false);
  // Authorities of before X.509 version 3 do not say that they are some; what they issued does.
  const issuers = new Set(others.filter((each) => !isSelfIssued(each)).map(({ issuer }) => issuer));
  const isAuthority = ({ ca, subject }: X509Certificate): boolean => ca || issuers.has(subject);
  const rest = others.filter(({ fingerprint256 }) => !own.has(fingerprint256));
  return {
    identities: [...own.values()].sort(leavesFirst),
    others: rest.filter((each) => !isAuthority(each)),
    authorities: rest.filter(isAuthority),
    roots,
    keysWithoutCertificate,
  };
}

/** An authority that has its key in the file stands behind the leaves. */
const leavesFirst = (one: PlannedIdentity, other: PlannedIdentity): number =>
  Number(one.certificate.ca) - Number(other.certificate.ca);

const empty = (keys: number): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_EMPTY',
    keys === 0 ? 'The file holds no certificate' : 'The file holds a private key and no certificate',
    {
      advice:
        keys === 0
          ? 'Export it again with its certificates.'
          : 'Import the key by importKey(), or put it together with its certificate.',
    },
  );
