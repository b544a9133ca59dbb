import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { addInstallCommand, addRemoveCommand } from './install.js';
import { addLogsCommand } from './logs.js';
import { addManageCommands } from './manage.js';
import { addRunCommand } from './run.js';

/** Adds `schannel service` with its sub-commands. */
export function addServiceCommand(program: Command, context: CommandContext): void {
  const service = program
    .command('service')
    .description('Runs a tunnel or a website as a service of Windows, whether anybody is logged on or not.');
  addInstallCommand(service, context);
  addRemoveCommand(service, context);
  addManageCommands(service, context);
  addLogsCommand(service, context);
  addRunCommand(service, context);
}
