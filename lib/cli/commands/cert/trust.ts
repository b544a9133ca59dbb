import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import { addChangeFlags, confirmChange, type ChangeFlags } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { displayName, entryFacts } from './entry-facts.js';
import { certificateInFile, FileCertificate, isFile } from './file-certificate.js';
import type { EntryContents, OpenStore } from './library.js';
import { withNamed } from './named.js';
import { dialogOf } from './sensitive-store.js';
import { addStoreFlags, openMeant, type StoreFlags } from './store-flags.js';

interface TrustFlags extends StoreFlags, ChangeFlags {}

/** Adds `schannel cert trust`. */
export function addTrustCommand(cert: Command, context: CommandContext): void {
  const command = cert
    .command('trust')
    .summary('make Windows trust a root')
    .description(
      'Puts a self-signed certificate among the roots that Windows trusts. For CurrentUser, Windows asks the person ' +
        'at the machine too; LocalMachine needs an administrator and shows no dialog.',
    )
    .argument('<file|certificate>', 'PEM, DER or P7B file, or a certificate of a store, by any of its names');
  addChangeFlags(addStoreFlags(command, 'Root')).action((argument: string, flags: TrustFlags) =>
    runTrust(argument, flags, context),
  );
}

async function runTrust(argument: string, flags: TrustFlags, context: CommandContext): Promise<void> {
  const certificate = await meant(argument, context);
  const store = await openMeant(context.certificates, flags, 'Root');
  try {
    await trust(certificate, store, flags, context);
  } finally {
    store.close();
  }
}

/** The certificate itself, in no store. --store and --location are about where it goes. */
const meant = (argument: string, context: CommandContext): Promise<FileCertificate> =>
  isFile(argument)
    ? certificateInFile(argument)
    : withNamed(context, argument, {}, ({ entry }) => Promise.resolve(new FileCertificate(entry.raw)));

async function trust(
  certificate: FileCertificate,
  store: OpenStore,
  flags: TrustFlags,
  { surroundings }: CommandContext,
): Promise<void> {
  const dryRun = flags.dryRun === true;
  const title = printable(displayName(certificate));
  const report = (action: 'added' | 'present', entry: EntryContents, text: string): void =>
    writeReport(surroundings, flags, {
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
    report('present', existing, `${store.path} has had`);
    return;
  }
  if (store.name === 'Root' && !certificate.isSelfSigned) {
    throw new UsageError(
      `${title} is no root: it was issued by ${printable(certificate.issuer)}; trust that one`,
    );
  }
  await confirmChange(
    surroundings,
    flags,
    `Whatever ${title} signs will be trusted.${dialogOf(store)} Add it (SHA-256 ${certificate.thumbprint256}) to ${store.path}?`,
  );
  if (dryRun) {
    report('added', certificate, `would add to ${store.path}`);
    return;
  }
  report(
    'added',
    await store.add(certificate.raw, { onExisting: 'keep', trustRoot: true }),
    `added to ${store.path}`,
  );
}
