import { createHash, type KeyObject } from 'node:crypto';
import * as der from '../asn1/der-writer.js';
import { wipe } from '../asn1/wipe.js';
import { OID } from './oids.js';

/** A ciphertext with its parameters. */
export interface Encrypted {
  /** AlgorithmIdentifier with its parameters. */
  readonly algorithm: Buffer;
  readonly ciphertext: Buffer;
}

export type Encrypt = (plaintext: Uint8Array) => Encrypted;

/** ContentInfo of plaintext (RFC 2315 §7). */
export const dataPart = (content: Buffer): Buffer =>
  der.sequence(der.objectIdentifier(OID.data), der.tagged(0, der.octetString(content)));

/** ContentInfo of EncryptedData (RFC 2315 §13), version 0. */
export function encryptedPart({ algorithm, ciphertext }: Encrypted): Buffer {
  const info = der.sequence(der.objectIdentifier(OID.data), algorithm, der.implicitOctets(0, ciphertext));
  const data = der.sequence(der.integer(0), info);
  return der.sequence(der.objectIdentifier(OID.encryptedData), der.tagged(0, data));
}

/** A bag with a certificate (RFC 7292 §4.2.3). */
export function certificateBag(certificate: Uint8Array, ...attributes: readonly Buffer[]): Buffer {
  const value = der.sequence(
    der.objectIdentifier(OID.x509Certificate),
    der.tagged(0, der.octetString(certificate)),
  );
  return bag(OID.certificateBag, value, attributes);
}

/** A bag with an encrypted key (RFC 7292 §4.2.2). */
export function keyBag(key: KeyObject, encrypt: Encrypt, ...attributes: readonly Buffer[]): Buffer {
  const plaintext = key.export({ format: 'der', type: 'pkcs8' });
  const { algorithm, ciphertext } = encrypt(plaintext);
  wipe(plaintext);
  return bag(OID.shroudedKeyBag, der.sequence(algorithm, der.octetString(ciphertext)), attributes);
}

/** Links a key to a certificate, for readers that do not compare public keys. A SHA-1 hash, as in OpenSSL. */
export const localKeyId = (certificate: Uint8Array): Buffer =>
  attribute(OID.localKeyId, der.octetString(createHash('sha1').update(certificate).digest()));

export const friendlyName = (name: string): Buffer => attribute(OID.friendlyName, der.bmpString(name));

function bag(kind: string, value: Buffer, attributes: readonly Buffer[]): Buffer {
  const set = attributes.length === 0 ? [] : [der.setOf(...attributes)];
  return der.sequence(der.objectIdentifier(kind), der.tagged(0, value), ...set);
}

const attribute = (identifier: string, value: Buffer): Buffer =>
  der.sequence(der.objectIdentifier(identifier), der.setOf(value));
