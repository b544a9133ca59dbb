import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { addCheckCommand } from './check.js';
import { addDiffCommand } from './diff.js';
import { addEventsCommand } from './events.js';
import { addExplainCommand } from './explain.js';
import { addSetCommand } from './set.js';
import { addShowCommand } from './show.js';
import { addUndoCommand } from './undo.js';

/** Adds `schannel policy` with its sub-commands. */
export function addPolicyCommand(program: Command, context: CommandContext): void {
  const policy = program
    .command('policy')
    .description('Shows and changes the TLS settings of Windows, which all programs on Schannel share.');
  addShowCommand(policy, context);
  addCheckCommand(policy, context);
  addExplainCommand(policy, context);
  addDiffCommand(policy, context);
  addEventsCommand(policy, context);
  addSetCommand(policy, context);
  addUndoCommand(policy, context);
}
