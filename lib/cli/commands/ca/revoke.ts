import { InvalidArgumentError, type Command } from 'commander';
import { findReason, REASON_NAMES } from '../../../formats/revocation/reasons.js';
import type { CertificateAuthority, RevocationReason, Revoked } from '../../../pki.js';
import { addChangeFlags, confirmChange, type ChangeFlags } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import type { Style } from '../../terminal.js';
import { listFacts, recordFacts, titleOf } from './facts.js';
import {
  addKeyFlags,
  FOLDER_ARGUMENT,
  FOLDER_MEANING,
  type KeyFlags,
  openReader,
  withAuthority,
} from './open-authority.js';
import { WHICH_ARGUMENT, WHICH_MEANING } from './show.js';

interface RevokeFlags extends KeyFlags, ChangeFlags {
  readonly reason: RevocationReason;
  readonly at?: Date;
}

/** Adds `schannel ca revoke`. */
export function addRevokeCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('revoke')
    .summary('revoke a certificate')
    .description(
      'Revokes a certificate and makes a new revocation list. Only certificateHold can be taken back.',
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .argument(WHICH_ARGUMENT, WHICH_MEANING)
    .option('--reason <reason>', `one of ${REASON_NAMES.join(', ')}`, reason, 'unspecified')
    .option('--at <moment>', 'since when it counts as revoked: 2026-01-31 (default: now)', moment);
  addChangeFlags(addKeyFlags(command)).action((folder: string, which: string, flags: RevokeFlags) =>
    change(folder, which, flags, context, {
      question: (title) => `Revoke ${title} (${flags.reason})?`,
      done: 'revoked',
      run: (authority, serial) => authority.revoke(serial, { reason: flags.reason, at: flags.at }),
    }),
  );
}

/** Adds `schannel ca release`. */
export function addReleaseCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('release')
    .summary('take a hold back')
    .description(
      'Makes a certificate valid again that was revoked with certificateHold, and makes a new revocation list.',
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .argument(WHICH_ARGUMENT, WHICH_MEANING);
  addChangeFlags(addKeyFlags(command)).action(
    (folder: string, which: string, flags: KeyFlags & ChangeFlags) =>
      change(folder, which, flags, context, {
        question: (title) => `Make ${title} valid again?`,
        done: 'released',
        run: (authority, serial) => authority.release(serial),
      }),
  );
}

interface RevocationChange {
  readonly question: (title: string) => string;
  readonly done: string;
  readonly run: (authority: CertificateAuthority, serial: string) => Promise<Revoked>;
}

async function change(
  folder: string,
  which: string,
  flags: KeyFlags & ChangeFlags,
  { io }: CommandContext,
  { question, done, run }: RevocationChange,
): Promise<void> {
  const found = (await openReader(folder)).find(which);
  const title = `${titleOf(found)} (${found.serialNumber})`;
  await confirmChange(io, flags, question(title));
  const dryRun = flags.dryRun === true;
  const result = dryRun
    ? { record: found, list: null }
    : await withAuthority(folder, flags, io, (authority) => run(authority, found.serialNumber));
  writeReport(io, flags, {
    facts: () => ({
      ok: true,
      dryRun,
      certificate: recordFacts(result.record, Date.now()),
      list: listFacts(result.list),
      error: null,
    }),
    lines: (style: Style) => [
      `${dryRun ? `would have ${done}` : style.good(done)} ${title}`,
      ...(result.list === null ? [] : [`list ${result.list.number}: ${result.list.file}`]),
    ],
  });
}

/** @throws {InvalidArgumentError} */
export function reason(text: string): RevocationReason {
  const found = findReason(text);
  if (found === null) throw new InvalidArgumentError(`The reasons are ${REASON_NAMES.join(', ')}.`);
  return found;
}

function moment(text: string): Date {
  const date = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError('It must be a day or a moment: 2026-01-31, 2026-01-31T12:00:00Z.');
  }
  return date;
}
