import type { CipherSuite } from '../../formats/tls-wire/suites.js';
import { type DecideInput, reason, type Reason } from './decision.js';
import { groupOf, groupsOf } from './windows-groups.js';

/** The value that clients on Windows hold against RSA keys of servers, and its default. */
const LEAST_RSA = { key: 'PKCS', name: 'ClientMinKeyBitLength', default: 1024 };

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
    ? shortKey(input, certificate.bits)
    : unlistedCurve(input, certificate.curve);
}

function shortKey({ policy, role }: DecideInput, bits: number): Reason | null {
  if (role !== 'client') return null;
  const entry = policy.others.find(({ name, key }) => name === LEAST_RSA.name && key.endsWith(LEAST_RSA.key));
  const least = entry?.value ?? LEAST_RSA.default;
  if (bits >= least) return null;
  return reason(
    'certificate',
    `The RSA key of the server has ${bits} bits, and this Windows requires ${least}.`,
    'Give the server a certificate with a longer key.',
    {
      key: entry?.key ?? null,
      value: entry?.value == null ? null : `${LEAST_RSA.name}=${entry.value}`,
    },
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
