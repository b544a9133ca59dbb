import type { CipherSuite } from '../../formats/tls-wire/suites.js';
import { LOCAL_SUITES_KEY, POLICY_SUITES_KEY, GROUPS_VALUE } from '../../windows/policy/keys.js';
import { type DecideInput, reason, type Reason } from './decision.js';
import { isFipsOn } from './fips.js';
import { groupsOf } from './windows-groups.js';

/** What the groups of both sides say against a suite. */
export function groupsRefuse({ policy, peerGroups }: DecideInput, suite: CipherSuite): Reason | null {
  const isTls13 = suite.era === 'TLSv1.3';
  if (!isTls13 && !suite.keyExchange.startsWith('ECDHE')) return null;
  const own = groupsOf(policy)?.filter((name) => isTls13 || !name.includes('mlkem')) ?? null;
  if (own === null) return null;
  const listed = policy.groups.policy !== null ? POLICY_SUITES_KEY : LOCAL_SUITES_KEY;
  const origin =
    policy.groups.policy === null && policy.groups.local === null ? {} : { key: listed, value: GROUPS_VALUE };
  if (own.length === 0) {
    const cause = isFipsOn(policy) ? ' in FIPS mode' : '';
    return reason('groups', `This Windows has no group for it${cause}.`, 'Add NistP256.', origin);
  }
  const others = peerGroups?.[isTls13 ? 'TLSv1.3' : 'before'] ?? null;
  if (others === null || others.some((name) => own.includes(name.toLowerCase()))) return null;
  return reason(
    'groups',
    `No group is common: this Windows has ${own.join(', ')}, the other side has ${others.join(', ')}.`,
    'Add one of them with schannel policy set groups, or secp256r1 on the other side.',
    origin,
  );
}
