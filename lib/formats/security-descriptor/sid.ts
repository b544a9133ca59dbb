import { createHash } from 'node:crypto';
import { MalformedSecurity } from './malformed.js';

/** Most sub-authorities of a security identifier (SID_MAX_SUB_AUTHORITIES). */
const MOST_PARTS = 15;

/** Bytes of a security identifier before its sub-authorities. */
const HEAD = 8;

/**
 * The text of a security identifier: 'S-1-5-20' ([MS-DTYP] §2.4.2.1). An authority above 32 bits is written in hex.
 * @param bytes begin with it, and may go on after it
 * @throws MalformedSecurity
 */
export function readSid(bytes: Uint8Array): string {
  const count = bytes[1] ?? 0;
  if (bytes[0] !== 1 || count > MOST_PARTS || bytes.length < sidLength(count)) {
    throw new MalformedSecurity('a security identifier is malformed');
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, sidLength(count));
  const authority = view.readUIntBE(2, 6);
  const parts = Array.from({ length: count }, (_, index) => view.readUInt32LE(HEAD + 4 * index));
  const head =
    authority > 0xffffffff ? `0x${authority.toString(16).padStart(12, '0').toUpperCase()}` : authority;
  return ['S-1', head, ...parts].join('-');
}

/** The bytes of a security identifier. @throws MalformedSecurity for another text */
export function writeSid(text: string): Buffer {
  const [, authorityText = '', ...parts] = SID.test(text) ? text.slice(2).split('-') : [];
  const authority = Number(authorityText);
  const numbers = parts.map(Number);
  const fits =
    parts.length >= 1 &&
    parts.length <= MOST_PARTS &&
    authority <= 0xffffffffffff &&
    numbers.every((number) => number <= 0xffffffff);
  if (!fits) throw new MalformedSecurity(`not a security identifier: ${text}`);
  const bytes = Buffer.alloc(sidLength(parts.length));
  bytes[0] = 1;
  bytes[1] = parts.length;
  bytes.writeUIntBE(authority, 2, 6);
  numbers.forEach((number, index) => bytes.writeUInt32LE(number, HEAD + 4 * index));
  return bytes;
}

/** Whether the text has the form of a security identifier. */
export const isSidText = (text: string): boolean => SID.test(text);

const SID = /^S-1-(\d{1,15}|0x[\da-f]{1,12})(-\d{1,10}){1,15}$/i;

const sidLength = (parts: number): number => HEAD + 4 * parts;

/**
 * The identifiers of accounts that Windows derives from a name: services ("sc showsid") and application pools of IIS.
 * They exist before the service or pool does, and are the same on every machine.
 */
export const serviceSid = (service: string): string => derivedSid('S-1-5-80', service.toUpperCase());

/** As {@link serviceSid}. */
export const applicationPoolSid = (pool: string): string => derivedSid('S-1-5-82', pool.toLowerCase());

/** SHA-1 of the name in UTF-16, as five numbers. */
function derivedSid(prefix: string, name: string): string {
  const hash = createHash('sha1').update(name, 'utf16le').digest();
  return [prefix, ...[0, 4, 8, 12, 16].map((offset) => hash.readUInt32LE(offset))].join('-');
}
