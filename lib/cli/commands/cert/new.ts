import type { Command } from 'commander';
import { Option } from 'commander';
import { parseOptions } from '../../../windows/issue/options.js';
import type { SelfSignedOptions } from '../../../windows/issue/self-signed-options.js';
import { printable } from '../../../base/text/printable.js';
import { addChangeFlags, confirmChange, type ChangeFlags } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { wholeNumber } from '../../arguments.js';
import { addWindowsKeyFlags, type WindowsKeyFlags, windowsKeyOf } from '../../key-flags.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { displayName, entryFacts } from './entry-facts.js';
import { reasonToAsk } from './store-questions.js';
import { addStoreFlags, openSelectedStore, type StoreFlags } from './store-flags.js';

interface NewFlags extends StoreFlags, ChangeFlags, WindowsKeyFlags {
  readonly selfSigned?: boolean;
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly subject?: string;
  readonly days: number;
  readonly usage?: readonly ('server' | 'client')[];
  readonly friendlyName?: string;
}

/** Adds `schannel cert new`. */
export function addNewCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('new')
    .summary('create a certificate and its key')
    .description(
      'Creates a key in Windows and a self-signed certificate for it, and puts the certificate into a store.',
    )
    .option('--self-signed', 'sign it with its own key (required: no other kind is supported)')
    .option('--dns <name...>', 'host names that it covers')
    .option('--ip <address...>', 'IP addresses that it covers')
    .option(
      '--subject <name>',
      'subject, for example CN=bar.example, O=Bar (default: the first of the names)',
    )
    .option('--days <number>', 'days until it expires', wholeNumber(1, 36_500), 365)
    .addOption(
      new Option('--usage <usage...>', 'TLS server or client (default: both)').choices(['server', 'client']),
    )
    .option('--friendly-name <name>', 'name that lists show');
  addWindowsKeyFlags(command, { fewestBits: 1024 });
  addChangeFlags(addStoreFlags(command)).action((flags: NewFlags) => runNew(flags, context));
}

async function runNew(flags: NewFlags, { certificates, io }: CommandContext): Promise<void> {
  const options = optionsOf(flags);
  // Fails before the user is asked anything.
  parseOptions(options);
  const store = await openSelectedStore(certificates, flags, 'MY');
  const { path } = store;
  store.close();
  const what = `a self-signed certificate for ${printable(namesOf(flags))}`;
  const reason = reasonToAsk(store);
  if (reason !== null) await confirmChange(io, flags, `${reason} Put ${what} into it?`);
  if (flags.dryRun === true) {
    writeReport(io, flags, {
      facts: () => ({ ok: true, dryRun: true, store: path, certificate: null, error: null }),
      lines: () => [`would create ${what} in ${path}`],
    });
    return;
  }
  const entry = await certificates.createSelfSigned({ ...options, store: path });
  try {
    writeReport(io, flags, {
      facts: () => ({ ok: true, dryRun: false, store: path, certificate: entryFacts(entry), error: null }),
      lines: (style) => [
        `${style.good('created')} ${printable(displayName(entry))} in ${path}`,
        entry.thumbprint,
      ],
    });
  } finally {
    entry.close();
  }
}

const namesOf = ({ dns = [], ip = [], subject = '' }: NewFlags): string =>
  [...dns, ...ip].join(', ') || subject;

/** @throws {UsageError} for options that do not go together */
function optionsOf(flags: NewFlags): SelfSignedOptions {
  if (flags.selfSigned !== true)
    throw new UsageError('Only self-signed certificates are supported: add --self-signed');
  if (flags.dns === undefined && flags.ip === undefined && flags.subject === undefined) {
    throw new UsageError('A certificate needs a name: add --dns, --ip or --subject');
  }
  return {
    dns: flags.dns,
    ip: flags.ip,
    subject: flags.subject,
    days: flags.days,
    usages: flags.usage,
    friendlyName: flags.friendlyName,
    key: windowsKeyOf(flags),
  };
}
