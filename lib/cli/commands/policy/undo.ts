import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { type ChangeFlags, confirmChange } from '../../change-flags.js';
import { writeReport } from '../../report.js';
import { changeTable } from './change-table.js';

interface UndoFlags extends ChangeFlags {
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Adds `schannel policy undo`. */
export function addUndoCommand(policy: Command, { io, policy: library }: CommandContext): void {
  const command = policy
    .command('undo')
    .summary('take a change back')
    .description(
      'Takes a change back, by the file that "policy set" has written. Settings that were changed since are left alone ' +
        'unless --force is given. Needs an administrator.',
    )
    .argument('<file>', 'the file of --undo');
  command.option('--yes', 'do not ask for confirmation');
  command
    .option('--force', 'take it back even if a setting was changed since')
    .option('--json', 'write one JSON object to standard output')
    .action(async (file: string, flags: UndoFlags) => {
      await confirmChange(io, flags, `Take back what ${file} describes?`);
      const changes = await library.undoChange(file, { force: flags.force });
      writeReport(io, flags, {
        facts: () => ({ ok: true, changes, error: null }),
        lines: (style) =>
          changes.length === 0
            ? ['it is so already']
            : [...changeTable(changes, style), 'changed: it is as it was before'],
      });
    });
}
