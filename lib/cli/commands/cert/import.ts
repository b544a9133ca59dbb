import type { Command } from 'commander';
import { addChangeFlags, confirmChange, type ChangeFlags } from '../../change-flags.js';
import type { RunImportOptions } from '../../../windows/import-export/import-options.js';
import { printable } from '../../../base/text/printable.js';
import type { CommandContext } from '../../command-context.js';
import { errorFacts, formatError } from '../../describe-error.js';
import { exitCodeOf } from '../../exit-code.js';
import { writeReport } from '../../report.js';
import { styleFor, type CommandIO } from '../../terminal.js';
import { displayName } from './entry-facts.js';
import { FileCertificate } from './file-certificate.js';
import { FilePasswords } from './file-passwords.js';
import { readFiles, type ReadableFile, type UnreadableFile } from './import-files.js';
import { failedFacts, formatFile, importedFacts, previewFacts, type FileFacts } from './import-report.js';
import type { CertificateStore } from '../../../windows/store/store.js';
import { promptNotice, reasonToAsk } from './store-questions.js';
import { addStoreFlags, openSelectedStore, type StoreFlags } from './store-flags.js';

interface ImportFlags extends StoreFlags, ChangeFlags {
  readonly recursive?: boolean;
  readonly exportable?: boolean;
  readonly provider?: string;
  readonly friendlyName?: string;
  readonly trustRoot?: boolean;
  readonly replace?: boolean;
}

/** Adds `schannel cert import`. */
export function addImportCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('import')
    .summary('import certificates and keys from files')
    .description(
      'Imports PFX, PEM, DER and P7B files, and all PFX files of a folder. Intermediate authorities go into CA, roots into ' +
        'Root if --trust-root is given, and all other certificates, with or without a key, into the store.\n' +
        'Each file is imported completely or not at all. Passwords are read from SCHANNEL_PASSWORD, or asked for.',
    )
    .argument('<path...>', 'files and folders')
    .option('--recursive', 'include subfolders')
    .option('--exportable', 'allow the keys to be exported later')
    .option('--provider <name>', 'where to keep the keys: software, tpm, or the name of a provider')
    .option('--friendly-name <name>', 'friendly name instead of the one in the file')
    .option('--trust-root', 'make Windows trust the roots in the files')
    .option('--replace', 'replace the keys of certificates that are already in the store');
  addChangeFlags(addStoreFlags(command)).action((paths: string[], flags: ImportFlags) =>
    runImport(paths, flags, context),
  );
}

async function runImport(
  paths: readonly string[],
  flags: ImportFlags,
  context: CommandContext,
): Promise<void> {
  const { certificates, io, exit } = context;
  const store = await openSelectedStore(certificates, flags, 'MY');
  store.close();
  const passwords = new FilePasswords(io);
  const files = await readFiles(paths, flags.recursive === true, passwords, certificates);
  const readable = files.filter((file) => 'prepared' in file);
  const failed: UnreadableFile[] = files.filter((file) => 'error' in file);
  await confirmImport(readable, store, flags, io);

  const dryRun = flags.dryRun === true;
  const done: FileFacts[] = dryRun ? readable.map(previewFacts) : [];
  for (const { file, prepared } of dryRun ? [] : readable) {
    try {
      using outcome = await prepared.run(optionsOf(flags, store.path));
      done.push(importedFacts(file, outcome));
    } catch (error) {
      failed.push({ file, error });
    }
  }
  const [failure] = failed;
  writeReport(io, flags, {
    facts: () => ({
      ok: failure === undefined,
      dryRun,
      store: store.path,
      files: [...done, ...failed.map(failedFacts)],
      error: failure === undefined ? null : errorFacts(failure.error),
    }),
    lines: (style) => [
      ...(dryRun && done.length > 0 ? [`would import into ${store.path}`] : []),
      ...done.flatMap((file) => formatFile(file, style)),
    ],
  });
  reportFailures(failed, io);
  if (failure !== undefined) exit(exitCodeOf(failure.error));
}

async function confirmImport(
  files: readonly ReadableFile[],
  store: CertificateStore,
  flags: ImportFlags,
  io: CommandIO,
): Promise<void> {
  if (files.length === 0) return;
  const roots = flags.trustRoot === true ? files.flatMap(({ prepared }) => prepared.preview.roots) : [];
  const names = roots.map(({ raw }) => printable(displayName(new FileCertificate(raw))));
  const reasons = [
    reasonToAsk(store),
    names.length === 0
      ? null
      : `Every certificate that ${names.join(', ')} signs will be trusted.${promptNotice({ name: 'Root', location: store.location })}`,
  ].filter((reason) => reason !== null);
  if (reasons.length === 0) return;
  const what = files.length === 1 ? (files[0]?.file ?? '') : `${files.length} files`;
  await confirmChange(io, flags, `${reasons.join(' ')} Import ${what} into ${store.path}?`);
}

const optionsOf = (flags: ImportFlags, store: string): RunImportOptions => ({
  store,
  exportable: flags.exportable,
  provider: flags.provider,
  friendlyName: flags.friendlyName,
  trustRoot: flags.trustRoot,
  onExisting: flags.replace === true ? 'replace' : 'keep',
});

function reportFailures(failed: readonly UnreadableFile[], { stderr, env }: CommandIO): void {
  const style = styleFor(stderr, env);
  for (const { file, error } of failed) {
    stderr.write([style.bold(printable(file)), ...formatError(error, style), ''].join('\n'));
  }
}
