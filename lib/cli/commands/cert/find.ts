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
    .summary('find certificates by what is in them')
    .description('Lists the certificates of a store for which all that is given holds; ends with 1 for none.')
    .option('--thumbprint <hex>', 'SHA-1 or SHA-256')
    .option('--subject <text>', 'text in the subject, or whole parts of it: CN=bar.example')
    .option('--issuer <text>', 'the same of the issuer')
    .option('--dns <name>', 'host name that it is for, wildcards included')
    .option('--ip <address>', 'IP address that it is for')
    .option('--friendly-name <name>', 'the whole friendly name')
    .option('--eku <usage...>', 'purposes that it allows: serverAuth, clientAuth, 1.3.6.1…')
    .option('--key-usage <usage...>', 'what its key may do: digitalSignature, keyEncipherment …')
    .option('--template <name>', 'template it was issued by, name or identifier')
    .option('--serial <hex>', 'serial number')
    .option('--key-id <hex>', 'subject key identifier')
    .option('--has-key', 'it has a private key')
    .option('--valid', 'its time has begun and is not over');
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
      io.stderr.write(`No certificate in ${store.path} is like that\n`);
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
    throw new UsageError('Say what to find: --dns, --subject, --has-key …; ls lists all');
  // The library checks the values, and names those that it cannot take.
  return Object.fromEntries(given);
}
