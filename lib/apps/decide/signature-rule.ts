import type { CipherSuite } from '../../formats/tls-wire/suites.js';
import { LOCAL_SIGNATURES_KEY, SUITES_VALUE } from '../../windows/policy/keys.js';
import { type DecideInput, reason, type Reason, type ServerKey } from './decision.js';
import { groupOf } from './windows-groups.js';

const HASHES = ['SHA256', 'SHA384', 'SHA512'] as const;
const withHashes = (kind: string): string[] => HASHES.map((hash) => `${kind}/${hash}`);

/** In TLS 1.3 a scheme belongs to one curve (RFC 8446 §4.2.3). */
const OF_CURVE: Readonly<Record<string, string>> = {
  secp256r1: 'ECDSA/SHA256',
  secp384r1: 'ECDSA/SHA384',
  secp521r1: 'ECDSA/SHA512',
};

/**
 * The signatures that a server with this key can make in a handshake with this suite, by Windows' names. Null if it
 * makes none (RSA key exchange), or if the version has no choice of them.
 */
function possible(suite: CipherSuite, key: ServerKey): readonly string[] | null {
  if (suite.era === 'TLSv1.3') {
    if (key.kind === 'RSA') return withHashes('RSAE-PSS');
    const scheme = OF_CURVE[groupOf(key.curve)];
    return scheme === undefined ? null : [scheme];
  }
  // Before TLS 1.2 the signature is fixed, and suites of CBC mode with SHA-1 can go there.
  const isOnly12 = /_SHA(256|384)$/.test(suite.name);
  if (!isOnly12 || !/^(EC)?DHE/.test(suite.keyExchange)) return null;
  return key.kind === 'RSA'
    ? [...withHashes('RSAE-PSS'), ...withHashes('RSA'), 'RSA/SHA1']
    : [...withHashes('ECDSA'), 'ECDSA/SHA1'];
}

/** Windows' names by IANA's. */
const WINDOWS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^rsa_pkcs1_(sha\d+)$/, 'RSA'],
  [/^rsa_pss_rsae_(sha\d+)$/, 'RSAE-PSS'],
  [/^ecdsa_(?:secp\d+r1_)?(sha\d+)$/, 'ECDSA'],
  [/^dsa_(sha\d+)$/, 'DSA'],
];

const windowsName = (scheme: string): string[] =>
  WINDOWS.flatMap(([pattern, kind]) => {
    const [, hash] = pattern.exec(scheme) ?? [];
    return hash === undefined ? [] : [`${kind}/${hash.toUpperCase()}`];
  });

/** What the signature algorithms of both sides say against a suite. */
export function signaturesRefuse(input: DecideInput, suite: CipherSuite): Reason | null {
  const { policy, certificate, peerSchemes = null } = input;
  const able = certificate && possible(suite, certificate);
  if (!able) return null;
  const own = policy.signatureAlgorithms?.map((name) => name.toUpperCase()) ?? [];
  // A list that names nothing is one that Windows does not give.
  const left = own.length === 0 ? able : able.filter((name) => own.includes(name));
  if (left.length === 0) {
    return reason(
      'signatures',
      `It needs a signature by ${able.join(' or ')}, and the list of this Windows has none of them.`,
      'Put one of them back into the list of signature algorithms.',
      { key: LOCAL_SIGNATURES_KEY, value: SUITES_VALUE },
    );
  }
  const others = peerSchemes?.flatMap(windowsName) ?? null;
  if (others === null || left.some((name) => others.includes(name))) return null;
  return reason(
    'signatures',
    `No signature algorithm is common: with this key, this side has ${left.join(', ')}.`,
    'Use a certificate with another kind of key, or add an algorithm on the other side.',
  );
}
