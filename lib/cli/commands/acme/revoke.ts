import { Option, type Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import { REVOCATION_REASONS } from '../../../formats/revocation/reasons.js';
import type { Certificate } from '../../../store.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { interruptible } from '../../interrupt.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { NAME_ARGUMENT, NAME_MEANING, withSelectedCertificate } from '../cert/selected-certificate.js';
import { addStoreFlags, type StoreFlags } from '../cert/store-flags.js';
import { addServerFlags, type ServerFlags, serverOf } from './server-flags.js';

interface RevokeFlags extends ServerFlags, StoreFlags, ChangeFlags {
  readonly reason: (typeof REASONS)[number];
  readonly byKey?: boolean;
}

/** Those that public authorities take from subscribers. */
const REASONS = ['unspecified', 'keyCompromise', 'superseded', 'cessationOfOperation'] as const;

/** Adds `schannel acme revoke`. */
export function addRevokeCommand(acme: Command, context: CommandContext): void {
  const command = acme
    .command('revoke')
    .summary('revoke a certificate')
    .description(
      'Has the ACME server that issued a certificate revoke it. It stays in its store. The account signs, or with --by-key the key ' +
        'of the certificate, which helps if the account is lost.',
    )
    .argument(NAME_ARGUMENT, NAME_MEANING)
    .addOption(new Option('--reason <reason>', 'why it is revoked').choices(REASONS).default('unspecified'))
    .option('--by-key', "sign with the certificate's own key");
  addChangeFlags(addStoreFlags(addServerFlags(command))).action((name: string, flags: RevokeFlags) =>
    runRevoke(name, flags, context),
  );
}

async function runRevoke(name: string, flags: RevokeFlags, context: CommandContext): Promise<void> {
  const { io } = context;
  const { reason } = flags;
  const isDryRun = flags.dryRun === true;
  await withSelectedCertificate(context, name, flags, async ({ entry }) => {
    const title = `${printable(entry.dnsNames[0] ?? entry.subject)} (${entry.reference ?? entry.thumbprint})`;
    const directory = directoryOf(entry, flags, context);
    await confirmChange(io, flags, `Have ${new URL(directory).host} revoke ${title} (${reason})?`);
    if (!isDryRun) await revoke(entry, { ...flags, directory }, context);
    writeReport(io, flags, {
      facts: () => ({
        ok: true,
        dryRun: isDryRun,
        directory,
        reason,
        reference: entry.reference,
        thumbprint: entry.thumbprint,
        error: null,
      }),
      lines: (style) => [
        isDryRun ? `would revoke ${title}` : `${style.good('revoked')} ${title}`,
        ...(isDryRun
          ? []
          : ['It stays in its store: get another one, then remove it with "schannel cert rm".']),
      ],
    });
  });
}

/** The server that issued it, as its manager has noted. @throws {UsageError} */
function directoryOf(entry: Certificate, flags: RevokeFlags, { acme }: CommandContext): string {
  const { directory, staging } = flags;
  if (directory !== undefined) return directory;
  if (staging === true) return acme.letsEncrypt.staging;
  const noted = acme.markerOf(entry)?.directory;
  if (noted !== undefined) return noted;
  throw new UsageError('The certificate does not say which ACME server issued it: give --directory');
}

async function revoke(
  entry: Certificate,
  flags: RevokeFlags & { readonly directory: string },
  { acme }: CommandContext,
): Promise<void> {
  const { directory, state, transport } = await serverOf(acme, flags);
  const reason = REVOCATION_REASONS[flags.reason];
  await interruptible(async (signal) => {
    if (flags.byKey !== true) {
      await acme.withStoredAccount({ directory, state, transport, signal }, ({ client }) =>
        client.revoke(entry.raw, { reason, signal }),
      );
      return;
    }
    await using key = await entry.openPrivateKey();
    const client = await acme.AcmeClient.open({ directory, transport, accountKey: key, signal });
    await client.revoke(entry.raw, { reason, certificateKey: key, signal });
  });
}
