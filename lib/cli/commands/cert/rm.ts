import type { Command } from 'commander';
import { addChangeFlags, confirmChange, type ChangeFlags } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { printable } from '../../../base/text/printable.js';
import { writeReport } from '../../report.js';
import { displayName, entryFacts } from './entry-facts.js';
import {
  NAME_ARGUMENT,
  NAME_MEANING,
  type Selection,
  withSelectedCertificate,
} from './selected-certificate.js';
import { reasonToAsk } from './store-questions.js';
import { addArchivedFlag, addStoreFlags, type StoreFlags } from './store-flags.js';

export interface RemoveFlags extends StoreFlags, ChangeFlags {
  readonly withKey?: boolean;
}

/** Adds `schannel cert rm`. */
export function addRemoveCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('rm')
    .summary('remove a certificate, with or without its key')
    .description(
      'Removes a certificate from its store. Its private key stays, unless --with-key is given. You are asked first if a ' +
        'key would be deleted, or if the store belongs to the machine or holds roots.',
    )
    .argument(NAME_ARGUMENT, NAME_MEANING)
    .option('--with-key', 'also delete its private key');
  addChangeFlags(addArchivedFlag(addStoreFlags(command))).action((name: string, flags: RemoveFlags) =>
    removeSelected(name, flags, context, 'MY'),
  );
}

/** Removes the certificate of this name. @param standard the store when none is named */
export async function removeSelected(
  name: string,
  flags: RemoveFlags,
  context: CommandContext,
  standard: string,
): Promise<void> {
  const { io } = context;
  const remove = async ({ store, entry }: Selection): Promise<void> => {
    // After that, the entry cannot be read any more.
    const certificate = entryFacts(entry);
    const title = `${printable(displayName(entry))} (${entry.thumbprint})`;
    const withKey = flags.withKey === true && entry.hasPrivateKey;
    const what = withKey ? `${title} and its private key` : title;
    const reasons = [reasonToAsk(store), withKey ? 'A deleted key cannot be restored.' : null].filter(
      (reason) => reason !== null,
    );
    if (reasons.length > 0) {
      await confirmChange(io, flags, `${reasons.join(' ')} Remove ${what}?`);
    }
    const dryRun = flags.dryRun === true;
    if (!dryRun) await store.remove(entry.thumbprint, { withKey });
    writeReport(io, flags, {
      facts: () => ({ ok: true, dryRun, certificate, keyDeleted: withKey, error: null }),
      lines: (style) => [`${dryRun ? 'would remove' : style.good('removed')} ${what} from ${store.path}`],
    });
  };
  await withSelectedCertificate(context, name, flags, remove, standard);
}
