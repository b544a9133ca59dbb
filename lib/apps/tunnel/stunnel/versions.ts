import type { OptionLine } from '../../../formats/stunnel/configuration.js';
import { faultAt, faultIn, refusal } from '../../../formats/stunnel/fault.js';
import { PROTOCOLS, type Protocol } from '../../../tls/secure-context/protocols.js';
import type { Notices } from './notices.js';
import type { PlannedTls } from './plan.js';
import type { SectionOptions } from './section-options.js';

/** What OpenSSL's flags ask for that Windows does anyway. */
const HARMLESS_FLAGS = new Set([
  'ALL',
  'NO_SSLV2',
  'NO_SSLV3',
  'SINGLE_DH_USE',
  'SINGLE_ECDH_USE',
  'NO_COMPRESSION',
  'CIPHER_SERVER_PREFERENCE',
  'NO_RENEGOTIATION',
  'NO_SESSION_RESUMPTION_ON_RENEGOTIATION',
]);

/** A flag that removes a version, as stunnel spells it: with a dot, and before that with a low line. */
const WITHOUT: Readonly<Record<string, Protocol>> = {
  NO_TLSV1: 'TLSv1',
  'NO_TLSV1.1': 'TLSv1.1',
  NO_TLSV1_1: 'TLSv1.1',
  'NO_TLSV1.2': 'TLSv1.2',
  NO_TLSV1_2: 'TLSv1.2',
  'NO_TLSV1.3': 'TLSv1.3',
  NO_TLSV1_3: 'TLSv1.3',
};

/**
 * The versions of TLS that a section allows.
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG, ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED
 */
export function versionsOf(
  options: SectionOptions,
  notices: Notices,
): Pick<PlannedTls, 'minVersion' | 'maxVersion'> {
  let min: Protocol | undefined;
  let max: Protocol | undefined;
  const only = options.last('sslVersion');
  if (only !== undefined) min = max = versionOf(only);
  const lowest = options.last('sslVersionMin');
  if (lowest !== undefined) {
    min = versionOf(lowest);
    if (min === 'TLSv1') {
      notices.note(lowest, 'The lowest version is that of this library and of Windows');
      min = undefined;
    }
  }
  const highest = options.last('sslVersionMax');
  if (highest !== undefined) max = versionOf(highest);
  for (const line of options.all('config')) {
    const [command = '', value = ''] = line.value.split(':', 2).map((part) => part.trim());
    const version = versionNamed(value);
    if (/^MinProtocol$/i.test(command) && version !== undefined) min = version;
    else if (/^MaxProtocol$/i.test(command) && version !== undefined) max = version;
    else throw refusal(line, 'Only MinProtocol and MaxProtocol have a counterpart', 'Leave it out.');
  }
  const removed = removedVersions(options, notices);
  if (removed.size > 0) {
    const left = PROTOCOLS.filter(
      (version) =>
        !removed.has(version) &&
        PROTOCOLS.indexOf(version) >= PROTOCOLS.indexOf(min ?? 'TLSv1.2') &&
        PROTOCOLS.indexOf(version) <= PROTOCOLS.indexOf(max ?? 'TLSv1.3'),
    );
    if (left.length === 0) throw noVersion(options);
    [min, max] = [left[0], left.at(-1)];
  }
  if (min !== undefined && max !== undefined && PROTOCOLS.indexOf(min) > PROTOCOLS.indexOf(max)) {
    throw noVersion(options);
  }
  // A highest version below the default of the lowest one would leave none.
  if (min === undefined && (max === 'TLSv1' || max === 'TLSv1.1')) min = 'TLSv1';
  return {
    ...(min === undefined ? {} : { minVersion: min }),
    ...(max === undefined ? {} : { maxVersion: max }),
  };
}

const noVersion = ({ place, name }: SectionOptions): Error =>
  faultAt(place, `Service [${name}]: Its options leave no version of TLS`);

function versionOf(line: OptionLine): Protocol | undefined {
  const value = line.value.toLowerCase();
  if (value === 'all') return undefined;
  const version = versionNamed(value);
  if (version !== undefined) return version;
  throw refusal(line, 'SSL 2 and SSL 3 are broken', 'Use "TLSv1.2".');
}

const versionNamed = (name: string): Protocol | undefined =>
  PROTOCOLS.find((version) => version.toLowerCase() === name.toLowerCase());

