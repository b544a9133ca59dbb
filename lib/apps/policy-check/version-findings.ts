import type { Role } from '../../native/binding.js';
import { ROLES } from '../../windows/policy/protocol-versions.js';
import type { Policy, VersionPolicy } from '../../windows/policy/read-policy.js';
import type { StreamVersion } from '../../windows/policy/suite-versions.js';
import { isOnNow } from '../../windows/policy/version-after.js';
import { FIRST_TLS13_BUILD } from '../../windows/policy/windows-defaults.js';
import { finding, type PolicyFinding, setCommand } from './finding.js';

const TLS: readonly StreamVersion[] = ['TLS 1.0', 'TLS 1.1', 'TLS 1.2', 'TLS 1.3'];
const SSL: readonly StreamVersion[] = ['SSL 2.0', 'SSL 3.0'];

/** The versions of TLS that a role has, oldest first. */
export const versionsOn = ({ protocols }: Policy, role: Role): StreamVersion[] =>
  TLS.filter((version) => isOnNow(protocols[version][role]));

/** What is to know about the versions of both roles. */
export function versionFindings(policy: Policy): PolicyFinding[] {
  const [client = [], server = []] = ROLES.map((role) => versionsOn(policy, role));
  const isApart =
    client.length > 0 && server.length > 0 && !client.some((version) => server.includes(version));
  return [
    ...ROLES.flatMap((role) => ofRole(policy, role)),
    ...(isApart
      ? [
          finding(
            'warning',
            'NO_COMMON_VERSION',
            `Clients and servers of this machine have no version in common: ${client.join(', ')} and ${server.join(', ')}.`,
            { command: setCommand(`protocol "${server.at(-1) ?? ''}" client on`) },
          ),
        ]
      : []),
  ];
}

const switchTo = (version: StreamVersion, role: Role, state: string): { readonly command: string } => ({
  command: setCommand(`protocol "${version}" ${role} ${state}`),
});

const causeOf = ({ key, values, decidedBy }: VersionPolicy): string | null => {
  const set = [
    ...(values.enabled === null ? [] : [`Enabled=${values.enabled}`]),
    ...(values.disabledByDefault === null ? [] : [`DisabledByDefault=${values.disabledByDefault}`]),
  ];
  return decidedBy === 'registry' ? `HKLM\\${key}: ${set.join(' ')}` : null;
};

function ofRole(policy: Policy, role: Role): PolicyFinding[] {
  const on = versionsOn(policy, role);
  const none =
    on.length > 0
      ? []
      : [
          finding(
            'error',
            'NO_VERSION',
            `A ${role} on Schannel has no version of TLS: every connection fails.`,
            switchTo('TLS 1.2', role, 'on'),
          ),
        ];
  return [
    ...none,
    ...SSL.flatMap((version) => ifOn(policy, version, role)),
    ...(['TLS 1.0', 'TLS 1.1'] as const).flatMap((version) => ifOn(policy, version, role)),
    ...(on.length > 0 ? ifOff(policy, role) : []),
    ...[...SSL, ...TLS].flatMap((version) => ofSetting(policy, version, role)),
  ];
}

function ifOn({ protocols }: Policy, version: StreamVersion, role: Role): PolicyFinding[] {
  const entry = protocols[version][role];
  if (!isOnNow(entry)) return [];
  const isSsl = SSL.includes(version);
  const isDefault = entry.decidedBy === 'windows';
  const why = isSsl ? 'It gives no protection.' : 'It was withdrawn by RFC 8996.';
  return [
    finding(
      isSsl || !isDefault ? 'warning' : 'note',
      isSsl ? 'SSL_ON' : 'OLD_TLS_ON',
      `${version} is on for a ${role}${isDefault ? ', by the default of this Windows' : ''}. ${why}`,
      {
        cause: causeOf(entry),
        remedy: 'Find out first who still needs it: schannel policy events, with event-logging 7.',
        ...switchTo(version, role, 'off'),
      },
    ),
  ];
}

/** Versions that are off, although this Windows has them. */
function ifOff({ protocols }: Policy, role: Role): PolicyFinding[] {
  const off = (version: StreamVersion): boolean =>
    protocols[version][role].documented !== null && !isOnNow(protocols[version][role]);
  const [tls12, tls13] = [protocols['TLS 1.2'][role], protocols['TLS 1.3'][role]];
  return [
    ...(off('TLS 1.2')
      ? [
          finding('warning', 'TLS12_OFF', `TLS 1.2 is off for a ${role}: many others have nothing newer.`, {
            cause: causeOf(tls12),
            ...switchTo('TLS 1.2', role, 'on'),
          }),
        ]
      : []),
    ...(off('TLS 1.3')
      ? [
          finding('note', 'TLS13_OFF', `TLS 1.3 is off for a ${role}, although this Windows has it.`, {
            cause: causeOf(tls13),
            ...switchTo('TLS 1.3', role, 'on'),
          }),
        ]
      : []),
  ];
}

/** Values of the registry that do something else than they seem to say. */
function ofSetting(
  { protocols, build, release }: Policy,
  version: StreamVersion,
  role: Role,
): PolicyFinding[] {
  const entry = protocols[version][role];
  const { state, effective, documented, decidedBy } = entry;
  const cause = causeOf(entry);
  if (decidedBy !== 'registry') return [];
  if (version === 'TLS 1.3' && build < FIRST_TLS13_BUILD && (entry.values.enabled ?? 0) !== 0) {
    return [
      finding(
        'error',
        'TLS13_EXPERIMENTAL',
        `TLS 1.3 is switched on for a ${role}. ${release} has only an experimental one, with which connections fail.`,
        { cause, ...switchTo(version, role, 'default') },
      ),
    ];
  }
  if (state === 'disabled by default' && (version === 'TLS 1.2' || version === 'TLS 1.3')) {
    return [
      finding(
        'warning',
        'BY_DEFAULT_OFF',
        `${version} is off by default for a ${role}. Programs can only ask for it by the old SCHANNEL_CRED, and never for TLS 1.3.`,
        { cause, ...switchTo(version, role, 'on') },
      ),
    ];
  }
  if ((state === 'enabled' && effective === false) || (state === 'disabled' && effective === true)) {
    const said = state === 'enabled' ? 'on' : 'off';
    return [
      finding(
        'warning',
        'NOT_IN_EFFECT',
        documented === null
          ? `The registry switches ${version} ${said} for a ${role}, but ${release} does not have it.`
          : `The registry switches ${version} ${said} for a ${role}, but Schannel does the opposite.`,
        {
          cause,
          ...(documented === null
            ? switchTo(version, role, 'default')
            : {
                remedy:
                  'Restart Windows, and look for a security product that changes the settings of Schannel.',
              }),
        },
      ),
    ];
  }
  return state === 'allowed'
    ? [
        finding(
          'note',
          'ONLY_ENABLED',
          `Only Enabled is set for ${version} of a ${role}: whether it is on by default is up to this Windows.`,
          { cause, ...switchTo(version, role, isOnNow(entry) ? 'on' : 'by-default-off') },
        ),
      ]
    : [];
}
