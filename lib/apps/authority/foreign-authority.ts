import type { KeyObject } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toPrivateKey } from '../../formats/private-key/private-key.js';
import type { RevocationReason } from '../../formats/revocation/reasons.js';
import { readBundle } from '../../formats/x509/bundle.js';
import { certificateInFile } from '../../formats/x509/certificate-of.js';
import { isCertificateOf } from '../../formats/x509/public-key.js';
import { issuersAbove } from '../../formats/x509/issuers.js';
import type { Template } from './template.js';

/** An authority of another program. */
export interface ForeignAuthority {
  /** Its certificate, then its issuers as far as they are known. DER. */
  readonly chain: readonly Buffer[];
  readonly key: KeyObject;
  readonly issued: readonly ForeignCertificate[];
  /** Number of its last revocation list; 0 for none. */
  readonly lists: number;
  readonly templates?: readonly Template[];
  /** What cannot be taken over, in sentences. */
  readonly leftOut?: readonly string[];
}

/** A certificate that it has issued. */
export interface ForeignCertificate {
  /** Upper-case hexadecimal. */
  readonly serialNumber: string;
  /** DER; null if only the serial number is known. */
  readonly certificate: Buffer | null;
  /** As the other program writes it; for one without a certificate. */
  readonly subject: string;
  readonly notAfter: Date;
  readonly revoked: { readonly at: Date; readonly reason: RevocationReason } | null;
}

export interface ImportSourceOptions {
  /** Of the private key, the PFX or the database. */
  readonly sourcePassphrase?: string | undefined;
  /** Which authority of an XCA database with several: its common name. */
  readonly sourceName?: string | undefined;
}

export const noForeignAuthority = (what: string, cause?: unknown): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
    `This is no authority that can be imported: ${what}`,
    {
      advice:
        'Give a folder of openssl ca, easy-rsa, mkcert or minica, a database of XCA, or a PFX or PEM with the key.',
      ...(cause !== undefined && { cause }),
    },
  );

/** A certificate, perhaps with its issuers, and its key. */
export function pairOf(
  certificates: Buffer,
  key: Buffer,
  { sourcePassphrase }: ImportSourceOptions,
): ForeignAuthority {
  const privateKey = toPrivateKey(key, sourcePassphrase);
  const all = readBundle(certificates).certificates.map(certificateInFile);
  const own = all.find((each) => isCertificateOf(each, privateKey));
  if (own === undefined) throw noForeignAuthority('no certificate belongs to the key');
  if (!own.ca) throw noForeignAuthority('the certificate is not that of an authority');
  const above = issuersAbove(own, all, 'signature');
  return { chain: [own.raw, ...above.map(({ raw }) => raw)], key: privateKey, issued: [], lists: 0 };
}
