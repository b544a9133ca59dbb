import { isFipsGroup, isFipsOn, isFipsSet } from '../../windows/policy/fips-mode.js';
import { FIPS_KEY } from '../../windows/policy/keys.js';
import { ROLES } from '../../windows/policy/protocol-versions.js';
import { listInForce, type Policy } from '../../windows/policy/read-policy.js';
import { finding, type PolicyFinding, setCommand, someOf } from './finding.js';

/** What is to know about FIPS mode, and what contradicts it. */
export function fipsFindings(policy: Policy): PolicyFinding[] {
  const { enabled, mdmEnabled, effective } = policy.fips;
  const cause = `HKLM\\${FIPS_KEY}`;
  const isSet = isFipsSet(policy);
  const isDivided = enabled !== null && mdmEnabled !== null && (enabled === 0) !== (mdmEnabled === 0);
  return [
    ...(effective !== null && effective !== isSet
      ? [
          finding(
            'warning',
            'FIPS_PENDING',
            `The registry says that FIPS mode is ${isSet ? 'on' : 'off'}, but Windows has it ${effective ? 'on' : 'off'}.`,
            { cause, remedy: 'Restart Windows.' },
          ),
        ]
      : []),
    ...(isDivided
      ? [
          finding(
            'warning',
            'FIPS_DIVIDED',
            `The registry (Enabled=${enabled}) and the device management (MDMEnabled=${mdmEnabled}) contradict each other about FIPS mode.`,
            {
              cause,
              remedy: 'Change the one that is wrong: MDMEnabled is changed where devices are managed.',
            },
          ),
        ]
      : []),
    ...(isFipsOn(policy) ? whileOn(policy, cause) : []),
  ];
}

function whileOn({ groups, protocols }: Policy, cause: string): PolicyFinding[] {
  const lost = listInForce(groups)?.filter((name) => !isFipsGroup(name)) ?? [];
  const ssl = (['SSL 2.0', 'SSL 3.0'] as const).flatMap((version) =>
    ROLES.filter((role) => protocols[version][role].state === 'enabled').map((role) => ({ version, role })),
  );
  return [
    finding(
      'note',
      'FIPS_ON',
      'FIPS mode is on. It changes more than TLS, and Microsoft recommends it to nobody who is not obliged to it.',
      { cause, command: setCommand('fips off') },
    ),
    ...(lost.length > 0
      ? [
          finding(
            'note',
            'FIPS_GROUPS',
            `The list of groups has ${someOf(lost)}, which FIPS mode leaves out.`,
          ),
        ]
      : []),
    ...ssl.map(({ version, role }) =>
      finding(
        'warning',
        'FIPS_SSL',
        `The registry switches ${version} on for a ${role}, which FIPS mode does not permit.`,
        {
          cause: `HKLM\\${protocols[version][role].key}`,
          command: setCommand(`protocol "${version}" ${role} off`),
        },
      ),
    ),
  ];
}
