import {
  constants,
  createCipheriv,
  createHash,
  type KeyObject,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import {
  implicitOctets,
  integer,
  nothing,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  tagged,
} from '../asn1/der-writer.js';
import { wipe } from '../asn1/wipe.js';
import { outlineOf } from '../x509/outline.js';
import type { Signer } from '../x509/signed.js';
import { OID } from './identifiers.js';

/** Which cipher a server can read. */
export type ScepCipher = 'aes-128-cbc' | 'des-ede3-cbc';

/** A message in the making (RFC 8894 §3.2). */
export interface ScepRequest {
  /** '19' PKCSReq, '20' CertPoll. */
  readonly messageType: '19' | '20';
  readonly transactionId: string;
  readonly senderNonce: Uint8Array;
  /** The request, or for a poll the names of issuer and subject; DER. */
  readonly content: Uint8Array;
}

/** Whom a message is encrypted for. */
export interface ScepRecipient {
  /** DER. */
  readonly certificate: Uint8Array;
  /** RSA. */
  readonly publicKey: KeyObject;
  readonly cipher: ScepCipher;
}

/**
 * A pkiMessage: encrypted for the authority, and signed by the key that the certificate is for.
 *
 * @param certificate of the signing key, DER: a self-signed one if there is no other
 */
export async function writeScepMessage(
  request: ScepRequest,
  recipient: ScepRecipient,
  signer: Signer,
  certificate: Uint8Array,
): Promise<Buffer> {
  const content = envelope(request.content, recipient);
  const attributes = [
    attribute(OID.contentType, objectIdentifier(OID.data)),
    attribute(OID.messageDigest, octetString(createHash('sha256').update(content).digest())),
    attribute(OID.messageType, printableString(request.messageType)),
    attribute(OID.transactionId, printableString(request.transactionId)),
    attribute(OID.senderNonce, octetString(request.senderNonce)),
  ];
  // The signature is over a SET; in the message it has another tag (RFC 5652 §5.4).
  const signed = setOf(...attributes.sort((one, other) => Buffer.compare(one, other)));
  const implicit = Buffer.from(signed);
  implicit[0] = 0xa0;
  const signerInfo = sequence(
    integer(1),
    issuerAndSerial(certificate),
    digestAlgorithm(),
    implicit,
    algorithm(OID.rsaEncryption),
    octetString(await signer.sign('sha256', signed)),
  );
  return contentInfo(
    OID.signedData,
    sequence(
      integer(1),
      setOf(digestAlgorithm()),
      sequence(objectIdentifier(OID.data), tagged(0, octetString(content))),
      tagged(0, certificate),
      setOf(signerInfo),
    ),
  );
}

/** EnvelopedData for one RSA key (RFC 5652 §6). */
export function envelope(content: Uint8Array, { certificate, publicKey, cipher }: ScepRecipient): Buffer {
  const isAes = cipher === 'aes-128-cbc';
  const key = randomBytes(isAes ? 16 : 24);
  const iv = randomBytes(isAes ? 16 : 8);
  try {
    const encryption = createCipheriv(cipher, key, iv);
    const encrypted = Buffer.concat([encryption.update(content), encryption.final()]);
    const forKey = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
    return contentInfo(
      OID.envelopedData,
      sequence(
        integer(0),
        setOf(
          sequence(
            integer(0),
            issuerAndSerial(certificate),
            algorithm(OID.rsaEncryption),
            octetString(forKey),
          ),
        ),
        sequence(
          objectIdentifier(OID.data),
          sequence(objectIdentifier(isAes ? OID.aes128Cbc : OID.desEde3Cbc), octetString(iv)),
          implicitOctets(0, encrypted),
        ),
      ),
    );
  } finally {
    wipe(key);
  }
}

/** IssuerAndSubject of a poll (RFC 8894 §3.3.3). */
export const issuerAndSubject = (authority: Uint8Array, subject: Uint8Array): Buffer =>
  sequence(outlineOf(authority).subject, subject);

const contentInfo = (type: string, content: Buffer): Buffer =>
  sequence(objectIdentifier(type), tagged(0, content));

const algorithm = (identifier: string): Buffer => sequence(objectIdentifier(identifier), nothing());

const digestAlgorithm = (): Buffer => algorithm(OID.sha256);

const attribute = (type: string, value: Buffer): Buffer => sequence(objectIdentifier(type), setOf(value));

/** Bytes under another primitive tag. */
function primitive(tag: number, content: Uint8Array): Buffer {
  const bytes = octetString(content);
  bytes[0] = tag;
  return bytes;
}

const printableString = (text: string): Buffer => primitive(0x13, Buffer.from(text, 'latin1'));

function issuerAndSerial(certificate: Uint8Array): Buffer {
  const { issuer, serialNumber } = outlineOf(certificate);
  return sequence(issuer, primitive(0x02, serialNumber));
}
