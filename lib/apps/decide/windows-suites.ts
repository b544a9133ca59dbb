import { CIPHER_SUITES, type CipherSuite } from '../../formats/tls-wire/suites.js';
import type { Policy } from '../../windows/policy/read-policy.js';
import { knownSuites, withoutCurve } from '../../windows/policy/windows-defaults.js';
import type { DecidedVersion } from './decision.js';

const SUITES_BY_NAME = new Map([...CIPHER_SUITES.values()].map((suite) => [suite.name, suite]));

/** The suite with IANA's name, with or without the curve that Windows put behind it before Windows 10. */
export const suiteNamed = (name: string): CipherSuite | null =>
  SUITES_BY_NAME.get(withoutCurve(name)) ?? null;

/** The versions that can have a suite, newest first. */
export function versionsOf({ era, name, cipher, keyExchange }: CipherSuite): readonly DecidedVersion[] {
  if (era === 'TLSv1.3') return ['TLS 1.3'];
  const isFor12 = /_SHA(256|384)$/.test(name) || /GCM|CCM|CHACHA20/.test(cipher);
  // Curves are agreed on by extensions, which SSL 3.0 does not have (RFC 8422).
  if (!isFor12 && keyExchange.startsWith('EC')) return ['TLS 1.2', 'TLS 1.1', 'TLS 1.0'];
  return isFor12 ? ['TLS 1.2'] : ['TLS 1.2', 'TLS 1.1', 'TLS 1.0', 'SSL 3.0'];
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
