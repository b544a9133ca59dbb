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
  type Name,
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
import { signatureAlgorithmOf } from './signature-algorithm.js';

/** What a certificate is to say. */
export interface CertificateContent {
  readonly subject: Name;
  readonly names: AlternativeNames;
  readonly usages: readonly ('server' | 'client')[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What of a key is needed; Windows never sees more than a digest. */
export interface Signer {
  readonly publicKey: KeyObject;
  sign(digest: 'sha256' | 'sha384' | 'sha512', data: Uint8Array): Promise<Uint8Array>;
}

/** A certificate (DER) that its own key has signed; proven to be good. */
export async function signSelf(content: CertificateContent, key: Signer): Promise<Buffer> {
  const { publicKey } = key;
  const { digest, identifier } = signatureAlgorithmOf(publicKey);
  const body = new TBSCertificate({
    version: Version.v3,
    serialNumber: toArrayBuffer(serialNumber()),
    signature: identifier,
    issuer: content.subject,
    subject: content.subject,
    validity: new Validity({ notBefore: content.notBefore, notAfter: content.notAfter }),
    subjectPublicKeyInfo: infoOf(publicKey),
    extensions: new Extensions(extensionsOf(content, publicKey)),
  });
  const signature = await key.sign(digest, Buffer.from(AsnConvert.serialize(body)));
  const certificate = new Certificate({
    tbsCertificate: body,
    signatureAlgorithm: identifier,
    signatureValue: toArrayBuffer(signature),
  });
  const der = Buffer.from(AsnConvert.serialize(certificate));
  if (!certificateOf(der).verify(publicKey)) throw notItsKey();
  return der;
}

/** 128 bits of chance (RFC 5280 §4.1.2.2 has room for 160), never negative and of a fixed length. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes;
}

const infoOf = (publicKey: KeyObject): SubjectPublicKeyInfo =>
  AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);

function extensionsOf({ subject, names, usages }: CertificateContent, publicKey: KeyObject): Extension[] {
  const identifier = keyIdentifierOf(publicKey);
  const alternative = generalNames(names);
  return [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
    extension(id_ce_keyUsage, keyUsageOf(publicKey), true),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage(usages.map((usage) => PURPOSES[usage]))),
    ...(alternative.length === 0
      ? []
      : // Critical where it is all that names the subject (RFC 5280 §4.2.1.6).
        [extension(id_ce_subjectAltName, new SubjectAlternativeName(alternative), subject.length === 0)]),
    extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(identifier)),
    extension(
      id_ce_authorityKeyIdentifier,
      new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(identifier) }),
    ),
  ];
}

const extension = (extnID: string, value: unknown, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

const PURPOSES = { server: id_kp_serverAuth, client: id_kp_clientAuth } as const;

/** An RSA key may also have to take the secret of a TLS 1.2 handshake. */
const keyUsageOf = ({ asymmetricKeyType }: KeyObject): KeyUsage =>
  new KeyUsage(
    asymmetricKeyType === 'rsa'
      ? KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment
      : KeyUsageFlags.digitalSignature,
  );

/** SHA-1 of the key's bits: a name, not a secret (RFC 5280 §4.2.1.2, method 1). */
const keyIdentifierOf = (publicKey: KeyObject): ArrayBuffer =>
  toArrayBuffer(
    createHash('sha1')
      .update(Buffer.from(infoOf(publicKey).subjectPublicKey))
      .digest(),
  );

const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

const notItsKey = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_MISMATCH',
    'The provider of the private key made a signature that its public key does not verify',
    { phase: 'key', advice: 'Update the driver of the smart card or device, or use another provider.' },
  );
