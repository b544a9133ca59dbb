import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import { wholeNumber } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { formatRows, formatTable } from '../../table.js';
import { bindingRows, flagRows, KEY_ARGUMENT, KEY_MEANING, listenersRow } from './binding-rows.js';

interface ListFlags {
  readonly port?: number;
  readonly host?: string;
  readonly thumbprint?: string;
  readonly json?: boolean;
}

/** Adds `schannel binding ls`. */
export function addBindingListCommand(binding: Command, { binding: library, io }: CommandContext): void {
  binding
    .command('ls')
    .summary('list the bindings of http.sys')
    .description(
      'Lists the bindings of http.sys, with what "netsh http show sslcert" says, in any language of Windows.',
    )
    .option('--port <number>', 'only those of this port', wholeNumber(1, 65_535))
    .option('--host <name>', 'only those of this name')
    .option('--thumbprint <sha1>', 'only those with this certificate')
    .option('--json', 'print one JSON object')
    .action(async ({ json, ...query }: ListFlags) => {
      const bindings = await library.listBindings(query);
      writeReport(io, json === true ? { json } : {}, {
        facts: () => ({ ok: true, bindings, error: null }),
        lines: (style) =>
          bindings.length === 0
            ? ['no bindings']
            : formatTable(
                [
                  'binding',
                  'certificate',
                  'store',
                  'application',
                  'client certificates',
                  'revocation',
                  'flags',
                ],
                bindings.map((each) => [
                  printable(each.key),
                  each.thumbprint ?? '-',
                  each.thumbprint === null ? '-' : printable(each.store ?? 'MY'),
                  each.owner ?? each.appId,
                  each.clientCertificates ? 'yes' : 'no',
                  each.revocation,
                  each.flags.join(' '),
                ]),
                style,
              ),
      });
    });
}

/** Adds `schannel binding show`. */
export function addBindingShowCommand(binding: Command, { binding: library, io }: CommandContext): void {
  binding
    .command('show')
    .summary('show one binding of http.sys')
    .description(
      'Shows the certificate of a binding, whose it is, how certificates of clients are checked, and what listens on its port.',
    )
    .argument(KEY_ARGUMENT, KEY_MEANING)
    .option('--json', 'print one JSON object')
    .action(async (key: string, flags: { readonly json?: boolean }) => {
      const found = await library.readBinding(key);
      const listeners = await library.bindingListeners(found);
      const extended = await library.extendedParameters(found.key);
      writeReport(io, flags, {
        facts: () => ({ ok: true, binding: found, listeners, extended, error: null }),
        lines: (style) => [
          style.bold(printable(found.key)),
          ...formatRows(
            [
              ...bindingRows(found),
              ['other parameters', extended.length === 0 ? null : extended.join(', ')],
              listenersRow(listeners),
            ],
            style,
          ),
          ...formatRows(flagRows(found), style, '  '),
        ],
      });
    });
}
