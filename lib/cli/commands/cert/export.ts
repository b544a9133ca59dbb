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
    .summary('write a certificate, and its key, to a file')
    .description(
      'Writes a certificate to a file: with its key and its authorities as PFX, or as PEM, or alone as DER.\n' +
        'The password of the file comes from SCHANNEL_PASSWORD, or is asked for twice.',
    )
    .argument(NAME_ARGUMENT, NAME_MEANING)
    .requiredOption('--out <file>', 'file to write')
    .addOption(
      new Option('--format <format>', 'default by the ending of the file').choices(['pfx', 'pem', 'der']),
    )
    .option('--with-key', 'the private key too, encrypted; a PFX always has it')
    .option('--unencrypted', 'with --with-key: whoever reads the file has the key')
    .option('--no-chain', 'without the authorities above it')
    .option('--legacy', 'PFX for Windows before 10 1709 and Server 2019: 3DES and SHA-1')
    .option('--force', 'replace a file of that name');
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

/** @throws {UsageError} when it cannot be told, or options do not go with it */
function formatOf(flags: ExportFlags): Format {
  const format = flags.format ?? FORMATS[extname(flags.out).toLowerCase()];
  if (format === undefined) {
    throw new UsageError(
      `${flags.out} does not say by its ending what it is to be: add --format pfx, pem or der`,
    );
  }
  if (flags.legacy === true && format !== 'pfx') throw new UsageError('--legacy is for a PFX');
  if (flags.withKey === true && format === 'der')
    throw new UsageError('DER has no room for a key: use PFX or PEM');
  if (flags.unencrypted === true && (format !== 'pem' || flags.withKey !== true)) {
    throw new UsageError('--unencrypted is for PEM --with-key');
  }
  return format;
}
