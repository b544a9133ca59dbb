import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { addCancelCommand } from './cancel.js';
import { addCompleteCommand } from './complete.js';
import { addListCommand } from './ls.js';
import { addNewCommand } from './new.js';
import { addShowCommand } from './show.js';
import { addSubmitCommand } from './submit.js';

/** Adds `schannel csr` with its sub-commands. */
export function addCsrCommand(program: Command, context: CommandContext): void {
  const csr = program
    .command('csr')
    .description(
      'Creates requests for certificates (PKCS #10) whose keys stay in Windows, and completes them.',
    );
  addNewCommand(csr, context);
  addListCommand(csr, context);
  addShowCommand(csr, context);
  addSubmitCommand(csr, context);
  addCompleteCommand(csr, context);
  addCancelCommand(csr, context);
}
