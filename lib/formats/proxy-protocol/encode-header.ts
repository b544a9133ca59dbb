import { argumentError, integerWithin, invalidType } from '../../base/errors/argument-error.js';
import { addressOctets, formatAddress } from '../x509/ip-address.js';
import { crc32c } from './crc32c.js';
import type { ProxiedAddresses, ProxyEndpoint, ProxyFacts, ProxyHeader, ProxyTlsFacts } from './header.js';
import {
  COMMAND,
  FAMILY,
  FIXED_BYTES,
  PATH_BYTES,
  SIGNATURE,
  TLS_FLAG,
  TLS_TYPE,
  TRANSPORT,
  TYPE,
  UNIQUE_ID_BYTES,
  VERSION,
} from './wire.js';

export interface EncodeOptions {
  /** Add a checksum (CRC32c) to a header of version 2. Default false. */
  readonly checksum?: boolean | undefined;
}

/**
 * The bytes of a header, for the beginning of a connection.
 *
 * An IPv4 address beside an IPv6 address becomes ::ffff:a.b.c.d. Version 1 has no form for Unix sockets: it says
 * UNKNOWN.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; RangeError ERR_OUT_OF_RANGE
 */
export function encodeProxyHeader(header: ProxyHeader, options: EncodeOptions = {}): Buffer {
  const { version, addresses, facts = {} } = header;
  const block = addresses === null ? null : addressBlock(addresses);
  // Callers in JavaScript may pass any version.
  switch (version as number) {
    case 1:
      if (Object.values(facts).some((each) => each !== undefined)) {
        throw wrong('version 1 of the PROXY protocol has addresses only: use version 2 for facts');
      }
      return Buffer.from(`PROXY ${block?.line ?? 'UNKNOWN'}\r\n`, 'latin1');
    case 2:
      return binary(block, facts, options.checksum === true);
    default:
      throw wrong(`version must be 1 or 2, not ${String(version)}`);
  }
}

interface AddressBlock {
  readonly family: number;
  readonly bytes: Buffer;
  /** For version 1; null if it has no words for it. */
  readonly line: string | null;
}

function binary(block: AddressBlock | null, facts: ProxyFacts, checksum: boolean): Buffer {
  const values = factValues(facts);
  if (checksum) values.push(value(TYPE.checksum, Buffer.alloc(4)));
  const rest = Buffer.concat([...(block === null ? [] : [block.bytes]), ...values]);
  if (rest.length > 0xffff) throw wrong('a header of the PROXY protocol has at most 65551 bytes');
  const header = Buffer.concat([SIGNATURE, Buffer.alloc(FIXED_BYTES - SIGNATURE.length), rest]);
  // Without addresses, but with facts, it still speaks for somebody else.
  const isLocal = block === null && values.length === Number(checksum);
  header[12] = (VERSION << 4) | (isLocal ? COMMAND.local : COMMAND.proxy);
  header[13] = block === null ? (FAMILY.none << 4) | TRANSPORT.none : (block.family << 4) | TRANSPORT.stream;
  header.writeUInt16BE(rest.length, 14);
  if (checksum) {
    const at = header.length - 4;
    header.writeUInt32BE(crc32c(header, { at, count: 4 }), at);
  }
  return header;
}

function addressBlock({ source, destination }: ProxiedAddresses): AddressBlock {
  if ('path' in source && 'path' in destination) {
    return { family: FAMILY.unix, bytes: Buffer.concat([path(source), path(destination)]), line: null };
  }
  if ('path' in source || 'path' in destination) {
    throw wrong('source and destination must both be addresses, or both be paths');
  }
  const ends = [source, destination].map(octets);
  const ports = [source, destination].map(({ port }) => integerWithin('port', port, 0, 0xffff));
  const isIPv4 = ends.every((each) => each.length === 4);
  const same = isIPv4 ? ends : ends.map(mapped);
  const portBytes = Buffer.from(ports.flatMap((port) => [port >> 8, port & 0xff]));
  return {
    family: isIPv4 ? FAMILY.ipv4 : FAMILY.ipv6,
    bytes: Buffer.concat([...same, portBytes]),
    line: [isIPv4 ? 'TCP4' : 'TCP6', ...same.map(formatAddress), ...ports].join(' '),
  };
}

/** What a socket for both families calls an IPv4 address is written as one. */
const MAPPED = Buffer.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

function octets({ address }: { readonly address: string }): Uint8Array {
  if (typeof address !== 'string') throw invalidType('address', 'of type string', address);
  const found = addressOctets(address);
  if (found === null) throw wrong(`${JSON.stringify(address)} is not an IP address`);
  return found.length === 16 && MAPPED.equals(found.subarray(0, 12)) ? found.subarray(12) : found;
}

const mapped = (address: Uint8Array): Uint8Array =>
  address.length === 16 ? address : Buffer.concat([MAPPED, address]);

function path({ path: text }: Extract<ProxyEndpoint, { path: string }>): Buffer {
  if (typeof text !== 'string') throw invalidType('path', 'of type string', text);
  const bytes = Buffer.from(text);
  if (bytes.length > PATH_BYTES) throw wrong(`a path has at most ${PATH_BYTES} bytes`);
  return Buffer.concat([bytes, Buffer.alloc(PATH_BYTES - bytes.length)]);
}

function factValues({ alpn, authority, uniqueId, namespace, tls, others = [] }: ProxyFacts): Buffer[] {
  if (uniqueId !== undefined && uniqueId.length > UNIQUE_ID_BYTES) {
    throw wrong(`uniqueId has at most ${UNIQUE_ID_BYTES} bytes`);
  }
  const known: readonly number[] = Object.values(TYPE);
  const taken = others.find(({ type }) => known.includes(integerWithin('type', type, 0, 0xff)));
  if (taken !== undefined) throw wrong(`type ${taken.type} has its own property`);
  return [
    ...given(TYPE.alpn, alpn),
    ...given(TYPE.authority, authority),
    ...given(TYPE.uniqueId, uniqueId),
    ...given(TYPE.tls, tls && tlsValue(tls)),
    ...given(TYPE.namespace, namespace),
    ...others.map((each) => value(each.type, each.value)),
  ];
}

function tlsValue(tls: ProxyTlsFacts): Buffer {
  const flags =
    TLS_FLAG.tls |
    (tls.hasCertificate ? TLS_FLAG.certificate : 0) |
    (tls.hasCertificateInSession ? TLS_FLAG.certificateInSession : 0);
  return Buffer.concat([
    // 0 says that the certificate was accepted.
    Buffer.of(flags, 0, 0, 0, tls.isVerified ? 0 : 1),
    ...given(TLS_TYPE.version, tls.version),
    ...given(TLS_TYPE.commonName, tls.commonName),
    ...given(TLS_TYPE.cipher, tls.cipher),
    ...given(TLS_TYPE.signatureAlgorithm, tls.signatureAlgorithm),
    ...given(TLS_TYPE.keyAlgorithm, tls.keyAlgorithm),
    ...given(TLS_TYPE.certificate, tls.certificate),
  ]);
}

const given = (type: number, content: string | Uint8Array | undefined): Buffer[] =>
  content === undefined ? [] : [value(type, content)];

function value(type: number, content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  if (bytes.length > 0xffff) throw wrong('a value in a header of the PROXY protocol has at most 65535 bytes');
  return Buffer.concat([Buffer.of(type, bytes.length >> 8, bytes.length & 0xff), bytes]);
}

const wrong = (why: string): Error =>
  argumentError('ERR_INVALID_ARG_VALUE', `${why.charAt(0).toUpperCase()}${why.slice(1)}`);
