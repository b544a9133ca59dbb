import { Extension } from '../tls-wire/extension-types.js';
import { ascii, joined, uint16, uint24, uint8, vector } from '../tls-wire/vectors.js';
import { TLS_VERSIONS } from '../tls-wire/versions.js';

/** A hello that offers one version. */
export interface HelloParts {
  /** 0x0300 to 0x0304. */
  readonly version: number;
  /** Instead of the version that belongs into this field. */
  readonly legacyVersion?: number;
  readonly suites: readonly number[];
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** Empty, or 32 bytes for TLS 1.3 (RFC 8446 §D.4). */
  readonly sessionId: Uint8Array;
  /** Compression methods; only none by default. */
  readonly compression?: readonly number[];
  /** As {@link extension} makes them. Null leaves the whole list out, as SSL 3 has none. */
  readonly extensions: readonly Uint8Array[] | null;
}

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const NO_COMPRESSION = [0];

/** One extension. */
export const extension = (type: number, ...content: readonly Uint8Array[]): Uint8Array =>
  joined([uint16(type), vector(2, ...content)]);

/** A vector of numbers of two bytes. */
export const numberList = (lengthBytes: 1 | 2, numbers: readonly number[]): Uint8Array =>
  vector(lengthBytes, ...numbers.map(uint16));

/** server_name with one host (RFC 6066 §3). The name is ASCII. */
export const serverName = (name: string): Uint8Array =>
  extension(Extension.ServerName, vector(2, uint8(0), vector(2, ascii(name))));

/** ALPN; the names are ASCII (RFC 7301 §3.1). */
export const applicationProtocols = (names: readonly string[]): Uint8Array =>
  extension(Extension.Alpn, vector(2, ...names.map((name) => vector(1, ascii(name)))));

/** The message with its header, without records (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2). */
export function helloMessage(parts: HelloParts): Uint8Array {
  const body = joined([
    uint16(parts.legacyVersion ?? Math.min(parts.version, TLS_VERSIONS['TLSv1.2'])),
    parts.random,
    vector(1, parts.sessionId),
    numberList(2, parts.suites),
    vector(1, Uint8Array.from(parts.compression ?? NO_COMPRESSION)),
    ...(parts.extensions === null ? [] : [vector(2, ...parts.extensions)]),
  ]);
  return joined([uint8(CLIENT_HELLO), uint24(body.length), body]);
}

/** A message in one record. Old servers refuse a first record of a later version than TLS 1.0 (RFC 5246 §E.1). */
export const helloRecord = (message: Uint8Array, version: number): Uint8Array =>
  joined([uint8(HANDSHAKE), uint16(Math.min(version, TLS_VERSIONS.TLSv1)), vector(2, message)]);

/** Of SSL 2, by their three bytes: RC4, RC2 and DES, in export strength too. */
const SSL2_SUITES = [0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700c0];

/** A CLIENT-HELLO of SSL 2 (Hickman 1995, "The SSL Protocol"), with its header. @param challenge 16 bytes */
export function ssl2Hello(challenge: Uint8Array): Uint8Array {
  const body = joined([
    uint8(CLIENT_HELLO),
    uint16(TLS_VERSIONS.SSLv2),
    uint16(SSL2_SUITES.length * 3),
    uint16(0),
    uint16(challenge.length),
    ...SSL2_SUITES.map(uint24),
    challenge,
  ]);
  return joined([uint16(0x8000 | body.length), body]);
}
