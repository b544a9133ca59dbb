import { Option, type Command } from 'commander';
import type { RenewOptions, RevocationReason } from '../../../pki.js';
import { readRequest } from '../../../formats/request/request-reader.js';
import { readInput, wholeNumber } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { refuseToOverwrite, writeOutput } from '../../output-file.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { authorityFacts, formatAuthority } from './facts.js';
import { reportIssued } from './issue.js';
import {
  addKeyFlags,
  FOLDER_ARGUMENT,
  FOLDER_MEANING,
  type KeyFlags,
  openReader,
  withAuthority,
} from './open-authority.js';
import { reason } from './revoke.js';
import { WHICH_MEANING } from './show.js';

interface RenewFlags extends KeyFlags {
  readonly request?: string;
  readonly sameKey?: boolean;
  readonly days?: number;
  readonly revoke?: RevocationReason;
  readonly out?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** Adds `schannel ca renew`. */
export function addRenewCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('renew')
    .summary('issue a certificate again')
    .description(
      'Issues a certificate again, with the same subject, names and template. The old one stays valid unless --revoke is given. ' +
        'Without <which>, a root gets a new certificate for its key.',
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .argument('[which]', `${WHICH_MEANING} (default: the root itself)`)
    .addOption(
      new Option('--request <file>', 'request with the new key; its names do not count').conflicts('sameKey'),
    )
    .option('--same-key', 'keep the key')
    .option(
      '--days <number>',
      'days until it expires (default: what the template says)',
      wholeNumber(1, 9125),
    )
    .option('--revoke <reason>', 'revoke the old one: superseded, …', reason)
    .option('--out <file>', 'file for the certificate and its issuers (default: standard output)')
    .option('--dry-run', 'show what would be issued, and sign nothing')
    .option('--force', 'replace an existing file');
  addKeyFlags(command).action((folder: string, which: string | undefined, flags: RenewFlags) =>
    which === undefined ? renewRoot(folder, flags, context) : runRenew(folder, which, flags, context),
  );
}

async function runRenew(
  folder: string,
  which: string,
  flags: RenewFlags,
  { io }: CommandContext,
): Promise<void> {
  const { request, sameKey, days, revoke, out, force } = flags;
  if (request === undefined && sameKey !== true) {
    throw new UsageError('Add --request with a new key, or --same-key');
  }
  if (out !== undefined) refuseToOverwrite(out, force === true);
  const options: RenewOptions = {
    sameKey,
    request: request === undefined ? undefined : readRequest(readInput(request, '--request')),
    days,
    revoke,
    dryRun: flags.dryRun,
  };
  if (flags.dryRun === true) {
    reportIssued(await (await openReader(folder)).renew(which, options), flags, io);
    return;
  }
  await withAuthority(folder, flags, io, async (authority) => {
    const issued = await authority.renew(which, options);
    if (out !== undefined) await writeOutput(out, issued.pem, force === true);
    reportIssued(issued, flags, io, out);
  });
}

async function renewRoot(folder: string, flags: RenewFlags, { io }: CommandContext): Promise<void> {
  const other = (['request', 'sameKey', 'revoke', 'dryRun'] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (other !== undefined)
    throw new UsageError('Say which certificate: a root keeps its key and is not revoked');
  if (flags.out !== undefined) refuseToOverwrite(flags.out, flags.force === true);
  await withAuthority(folder, flags, io, async (authority) => {
    await authority.renewRoot({ days: flags.days });
    if (flags.out !== undefined) await writeOutput(flags.out, authority.pem, flags.force === true);
    writeReport(io, flags, {
      facts: () => ({ ok: true, authority: authorityFacts(authority), error: null }),
      lines: (style) => [style.good('renewed'), ...formatAuthority(authority, style, Date.now())],
    });
  });
}
