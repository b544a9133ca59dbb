import type { Command } from 'commander';
import { expiring } from '../../../windows/store/expiring.js';
import type { CommandContext } from '../../command-context.js';
import { duration, type Duration } from '../../arguments.js';
import { EXIT_CODES } from '../../exit-code.js';
import { writeReport } from '../../report.js';
import { entryFacts } from './entry-facts.js';
import { formatEntries } from './entry-table.js';
import { addArchivedFlag, addStoreFlags, openSelectedStore, type StoreFlags } from './store-flags.js';

interface ExpiringFlags extends StoreFlags {
  readonly within: Duration;
  readonly hasKey?: boolean;
}

/** Adds `schannel cert expiring`, whose exit code is for monitoring. */
export function addExpiringCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('expiring')
    .summary('tell, also by exit code, what will expire soon')
    .description(
      'Lists the certificates of a store that expire within a time, and those that have expired, the next one first.\n' +
        `Ends with ${EXIT_CODES.ok} when there is none, with ${EXIT_CODES.expiring} when there are some.`,
    )
    .option('--within <time>', 'such as 30d, 2w or 12h', duration, duration('30d'))
    .option('--has-key', 'only certificates with a private key');
  addArchivedFlag(addStoreFlags(command)).action((flags: ExpiringFlags) => runExpiring(flags, context));
}

async function runExpiring(flags: ExpiringFlags, context: CommandContext): Promise<void> {
  const { certificates, io, exit } = context;
  const store = await openSelectedStore(certificates, flags, 'MY', { readOnly: true });
  try {
    const found = await expiring(store, {
      within: flags.within.milliseconds,
      where: ({ hasPrivateKey }) => flags.hasKey !== true || hasPrivateKey,
    });
    const ok = found.length === 0;
    writeReport(io, flags, {
      facts: () => ({
        ok,
        store: store.path,
        within: flags.within.text,
        certificates: found.map(entryFacts),
        error: null,
      }),
      lines: (style) =>
        ok
          ? [`No certificate in ${store.path} expires within ${flags.within.text}`]
          : formatEntries(found, style),
    });
    if (!ok) exit(EXIT_CODES.expiring);
  } finally {
    store.close();
  }
}
