import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { addBindingCheckCommand } from './check.js';
import { addBindingListCommand, addBindingShowCommand } from './show.js';
import { addBindingRemoveCommand, addBindingReplaceCommand } from './replace.js';
import { addBindingSetCommand } from './set.js';

/** Adds `schannel binding` with its sub-commands. */
export function addBindingCommand(program: Command, context: CommandContext): void {
  const binding = program
    .command('binding')
    .description(
      'Shows and changes the bindings of http.sys: the certificates that IIS, WinRM, AD FS and others show on their ports.',
    );
  addBindingListCommand(binding, context);
  addBindingShowCommand(binding, context);
  addBindingSetCommand(binding, context);
  addBindingRemoveCommand(binding, context);
  addBindingReplaceCommand(binding, context);
  addBindingCheckCommand(binding, context);
}
