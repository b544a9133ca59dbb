import { type KeyObject, sign } from 'node:crypto';
import {
  bitString,
  integer,
  nothing,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  tagged,
} from '#lib/formats/asn1/der-writer.js';
import { commonName } from '#lib/formats/x509/subject.js';
import { memorySigner } from './memory-signer.js';

/** The parts of a request, DER. Any of them may be wrong; the signature fits what they are unless it is given. */
export interface RequestPieces {
  readonly version?: Uint8Array;
  readonly subject?: Uint8Array;
  readonly key?: Uint8Array;
  readonly attributes?: Uint8Array | null;
  readonly algorithm?: Uint8Array;
  readonly signature?: Uint8Array;
  readonly more?: readonly Uint8Array[];
  readonly signer?: KeyObject;
  readonly digest?: string;
}

export const ECDSA_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
export const RSA_SHA256 = sequence(objectIdentifier('1.2.840.113549.1.1.11'), nothing());

/** A request with a key on P-256, except for what is given. */
export function requestOf(pieces: RequestPieces = {}): Buffer {
  const { privateKey, publicKey } = memorySigner('P-256');
  const info = sequence(
    pieces.version ?? integer(0),
    pieces.subject ?? commonName('bar.example'),
    pieces.key ?? spkiOf(publicKey),
    ...(pieces.attributes === null ? [] : [pieces.attributes ?? tagged(0)]),
    ...(pieces.more ?? []),
  );
  const signature = sign(pieces.digest ?? 'sha256', info, pieces.signer ?? privateKey);
  return sequence(info, pieces.algorithm ?? ECDSA_SHA256, pieces.signature ?? bitString(signature));
}

export const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

/** Attribute (RFC 2986 §4.1). */
export const attribute = (oid: string, ...values: readonly Uint8Array[]): Buffer =>
  sequence(objectIdentifier(oid), setOf(...values));

export const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

/** Attributes that ask for extensions. */
export const asking = (...extensions: readonly Uint8Array[]): Buffer =>
  tagged(0, attribute(EXTENSION_REQUEST, sequence(...extensions)));

/** Extension (RFC 5280 §4.1). */
export const extensionOf = (oid: string, value: Uint8Array, critical?: Uint8Array): Buffer =>
  sequence(objectIdentifier(oid), ...(critical === undefined ? [] : [critical]), octetString(value));

/** SubjectAltName with names that are given as they are encoded: tag and content. */
export const namesOf = (
  ...names: readonly (readonly [tag: number, content: Uint8Array | string])[]
): Buffer =>
  extensionOf(
    '2.5.29.17',
    sequence(
      ...names.map(([tag, content]) => {
        const bytes = Buffer.from(content);
        if (bytes.length > 127) throw new RangeError('too long for a short length');
        return Buffer.concat([Buffer.of(tag, bytes.length), bytes]);
      }),
    ),
  );

/** An RSA key with these numbers. */
export const rsaKeyOf = (modulus: Uint8Array, exponent: Uint8Array): Buffer =>
  sequence(
    sequence(objectIdentifier('1.2.840.113549.1.1.1'), nothing()),
    bitString(sequence(number(modulus), number(exponent))),
  );

/** INTEGER with these bytes as content. */
export function number(content: Uint8Array): Buffer {
  const head =
    content.length < 128
      ? [content.length]
      : content.length < 256
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 255];
  return Buffer.concat([Buffer.of(0x02, ...head), content]);
}
