import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { addAccountCommand } from './account.js';
import { addChallengeClientCommand } from './challenge-client.js';
import { addCheckCommand, addRenewCommand } from './check.js';
import { addDnsCommand } from './dns.js';
import { addGetCommand } from './get.js';
import { addListCommand } from './ls.js';
import { addPreflightCommand } from './preflight.js';
import { addRevokeCommand } from './revoke.js';
import { addSecretCommand } from './secret.js';
import { addServeChallengesCommand } from './serve-challenges.js';
import { addStatusCommand } from './status.js';
import { addTaskCommand } from './task.js';

/** Adds `schannel acme` with its sub-commands. */
export function addAcmeCommand(program: Command, context: CommandContext): void {
  const acme = program
    .command('acme')
    .description('Gets certificates by ACME, and answers for machines that do.');
  addGetCommand(acme, context);
  addPreflightCommand(acme, context);
  addCheckCommand(acme, context);
  addRenewCommand(acme, context);
  addListCommand(acme, context);
  addStatusCommand(acme, context);
  addTaskCommand(acme, context);
  addSecretCommand(acme, context);
  addRevokeCommand(acme, context);
  addAccountCommand(acme, context);
  addDnsCommand(acme, context);
  addServeChallengesCommand(acme, context);
  addChallengeClientCommand(acme, context);
}
