import type { Command } from 'commander';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { pendingFacts, requestName } from './request-facts.js';
import { REQUEST_ARGUMENT, REQUEST_MEANING } from './request-flags.js';

interface CancelFlags extends ChangeFlags {
  readonly withKey?: boolean;
  readonly json?: boolean;
}

/** Adds `schannel csr cancel`. */
export function addCancelCommand(csr: Command, context: CommandContext): void {
  const command = csr
    .command('cancel')
    .summary('give up a pending request, with or without its key')
    .description(
      'Removes a pending request. Its private key stays, unless --with-key is given: a certificate that still comes can then be ' +
        'completed with --search-keys. You are asked first if a key would be deleted, or if the request is that of the machine.',
    )
    .argument(REQUEST_ARGUMENT, REQUEST_MEANING)
    .option('--with-key', 'also delete its private key')
    .option('--json', 'print one JSON object');
  addChangeFlags(command).action((name: string, flags: CancelFlags) => runCancel(name, flags, context));
}

async function runCancel(name: string, flags: CancelFlags, { requests, io }: CommandContext): Promise<void> {
  const pending = await requests.findPending(name);
  const withKey = flags.withKey === true && pending.keyLocation !== null;
  const what = `${requestName(pending)} (${pending.reference})${withKey ? ' and its private key' : ''}`;
  const reasons = [
    pending.location === 'LocalMachine' ? 'LocalMachine\\REQUEST is not only used by this account.' : null,
    withKey ? 'A deleted key cannot be restored.' : null,
  ].filter((reason) => reason !== null);
  if (reasons.length > 0) await confirmChange(io, flags, `${reasons.join(' ')} Cancel ${what}?`);
  const dryRun = flags.dryRun === true;
  if (!dryRun) await requests.cancelRequest(pending.reference, { withKey });
  writeReport(io, flags, {
    facts: () => ({ ok: true, dryRun, request: pendingFacts(pending), keyDeleted: withKey, error: null }),
    lines: (style) => [`${dryRun ? 'would cancel' : style.good('cancelled')} ${what}`],
  });
}
