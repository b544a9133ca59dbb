import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { Difference, Policy, PolicyTemplate, TemplateName } from '../../../policy.js';
import { POLICY_VERSIONS, ROLES } from '../../../windows/policy/protocol-versions.js';
import { TEMPLATE_NAMES } from '../../../windows/policy/templates.js';
import { readInput } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { writeReport } from '../../report.js';
import { formatTable } from '../../table.js';
import { UsageError } from '../../usage-error.js';

interface DiffFlags {
  readonly against: string;
  readonly json?: boolean;
}

/** Adds `schannel policy diff`. */
export function addDiffCommand(policy: Command, { io, exit, policy: library }: CommandContext): void {
  policy
    .command('diff')
    .summary('compare the settings with a template or with another machine')
    .description(
      'Compares versions, cipher suites and groups with a template, or with a file: a template in JSON, or the output of ' +
        '"policy show --json" of another machine. Exit code 10 if something differs.',
    )
    .option('--against <name|file>', `${TEMPLATE_NAMES.join(', ')}, or a JSON file`, 'windows-default')
    .option('--json', 'write one JSON object to standard output')
    .action(async (flags: DiffFlags) => {
      const against = templateFor(flags.against);
      const differences = library.diffPolicy(await library.readPolicy(), against);
      writeReport(io, flags, {
        facts: () => ({ ok: true, against: flags.against, differences, error: null }),
        lines: (style) =>
          differences.length === 0
            ? [`nothing differs from ${printable(flags.against)}`]
            : formatTable(['setting', 'here', printable(flags.against)], differences.map(rowOf), style),
      });
      if (differences.length > 0) exit(EXIT_CODES.expiring);
    });
}

function templateFor(text: string): TemplateName | Policy | PolicyTemplate {
  const name = TEMPLATE_NAMES.find((each) => each === text);
  if (name !== undefined) return name;
  try {
    const value: unknown = JSON.parse(
      readInput(text, '--against')
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    );
    if (isTemplate(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(
    `--against: ${printable(text)} is neither ${TEMPLATE_NAMES.join(', ')} nor a JSON file of a policy`,
  );
}

/** A policy of "show", or a template; the lists of a template are texts. */
function isTemplate(value: unknown): value is Policy | PolicyTemplate {
  if (!isRecord(value)) return false;
  if ('format' in value) return isPolicy(value);
  const lists = ['suites', 'groups'].map((name) => value[name]);
  const { protocols } = value;
  return (
    [...lists, protocols].some((part) => part !== undefined) &&
    lists.every((list) => list === undefined || isTexts(list)) &&
    (protocols === undefined || (typeof protocols === 'object' && protocols !== null))
  );
}

/** A file of another machine may be damaged: everything that is compared must be there. */
const isPolicy = ({ format, protocols, suites, groups }: Readonly<Record<string, unknown>>): boolean =>
  format === 'schannel-policy/1' &&
  [suites, groups].every(
    (part) => isRecord(part) && LISTS.every((list) => part[list] == null || isTexts(part[list])),
  ) &&
  isRecord(protocols) &&
  POLICY_VERSIONS.every((version) => {
    const roles = protocols[version];
    return isRecord(roles) && ROLES.every((role) => isRecord(roles[role]));
  });

const LISTS = ['policy', 'local', 'documented', 'effective'] as const;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

const onOff = (on: boolean): string => (on ? 'on' : 'off');

function rowOf(difference: Difference): string[] {
  switch (difference.kind) {
    case 'protocol':
      return [`${difference.protocol} ${difference.role}`, onOff(difference.here), onOff(difference.there)];
    case 'suite':
    case 'group':
      return [printable(difference.name), onOff(difference.here), onOff(difference.there)];
    default:
      return [difference.kind, 'another', ''];
  }
}
