import type { Role } from '../../native/binding.js';
import { POLICY_VERSIONS, type PolicyVersion, ROLES } from './protocol-versions.js';
import { listInForce, type ListPolicy, type Policy, sameList } from './read-policy.js';
import { namedTemplate, type PolicyTemplate, type TemplateName } from './templates.js';
import { isOnNow } from './version-after.js';
import { withoutCurve } from './windows-defaults.js';

/** What a policy has and a template has not, or the other way round. */
export type Difference =
  | {
      readonly kind: 'protocol';
      readonly protocol: PolicyVersion;
      readonly role: Role;
      /** Whether it is on. */
      readonly here: boolean;
      readonly there: boolean;
    }
  | {
      readonly kind: 'suite' | 'group';
      readonly name: string;
      /** Whether it is in the list. */
      readonly here: boolean;
      readonly there: boolean;
    }
  /** The same names in another order. */
  | { readonly kind: 'order of suites' | 'order of groups' };

/**
 * What differs from a template, or from another machine's policy, such as one that `schannel policy show --json` has
 * written. What is unknown on one side is not compared.
 *
 * @param against 'windows-default' is the documented default of this build
 * @throws RangeError ERR_OUT_OF_RANGE for an unknown name
 */
export function diffPolicy(policy: Policy, against: Policy | PolicyTemplate | TemplateName): Difference[] {
  const template =
    typeof against === 'string' ? namedTemplate(against, policy.build, 'against') : templateFrom(against);
  const { protocols = {}, ordered = false } = template;
  const suites = policy.suites.policy ?? policy.suites.effective ?? listInForce(policy.suites);
  return [
    ...POLICY_VERSIONS.flatMap((protocol) =>
      ROLES.flatMap((role): Difference[] => {
        const there = protocols[protocol]?.[role];
        const here = isOnNow(policy.protocols[protocol][role]);
        return there === undefined || here === there
          ? []
          : [{ kind: 'protocol', protocol, role, here, there }];
      }),
    ),
    ...listDifferences('suite', suites?.map(withoutCurve), template.suites, ordered),
    ...listDifferences('group', listInForce(policy.groups), template.groups, ordered),
  ];
}

const templateFrom = (against: Policy | PolicyTemplate): PolicyTemplate =>
  'format' in against ? templateOfPolicy(against) : against;

function templateOfPolicy(policy: Policy): PolicyTemplate {
  const listed = (
    list: ListPolicy,
    effective: readonly string[] | null = null,
  ): readonly string[] | undefined => list.policy ?? effective ?? listInForce(list) ?? undefined;
  const suites = listed(policy.suites, policy.suites.effective);
  const groups = listed(policy.groups);
  return {
    ...{ name: policy.release, ordered: true },
    protocols: Object.fromEntries(
      POLICY_VERSIONS.map((version) => [
        version,
        Object.fromEntries(ROLES.map((role) => [role, isOnNow(policy.protocols[version][role])])),
      ]),
    ),
    ...(suites === undefined ? {} : { suites }),
    ...(groups === undefined ? {} : { groups }),
  };
}

function listDifferences(
  kind: 'suite' | 'group',
  here: readonly string[] | null | undefined,
  there: readonly string[] | undefined,
  ordered: boolean,
): Difference[] {
  if (here === null || here === undefined || there === undefined) return [];
  // Names of groups have no case in Windows.
  const folded = (names: readonly string[]): string[] => names.map((name) => name.toLowerCase());
  const [ours, theirs] = [folded(here), folded(there)];
  const differences = [
    ...here
      .filter((name) => !theirs.includes(name.toLowerCase()))
      .map((name): Difference => ({ kind, name, here: true, there: false })),
    ...there
      .filter((name) => !ours.includes(name.toLowerCase()))
      .map((name): Difference => ({ kind, name, here: false, there: true })),
  ];
  const isOrder = ordered && differences.length === 0 && !sameList(ours, theirs);
  return isOrder ? [{ kind: `order of ${kind}s` }] : differences;
}
