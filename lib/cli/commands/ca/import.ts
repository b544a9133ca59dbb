import type { Command } from 'commander';
import { CertificateAuthority } from '../../../apps/authority/certificate-authority.js';
import { errorCode } from '../../../base/errors/error-code.js';
import { publicUrl } from '../../../apps/authority/addresses.js';
import { printable } from '../../../base/text/printable.js';
import type { CommandContext } from '../../command-context.js';
import { refuseToOverwrite, writeOutput } from '../../output-file.js';
import { readPassword } from '../../password.js';
import { writeReport } from '../../report.js';
import { authorityFacts, formatAuthority } from './facts.js';
import { addNewKeyFlags, newKeyOptions, type NewKeyFlags } from './key-options.js';
import { addJsonFlag, FOLDER_ARGUMENT, FOLDER_MEANING, openReader } from './open-authority.js';

interface ImportFlags extends NewKeyFlags {
  readonly name?: string;
  readonly url?: string;
  readonly json?: boolean;
}

/** Adds `schannel ca import`. */
export function addImportCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('import')
    .summary('bring in the authority of another program')
    .description(
      'Brings the authority of another program into a new folder, with what it has issued and revoked: a folder of openssl ca, ' +
        'easy-rsa, mkcert or minica, a database of XCA with its templates, or a PFX or PEM with the key.',
    )
    .argument('<source>', 'the folder or file; it is not changed')
    .argument(FOLDER_ARGUMENT, 'folder of the new authority, which must be empty or missing')
    .option('--name <name>', 'which authority of a database of XCA, by its common name')
    .option('--url <address>', 'http://pki.example/: where verifiers find its public files from now on');
  addJsonFlag(addNewKeyFlags(command)).action((source: string, folder: string, flags: ImportFlags) =>
    runImport(source, folder, flags, context),
  );
}

async function runImport(
  source: string,
  folder: string,
  flags: ImportFlags,
  { io }: CommandContext,
): Promise<void> {
  if (flags.url !== undefined) publicUrl(flags.url);
  const key = await newKeyOptions(flags, folder, io);
  const options = { key, url: flags.url, sourceName: flags.name };
  const authority = await CertificateAuthority.importFrom(source, folder, options).catch(
    async (error: unknown) => {
      if (errorCode(error) !== 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING') throw error;
      const sourcePassphrase = await readPassword(io, { of: source, neededBy: source });
      return CertificateAuthority.importFrom(source, folder, { ...options, sourcePassphrase });
    },
  );
  const certificates = authority.certificates();
  const revoked = authority.certificates({ status: 'revoked' });
  const templates = await authority.ownTemplates();
  const { leftOut } = authority;
  const { number } = (await authority.presentCrl()) ?? { number: 0 };
  writeReport(io, flags, {
    facts: () => ({
      ok: true,
      authority: authorityFacts(authority),
      certificates: certificates.length,
      revoked: revoked.length,
      templates,
      leftOut,
      error: null,
    }),
    lines: (style) => [
      `${style.good('imported')} ${printable(source)}`,
      ...formatAuthority(authority, style, Date.now()),
      `${certificates.length} certificates, ${revoked.length} of them revoked; list number ${number}`,
      ...(templates.length === 0 ? [] : [`templates: ${templates.join(', ')}`]),
      ...leftOut.map((what) => `${style.warn('not taken over')}: ${printable(what, 400)}`),
      'Delete the old key when everything works: two programs with one authority do not know of each other.',
    ],
  });
  await authority.close();
}

interface ExportFlags {
  readonly index: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Adds `schannel ca export`. */
export function addExportCommand(ca: Command, { io }: CommandContext): void {
  const command = ca
    .command('export')
    .summary('write the index for other programs')
    .description('Writes what the authority has issued as the index.txt of openssl ca.')
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .requiredOption('--index <file>', 'file to write')
    .option('--force', 'replace an existing file');
  addJsonFlag(command).action(async (folder: string, flags: ExportFlags) => {
    refuseToOverwrite(flags.index, flags.force === true);
    const authority = await openReader(folder);
    await writeOutput(flags.index, authority.exportIndex(), flags.force === true);
    writeReport(io, flags, {
      facts: () => ({ ok: true, file: flags.index, error: null }),
      lines: (style) => [`${style.good('wrote')} ${printable(flags.index)}`],
    });
  });
}
