import { describeKey } from '../../../formats/description/certificate.js';
import type { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import { usageName } from '../../../formats/x509/usages.js';
import type { Certificate } from '../../../windows/store/certificate.js';

/** What can be read of a certificate in a store, and of one in a file as well. */
export type EntryContents = Pick<
  Certificate,
  keyof CertificateContents | 'friendlyName' | 'archived' | 'hasPrivateKey' | 'extendedKeyUsage' | 'reference'
>;

/** A certificate of a store as the JSON output has it. Names that `schannel connect` has too mean the same there. */
export interface EntryFacts {
  /** 'CurrentUser\\MY\\<thumbprint>', which every command accepts; null for one in no store. */
  readonly reference: string | null;
  /** On one line as Windows shows it: 'CN=bar.example, O=Example'. */
  readonly subject: string;
  readonly issuer: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  /** ISO 8601; null for a date that cannot be read. */
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly serialNumber: string;
  /** SHA-1 as Windows' certificate tools show it, hexadecimal without separators. */
  readonly thumbprint: string;
  readonly fingerprint256: string;
  /** 'RSA 2048', 'EC prime256v1' …; null for a key that OpenSSL does not know. */
  readonly publicKey: string | null;
  /** Null if the certificate does not say, and so allows any. */
  readonly keyUsage: readonly string[] | null;
  /** Purposes by name, or by identifier if they have none. Null means any. */
  readonly extendedKeyUsage: readonly string[] | null;
  readonly isAuthority: boolean;
  readonly isSelfSigned: boolean;
  /** Name or identifier of the template. */
  readonly template: string | null;
  readonly friendlyName: string | null;
  readonly archived: boolean;
  readonly hasPrivateKey: boolean;
}

export function entryFacts(entry: EntryContents): EntryFacts {
  return {
    reference: entry.reference,
    subject: entry.subject,
    issuer: entry.issuer,
    dnsNames: entry.dnsNames,
    ipAddresses: entry.ipAddresses,
    emailAddresses: entry.emailAddresses,
    validFrom: momentOf(entry.validFrom),
    validTo: momentOf(entry.validTo),
    serialNumber: entry.serialNumber,
    thumbprint: entry.thumbprint,
    fingerprint256: entry.thumbprint256,
    publicKey: publicKeyOf(entry),
    keyUsage: entry.keyUsage,
    extendedKeyUsage: entry.extendedKeyUsage?.map(usageName) ?? null,
    isAuthority: entry.isAuthority,
    isSelfSigned: entry.isSelfSigned,
    template: entry.template,
    friendlyName: entry.friendlyName,
    archived: entry.archived,
    hasPrivateKey: entry.hasPrivateKey,
  };
}

const momentOf = (date: Date): string | null => (Number.isNaN(date.getTime()) ? null : date.toISOString());

/** Windows' stores hold certificates with algorithms that OpenSSL no longer supports. */
function publicKeyOf(entry: EntryContents): string | null {
  try {
    return describeKey(entry.publicKey);
  } catch {
    return null;
  }
}

/** What a person calls the certificate. */
export const displayName = (entry: EntryContents): string =>
  entry.commonName ?? entry.dnsNames[0] ?? entry.ipAddresses[0] ?? (entry.subject || '(no name)');
