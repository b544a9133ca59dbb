import type { CipherSuite } from '../../formats/tls-wire/suites.js';
import { isFipsOn } from '../../windows/policy/fips-mode.js';
import { LOCAL_SUITES_KEY, POLICY_SUITES_KEY, GROUPS_VALUE } from '../../windows/policy/keys.js';
import { type DecideInput, reason, type Reason } from './decision.js';
import { leastOrMost } from './key-lengths.js';
import { groupsOf } from './windows-groups.js';

/** What the groups of both sides say against a suite. */
export function groupsRefuse(input: DecideInput, suite: CipherSuite): Reason | null {
  const { policy } = input;
  if (suite.keyExchange.startsWith('DHE')) return primeRefuses(input);
  if (!needsGroup(suite)) return null;
  const own = ownGroups(input, suite);
  if (own === null) return null;
  const listed = policy.groups.policy !== null ? POLICY_SUITES_KEY : LOCAL_SUITES_KEY;
  const origin =
    policy.groups.policy === null && policy.groups.local === null ? {} : { key: listed, value: GROUPS_VALUE };
  if (own.length === 0) {
    const cause = isFipsOn(policy) ? ' in FIPS mode' : '';
    return reason('groups', `This Windows has no group for it${cause}.`, 'Add NistP256.', origin);
  }
  const others = peerGroups(input, suite);
  if (others === null || others.some((name) => own.includes(name.toLowerCase()))) return null;
  return reason(
    'groups',
    `No group is common: this Windows has ${own.join(', ')}, the other side has ${others.join(', ')}.`,
    'Add one of them with schannel policy set groups, or secp256r1 on the other side.',
    origin,
  );
}

/** The other side's groups are known, and ours are not. */
export function groupsDoubt(input: DecideInput, suite: CipherSuite): Reason | null {
  if (!needsGroup(suite) || peerGroups(input, suite) === null || ownGroups(input, suite) !== null)
    return null;
  return reason('groups', 'The groups of this Windows are not documented, so none may be common.');
}

const isTls13 = ({ era }: CipherSuite): boolean => era === 'TLSv1.3';

const needsGroup = (suite: CipherSuite): boolean => isTls13(suite) || suite.keyExchange.startsWith('ECDHE');

const ownGroups = ({ policy }: DecideInput, suite: CipherSuite): readonly string[] | null =>
  groupsOf(policy)?.filter((name) => isTls13(suite) || !name.includes('mlkem')) ?? null;

const peerGroups = ({ peerGroups: groups }: DecideInput, suite: CipherSuite): readonly string[] | null =>
  groups?.[isTls13(suite) ? 'TLSv1.3' : 'before'] ?? null;

/** A client's limits to the prime of a server. */
function primeRefuses({ policy, role, peerGroups: groups }: DecideInput): Reason | null {
  if (role !== 'client') return null;
  const { text, ...origin } = leastOrMost(policy, 'Diffie-Hellman', groups?.dhBits ?? null);
  if (text === null) return null;
  return reason(
    'groups',
    `The prime of the server for DHE has ${groups?.dhBits ?? 0} bits, and this Windows ${text}.`,
    'Use suites with ECDHE, or give the server a prime of 2048 bits.',
    origin,
  );
}
