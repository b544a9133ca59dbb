import { type Command, Option } from 'commander';
import { isAsSevere } from '../../../apps/policy-check/finding.js';
import { printable } from '../../../base/text/printable.js';
import type { PolicyFinding, PolicySeverity } from '../../../policy.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { writeReport } from '../../report.js';
import { formatRows } from '../../table.js';
import type { Style } from '../../terminal.js';

interface CheckFlags {
  readonly failOn: PolicySeverity;
  readonly json?: boolean;
}

/** Adds `schannel policy check`. */
export function addCheckCommand(policy: Command, { io, exit, policy: library }: CommandContext): void {
  policy
    .command('check')
    .summary('look for settings that break connections, do nothing or are unsafe')
    .description(
      'Looks for TLS settings of this machine that leave no version, cipher suite or group, contradict each other, do ' +
        'nothing, are unsafe, or keep client certificates from working, and says what to do. Changes nothing. Needs no ' +
        'administrator.',
    )
    .addOption(
      new Option('--fail-on <severity>', 'exit with 10 for findings as severe as this, or more')
        .choices(['note', 'warning', 'error'])
        .default('error'),
    )
    .option('--json', 'write one JSON object to standard output')
    .action(async (flags: CheckFlags) => {
      const { usable, findings, policy: read } = await library.checkPolicy();
      writeReport(io, flags, {
        facts: () => ({ ok: usable, build: read.build, release: read.release, findings, error: null }),
        lines: (style) => [
          ...findings.flatMap((finding) => linesOf(finding, style)),
          ...summary(findings, style),
        ],
      });
      if (findings.some(({ severity }) => isAsSevere(severity, flags.failOn))) exit(EXIT_CODES.expiring);
    });
}

function linesOf({ severity, code, meaning, cause, remedy, command }: PolicyFinding, style: Style): string[] {
  const mark = { error: style.bad(severity), warning: style.warn(severity), note: style.dim(severity) }[
    severity
  ];
  return [
    `${mark} ${printable(meaning, 1000)}`,
    ...formatRows(
      [
        ['code', code],
        ['cause', cause === null ? null : printable(cause, 1000)],
        ['advice', remedy === null ? null : printable(remedy, 1000)],
        ['command', command === null ? null : printable(command, 1000)],
      ],
      style,
      '  ',
    ),
  ];
}

function summary(findings: readonly PolicyFinding[], style: Style): string[] {
  const count = (severity: PolicySeverity): number =>
    findings.filter((each) => each.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (errors > 0) return [style.bad(`${errors} of these break connections`)];
  return [style.good(`nothing breaks connections${warnings > 0 ? `; ${warnings} to look at` : ''}`)];
}
