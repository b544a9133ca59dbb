import type { CipherSuite } from '../../formats/tls-wire/suites.js';
import { type DecideInput, reason, type Reason } from './decision.js';
import { leastOrMost } from './key-lengths.js';
import { groupOf, groupsOf } from './windows-groups.js';

/** What the key of the server's certificate says against a suite. */
export function certificateRefuses(input: DecideInput, suite: CipherSuite): Reason | null {
  const { certificate } = input;
  if (certificate === undefined || suite.authentication === 'none') return null;
  const kinds = { RSA: 'RSA', ECDSA: 'EC', DSS: 'DSA', any: certificate.kind } as const;
  const wanted = kinds[suite.authentication];
  if (wanted !== certificate.kind) {
    return reason(
      'certificate',
      `It needs a certificate with a key of kind ${wanted}, and the key of this one is ${certificate.kind}.`,
      'Use a suite for this kind of key, or add a certificate with the other.',
    );
  }
  return certificate.kind === 'RSA'
    ? lengthRefuses(input, certificate.bits)
    : unlistedCurve(input, certificate.curve);
}

/** Servers have no such limits for their own keys. */
function lengthRefuses({ policy, role }: DecideInput, bits: number): Reason | null {
  if (role !== 'client') return null;
  const { text, ...origin } = leastOrMost(policy, 'PKCS', bits);
  if (text === null) return null;
  return reason(
    'certificate',
    `The RSA key of the server has ${bits} bits, and this Windows ${text}.`,
    `Give the server a certificate with a ${text.startsWith('requires') ? 'longer' : 'shorter'} key.`,
    origin,
  );
}

/** P-521 is off unless someone adds it. Without it, clients skip such certificates and servers fail with them. */
function unlistedCurve({ policy }: DecideInput, curve: string): Reason | null {
  const groups = groupsOf(policy);
  if (groups === null || groups.includes(groupOf(curve))) return null;
  return reason(
    'certificate',
    `The key of the certificate is on the curve ${curve}, which is not among the groups of this Windows.`,
    'Use a certificate with a key on NistP256.',
  );
}

/** Curves that every Windows has had, listed or not. */
const USUAL: readonly string[] = ['secp256r1', 'secp384r1'];

/** The groups of this Windows are not known, and the curve is an unusual one. */
export function certificateDoubts({ policy, certificate }: DecideInput, suite: CipherSuite): Reason | null {
  if (certificate?.kind !== 'EC' || suite.authentication === 'none') return null;
  if (groupsOf(policy) !== null || USUAL.includes(groupOf(certificate.curve))) return null;
  return reason(
    'certificate',
    `The key of the certificate is on the curve ${certificate.curve}, and the groups of this Windows are not documented.`,
    'Use a certificate with a key on NistP256.',
  );
}
