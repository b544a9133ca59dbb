import type { KeyObject, X509Certificate } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { certificateInFile } from '../../formats/x509/certificate-of.js';
import { isSelfIssued } from '../../formats/x509/issuers.js';
import { type Material } from './material.js';

/** Which certificate of a file goes where. Each appears once, except a self-signed one with its key. */
export interface ImportPlan {
  /** With their keys, for MY. The leaf, which users expect, is first. */
  readonly identities: readonly PlannedIdentity[];
  /** Without a key and not authorities: those of other people, for the same store. */
  readonly others: readonly X509Certificate[];
  /** Intermediate authorities, for CA. */
  readonly authorities: readonly X509Certificate[];
  /** Self-signed, with or without a key, for Root if the caller trusts them. */
  readonly roots: readonly X509Certificate[];
  readonly keysWithoutCertificate: number;
}

export interface PlannedIdentity {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  readonly friendlyName: string | null;
}

/**
 * Sorts the content of a file. Its order, names and attributes are ignored.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_EMPTY without any certificate, ERR_SCHANNEL_IMPORT_DAMAGED
 */
export function planImport({
  certificates,
  identities,
  keysWithoutCertificate,
}: Omit<Material, 'looseKeys'>): ImportPlan {
  if (certificates.length === 0) throw empty(keysWithoutCertificate);
  const parsed = new Map(certificates.map((each) => [each, certificateInFile(each.der)]));
  const own = new Map<string, PlannedIdentity>();
  for (const { certificate: of, key, friendlyName } of identities) {
    const certificate = parsed.get(of);
    if (certificate === undefined || own.has(certificate.fingerprint256)) continue;
    own.set(certificate.fingerprint256, { certificate, key, friendlyName });
  }

  // Each once, even if the file has duplicates.
  const once = new Map([...parsed].map((entry) => [entry[1].fingerprint256, entry]));
  const those = (selfSigned: boolean): X509Certificate[] =>
    [...once.values()]
      .filter(([{ isSelfSigned }]) => isSelfSigned === selfSigned)
      .map(([, certificate]) => certificate);
  const roots = those(true);
  const others = those(false);
  // Authorities before X.509 version 3 are not marked as such. They are recognized by what they issued.
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

/** An authority with its key in the file comes after the leaves. */
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
