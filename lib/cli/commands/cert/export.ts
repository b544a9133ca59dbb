import { extname } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { CommandContext } from '../../command-context.js';
import { refuseToOverwrite, writeOutput } from '../../output-file.js';
import { readNewPassword } from '../../password.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { displayName, entryFacts } from './entry-facts.js';
import type { Certificate } from '../../../windows/store/certificate.js';
import { NAME_ARGUMENT, NAME_MEANING, withSelectedCertificate } from './selected-certificate.js';
import { addArchivedFlag, addStoreFlags, type StoreFlags } from './store-flags.js';

type Format = 'pfx' | 'pem' | 'der';

interface ExportFlags extends StoreFlags {
  readonly out: string;
  readonly format?: Format;
  readonly withKey?: boolean;
  readonly unencrypted?: boolean;
  readonly chain: boolean;
  readonly legacy?: boolean;
  readonly force?: boolean;
}

/** Adds `schannel cert export`. */
export function addExportCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('export')
    .summary('write a certificate, with or without its key, to a file')
    .description(
      'Writes a certificate to a file: as PFX with its key and its issuers, as PEM, or as DER without anything else.\n' +
        'The password of the file is read from SCHANNEL_PASSWORD, or asked for twice.',
    )
    .argument(NAME_ARGUMENT, NAME_MEANING)
    .requiredOption('--out <file>', 'file to write')
    .addOption(
      new Option('--format <format>', 'format (default: by the extension of the file)').choices([
        'pfx',
        'pem',
        'der',
      ]),
    )
    .option('--with-key', 'include the private key, encrypted (always in a PFX)')
    .option('--unencrypted', 'with --with-key: anyone who can read the file has the key')
    .option('--no-chain', 'leave out the issuers')
    .option('--legacy', 'PFX for Windows older than 10 1709 or Server 2019: 3DES and SHA-1')
    .option('--force', 'replace an existing file');
  addArchivedFlag(addStoreFlags(command)).action((name: string, flags: ExportFlags) =>
    runExport(name, flags, context),
  );
}

async function runExport(name: string, flags: ExportFlags, context: CommandContext): Promise<void> {
  const format = formatOf(flags);
  const force = flags.force === true;
  refuseToOverwrite(flags.out, force);
  await withSelectedCertificate(context, name, flags, async ({ entry }) => {
    const content = await contentOf(entry, format, flags, context);
    await writeOutput(flags.out, content, force);
    const withKey = format === 'pfx' || flags.withKey === true;
    writeReport(context.io, flags, {
      facts: () => ({
        ok: true,
        file: flags.out,
        format,
        withKey,
        certificate: entryFacts(entry),
        error: null,
      }),
      lines: (style) => [
        `${style.good('wrote')} ${printable(displayName(entry))} (${entry.thumbprint})` +
          `${withKey ? ' with its key' : ''} to ${printable(flags.out)}`,
      ],
    });
  });
}

async function contentOf(
  entry: Certificate,
  format: Format,
  flags: ExportFlags,
  { certificates, io }: CommandContext,
): Promise<Uint8Array | string> {
  const { chain, out } = flags;
  const password = (): Promise<string> => readNewPassword(io, { of: out, neededBy: out });
  switch (format) {
    case 'pfx':
      return certificates.exportPfx(entry, {
        password: await password(),
        encryption: flags.legacy === true ? 'legacy' : 'aes256',
        chain,
      });
    case 'pem':
      return certificates.exportPem(entry, {
        chain,
        key: flags.withKey === true,
        passphrase: flags.withKey === true && flags.unencrypted !== true ? await password() : undefined,
      });
    case 'der':
      return entry.raw;
  }
}

const FORMATS: Readonly<Record<string, Format>> = {
  '.pfx': 'pfx',
  '.p12': 'pfx',
  '.pem': 'pem',
  '.crt': 'pem',
  '.cer': 'der',
  '.der': 'der',
};

/** @throws {UsageError} when it is unknown, or does not go with the options */
function formatOf(flags: ExportFlags): Format {
  const format = flags.format ?? FORMATS[extname(flags.out).toLowerCase()];
  if (format === undefined) {
    throw new UsageError(
      `The format does not follow from the extension of ${flags.out}: add --format pfx, pem or der`,
    );
  }
  if (flags.legacy === true && format !== 'pfx') throw new UsageError('--legacy needs --format pfx');
  if (flags.withKey === true && format === 'der')
    throw new UsageError('DER cannot hold a key: use PFX or PEM');
  if (flags.unencrypted === true && (format !== 'pem' || flags.withKey !== true)) {
    throw new UsageError('--unencrypted needs --format pem and --with-key');
  }
  return format;
}
