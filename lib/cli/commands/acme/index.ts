import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { addChallengeClientCommand } from './challenge-client.js';
import { addDnsCommand } from './dns.js';
import { addGetCommand } from './get.js';
import { addPreflightCommand } from './preflight.js';
import { addServeChallengesCommand } from './serve-challenges.js';

/** Adds `schannel acme` with its sub-commands. */
export function addAcmeCommand(program: Command, context: CommandContext): void {
  const acme = program
    .command('acme')
    .description('Gets certificates by ACME, and answers for machines that do.');
  addGetCommand(acme, context);
  addPreflightCommand(acme, context);
  addDnsCommand(acme, context);
  addServeChallengesCommand(acme, context);
  addChallengeClientCommand(acme, context);
}
