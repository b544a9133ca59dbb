import { ByteReader } from '../tls-wire/byte-reader.js';
import { Extension } from '../tls-wire/extension-types.js';
import { readExtensionList } from './server-hello.js';

/** Handshake messages of a server by their numbers (IANA, "TLS HandshakeType"). */
export const Message = {
  ServerHello: 2,
  EncryptedExtensions: 8,
  Certificate: 11,
  ServerKeyExchange: 12,
  CertificateRequest: 13,
  ServerHelloDone: 14,
  CertificateVerify: 15,
  CertificateStatus: 22,
} as const;

/** A handshake message, without its header. */
export interface FlightMessage {
  readonly type: number;
  readonly body: Uint8Array;
}

/** Certificates as DER, that of the server first. */
export interface SentCertificates {
  readonly certificates: readonly Uint8Array[];
  /** The stapled OCSP response as DER; null if there is none here. */
  readonly staple: Uint8Array | null;
}

/** Certificate of TLS 1.2 and below (RFC 5246 §7.4.2). @throws MalformedMessage */
export function readCertificates(body: Uint8Array): readonly Uint8Array[] {
  const list = new ByteReader(body).vector(3);
  const certificates: Uint8Array[] = [];
  while (list.left > 0) certificates.push(list.vector(3, 1).rest());
  return certificates;
}

/** Certificate of TLS 1.3, where each has its extensions (RFC 8446 §4.4.2). @throws MalformedMessage */
export function readCertificates13(body: Uint8Array): SentCertificates {
  const reader = new ByteReader(body);
  reader.vector(1); // certificate_request_context
  const list = reader.vector(3);
  const certificates: Uint8Array[] = [];
  let staple: Uint8Array | null = null;
  while (list.left > 0) {
    certificates.push(list.vector(3, 1).rest());
    const status = readExtensionList(list.vector(2)).get(Extension.StatusRequest);
    if (status !== undefined && certificates.length === 1) staple = readStatus(status);
  }
  return { certificates, staple };
}

const OCSP = 1;

/** CertificateStatus (RFC 6066 §8). @returns the OCSP response; null for another kind @throws MalformedMessage */
export function readStatus(body: Uint8Array): Uint8Array | null {
  const reader = new ByteReader(body);
  return reader.uint8() === OCSP ? reader.vector(3, 1).rest() : null;
}

/** The key exchange that the server chose, in TLS 1.2 and below. */
export interface ServerKeyExchange {
  /** The curve of ECDHE; null for another key exchange, and for explicit curves. */
  readonly group: number | null;
  /** The length of the prime of DHE in bits; null for another key exchange. */
  readonly dhBits: number | null;
  /** The signature scheme of TLS 1.2; null before, and without a signature. */
  readonly scheme: number | null;
}

const NAMED_CURVE = 3;

/** ServerKeyExchange (RFC 8422 §5.4, RFC 5246 §7.4.3). @throws MalformedMessage */
export function readServerKeyExchange(
  body: Uint8Array,
  keyExchange: string,
  version: number,
): ServerKeyExchange {
  const reader = new ByteReader(body);
  const isSigned = version === TLS_1_2 && /^(ECDHE|DHE)$/.test(keyExchange);
  if (keyExchange.startsWith('ECDH')) {
    if (reader.uint8() !== NAMED_CURVE) return { group: null, dhBits: null, scheme: null };
    const group = reader.uint16();
    if (isSigned) reader.vector(1); // the share
    return { group, dhBits: null, scheme: isSigned ? reader.uint16() : null };
  }
  if (!keyExchange.startsWith('DH')) return { group: null, dhBits: null, scheme: null };
  const prime = reader.vector(2, 1).rest();
  if (isSigned) [2, 2].forEach(() => reader.vector(2)); // the generator, the share
  const scheme = isSigned ? reader.uint16() : null;
  const first = prime.findIndex((byte) => byte !== 0);
  const bits = first < 0 ? 0 : (prime.length - first) * 8 - (Math.clz32(prime[first] ?? 0) - 24);
  return { group: null, dhBits: bits, scheme };
}

/**
 * CertificateRequest: the names of the authorities that the server accepts, as DER; none means any.
 * @throws MalformedMessage
 */
export function readAuthorities(body: Uint8Array, version: number): readonly Uint8Array[] {
  const reader = new ByteReader(body);
  reader.vector(1); // types; certificate_request_context in TLS 1.3
  if (version >= TLS_1_3) {
    const content = readExtensionList(reader.vector(2)).get(CERTIFICATE_AUTHORITIES);
    return content === undefined ? [] : namesOf(new ByteReader(content).vector(2));
  }
  if (version === TLS_1_2) reader.vector(2); // signature algorithms
  return namesOf(reader.vector(2));
}

const TLS_1_2 = 0x0303;
const TLS_1_3 = 0x0304;
/** RFC 8446 §4.2.4 */
const CERTIFICATE_AUTHORITIES = 47;

function namesOf(list: ByteReader): Uint8Array[] {
  const names: Uint8Array[] = [];
  while (list.left > 0) names.push(list.vector(2, 1).rest());
  return names;
}
