import { CIPHER_SUITES, type CipherSuite } from '../../formats/tls-wire/suites.js';
import { isFipsOn } from './fips-mode.js';
import type { PolicyVersion } from './protocol-versions.js';
import type { Policy } from './read-policy.js';
import { knownSuites, withoutCurve } from './windows-defaults.js';

/** Versions that run over connections. Cipher suites of DTLS are those of TLS. */
export type StreamVersion = Exclude<PolicyVersion, `DTLS${string}`>;

const SUITES_BY_NAME = new Map([...CIPHER_SUITES.values()].map((suite) => [suite.name, suite]));

/** The suite with IANA's name, with or without the curve that Windows put behind it before Windows 10. */
export const suiteNamed = (name: string): CipherSuite | null =>
  SUITES_BY_NAME.get(withoutCurve(name)) ?? null;

/** The versions that can have a suite, newest first. */
export function versionsOf({ era, name, cipher, keyExchange }: CipherSuite): readonly StreamVersion[] {
  if (era === 'TLSv1.3') return ['TLS 1.3'];
  const isFor12 = /_SHA(256|384)$/.test(name) || /GCM|CCM|CHACHA20/.test(cipher);
  // Curves are agreed on by extensions, which SSL 3.0 does not have (RFC 8422).
  if (!isFor12 && keyExchange.startsWith('EC')) return ['TLS 1.2', 'TLS 1.1', 'TLS 1.0'];
  return isFor12 ? ['TLS 1.2'] : ['TLS 1.2', 'TLS 1.1', 'TLS 1.0', 'SSL 3.0'];
}

/**
 * Whether programs that ask for nothing special can use a suite that is in the list. They must ask for suites without
 * encryption and with shared keys, and FIPS mode has only AES and triple DES.
 */
export const isUsableSuite = (policy: Pick<Policy, 'fips'>, { cipher, keyExchange }: CipherSuite): boolean =>
  cipher !== 'NULL' && !keyExchange.includes('PSK') && (!isFipsOn(policy) || /^(AES|3DES)/.test(cipher));

/** The suites of this Windows in its order, without curves; null if that is not known. */
export function suitesInForce({ suites, wine }: Policy): readonly string[] | null {
  // Wine has the suites of GnuTLS, whatever the registry and the documentation of its build say.
  const list =
    wine === null
      ? (suites.policy ?? suites.effective ?? suites.local ?? suites.documented)
      : suites.effective;
  return list === null ? null : [...new Set(list.map(withoutCurve))];
}

/** Whether this Windows has a suite, on or off. Wine has those of GnuTLS, which are not known. */
export function hasSuite({ build, suites, wine }: Policy, name: string): boolean {
  // A list that Windows itself gives is of suites that it has.
  return (
    wine !== null ||
    knownSuites(build).has(name) ||
    suites.effective?.map(withoutCurve).includes(name) === true
  );
}
