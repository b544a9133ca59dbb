import { objectIdentifier, integer, sequence, sequenceOf, setOf, tagged } from '../asn1/der-writer.js';

/** What clients and servers of EST (RFC 7030) send each other. Both roles of this library use it. */

export const EST_FOLDER = '/.well-known/est';

/** Content types (RFC 7030 §3.2.4, §4.1.3, §4.2.3). */
export const EST_TYPES = {
  request: 'application/pkcs10',
  certificates: 'application/pkcs7-mime; smime-type=certs-only',
} as const;

/** Base64 in lines, as RFC 7030 has it. Programs that use OpenSSL's decoder, such as libest, read nothing else. */
export const encodeInLines = (der: Uint8Array): string =>
  `${
    encodeOnOneLine(der)
      .match(/.{1,64}/g)
      ?.join('\r\n') ?? ''
  }\r\n`;

/**
 * Base64 without line ends: "senders are not required to insert any kind of white space" (RFC 8951 §3.1), and
 * strongSwan 5.9 reads none.
 */
export const encodeOnOneLine = (der: Uint8Array): string => Buffer.from(der).toString('base64');

/** Null for text that is not Base64. White space may be anywhere. */
export function decodeEst(text: string): Buffer | null {
  const packed = text.replace(/\s+/g, '');
  const isBase64 = packed.length > 0 && packed.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(packed);
  return isBase64 ? Buffer.from(packed, 'base64') : null;
}

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const DATA = '1.2.840.113549.1.7.1';

/** Certificates and nothing else (RFC 5272 §4.1): a SignedData without content and signers. */
export function certsOnly(certificates: readonly Uint8Array[]): Buffer {
  const signedData = sequence(
    integer(1),
    setOf(),
    sequence(objectIdentifier(DATA)),
    // IMPLICIT SET OF.
    taggedList(certificates),
    setOf(),
  );
  return sequence(objectIdentifier(SIGNED_DATA), tagged(0, signedData));
}

function taggedList(certificates: readonly Uint8Array[]): Buffer {
  const list = sequenceOf(certificates);
  list[0] = 0xa0;
  return list;
}
