import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { Role } from '../../../native/binding.js';
import type { ListPolicy, OtherValue, Policy, VersionPolicy } from '../../../policy.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { formatRows, formatTable, type Row } from '../../table.js';
import type { Style } from '../../terminal.js';

interface ShowFlags {
  readonly server?: boolean;
  readonly client?: boolean;
  readonly json?: boolean;
}

/** Adds `schannel policy show`. */
export function addShowCommand(policy: Command, { io, policy: library }: CommandContext): void {
  policy
    .command('show')
    .summary('show versions, cipher suites and groups, and who decided them')
    .description(
      'Shows the TLS settings of this machine: versions for each role, cipher suites, groups, FIPS mode and other values ' +
        'of Schannel, with who decided them and what Schannel makes of them. Needs no administrator.',
    )
    .option('--client', 'only versions for clients')
    .option('--server', 'only versions for servers')
    .option('--json', 'write one JSON object to standard output')
    .action(async (flags: ShowFlags) => {
      const read = await library.readPolicy();
      writeReport(io, flags, {
        facts: () => ({ ok: true, ...read, error: null }),
        lines: (style) => linesOf(read, rolesOf(flags), style),
      });
    });
}

const rolesOf = ({ client, server }: ShowFlags): Role[] =>
  client === server ? ['client', 'server'] : client === true ? ['client'] : ['server'];

function linesOf(policy: Policy, roles: readonly Role[], style: Style): string[] {
  const { release, build, wine, suites, signatureAlgorithms, groups, fips } = policy;
  return [
    `${style.bold(release)}, build ${build}${wine === null ? '' : ` (Wine ${wine})`}`,
    ...roles.flatMap((role) => ['', ...versionLines(policy, role, style)]),
    '',
    ...listLines('cipher suites', suites, suites.effective ?? suites.local, style),
    '',
    ...listLines('groups', groups, groups.local, style),
    '',
    ...(signatureAlgorithms === null
      ? []
      : [style.bold('signature algorithms'), ...numbered(signatureAlgorithms), '']),
    ...formatRows(
      [
        ['FIPS mode', fips.effective === null ? 'Windows does not say' : fips.effective ? 'on' : 'off'],
        ['client authentication', `mode ${policy.clientAuthTrust ?? 0}${setMark(policy.clientAuthTrust)}`],
        ['event logging', `level ${policy.eventLogging ?? 1}${setMark(policy.eventLogging)}`],
        ...setValues(policy.others),
        ...setValues(policy.otherStacks),
      ],
      style,
    ),
  ];
}

const setMark = (value: number | null): string => (value === null ? ' (default)' : ', set in the registry');

/** Values that are set: all others have their defaults. */
const setValues = (values: readonly OtherValue[]): Row[] =>
  values
    .filter(({ value }) => value !== null)
    .map(({ name, value, key, default: usual, meaning }) => [
      name,
      `${String(value)}${usual === null ? '' : ` (default ${usual})`}, ${meaning}; in HKLM\\${key}`,
    ]);

function versionLines({ protocols }: Policy, role: Role, style: Style): string[] {
  const rows = Object.entries(protocols).map(([name, { [role]: version }]) => [
    name,
    effect(version, style),
    version.state,
    version.decidedBy,
    version.documented === null ? '' : version.documented ? 'on' : 'off',
    valuesOf(version),
  ]);
  return [
    style.bold(`versions for a ${role}`),
    ...formatTable(
      ['version', 'Schannel says', 'setting', 'decided by', 'documented default', 'registry'],
      rows,
      style,
    ),
  ];
}

const effect = ({ effective }: VersionPolicy, style: Style): string =>
  effective === null ? '?' : effective ? style.good('on') : style.bad('off');

function valuesOf({ values, written }: VersionPolicy): string {
  const parts = [
    ...(values.enabled === null ? [] : [`Enabled=${values.enabled}`]),
    ...(values.disabledByDefault === null ? [] : [`DisabledByDefault=${values.disabledByDefault}`]),
  ];
  if (parts.length === 0) return '';
  return `${parts.join(' ')}${written === null ? '' : `, written ${written.toISOString().slice(0, 10)}`}`;
}

function listLines(
  title: string,
  { policy, documented, decidedBy }: ListPolicy,
  local: readonly string[] | null,
  style: Style,
): string[] {
  const inForce = policy ?? local ?? documented;
  const source =
    policy !== null
      ? 'group policy'
      : local !== null
        ? decidedBy === 'registry'
          ? 'changed on this machine'
          : documented === null
            ? 'of this machine'
            : 'the default of this Windows'
        : 'documented default; Windows does not say';
  return [`${style.bold(title)} (${inForce === null ? 'unknown' : source})`, ...numbered(inForce ?? [])];
}

const numbered = (names: readonly string[]): string[] =>
  names.map((name, at) => `${String(at + 1).padStart(4)}  ${printable(name)}`);
