import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';

import type { ConnectionOptions } from '../../tls/connect.js';

/**
 * Options that do not distinguish connections: those that http.Agent already has in its name, those that only concern
 * how a socket is used, and those that Windows does not use.
 */
type Indifferent =
  | 'host'
  | 'port'
  | 'path'
  | 'localAddress'
  | 'family'
  | 'timeout'
  | 'hints'
  | 'lookup'
  | 'localPort'
  | 'noDelay'
  | 'keepAlive'
  | 'keepAliveInitialDelay'
  | 'autoSelectFamily'
  | 'autoSelectFamilyAttemptTimeout'
  | 'handshakeTimeout'
  | 'sessionTimeout'
  | 'highWaterMark'
  | 'onread'
  | 'allowHalfOpen'
  | 'pauseOnConnect'
  | 'signal'
  | 'requestOCSP'
  | 'isServer'
  | 'server'
  | 'requestCert'
  | 'SNICallback'
  | 'ALPNCallback'
  | 'challenges'
  | 'turn'
  | 'follow'
  // node:https has these in its name as they are.
  | 'servername'
  | 'rejectUnauthorized'
  | 'ciphers'
  | 'minVersion'
  | 'maxVersion'
  | 'secureProtocol'
  | 'secureOptions';

/**
 * The options that do; 'objects' if node:https has them in its name, where objects become text. This does not compile
 * if a new option of connect() is neither here nor above.
 */
const DISTINCTIVE: Readonly<Record<Exclude<keyof ConnectionOptions, Indifferent>, 'always' | 'objects'>> = {
  ALPNProtocols: 'always',
  allowPartialTrustChain: 'always',
  ca: 'objects',
  cert: 'objects',
  certificate: 'always',
  checkServerIdentity: 'always',
  crl: 'objects',
  extraCa: 'always',
  fetchIssuers: 'always',
  key: 'objects',
  minDHSize: 'always',
  passphrase: 'always',
  pfx: 'objects',
  pins: 'always',
  requireCloseNotify: 'always',
  requiredPolicies: 'always',
  requiredUsages: 'always',
  revocation: 'always',
  revocationTimeout: 'always',
  secureContext: 'always',
  socket: 'always',
  temporaryKeys: 'always',
  windowHandle: 'always',
};
const KINDS: ReadonlyMap<string, string> = new Map(Object.entries(DISTINCTIVE));

/**
 * Text that is equal only for options that make equal connections: the same identity, the same trust and the same
 * checks. '' if none of these options is given. It contains no secrets.
 */
export function identityOfOptions(options: object): string {
  const given = Object.entries(options).filter(([name, value]) => isDistinctive(name, value));
  if (given.length === 0) return '';
  const text = given
    .map(([name, value]) => `${name}=${identityOf(value)}`)
    .sort()
    .join('\n');
  return createHash('sha256').update(text).digest('base64url');
}

function isDistinctive(name: string, value: unknown): boolean {
  const kind = KINDS.get(name);
  if (value === undefined || value === null) return false;
  return kind === 'always' || (kind === 'objects' && !isToldByText(value));
}

/**
 * node:https writes such a value into its name as text, and no other value becomes the same text: bytes have to be
 * UTF-8, and what is in a list has no comma.
 */
function isToldByText(value: unknown): boolean {
  if (!Array.isArray(value)) return textOf(value) !== null;
  return value.every((element) => textOf(element)?.includes(',') === false);
}

const textOf = (value: unknown): string | null =>
  typeof value === 'string' || (Buffer.isBuffer(value) && isUtf8(value)) ? String(value) : null;

const numbers = new WeakMap<object, number>();
let last = 0;

/** Data is compared by content; functions, and objects that are more than data, by identity. */
function identityOf(value: unknown): string {
  if (typeof value === 'function') return `#${numberOf(value)}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (ArrayBuffer.isView(value)) return `bytes ${digestOf(value)}`;
  if (Array.isArray(value)) return `[${value.map(identityOf).join(',')}]`;
  if (!isPlain(value)) return `#${numberOf(value)}`;
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}:${identityOf(field)}`);
  return `{${fields.sort().join(',')}}`;
}

function digestOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('base64url');
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function numberOf(value: object): number {
  let number = numbers.get(value);
  if (number === undefined) numbers.set(value, (number = ++last));
  return number;
}
