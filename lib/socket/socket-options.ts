import net, { type OnReadOpts } from 'node:net';

import type { CheckServerIdentity } from '../certificate/identity.js';
import { argumentError, invalidType } from '../errors/argument-error.js';
import {
  SecureContext,
  createSecureContext,
  type SecureContextOptions,
} from '../secure-context/secure-context.js';
import { refuseUnsupportedOptions } from '../secure-context/unsupported-options.js';

/** Options of a TLSSocket; the names are those of node:tls. */
export interface TLSSocketOptions extends SecureContextOptions {
  /** Settings made beforehand; the options of createSecureContext() are not looked at then. */
  readonly secureContext?: SecureContext | null | undefined;
  /** Name for SNI, and to verify the certificate against. '' sends none. An IP address is never sent. */
  readonly servername?: string | null | undefined;
  /** false: connect whatever the certificate says; `authorized` tells. Default true, for a bare TLSSocket false. */
  readonly rejectUnauthorized?: boolean | null | undefined;
  readonly checkServerIdentity?: CheckServerIdentity | null | undefined;
  /** Names in order of preference, or all of them in wire format. */
  readonly ALPNProtocols?:
    readonly (string | NodeJS.ArrayBufferView)[] | NodeJS.ArrayBufferView | null | undefined;
  /** Milliseconds from the transport's connection to 'secureConnect'. Default 120,000; 0 = no limit. */
  readonly handshakeTimeout?: number | null | undefined;
  /** true: an end of the transport without close_notify is the error ERR_SCHANNEL_PEER_TRUNCATED. Default false: see `truncated`. */
  readonly requireCloseNotify?: boolean | null | undefined;
  readonly allowHalfOpen?: boolean | null | undefined;
  readonly highWaterMark?: number | null | undefined;
  readonly onread?: OnReadOpts | null | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

/** The options after parsing: nothing optional, nothing to check again. */
export interface SocketSettings {
  readonly context: SecureContext;
  /** What goes out as SNI; '' sends none. */
  readonly servername: string;
  /** What the certificate has to be for. */
  readonly hostname: string;
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity: CheckServerIdentity | undefined;
  readonly alpnProtocols: readonly Uint8Array[];
  readonly handshakeTimeout: number;
  readonly requireCloseNotify: boolean;
  readonly onread: OnReadOpts | null;
}

const HANDSHAKE_TIMEOUT = 120_000;

/**
 * @param host what the caller connects to, for SNI and verification where `servername` says nothing
 * @throws TypeError, RangeError, SchannelError as createSecureContext()
 */
export function parseSocketOptions(options: TLSSocketOptions, host: string | null): SocketSettings {
  refuseUnsupportedOptions(options);
  const { servername, checkServerIdentity, handshakeTimeout } = options;
  if (host !== null && typeof host !== 'string') throw invalidType('options.host', 'of type string', host);
  if (servername != null && typeof servername !== 'string')
    throw invalidType('options.servername', 'of type string', servername);
  if (checkServerIdentity != null && typeof checkServerIdentity !== 'function') {
    throw invalidType('options.checkServerIdentity', 'of type function', checkServerIdentity);
  }
  return {
    context: contextOf(options),
    servername: sniName(servername ?? host ?? ''),
    hostname: [servername, host].find(Boolean) ?? 'localhost',
    rejectUnauthorized: options.rejectUnauthorized === true,
    checkServerIdentity: checkServerIdentity ?? undefined,
    alpnProtocols: alpnProtocols(options.ALPNProtocols),
    handshakeTimeout: timeout(handshakeTimeout ?? HANDSHAKE_TIMEOUT),
    requireCloseNotify: options.requireCloseNotify === true,
    onread: options.onread ?? null,
  };
}

/** What may stand in SNI: no address (RFC 6066 §3), no trailing dot, an A-label for a name in another script. */
export function sniName(name: string): string {
  if (net.isIP(name) !== 0) return '';
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  return /^[\x20-\x7e]*$/.test(bare) ? bare : new URL(`http://${bare}`).hostname;
}

function contextOf(options: TLSSocketOptions): SecureContext {
  const { secureContext } = options;
  if (secureContext == null) return createSecureContext(options);
  if (secureContext instanceof SecureContext) return secureContext;
  throw argumentError('ERR_TLS_INVALID_CONTEXT', 'secureContext must be a SecureContext of this library');
}

/** The names apart, from any form that node:tls takes: a list of names, or all of them in wire format. */
function alpnProtocols(protocols: unknown): readonly Uint8Array[] {
  if (protocols == null) return [];
  if (!Array.isArray(protocols)) return splitWireFormat(bytesOf(protocols));
  return protocols.map((name: unknown, index) => {
    const bytes = typeof name === 'string' ? Buffer.from(name) : bytesOf(name);
    if (bytes.length === 0) throw emptyName();
    if (bytes.length <= 255) return bytes;
    throw argumentError(
      'ERR_OUT_OF_RANGE',
      `The byte length of the protocol at index ${String(index)} is out of range. It must be 1 to 255. Received ${String(bytes.length)}`,
      RangeError,
    );
  });
}

function bytesOf(value: unknown): Uint8Array {
  if (ArrayBuffer.isView(value))
    return Uint8Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  throw invalidType('options.ALPNProtocols', 'an array of names, or a Buffer, TypedArray or DataView', value);
}

function splitWireFormat(wire: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let at = 0; at < wire.length; at += 1 + (wire[at] ?? 0)) {
    const name = wire.subarray(at + 1, at + 1 + (wire[at] ?? 0));
    if (name.length === 0 || name.length !== wire[at]) throw emptyName();
    names.push(name);
  }
  return names;
}

function emptyName(): Error {
  return argumentError(
    'ERR_INVALID_ARG_VALUE',
    "The property 'options.ALPNProtocols' holds an empty or truncated name",
  );
}

function timeout(milliseconds: unknown): number {
  if (typeof milliseconds !== 'number')
    throw invalidType('options.handshakeTimeout', 'of type number', milliseconds);
  if (milliseconds >= 0 && milliseconds <= 0x7fffffff) return milliseconds;
  throw argumentError(
    'ERR_OUT_OF_RANGE',
    'The value of "options.handshakeTimeout" is out of range',
    RangeError,
  );
}
