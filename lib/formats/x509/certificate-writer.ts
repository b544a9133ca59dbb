import { randomBytes, type KeyObject } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Validity } from '@peculiar/asn1-x509';
import { integer, sequence, sequenceOf, tagged, unsigned as unsignedInteger } from '../asn1/der-writer.js';
import { type AlternativeNames, hasNames } from './alternative-names.js';
import {
  authorityKeyIdentifier,
  basicConstraints,
  type EncodedExtension,
  extendedKeyUsage,
  keyIdentifierIn,
  keyIdentifierOf,
  keyUsage,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from './extension-writer.js';
import { outlineOf } from './outline.js';
import { signed, type Signer, type Unsigned, unsigned } from './signed.js';
import type { RsaPadding } from './signature-algorithm.js';
import { type EncodedName, isEmptyName } from './subject.js';
import { EXTENDED_KEY_USAGES } from './usages.js';

/** A certificate before it is signed (RFC 5280 §4.1.2). */
export interface CertificateContent {
  /** Positive, at most 20 bytes (RFC 5280 §4.1.2.2). Default a new one, by {@link newSerialNumber}. */
  readonly serialNumber?: Uint8Array;
  readonly subject: EncodedName;
  /** Name of the issuer. */
  readonly issuer: EncodedName;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** At least one. */
  readonly extensions: readonly EncodedExtension[];
}

/**
 * A certificate (DER) that an authority has signed. The signature is verified.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED, ERR_SCHANNEL_KEY_MISMATCH, and what the signer throws
 */
export const signCertificate = (
  content: CertificateContent,
  signer: Signer,
  padding?: RsaPadding,
): Promise<Buffer> => signed((algorithm) => bodyOf(content, algorithm), signer, padding);

/** TBSCertificate (RFC 5280 §4.1), DER, version 3. */
function bodyOf(content: CertificateContent, algorithm: Uint8Array): Buffer {
  const { serialNumber = newSerialNumber(), issuer, subject, publicKey, notBefore, notAfter } = content;
  return sequence(
    tagged(0, integer(2)),
    unsignedInteger(serialNumber),
    algorithm,
    issuer,
    Buffer.from(AsnConvert.serialize(new Validity({ notBefore, notAfter }))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequenceOf(content.extensions)),
  );
}

/** 128 random bits (RFC 5280 §4.1.2.2 allows 160), never negative and of fixed length. */
export function newSerialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes;
}

/** What a certificate for TLS, or its authority, says. */
export interface CertificateFields {
  readonly subject: EncodedName;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Certificate (DER) of the authority that signs it. Default none: its own key signs it. */
  readonly issuer?: Uint8Array;
  /** Whether it may issue certificates and revocation lists. Default false. */
  readonly isAuthority?: boolean;
  /** Default none. */
  readonly names?: AlternativeNames;
  /** Default any. */
  readonly usages?: readonly ('server' | 'client')[];
  /** Whether it has a subject key identifier. Default true. */
  readonly keyIdentifier?: boolean;
}

/**
 * Prepares a certificate without its signature. It needs no private key, so that a key in memory, in Windows or
 * elsewhere can sign.
 *
 * @param signerKey public key of the signer: the issuer's, or the certificate's own
 * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED; ERR_SCHANNEL_OPTION_CERTIFICATE for an issuer that cannot be
 *   read
 */
export function unsignedCertificate(
  fields: CertificateFields,
  signerKey: KeyObject = fields.publicKey,
): Unsigned {
  const content = contentOf(fields);
  return unsigned((algorithm) => bodyOf(content, algorithm), signerKey);
}

/** What a self-signed certificate says besides its key. */
export type SelfSignedFields = Omit<CertificateFields, 'publicKey' | 'issuer'>;

/**
 * A certificate (DER) that its own key has signed. The signature is verified.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED, ERR_SCHANNEL_KEY_MISMATCH
 */
export const signSelf = (fields: SelfSignedFields, key: Signer): Promise<Buffer> =>
  signCertificate(contentOf({ ...fields, publicKey: key.publicKey }), key);

const contentOf = (fields: CertificateFields): CertificateContent => ({
  subject: fields.subject,
  issuer: fields.issuer === undefined ? fields.subject : outlineOf(fields.issuer).subject,
  publicKey: fields.publicKey,
  notBefore: fields.notBefore,
  notAfter: fields.notAfter,
  extensions: extensionsOf(fields),
});

function extensionsOf(fields: CertificateFields): EncodedExtension[] {
  const { subject, publicKey, isAuthority = false, usages = [], names } = fields;
  const hasIdentifier = fields.keyIdentifier !== false;
  const own = hasIdentifier ? keyIdentifierOf(publicKey) : null;
  const issuers = fields.issuer === undefined ? own : keyIdentifierIn(fields.issuer);
  return [
    basicConstraints(isAuthority),
    keyUsage(isAuthority ? ['keyCertSign', 'cRLSign'] : usagesOf(publicKey)),
    ...(usages.length === 0 ? [] : [extendedKeyUsage(usages.map((usage) => PURPOSES[usage]))]),
    ...(names === undefined || !hasNames(names) ? [] : [subjectAlternativeName(names, isEmptyName(subject))]),
    ...(hasIdentifier ? [subjectKeyIdentifier(publicKey)] : []),
    ...(issuers === null ? [] : [authorityKeyIdentifier(issuers)]),
  ];
}

const PURPOSES = {
  server: EXTENDED_KEY_USAGES.serverAuth,
  client: EXTENDED_KEY_USAGES.clientAuth,
} as const;

/** An RSA key may also have to decrypt the secret of a TLS 1.2 handshake. */
const usagesOf = ({ asymmetricKeyType }: KeyObject): readonly ('digitalSignature' | 'keyEncipherment')[] =>
  asymmetricKeyType === 'rsa' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'];
