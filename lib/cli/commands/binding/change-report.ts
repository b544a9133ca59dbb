import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { printable } from '../../../base/text/printable.js';
import type { BindingChange, BindingChangeOptions } from '../../../binding.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { formatTable } from '../../table.js';
import { styleFor, type Style } from '../../terminal.js';
import { bindingRows } from './binding-rows.js';

/** The options of all commands that change bindings, as commander parses them. */
export interface BindingFlags extends ChangeFlags {
  readonly owned?: boolean;
  readonly json?: boolean;
}

export const addBindingFlags = (command: Command): Command =>
  addChangeFlags(command)
    .option('--owned', 'change bindings of IIS, too, which IIS writes again from its own settings')
    .option('--json', 'print one JSON object');

/**
 * Shows a change, asks, and makes it.
 * @param change makes it, or only checks it
 * @param question 'Change the binding 0.0.0.0:443?'
 */
export async function makeChange(
  { io }: CommandContext,
  flags: BindingFlags,
  change: (options: BindingChangeOptions) => Promise<readonly BindingChange[]>,
  question: (changes: readonly BindingChange[]) => string,
): Promise<void> {
  const { owned = false, dryRun = false, yes = false } = flags;
  let changes = await change({ owned, dryRun: true });
  if (!dryRun) {
    if (!yes) {
      io.stderr.write(`${linesOf(changes, styleFor(io.stderr, io.env)).join('\n')}\n`);
      await confirmChange(io, flags, question(changes));
      if (!isDeepStrictEqual(await change({ owned, dryRun: true }), changes)) throw changedMeanwhile();
    }
    changes = await change({ owned });
  }
  writeReport(io, flags, {
    facts: () => ({ ok: true, dryRun, changes, error: null }),
    lines: (style) => [
      ...linesOf(changes, style),
      dryRun ? 'dry run: nothing was changed' : style.good('done, and read back from Windows'),
    ],
  });
}

/** A person has agreed to what was shown. */
const changedMeanwhile = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_BINDING_CHANGED', 'The bindings have changed while you were asked', {
    phase: 'binding',
    advice: 'Nothing was changed. Run the command again.',
  });

const linesOf = (changes: readonly BindingChange[], style: Style): string[] =>
  changes.flatMap((change) => [style.bold(printable(change.key)), ...changeTable(change, style)]);

/** Every setting, as it is now and then. Marks those that change. */
function changeTable({ before, after }: BindingChange, style: Style): string[] {
  const now = new Map(before === null ? [] : bindingRows(before));
  const then = new Map(after === null ? [] : bindingRows(after));
  const labels = new Set([...now.keys(), ...then.keys()]);
  const rows = [...labels].flatMap((label) => {
    const values = [now.get(label) ?? null, then.get(label) ?? null] as const;
    if (values[0] === null && values[1] === null) return [];
    const [old, wanted] = values;
    return [[old === wanted ? ' ' : '*', label, old ?? '-', wanted ?? '-']];
  });
  return formatTable([' ', 'setting', 'now', 'then'], rows, style);
}
