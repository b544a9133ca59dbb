import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { BindingFinding } from '../../../binding.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { writeReport } from '../../report.js';
import { formatRows } from '../../table.js';
import type { Style } from '../../terminal.js';
import { KEY_ARGUMENT, KEY_MEANING, listenersRow } from './binding-rows.js';

/** Adds `schannel binding check`. */
export function addBindingCheckCommand(
  binding: Command,
  { binding: library, io, exit }: CommandContext,
): void {
  binding
    .command('check')
    .summary('check whether a binding of http.sys can work')
    .description(
      'Checks the certificate of a binding, its key and its names, and says what listens on its port, which versions of TLS are off and how ' +
        'client certificates are checked. Changes nothing.\n' +
        `The exit code is ${EXIT_CODES.certificate} if the binding cannot work. Warnings do not count.`,
    )
    .argument(KEY_ARGUMENT, KEY_MEANING)
    .option('--json', 'print one JSON object')
    .action(async (key: string, flags: { readonly json?: boolean }) => {
      const { binding: checked, usable, listeners, findings } = await library.checkBinding(key);
      writeReport(io, flags, {
        facts: () => ({ ok: usable, binding: checked, listeners, findings, error: null }),
        lines: (style) => [
          style.bold(printable(checked.key)),
          ...formatRows([listenersRow(listeners)], style),
          ...findings.flatMap((finding) => linesOf(finding, style)),
          usable ? style.good('the binding can work') : style.bad('the binding cannot work'),
        ],
      });
      if (!usable) exit(EXIT_CODES.certificate);
    });
}

function linesOf({ severity, code, meaning, remedy }: BindingFinding, style: Style): string[] {
  const mark = { error: style.bad(severity), warning: style.warn(severity), note: style.dim(severity) }[
    severity
  ];
  return [
    `${mark} ${printable(meaning, 1000)}`,
    ...formatRows(
      [
        ['code', severity === 'note' ? null : code],
        ['advice', remedy === null ? null : printable(remedy, 1000)],
      ],
      style,
      '  ',
    ),
  ];
}