function removedVersions(options: SectionOptions, notices: Notices): ReadonlySet<Protocol> {
  const removed = new Set<Protocol>();
  for (const line of options.all('options')) {
    const isReversed = line.value.startsWith('-');
    const flag = line.value.replace(/^-/, '').toUpperCase();
    const version = Object.hasOwn(WITHOUT, flag) ? WITHOUT[flag] : undefined;
    if (version !== undefined) {
      if (isReversed) removed.delete(version);
      else removed.add(version);
    } else if (flag === 'NO_TICKET') {
      notices.note(line, 'Windows decides which sessions it resumes');
    } else if (isReversed && /^NO_SSLV[23]$/.test(flag)) {
      notices.note(line, 'SSL 2 and SSL 3 stay off');
    } else if (!HARMLESS_FLAGS.has(flag)) {
      throw refusal(line, 'Windows has no such switch', 'Leave it out.');
    }
  }
  return removed;
}

/** Defaults of stunnel: a file that has them has chosen nothing. */
const DEFAULT_CIPHERS = [
  'HIGH:!aNULL:!SSLv2:!DH:!kDHEPSK',
  'HIGH:!DH:!aNULL:!SSLv2',
  'FIPS:!DH:!kDHEPSK',
  'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256',
];

const DEFAULT_CURVES = [
  'X25519:P-256:X448:P-521:P-384',
  'X25519MLKEM768:X25519:P-256:X448:P-521:P-384',
  'prime256v1',
];

/** Names of suites have at least two parts, words such as HIGH have one. */
const SUITES = /^[A-Z0-9]+(?:[-_][A-Z0-9]+)+(?:[:, ]+[A-Z0-9]+(?:[-_][A-Z0-9]+)+)*$/i;

/** @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED */
export function ciphersOf(options: SectionOptions): Pick<PlannedTls, 'ciphers'> {
  const lists = ['ciphers', 'ciphersuites']
    .map((name) => options.last(name))
    .filter((line) => line !== undefined)
    .filter(({ value }) => !DEFAULT_CIPHERS.includes(value));
  for (const line of lists) {
    if (!SUITES.test(line.value) || line.value.includes('@')) {
      throw refusal(
        line,
        'Windows decides the order of suites',
        'Name the suites one by one, or leave it out: "Get-TlsCipherSuite" shows what Windows uses.',
      );
    }
  }
  return lists.length === 0 ? {} : { ciphers: lists.map(({ value }) => value).join(':') };
}

/** @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED for what would have no effect */
export function checkPolicies(options: SectionOptions): void {
  const curves = options.last('curves');
  if (curves !== undefined && !DEFAULT_CURVES.includes(curves.value)) {
    throw refusal(
      curves,
      'Windows decides the curves',
      'Leave it out: "Get-TlsEccCurve" shows what Windows uses.',
    );
  }
  const level = options.last('securityLevel');
  if (level !== undefined && Number(level.value) > 2) {
    throw refusal(
      level,
      'Windows has no such levels',
      'Leave it out: Windows has its own policy for weak certificates.',
    );
  }
  const store = options.last('CAstore');
  if (store !== undefined && !/^org\.openssl\.winstore:(?:\/\/)?$/i.test(store.value)) {
    throw refusal(store, 'Only the store of Windows can be used', 'Use "CAfile", or leave it out.');
  }
  for (const line of options.all('socket')) {
    const [, name = '', value = ''] = /^[alr]:([A-Za-z_]+)=(.*)$/.exec(line.value) ?? [];
    if (name === '') throw faultIn(line, 'Write "a:", "l:" or "r:", and then NAME=VALUE');
    if (IGNORED_SOCKET_OPTIONS.has(name) || (name === 'TCP_NODELAY' && value === '1')) continue;
    throw refusal(line, 'The sockets of Node have no such option', 'Leave it out.');
  }
}

/** Options of sockets that have no effect, and why. */
export const IGNORED_SOCKET_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['SO_KEEPALIVE', 'It has no effect: "TIMEOUTidle" ends connections that are dead'],
  ['TCP_KEEPIDLE', 'It has no effect: "TIMEOUTidle" ends connections that are dead'],
  ['SO_LINGER', 'It has no effect: "reset" says whether connections are reset after an error'],
  ['SO_REUSEADDR', 'It has no effect: a port is used by one program only'],
]);
