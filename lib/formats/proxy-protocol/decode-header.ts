import { isUtf8 } from 'node:buffer';
import { isIPv4, isIPv6 } from 'node:net';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import { formatAddress } from '../x509/ip-address.js';
import { crc32c } from './crc32c.js';
import type { ProxiedAddresses, ProxyFacts, ProxyHeader, ProxyTlsFacts, ProxyValue } from './header.js';
import {
  COMMAND,
  FAMILY,
  FIXED_BYTES,
  LONGEST_LINE,
  PATH_BYTES,
  SIGNATURE,
  TLS_FLAG,
  TLS_TYPE,
  TRANSPORT,
  TYPE,
  UNIQUE_ID_BYTES,
  VERSION,
} from './wire.js';

/** What fits into one segment on any network (RFC 1122 §3.3.3), so a header arrives at once. */
export const HEADER_LIMIT = 536;

export interface DecodedProxyHeader {
  readonly header: ProxyHeader;
  /** How many bytes it has. What is behind them is the connection's own data. */
  readonly length: number;
}

/**
 * Reads a header of either version from the beginning of a connection.
 *
 * @param limit bytes of a header of version 2, at most 65,551. Default 536
 * @returns null if more bytes are needed
 * @throws {SchannelError} ERR_SCHANNEL_PEER_PROXY_HEADER: as soon as it can be no header, or if it says what it must not
 */
export function decodeProxyHeader(bytes: Uint8Array, limit = HEADER_LIMIT): DecodedProxyHeader | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (beginsAs(view, LINE_START)) return decodeLine(view);
  if (beginsAs(view, SIGNATURE)) return decodeBinary(view, limit);
  throw wrongHeader(`The connection does not begin with it, but with ${shown(view)}`);
}

const LINE_START = Buffer.from('PROXY ');

/** True as long as it can become true. */
function beginsAs(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
}

const shown = (bytes: Buffer): string => JSON.stringify(printable(bytes.toString('latin1', 0, 16)));

function decodeLine(bytes: Buffer): DecodedProxyHeader | null {
  const end = bytes.subarray(0, LONGEST_LINE).indexOf('\r\n');
  if (end < 0) {
    if (bytes.length < LONGEST_LINE) return null;
    throw wrongHeader(`Its line has more than ${LONGEST_LINE} bytes`);
  }
  const line = bytes.toString('latin1', 0, end);
  return { header: { version: 1, addresses: lineAddresses(line) }, length: end + 2 };
}

/** @throws {SchannelError} for a line of version 1 that is wrong. What follows UNKNOWN means nothing */
function lineAddresses(line: string): ProxiedAddresses | null {
  if (/^PROXY UNKNOWN(?: [\x20-\x7e]*)?$/.test(line)) return null;
  const [, family, source = '', destination = '', ...ports] = LINE.exec(line) ?? [];
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6;
  const [from = NaN, to = NaN] = ports.map(Number);
  if (family === undefined || !isAddress(source) || !isAddress(destination) || from > 0xffff || to > 0xffff) {
    throw wrongHeader(`Its line is wrong: ${JSON.stringify(printable(line))}`);
  }
  return {
    source: { address: source, port: from },
    destination: { address: destination, port: to },
  };
}

/** Its characters leave no room for a zone ("%eth0"). */
const LINE = /^PROXY (TCP4|TCP6) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/;

function decodeBinary(bytes: Buffer, limit: number): DecodedProxyHeader | null {
  if (bytes.length < FIXED_BYTES) return null;
  const [command = 0, kind = 0] = bytes.subarray(12, 14);
  if (command >> 4 !== VERSION) throw wrongHeader(`Its version is ${command >> 4}`);
  const length = FIXED_BYTES + bytes.readUInt16BE(14);
  if (length > limit) throw wrongHeader(`It has ${length} bytes, more than the limit of ${limit}`);
  if (bytes.length < length) return null;
  const whole = bytes.subarray(0, length);
  switch (command & 0x0f) {
    case COMMAND.local:
      // Nothing in it counts, not even its family.
      return { header: { version: 2, addresses: null }, length };
    case COMMAND.proxy:
      return { header: decodeProxied(whole, kind), length };
    default:
      throw wrongHeader(`Its command is ${command & 0x0f}`);
  }
}

function decodeProxied(whole: Buffer, kind: number): ProxyHeader {
  const [family, transport] = [kind >> 4, kind & 0x0f];
  const size = ADDRESS_BYTES[family];
  if (size === undefined || transport > TRANSPORT.datagram) {
    throw wrongHeader(`Its addresses are of kind 0x${kind.toString(16).padStart(2, '0')}`);
  }
  const rest = whole.subarray(FIXED_BYTES);
  if (rest.length < size) throw wrongHeader('It is too short for its addresses');
  const addresses = transport === TRANSPORT.none ? null : addressesOf(family, rest.subarray(0, size));
  const facts = factsOf(whole, FIXED_BYTES + size);
  return { version: 2, addresses, ...(Object.keys(facts).length > 0 && { facts }) };
}

