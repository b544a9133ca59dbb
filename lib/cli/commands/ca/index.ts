import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { addRevocationListCommand } from './crl.js';
import { addCompleteCommand, addInitCommand } from './init.js';
import { addExportCommand, addImportCommand } from './import.js';
import { addIssueCommand } from './issue.js';
import { addListCommand } from './ls.js';
import { addNewCommand } from './new.js';
import { addPublishCommand } from './publish.js';
import { addRenewCommand } from './renew.js';
import { addReleaseCommand, addRevokeCommand } from './revoke.js';
import { addServeCommand } from './serve.js';
import { addShowCommand } from './show.js';
import { addTemplatesCommand } from './templates.js';
import { addLogCommand, addVerifyCommand } from './verify.js';

/** Adds `schannel ca` with its sub-commands. */
export function addAuthorityCommand(program: Command, context: CommandContext): void {
  const ca = program
    .command('ca')
    .description(
      'Runs a small certificate authority in a folder, with its key in Windows or, on any system, in a file with a passphrase.',
    );
  addInitCommand(ca, context);
  addCompleteCommand(ca, context);
  addIssueCommand(ca, context);
  addNewCommand(ca, context);
  addListCommand(ca, context);
  addShowCommand(ca, context);
  addRevokeCommand(ca, context);
  addReleaseCommand(ca, context);
  addRenewCommand(ca, context);
  addRevocationListCommand(ca, context);
  addPublishCommand(ca, context);
  addServeCommand(ca, context);
  addTemplatesCommand(ca, context);
  addImportCommand(ca, context);
  addExportCommand(ca, context);
  addVerifyCommand(ca, context);
  addLogCommand(ca, context);
}
