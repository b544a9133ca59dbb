import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { entryFacts } from './entry-facts.js';
import { formatEntries } from './entry-table.js';
import { addArchivedFlag, addStoreFlags, openSelectedStore, type StoreFlags } from './store-flags.js';

/** Adds `schannel cert ls`. */
export function addListCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('ls')
    .summary('list the certificates of a store')
    .description(
      'Lists the certificates of a store: valid ones first, of these self-signed ones last, and newer ones before older ones.',
    );
  addArchivedFlag(addStoreFlags(command)).action((flags: StoreFlags) => runList(flags, context));
}

async function runList(flags: StoreFlags, { certificates, io }: CommandContext): Promise<void> {
  const store = await openSelectedStore(certificates, flags, 'MY', { readOnly: true });
  try {
    const entries = await store.all();
    writeReport(io, flags, {
      facts: () => ({ ok: true, store: store.path, certificates: entries.map(entryFacts), error: null }),
      lines: (style) =>
        entries.length === 0 ? [`There is no certificate in ${store.path}`] : formatEntries(entries, style),
    });
  } finally {
    store.close();
  }
}
