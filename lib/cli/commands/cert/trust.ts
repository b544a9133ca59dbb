import type { Command } from 'commander';
import type { CertificateStore } from '../../../windows/store/store.js';
import { printable } from '../../../base/text/printable.js';
import { addChangeFlags, confirmChange, type ChangeFlags } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { displayName, entryFacts, type EntryContents } from './entry-facts.js';
import { certificateInFile, FileCertificate, isFile } from './file-certificate.js';
import { removeSelected } from './rm.js';
import { NAME_MEANING, withSelectedCertificate } from './selected-certificate.js';
import { promptNotice } from './store-questions.js';
import { addStoreFlags, openSelectedStore, type StoreFlags } from './store-flags.js';

interface TrustFlags extends StoreFlags, ChangeFlags {}

/** Adds `schannel cert trust`. */
export function addTrustCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('trust')
    .summary('make Windows trust a root')
    .description(
      'Adds a self-signed certificate to the roots that Windows trusts. For CurrentUser, Windows also asks the user on the ' +
        'desktop. LocalMachine needs an administrator, and Windows does not ask.',
    )
    .argument('<file|certificate>', `PEM, DER or P7B file, or a certificate of a store: ${NAME_MEANING}`);
  addChangeFlags(addStoreFlags(command, 'Root')).action((argument: string, flags: TrustFlags) =>
    runTrust(argument, flags, context),
  );
}

/** Adds `schannel cert untrust`, the opposite of trust. */
export function addUntrustCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('untrust')
    .summary('stop trusting a root')
    .description(
      'Removes a certificate from the roots that Windows trusts. Certificates that it issued are no longer trusted.',
    )
    .argument('<file|certificate>', `PEM, DER or P7B file, or a certificate of the store: ${NAME_MEANING}`);
  addChangeFlags(addStoreFlags(command, 'Root')).action(async (argument: string, flags: TrustFlags) => {
    const name = isFile(argument) ? (await certificateInFile(argument)).thumbprint256 : argument;
    await removeSelected(name, flags, context, 'Root');
  });
}

async function runTrust(argument: string, flags: TrustFlags, context: CommandContext): Promise<void> {
  const certificate = await certificateToTrust(argument, context);
  const store = await openSelectedStore(context.certificates, flags, 'Root');
  try {
    await trust(certificate, store, flags, context);
  } finally {
    store.close();
  }
}

/** The certificate itself, in no store. --store and --location say where it goes. */
const certificateToTrust = (argument: string, context: CommandContext): Promise<FileCertificate> =>
  isFile(argument)
    ? certificateInFile(argument)
    : withSelectedCertificate(context, argument, {}, ({ entry }) =>
        Promise.resolve(new FileCertificate(entry.raw)),
      );

async function trust(
  certificate: FileCertificate,
  store: CertificateStore,
  flags: TrustFlags,
  { io }: CommandContext,
): Promise<void> {
  const dryRun = flags.dryRun === true;
  const title = printable(displayName(certificate));
  const report = (action: 'added' | 'present', entry: EntryContents, text: string): void =>
    writeReport(io, flags, {
      facts: () => ({
        ok: true,
        dryRun,
        action,
        store: store.path,
        certificate: entryFacts(entry),
        error: null,
      }),
      lines: () => [`${text} ${title} (${certificate.thumbprint})`],
    });

  const [existing] = await store.find({ thumbprint: certificate.thumbprint256 });
  if (existing !== undefined) {
    report('present', existing, `already in ${store.path}:`);
    return;
  }
  if (store.name === 'Root' && !certificate.isSelfSigned) {
    throw new UsageError(
      `${title} is not a root: ${printable(certificate.issuer)} issued it. Trust that certificate instead`,
    );
  }
  await confirmChange(
    io,
    flags,
    `Every certificate that ${title} signs will be trusted.${promptNotice(store)} Add it (SHA-256 ${certificate.thumbprint256}) to ${store.path}?`,
  );
  if (dryRun) {
    report('added', certificate, `would add to ${store.path}:`);
    return;
  }
  report(
    'added',
    await store.add(certificate.raw, { onExisting: 'keep', trustRoot: true }),
    `added to ${store.path}:`,
  );
}
