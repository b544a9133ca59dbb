import { Option, type Command } from 'commander';
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

/** Adds `schannel cert expiring`. Its exit code is for monitoring. */
export function addExpiringCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('expiring')
    .summary('list what expires soon, for monitoring')
    .description(
      'Lists the certificates of a store that have expired or expire within a time, in the order of expiry.\n' +
        `The exit code is ${EXIT_CODES.ok} if there are none, and ${EXIT_CODES.expiring} if there are some.`,
    )
    .addOption(
      new Option('--within <time>', 'time, for example 30d, 2w or 12h')
        .argParser(duration)
        .default(duration('30d'), '30d'),
    )
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
