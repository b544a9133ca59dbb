import { isIP } from 'node:net';
import { invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import { asciiName } from '../../formats/x509/host-match.js';
import { addressOctets, canonicalAddress, formatAddress } from '../../formats/x509/ip-address.js';
import type { NativeSslRecordKey } from '../../native/http-binding.js';

/** What a record of http.sys is for. */
export type BindingKind =
  /** An address and port, whatever name the client sends: '0.0.0.0:443' is every address. */
  | 'address'
  /** A name that the client sends (SNI), and a port. */
  | 'host'
  /** A port whose certificates are files of the central store of IIS. */
  | 'central'
  /** A name and port with a file of the central store. */
  | 'central-host';

export interface BindingKey {
  readonly kind: BindingKind;
  /** Of 'address', as text: '0.0.0.0', '::'. Null for others. */
  readonly address: string | null;
  /** As Windows has it; null without a name. */
  readonly host: string | null;
  readonly port: number;
}

/** HTTP_SERVICE_CONFIG_ID of each kind. */
export const KIND_NUMBERS: Readonly<Record<BindingKind, number>> = {
  address: 1,
  host: 5,
  central: 6,
  'central-host': 11,
};

const CENTRAL = 'ccs';

/**
 * Parses '0.0.0.0:443', '[::]:443', '*:443' (every address), 'bar.example:443', 'ccs:443' or 'ccs:bar.example:443'.
 *
 * @throws SchannelError ERR_SCHANNEL_BINDING_KEY
 * @throws TypeError ERR_INVALID_ARG_TYPE
 */
export function parseBindingKey(text: string): BindingKey {
  // JavaScript may pass any value.
  if (typeof text !== 'string') throw invalidType('key', 'of type string', text);
  const parts = /^(?:(ccs):)?(?:(\[[^\]]*\]|[^:[\]]+):)?(\d{1,5})$/i.exec(text);
  const [, central, place, digits = ''] = parts ?? [];
  const port = Number(digits);
  if (parts === null || port < 1 || port > 65_535) throw notAKey(text);
  if (place === undefined) {
    if (central === undefined) throw notAKey(text);
    return { kind: 'central', address: null, host: null, port };
  }
  const address = place === '*' ? '0.0.0.0' : addressOf(place);
  if (address !== null) {
    if (central !== undefined) throw notAKey(text);
    return { kind: 'address', address, host: null, port };
  }
  const host = asciiName(place);
  // A last label of digits is an address with a slip in it: no such name exists ("URL Standard", IPv4 parser).
  if (!/^(\*\.)?([a-z0-9_-]+\.)*(?!\d+$)[a-z0-9_-]+$/.test(host) || host.length > 253) throw notAKey(text);
  return { kind: central === undefined ? 'host' : 'central-host', address: null, host, port };
}

/** Whether two keys stand for the same binding: Windows keeps names as they were given, and ignores their case. */
export const isSameBinding = (one: BindingKey, other: BindingKey): boolean =>
  one.kind === other.kind &&
  one.port === other.port &&
  one.address === other.address &&
  asciiName(one.host ?? '') === asciiName(other.host ?? '');

/** The form that {@link parseBindingKey} takes. */
export function formatBindingKey({ kind, address, host, port }: BindingKey): string {
  switch (kind) {
    case 'address':
      return `${address?.includes(':') === true ? `[${address}]` : (address ?? '')}:${port}`;
    case 'host':
      return `${host ?? ''}:${port}`;
    case 'central':
      return `${CENTRAL}:${port}`;
    case 'central-host':
      return `${CENTRAL}:${host ?? ''}:${port}`;
  }
}

/** An address, in brackets if it is of IPv6; with the number of its interface, if it has one ('[fe80::1%3]'). */
function addressOf(place: string): string | null {
  const inner = /^\[(.*)\]$/.exec(place)?.[1];
  if (inner === undefined) return isIP(place) === 4 ? place : null;
  const [address = '', scope] = inner.split('%');
  if (isIP(address) !== 6 || (scope !== undefined && !/^[1-9]\d{0,8}$/.test(scope))) return null;
  const canonical = canonicalAddress(address);
  return canonical === null || scope === undefined ? canonical : `${canonical}%${scope}`;
}

const AF_INET = 2;
const AF_INET6 = 23;

/** The key for Windows: names go with the IPv4 address of every interface ("HTTP_SERVICE_CONFIG_SSL_SNI_KEY"). */
export function nativeKeyOf({ kind, address, host, port }: BindingKey): NativeSslRecordKey {
  const [numbers = '', scope = '0'] = (address ?? '0.0.0.0').split('%');
  const octets = addressOctets(numbers) ?? new Uint8Array(4);
  const isLong = octets.length === 16;
  const socket = Buffer.alloc(isLong ? 28 : 16);
  socket.writeUInt16LE(isLong ? AF_INET6 : AF_INET, 0);
  socket.writeUInt16BE(port, 2);
  socket.set(octets, isLong ? 8 : 4);
  if (isLong) socket.writeUInt32LE(Number(scope), 24);
  return { kind: KIND_NUMBERS[kind], address: socket, host: host ?? '' };
}

/** The key of a record of Windows. */
export function bindingKeyOf({ kind: number, address: bytes, host }: NativeSslRecordKey): BindingKey {
  const kind = KINDS.find((each) => KIND_NUMBERS[each] === number) ?? 'address';
  const socket = Buffer.from(bytes);
  const port = socket.readUInt16BE(2);
  if (kind !== 'address') return { kind, address: null, host: host === '' ? null : host, port };
  if (socket.length !== 28) return { kind, address: formatAddress(socket.subarray(4, 8)), host: null, port };
  const scope = socket.readUInt32LE(24);
  const address = formatAddress(socket.subarray(8, 24));
  return { kind, address: scope === 0 ? address : `${address}%${scope}`, host: null, port };
}

/** In the order of lists. */
export const KINDS = ['address', 'host', 'central', 'central-host'] as const satisfies readonly BindingKind[];

const notAKey = (text: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_BINDING_KEY', `"${printable(text)}" names no binding of http.sys`, {
    phase: 'binding',
    advice: 'Use address:port, [IPv6 address]:port, host:port, ccs:port or ccs:host:port.',
  });
