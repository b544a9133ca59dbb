import net from 'node:net';

import type { CheckServerIdentity } from '../../windows/trust/identity.js';
import { parsePins, type Pins } from '../../windows/trust/pins.js';
import { invalidType, outOfRange } from '../../base/errors/argument-error.js';
import { withClientDefaults } from '../secure-context/client-defaults.js';
import type { SecureContext } from '../secure-context/secure-context.js';
import { parseAlpnProtocols } from './alpn.js';
import { contextOf, isTruthy, type TLSSocketOptions } from './socket-options.js';

/** What a client wants of its server. */
export interface ClientSettings {
  readonly context: SecureContext;
  /** What goes out as SNI; '' sends none. */
  readonly servername: string;
  /** What the certificate has to be for. */
  readonly hostname: string;
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity: CheckServerIdentity | undefined;
  /** One of these keys has to be in the server's chain; null: any key. */
  readonly pins: Pins | null;
  readonly alpnProtocols: readonly Uint8Array[];
  readonly requestOCSP: boolean;
  /** Bits of the smallest Diffie-Hellman parameters that are taken of the server. */
  readonly minDHSize: number;
}

const MIN_DH_SIZE = 1024;

/**
 * @param host what the caller connects to, for SNI and verification where `servername` says nothing
 * @param address of the server, if there is a connection already
 * @throws TypeError, RangeError, SchannelError as createSecureContext()
 */
export function parseClientOptions(
  options: TLSSocketOptions,
  host: string | null,
  address?: string,
): ClientSettings {
  const { servername, checkServerIdentity } = options;
  if (host !== null && typeof host !== 'string') throw invalidType('options.host', 'of type string', host);
  if (servername != null && typeof servername !== 'string')
    throw invalidType('options.servername', 'of type string', servername);
  if (checkServerIdentity != null && typeof checkServerIdentity !== 'function') {
    throw invalidType('options.checkServerIdentity', 'of type function', checkServerIdentity);
  }
  if (servername && net.isIP(servername) !== 0) warnOfAddress();
  return {
    context: withClientDefaults(contextOf(options), [servername, host, address]),
    servername: sniName(servername ?? host ?? ''),
    hostname: [servername, host].find(Boolean) ?? 'localhost',
    rejectUnauthorized: isTruthy(options.rejectUnauthorized),
    checkServerIdentity: checkServerIdentity ?? undefined,
    pins: options.pins == null ? null : parsePins(options.pins, 'options.pins'),
    alpnProtocols: parseAlpnProtocols(options.ALPNProtocols),
    requestOCSP: Boolean(options.requestOCSP),
    minDHSize: sizeOf(options.minDHSize ?? MIN_DH_SIZE),
  };
}

function sizeOf(bits: unknown): number {
  if (typeof bits !== 'number') throw invalidType('options.minDHSize', 'of type number', bits);
  if (bits > 0) return bits;
  throw outOfRange('options.minDHSize', '> 0', bits);
}

let hasWarned = false;

/** Node's own warning, for programs that look out for it. */
function warnOfAddress(): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    'Setting the TLS ServerName to an IP address is not permitted by RFC 6066. This will be ignored in a future version.',
    'DeprecationWarning',
    'DEP0123',
  );
}

/**
 * What names the server to Windows: the name for SNI; else its address, which Windows does not send and tells
 * sessions apart by; else nothing.
 */
export function targetName(servername: string, hostname: string): string {
  if (servername !== '') return servername;
  // A zone ("fe80::1%eth0") means something only on this machine.
  const [address = ''] = hostname.split('%', 1);
  return net.isIP(address) === 0 ? '' : address;
}

/** What may stand in SNI: no address (RFC 6066 §3), no trailing dot, an A-label for a name in another script. */
export function sniName(name: string): string {
  if (net.isIP(name) !== 0) return '';
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  return /^[\x20-\x7e]*$/.test(bare) ? bare : new URL(`http://${bare}`).hostname;
}
