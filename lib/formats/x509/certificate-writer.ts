import { createHash, randomBytes, type KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { certificateOf } from './certificate-of.js';
import { type AlternativeNames, generalNames } from './alternative-names.js';
import { readKeyIdentifier } from './extensions.js';
import { extensionValues, outlineOf } from './outline.js';
import { type SignatureAlgorithm, signatureAlgorithmOf } from './signature-algorithm.js';

/** What a certificate says. */
export interface CertificateFields {
  readonly subject: Name;
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

/** A certificate without its signature. */
export interface UnsignedCertificate {
  /** TBSCertificate, DER: what the signature covers. */
  readonly body: Buffer;
  /** Digest for the signature: RSA PKCS #1 v1.5, or ECDSA in DER. */
  readonly digest: SignatureAlgorithm['digest'];
  /** @returns the certificate, DER */
  complete(signature: Uint8Array): Buffer;
}

/**
 * Prepares a certificate (RFC 5280 §4) without its signature. It needs no private key, so that a key in memory, in
 * Windows or elsewhere can sign.
 *
 * @param signerKey public key of the signer: the issuer's, or the certificate's own
 * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED; ERR_SCHANNEL_OPTION_CERTIFICATE for an issuer that cannot be
 *   read
 */
export function unsignedCertificate(
  fields: CertificateFields,
  signerKey: KeyObject = fields.publicKey,
): UnsignedCertificate {
  const { digest, identifier } = signatureAlgorithmOf(signerKey);
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: toArrayBuffer(serialNumber()),
    signature: identifier,
    issuer: fields.issuer === undefined ? fields.subject : subjectOf(fields.issuer),
    subject: fields.subject,
    validity: new Validity({ notBefore: fields.notBefore, notAfter: fields.notAfter }),
    subjectPublicKeyInfo: infoOf(fields.publicKey),
    extensions: new Extensions(extensionsOf(fields)),
  });
  return {
    body: Buffer.from(AsnConvert.serialize(tbsCertificate)),
    digest,
    complete: (signature) =>
      Buffer.from(
        AsnConvert.serialize(
          new Certificate({
            tbsCertificate,
            signatureAlgorithm: identifier,
            signatureValue: toArrayBuffer(signature),
          }),
        ),
      ),
  };
}

/** What a self-signed certificate says besides its key. */
export type SelfSignedFields = Omit<CertificateFields, 'publicKey' | 'issuer'>;

/** The part of a private key that is needed. */
export interface Signer {
  readonly publicKey: KeyObject;
  sign(digest: SignatureAlgorithm['digest'], data: Uint8Array): Promise<Uint8Array>;
}

/**
 * A certificate (DER) that its own key has signed. The signature is verified.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED, ERR_SCHANNEL_KEY_MISMATCH
 */
export async function signSelf(content: SelfSignedFields, key: Signer): Promise<Buffer> {
  const { publicKey } = key;
  const unsigned = unsignedCertificate({ ...content, publicKey });
  const der = unsigned.complete(await key.sign(unsigned.digest, unsigned.body));
  if (!certificateOf(der).verify(publicKey)) throw notItsKey();
  return der;
}

const subjectOf = (certificate: Uint8Array): Name => AsnConvert.parse(outlineOf(certificate).subject, Name);

/** 128 random bits (RFC 5280 §4.1.2.2 allows 160), never negative and of fixed length. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes;
}

const infoOf = (publicKey: KeyObject): SubjectPublicKeyInfo =>
  AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);

function extensionsOf(fields: CertificateFields): Extension[] {
  const { subject, publicKey, isAuthority = false, usages = [], names = NO_NAMES } = fields;
  const alternative = generalNames(names);
  const own = fields.keyIdentifier === false ? null : keyIdentifierOf(publicKey);
  const issuers = fields.issuer === undefined ? own : subjectKeyIdentifierOf(fields.issuer);
  return [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: isAuthority }), true),
    extension(id_ce_keyUsage, isAuthority ? AUTHORITY_KEY_USAGE : keyUsageOf(publicKey), true),
    ...(usages.length === 0
      ? []
      : [extension(id_ce_extKeyUsage, new ExtendedKeyUsage(usages.map((usage) => PURPOSES[usage])))]),
    ...(alternative.length === 0
      ? []
      : // Critical if nothing else names the subject (RFC 5280 §4.2.1.6).
        [extension(id_ce_subjectAltName, new SubjectAlternativeName(alternative), subject.length === 0)]),
    ...(own === null
      ? []
      : [extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(toArrayBuffer(own)))]),
    ...(issuers === null
      ? []
      : [
          extension(
            id_ce_authorityKeyIdentifier,
            new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(toArrayBuffer(issuers)) }),
          ),
        ]),
  ];
}

const NO_NAMES: AlternativeNames = { dns: [], ip: [] };

/** Null for an authority without a subject key identifier: there is nothing to refer to (RFC 5280 §4.2.1.1). */
function subjectKeyIdentifierOf(certificate: Uint8Array): Uint8Array | null {
  const value = extensionValues(outlineOf(certificate)).get(id_ce_subjectKeyIdentifier);
  return value === undefined ? null : readKeyIdentifier(value);
}

const extension = (extnID: string, value: unknown, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

const PURPOSES = { server: id_kp_serverAuth, client: id_kp_clientAuth } as const;

const AUTHORITY_KEY_USAGE = new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign);

/** An RSA key may also have to decrypt the secret of a TLS 1.2 handshake. */
const keyUsageOf = ({ asymmetricKeyType }: KeyObject): KeyUsage =>
  new KeyUsage(
    asymmetricKeyType === 'rsa'
      ? KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment
      : KeyUsageFlags.digitalSignature,
  );

/** SHA-1 of the key's bits: a name, not a secret (RFC 5280 §4.2.1.2, method 1). */
const keyIdentifierOf = (publicKey: KeyObject): Buffer =>
  createHash('sha1')
    .update(Buffer.from(infoOf(publicKey).subjectPublicKey))
    .digest();

const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

const notItsKey = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_MISMATCH',
    'The provider of the private key made a signature that its public key does not verify',
    { phase: 'key', advice: 'Update the driver of the smart card or device, or use another provider.' },
  );
