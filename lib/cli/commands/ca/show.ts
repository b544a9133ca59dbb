import type { Command } from 'commander';
import { printable, printableList } from '../../../base/text/printable.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { formatRows } from '../../table.js';
import { dayOf } from '../../../base/text/validity.js';
import { authorityFacts, formatAuthority, listFacts, recordFacts, titleOf } from './facts.js';
import { addJsonFlag, FOLDER_ARGUMENT, FOLDER_MEANING, openReader } from './open-authority.js';

/** What commands say about the argument that names a certificate. */
export const WHICH_ARGUMENT = '<which>';
export const WHICH_MEANING = 'serial number, SHA-256 thumbprint, or a name of the certificate';

interface ShowFlags {
  readonly pem?: boolean;
  readonly json?: boolean;
}

/** Adds `schannel ca show`. */
export function addShowCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('show')
    .summary('show an authority or one of its certificates')
    .description('Shows the authority itself with its revocation list, or one of its certificates.')
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .argument('[which]', WHICH_MEANING)
    .option('--pem', 'print the certificate as PEM');
  addJsonFlag(command).action((folder: string, which: string | undefined, flags: ShowFlags) =>
    which === undefined
      ? showAuthority(folder, flags, context)
      : showCertificate(folder, which, flags, context),
  );
}

async function showAuthority(folder: string, flags: ShowFlags, { io }: CommandContext): Promise<void> {
  const authority = await openReader(folder);
  const list = await authority.presentCrl();
  const { pem } = authority;
  writeReport(io, flags, {
    facts: () => ({
      ok: true,
      authority: authorityFacts(authority),
      list: listFacts(list),
      certificates: authority.certificates().length,
      ...(flags.pem === true && { pem }),
      error: null,
    }),
    lines: (style) =>
      flags.pem === true
        ? [pem.trimEnd()]
        : [
            ...formatAuthority(authority, style, Date.now()),
            ...formatRows(
              [
                [
                  'list',
                  list === null ? 'none, or not the last one: make one with ca crl' : `number ${list.number}`,
                ],
                ['next list', list && dayOf(list.nextPublish.getTime())],
                ['list expires', list && dayOf(list.nextUpdate.getTime())],
                ['certificates', String(authority.certificates().length)],
              ],
              style,
              '  ',
            ),
          ],
  });
}

async function showCertificate(
  folder: string,
  which: string,
  flags: ShowFlags,
  { io }: CommandContext,
): Promise<void> {
  const authority = await openReader(folder);
  const record = authority.find(which);
  const facts = recordFacts(record, Date.now());
  const pem = flags.pem === true ? await authority.pemOf(record) : null;
  writeReport(io, flags, {
    facts: () => ({ ok: true, certificate: facts, ...(pem !== null && { pem }), error: null }),
    lines: (style) =>
      pem !== null
        ? [pem.trimEnd()]
        : [
            style.bold(titleOf(record)),
            ...formatRows(
              [
                ['serial number', facts.serialNumber],
                ['status', facts.status],
                ['revoked', facts.revoked && `${facts.revoked.at} (${facts.revoked.reason})`],
                ['subject', printable(facts.subject) || '(none)'],
                ['names', printableList(Object.values(facts.names).flat() as readonly string[]) || null],
                ['template', facts.template],
                ['valid', `${facts.validFrom?.slice(0, 10) ?? '?'} to ${facts.validTo.slice(0, 10)}`],
                ['SHA-256', facts.thumbprint256],
                ['renews', facts.renews],
                ['request', facts.requestHash],
              ],
              style,
              '  ',
            ),
          ],
  });
}