/** By family. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = {
  [FAMILY.none]: 0,
  [FAMILY.ipv4]: 12,
  [FAMILY.ipv6]: 36,
  [FAMILY.unix]: 2 * PATH_BYTES,
};

function addressesOf(family: number, block: Buffer): ProxiedAddresses | null {
  if (family === FAMILY.none) return null;
  if (family === FAMILY.unix) {
    return {
      source: { path: pathOf(block.subarray(0, PATH_BYTES)) },
      destination: { path: pathOf(block.subarray(PATH_BYTES)) },
    };
  }
  const size = family === FAMILY.ipv4 ? 4 : 16;
  const end = (index: 0 | 1): { address: string; port: number } => ({
    address: formatAddress(block.subarray(index * size, (index + 1) * size)),
    port: block.readUInt16BE(2 * size + 2 * index),
  });
  return { source: end(0), destination: end(1) };
}

/**
 * Zeros fill it up. One in front belongs to a name without a file, as Linux has them. Text that stands for other bytes
 * than were sent would not fit into a header that passes it on.
 */
function pathOf(bytes: Buffer): string {
  const end = bytes.indexOf(0, 1);
  const path = bytes.subarray(0, end < 0 ? bytes.length : end);
  if (!isUtf8(path)) throw wrongHeader('A path in it is not UTF-8');
  return path.equals(Buffer.of(0)) ? '' : path.toString('utf8');
}

function factsOf(whole: Buffer, start: number): ProxyFacts {
  const facts: { -readonly [Name in keyof ProxyFacts]: ProxyFacts[Name] } = {};
  const others: ProxyValue[] = [];
  for (const { type, value, at } of valuesOf(whole, start)) {
    switch (type) {
      case TYPE.alpn:
        facts.alpn = value.toString('utf8');
        break;
      case TYPE.authority:
        facts.authority = value.toString('utf8');
        break;
      case TYPE.checksum:
        if (value.length !== 4 || value.readUInt32BE() !== crc32c(whole, { at, count: 4 })) {
          throw wrongHeader('Its checksum is wrong');
        }
        break;
      case TYPE.nothing:
        break;
      case TYPE.uniqueId:
        if (value.length > UNIQUE_ID_BYTES) throw wrongHeader(`Its unique ID has ${value.length} bytes`);
        facts.uniqueId = Buffer.from(value);
        break;
      case TYPE.tls: {
        const tls = tlsFactsOf(value);
        if (tls !== null) facts.tls = tls;
        break;
      }
      case TYPE.namespace:
        facts.namespace = value.toString('utf8');
        break;
      default:
        others.push({ type, value: Buffer.from(value) });
    }
  }
  if (others.length > 0) facts.others = others;
  return facts;
}

/** HAProxy sends the value for a client without TLS too. @returns null then */
function tlsFactsOf(value: Buffer): ProxyTlsFacts | null {
  if (value.length < 5) throw wrongHeader('What it says about TLS is too short');
  const flags = value[0] ?? 0;
  const text: Partial<Record<keyof typeof TLS_TYPE, Buffer>> = {};
  for (const { type, value: content } of valuesOf(value, 5)) {
    const name = TLS_NAMES.get(type);
    if (name !== undefined) text[name] = content;
  }
  if (!(flags & TLS_FLAG.tls)) return null;
  const hasCertificate = Boolean(flags & TLS_FLAG.certificate);
  const hasCertificateInSession = Boolean(flags & TLS_FLAG.certificateInSession);
  const { version, cipher, signatureAlgorithm, keyAlgorithm, commonName, certificate } = text;
  return {
    ...(version && { version: version.toString('utf8') }),
    ...(cipher && { cipher: cipher.toString('utf8') }),
    ...(signatureAlgorithm && { signatureAlgorithm: signatureAlgorithm.toString('utf8') }),
    ...(keyAlgorithm && { keyAlgorithm: keyAlgorithm.toString('utf8') }),
    hasCertificate,
    hasCertificateInSession,
    // Some senders have 0 there for a client that has shown none.
    isVerified: value.readUInt32BE(1) === 0 && (hasCertificate || hasCertificateInSession),
    ...(commonName && { commonName: commonName.toString('utf8') }),
    ...(certificate && { certificate: Buffer.from(certificate) }),
  };
}

const TLS_NAMES = new Map(
  Object.entries(TLS_TYPE).map(([name, type]) => [type as number, name as keyof typeof TLS_TYPE]),
);

const KNOWN: ReadonlySet<number> = new Set([
  ...Object.values(TYPE).filter((type) => type !== TYPE.nothing),
  ...Object.values(TLS_TYPE),
]);

/** @throws {SchannelError} if one does not fit in, or if one that can be there once comes twice */
function* valuesOf(
  bytes: Buffer,
  start: number,
): Generator<{ readonly type: number; readonly value: Buffer; readonly at: number }> {
  const seen = new Set<number>();
  for (let position = start; position < bytes.length;) {
    const at = position + 3;
    if (at > bytes.length) throw wrongHeader('A value in it is cut off');
    const type = bytes[position] ?? 0;
    position = at + bytes.readUInt16BE(position + 1);
    if (position > bytes.length) throw wrongHeader('A value in it is longer than the header');
    if (KNOWN.has(type) && seen.has(type)) throw wrongHeader(`It has two values of type ${type}`);
    seen.add(type);
    yield { type, value: bytes.subarray(at, position), at };
  }
}

function wrongHeader(why: string): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PEER_PROXY_HEADER',
    `The header of the PROXY protocol is wrong. ${why}`,
    {
      phase: 'connect',
      advice:
        'Check that the sender is set to send this header, and that it is the first thing on the connection, before TLS.',
    },
  );
}
