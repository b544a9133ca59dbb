import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { addImportCommand } from './import.js';
import { addExportCommand } from './export.js';
import { addFindCommand } from './find.js';
import { addListCommand } from './ls.js';
import { addRemoveCommand } from './rm.js';
import { addRepairCommand } from './repair.js';
import { addGrantCommand, addRevokeGrantCommand, addRightsCommand } from './rights.js';
import { addShowCommand } from './show.js';
import { addCheckCommand } from './check.js';
import { addExpiringCommand } from './expiring.js';
import { addNewCommand } from './new.js';
import { addTrustCommand, addUntrustCommand } from './trust.js';
import { addWatchCommand } from './watch.js';

/** Adds `schannel cert` with its sub-commands. */
export function addCertCommand(program: Command, context: CommandContext): void {
  const cert = program
    .command('cert')
    .description("Finds, imports, exports, creates and watches certificates and keys in Windows' stores.");
  addListCommand(cert, context);
  addShowCommand(cert, context);
  addFindCommand(cert, context);
  addImportCommand(cert, context);
  addExportCommand(cert, context);
  addNewCommand(cert, context);
  addRemoveCommand(cert, context);
  addRightsCommand(cert, context);
  addGrantCommand(cert, context);
  addRevokeGrantCommand(cert, context);
  addTrustCommand(cert, context);
  addUntrustCommand(cert, context);
  addCheckCommand(cert, context);
  addRepairCommand(cert, context);
  addExpiringCommand(cert, context);
  addWatchCommand(cert, context);
}
