import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { entryFacts } from './entry-facts.js';
import { formatEntries } from './entry-table.js';
import type { CertificateQuery } from '../../../windows/store/query.js';
import { addArchivedFlag, addStoreFlags, openSelectedStore, type StoreFlags } from './store-flags.js';

interface FindFlags extends StoreFlags {
  readonly thumbprint?: string;
  readonly subject?: string;
  readonly issuer?: string;
  readonly dns?: string;
  readonly ip?: string;
  readonly friendlyName?: string;
  readonly eku?: readonly string[];
  readonly keyUsage?: readonly string[];
  readonly template?: string;
  readonly serial?: string;
  readonly keyId?: string;
  readonly hasKey?: boolean;
  readonly valid?: boolean;
}

/** Adds `schannel cert find`. */
export function addFindCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('find')
    .summary('find certificates by their contents')
    .description(
      'Lists the certificates of a store that match all the options. The exit code is 1 if there are none.',
    )
    .option('--thumbprint <hex>', 'SHA-1 or SHA-256 hash')
    .option('--subject <text>', 'text in the subject, or complete parts of it: CN=bar.example')
    .option('--issuer <text>', 'the same for the issuer')
    .option('--dns <name>', 'host name that it covers, also by a wildcard')
    .option('--ip <address>', 'IP address that it covers')
    .option('--friendly-name <name>', 'the complete friendly name')
    .option('--eku <usage...>', 'purposes that it allows: serverAuth, clientAuth, 1.3.6.1…')
    .option('--key-usage <usage...>', 'allowed uses of its key: digitalSignature, keyEncipherment …')
    .option('--template <name>', 'name or identifier of its template')
    .option('--serial <hex>', 'serial number')
    .option('--key-id <hex>', 'subject key identifier')
    .option('--has-key', 'with a private key')
    .option('--valid', 'valid now, by its dates');
  addArchivedFlag(addStoreFlags(command)).action((flags: FindFlags) => runFind(flags, context));
}

async function runFind(flags: FindFlags, { certificates, io, exit }: CommandContext): Promise<void> {
  const query = queryOf(flags);
  const store = await openSelectedStore(certificates, flags, 'MY', { readOnly: true });
  try {
    const entries = await store.find(query);
    const ok = entries.length > 0;
    writeReport(io, flags, {
      facts: () => ({ ok, store: store.path, certificates: entries.map(entryFacts), error: null }),
      lines: (style) => (ok ? formatEntries(entries, style) : []),
    });
    if (!ok) {
      io.stderr.write(`No certificate in ${store.path} matches\n`);
      exit(EXIT_CODES.failure);
    }
  } finally {
    store.close();
  }
}

function queryOf(flags: FindFlags): CertificateQuery {
  const criteria = {
    thumbprint: flags.thumbprint,
    subject: flags.subject,
    issuer: flags.issuer,
    dns: flags.dns,
    ip: flags.ip,
    friendlyName: flags.friendlyName,
    eku: flags.eku,
    keyUsage: flags.keyUsage,
    template: flags.template,
    serialNumber: flags.serial,
    keyIdentifier: flags.keyId,
    hasPrivateKey: flags.hasKey,
    validAt: flags.valid,
  };
  const given = Object.entries(criteria).filter(([, value]) => value !== undefined);
  if (given.length === 0)
    throw new UsageError('Say what to find: --dns, --subject, --has-key … To list all, use ls');
  // The library checks the values and names those that are invalid.
  return Object.fromEntries(given);
}
