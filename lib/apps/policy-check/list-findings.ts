import { type ListPolicy, type Policy, sameList } from '../../windows/policy/read-policy.js';
import { POLICY_SUITES_KEY } from '../../windows/policy/keys.js';
import { finding, type PolicyFinding, type PolicyFindingCode } from './finding.js';

/** Where the list that holds comes from; null for the default. */
export const listKey = ({ policy, decidedBy }: ListPolicy, local: string): string | null =>
  policy !== null ? POLICY_SUITES_KEY : decidedBy === 'registry' ? local : null;

/** A list of this machine that someone has changed, and that a group policy hides. */
export function hiddenList(
  { suites, groups }: Policy,
  code: Extract<PolicyFindingCode, 'SUITES_HIDDEN' | 'GROUPS_HIDDEN'>,
  cause: string,
): PolicyFinding[] {
  const [list, what] = code === 'SUITES_HIDDEN' ? [suites, 'cipher suites'] : [groups, 'groups'];
  const { policy, local, documented } = list;
  if (policy === null || local === null) return [];
  if (sameList(local, documented) || sameList(local, policy)) return [];
  return [
    finding(
      'warning',
      code,
      `The ${what} of this machine were changed, but the list of a group policy takes their place: the change counts for nothing.`,
      { cause, remedy: 'Change the group policy instead.', command: 'gpresult /h report.html' },
    ),
  ];
}
