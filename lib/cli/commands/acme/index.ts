import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { addGetCommand } from './get.js';

/** Adds `schannel acme` with its sub-commands. */
export function addAcmeCommand(program: Command, context: CommandContext): void {
  const acme = program
    .command('acme')
    .description('Gets certificates by ACME, and answers for machines that do.');
  addGetCommand(acme, context);
}
