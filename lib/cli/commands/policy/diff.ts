import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { Difference } from '../../../policy.js';
import { TEMPLATE_NAMES } from '../../../windows/policy/templates.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { writeReport } from '../../report.js';
import { formatTable } from '../../table.js';
import { templateArgument } from './template-argument.js';

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
      const against = templateArgument(flags.against, '--against');
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
