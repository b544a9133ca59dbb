/** Writes DER. Each function returns a new buffer with a whole element. */

export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(0x30, ...parts);

/** SET OF: its parts are sorted by their bytes (X.690 §11.6). */
export const setOf = (...parts: readonly Uint8Array[]): Buffer =>
  element(0x31, ...[...parts].sort((one, other) => Buffer.compare(one, other)));

/** A SEQUENCE of any number of parts: as arguments, a hundred thousand of them would be too many. */
export const sequenceOf = (parts: readonly Uint8Array[]): Buffer => elementOf(0x30, parts);

/** BIT STRING of whole octets. */
export const bitString = (bytes: Uint8Array): Buffer => element(0x03, Buffer.of(0), bytes);

export const octetString = (bytes: Uint8Array): Buffer => element(0x04, bytes);

export const nothing = (): Buffer => element(0x05);

/** [number] EXPLICIT, or [number] IMPLICIT of something constructed. */
export const tagged = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  element(0xa0 | number, ...parts);

/** [number] IMPLICIT OCTET STRING. */
export const implicitOctets = (number: number, bytes: Uint8Array): Buffer => element(0x80 | number, bytes);

/** An INTEGER from 0 to 2^31. */
export function integer(value: number): Buffer {
  const hex = value.toString(16);
  return unsigned(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

/** An INTEGER of any size that is not negative, given by its bytes, most significant first. */
export function unsigned(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const magnitude = start === -1 ? Buffer.of(0) : bytes.subarray(start);
  // A leading one bit would make it negative.
  return (magnitude[0] ?? 0) < 0x80 ? element(0x02, magnitude) : element(0x02, Buffer.of(0), magnitude);
}

/** An OBJECT IDENTIFIER given in dots. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** ENUMERATED from 0 to 127. */
export const enumerated = (value: number): Buffer => element(0x0a, Buffer.of(value));

/** A moment in whole seconds as X.509 has it: UTCTime until 2049, then GeneralizedTime (RFC 5280 §4.1.2.5). */
export const time = (moment: Date): Buffer =>
  moment.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(`${digitsOf(moment).slice(2)}Z`))
    : generalizedTime(moment);

/** A moment in whole seconds. */
export const generalizedTime = (moment: Date): Buffer => element(0x18, Buffer.from(`${digitsOf(moment)}Z`));

/** '20300102030405' */
const digitsOf = (moment: Date): string => moment.toISOString().slice(0, 19).replace(/\D/g, '');

export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text));

/** UTF-16, most significant byte first. */
export const bmpString = (text: string): Buffer => element(0x1e, Buffer.from(text, 'utf16le').swap16());

const element = (tag: number, ...parts: readonly Uint8Array[]): Buffer => elementOf(tag, parts);

function elementOf(tag: number, parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(tag, ...lengthBytes(length)), ...parts]);
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes = base256(length);
  return [0x80 | bytes.length, ...bytes];
}

function base256(value: number): number[] {
  return value < 256 ? [value] : [...base256(Math.floor(value / 256)), value % 256];
}

/** Seven bits a byte, a high bit on all but the last (X.690 §8.19.2). */
function base128(value: number): number[] {
  const high = Math.floor(value / 128);
  const last = value % 128;
  return high === 0 ? [last] : [...base128(high).map((byte) => byte | 0x80), last];
}
