import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { wholeNumber } from '../../arguments.js';
import { writeReport } from '../../report.js';
import { displayName, entryFacts } from './entry-facts.js';
import { NAME_ARGUMENT, NAME_MEANING, withSelectedCertificate } from './selected-certificate.js';
import { addArchivedFlag, addStoreFlags, type StoreFlags } from './store-flags.js';
import { reasonToAsk } from './store-questions.js';

interface RepairFlags extends StoreFlags, ChangeFlags {
  readonly limit?: number;
}

/** Adds `schannel cert repair`. */
export function addRepairCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('repair')
    .summary('link a certificate to its private key again')
    .description(
      'Searches the private key of a certificate among the keys on this machine, and links them again: for example if a ' +
        'certificate was imported instead of completed. Smart cards are left out.',
    )
    .argument(NAME_ARGUMENT, NAME_MEANING)
    .option('--limit <number>', 'most keys that are opened (default: 1000)', wholeNumber(1, 1_000_000));
  addChangeFlags(addArchivedFlag(addStoreFlags(command))).action((name: string, flags: RepairFlags) =>
    runRepair(name, flags, context),
  );
}

async function runRepair(name: string, flags: RepairFlags, context: CommandContext): Promise<void> {
  const { io, requests } = context;
  await withSelectedCertificate(context, name, flags, async ({ store, entry }) => {
    const title = `${printable(displayName(entry))} (${entry.thumbprint})`;
    const reason = reasonToAsk(store);
    if (reason !== null) await confirmChange(io, flags, `${reason} Search the key of ${title}?`);
    const dryRun = flags.dryRun === true;
    const certificate = entryFacts(entry);
    const result = dryRun ? null : await requests.repairCertificate(entry, { limit: flags.limit });
    writeReport(io, flags, {
      facts: () => ({
        ok: true,
        dryRun,
        certificate,
        action: result?.action ?? null,
        keyLocation: result?.keyLocation ?? null,
        tried: result?.tried ?? null,
        error: null,
      }),
      lines: (style) => {
        if (result === null) return [`would search the private key of ${title}`];
        if (result.action === 'usable') return [`${title} already has its private key`];
        const { container, provider } = result.keyLocation;
        return [
          `${style.good('repaired')} ${title}`,
          `its private key is "${printable(container)}" in ${printable(provider)}`,
        ];
      },
    });
  });
}
