import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { addServeCommand } from './serve.js';
import { addSettingsCommand } from './settings.js';

/** Adds `schannel web` with its sub-commands. */
export function addWebCommand(program: Command, context: CommandContext): void {
  const web = program
    .command('web')
    .description('Serves websites over HTTPS with certificates of the Windows store.');
  addServeCommand(web, context);
  addSettingsCommand(web, context);
}
