import { plainHex, toHex } from '../../base/text/hex.js';
import type { NativeSslRecord } from '../../native/http-binding.js';
import { bindingKeyOf, type BindingKey, formatBindingKey } from './key.js';

/** How http.sys checks whether client certificates are revoked. */
export type BindingRevocation =
  /** It downloads lists. If there is none, the certificate is refused (IIS: 403.13). */
  | 'on'
  /** Only with lists that Windows has already. */
  | 'cached'
  /** It does not. */
  | 'off';

/** A record of http.sys: which certificate a port shows, and how it checks those of clients. */
export interface Binding extends BindingKey {
  /** '0.0.0.0:443', 'bar.example:443', 'ccs:443'. */
  readonly key: string;
  /** SHA-1 of the certificate, upper case; null for central stores. */
  readonly thumbprint: string | null;
  /** The store of LocalMachine that has it, as the record has it. Null stands for MY. */
  readonly store: string | null;
  /** Who has made the record, as a GUID: '{4dc3e181-…}'. */
  readonly appId: string;
  /** What is known of {@link appId}. */
  readonly owner: 'IIS' | 'schannel' | null;
  readonly revocation: BindingRevocation;
  /** Whether a client certificate must be for clients. */
  readonly usageCheck: boolean;
  /** Seconds after which a newer revocation list is looked for; null: when the old one ends. */
  readonly freshnessTime: number | null;
  /** Milliseconds that a download may take; 0 is Windows' default. */
  readonly retrievalTimeout: number;
  /** A list of trusted issuers of client certificates. */
  readonly ctlIdentifier: string | null;
  /** The store of the issuers whose client certificates are accepted. */
  readonly ctlStore: string | null;
  /** Whether clients are asked for a certificate in the first handshake. */
  readonly clientCertificates: boolean;
  /** Names of {@link flagBits}: 'DISABLE_TLS13'. Those without a name are hexadecimal. */
  readonly flags: readonly string[];
  /** DefaultFlags as Windows has them. */
  readonly flagBits: number;
  /** DefaultCertCheckMode as Windows has it. */
  readonly checkMode: number;
}

/** DefaultCertCheckMode ("HTTP_SERVICE_CONFIG_SSL_PARAM"). Without a bit, revocation is checked. */
const CHECK = { off: 0x1, cached: 0x2, freshness: 0x4, noUsage: 0x10000 } as const;

/** DefaultFlags. */
export const BINDING_FLAGS = {
  USE_DS_MAPPER: 0x1,
  NEGOTIATE_CLIENT_CERT: 0x2,
  NO_RAW_FILTER: 0x4,
  REJECT: 0x8,
  DISABLE_HTTP2: 0x10,
  DISABLE_QUIC: 0x20,
  DISABLE_TLS13: 0x40,
  DISABLE_OCSP_STAPLING: 0x80,
  ENABLE_TOKEN_BINDING: 0x100,
  LOG_EXTENDED_EVENTS: 0x200,
  DISABLE_LEGACY_TLS: 0x400,
  ENABLE_SESSION_TICKET: 0x800,
  DISABLE_TLS12: 0x1000,
  ENABLE_CLIENT_CORRELATION: 0x2000,
  DISABLE_SESSION_ID: 0x4000,
  ENABLE_CACHE_CLIENT_HELLO: 0x8000,
} as const;

/** The application of IIS, which writes its bindings again from its own settings. */
const IIS = '{4dc3e181-e14b-4a21-b022-59fc669b0914}';

/** The application of records that this library has made. */
export const OWN_APP_ID = '{5a7c9f0e-6d1b-4f3e-9c48-2b1d70e8a3c6}';

/** A record of Windows in words. */
export function bindingOf(record: NativeSslRecord): Binding {
  const key = bindingKeyOf(record);
  const { hash, store, checkMode, flags: flagBits, ctlIdentifier, ctlStore, retrievalTimeout } = record;
  const appId = formatGuid(record.appId);
  return {
    key: formatBindingKey(key),
    ...key,
    thumbprint: hash.length === 0 ? null : toHex(hash),
    store,
    appId,
    owner: appId === IIS ? 'IIS' : appId === OWN_APP_ID ? 'schannel' : null,
    revocation: revocationOf(checkMode),
    usageCheck: (checkMode & CHECK.noUsage) === 0,
    freshnessTime: (checkMode & CHECK.freshness) === 0 ? null : record.freshnessTime,
    retrievalTimeout,
    ctlIdentifier,
    ctlStore,
    clientCertificates: (flagBits & BINDING_FLAGS.NEGOTIATE_CLIENT_CERT) !== 0,
    flags: flagNames(flagBits),
    flagBits,
    checkMode,
  };
}

const revocationOf = (mode: number): BindingRevocation =>
  (mode & CHECK.off) !== 0 ? 'off' : (mode & CHECK.cached) !== 0 ? 'cached' : 'on';

/** The mode with another check of revocation; all other bits stay. */
export function withRevocation(mode: number, revocation: BindingRevocation): number {
  const others = (mode & ~(CHECK.off | CHECK.cached)) >>> 0;
  return revocation === 'on' ? others : (others | CHECK[revocation]) >>> 0;
}

/** The flags with one of them on or off; all other bits stay. */
export const withFlag = (flags: number, name: keyof typeof BINDING_FLAGS, on: boolean): number =>
  (on ? flags | BINDING_FLAGS[name] : flags & ~BINDING_FLAGS[name]) >>> 0;

function flagNames(bits: number): string[] {
  const known = Object.entries(BINDING_FLAGS);
  const names = known.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
  const rest = known.reduce((left, [, bit]) => left & ~bit, bits) >>> 0;
  return rest === 0 ? names : [...names, `0x${rest.toString(16)}`];
}

/** The first three groups are little-endian in memory. */
function formatGuid(bytes: Uint8Array): string {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  const digits = order.map((at) => (bytes[at] ?? 0).toString(16).padStart(2, '0')).join('');
  return `{${digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}}`;
}

/** The bytes of a GUID, with or without braces; null for text that is none. */
export function guidBytes(text: string): Uint8Array | null {
  if (!/^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i.test(text)) return null;
  const bytes = Buffer.from(plainHex(text.replace(/[{}]/g, '')) ?? '', 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
