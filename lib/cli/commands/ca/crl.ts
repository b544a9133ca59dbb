import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import { wholeNumber } from '../../arguments.js';
import type { PublishedList } from '../../../pki.js';
import type { CertificateLibrary, CommandContext } from '../../command-context.js';
import { writeOutput } from '../../output-file.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { dayOf } from '../../../base/text/validity.js';
import { listFacts } from './facts.js';
import {
  addKeyFlags,
  FOLDER_ARGUMENT,
  FOLDER_MEANING,
  type KeyFlags,
  withAuthority,
} from './open-authority.js';

interface ListFlags extends KeyFlags {
  readonly ifDue?: boolean;
  readonly days?: number;
  readonly out?: string;
  readonly pem?: boolean;
  readonly install?: boolean;
  readonly machine?: boolean;
}

/** Adds `schannel ca crl`. */
export function addRevocationListCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('crl')
    .summary('make a revocation list')
    .description(
      'Makes a revocation list, valid for 7 days and due again after one. Let a scheduled task run it with --if-due: verifiers ' +
        'refuse every certificate of an authority whose list has expired.',
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .option('--if-due', 'only if it is time for a new one, or something was revoked since')
    .option('--days <number>', 'days until it expires', wholeNumber(1, 366), 7)
    .option('--out <file>', 'also write it to this file, and replace an older one')
    .option('--pem', 'with --out: as PEM (default: DER)')
    .option('--install', 'also add it to the store CA, where Windows finds it without a network')
    .option(
      '--machine',
      'with --install: for all accounts of this machine, such as services (as administrator)',
    );
  addKeyFlags(command).action((folder: string, flags: ListFlags) => runList(folder, flags, context));
}

async function runList(
  folder: string,
  flags: ListFlags,
  { io, certificates }: CommandContext,
): Promise<void> {
  if (flags.machine === true && flags.install !== true) throw new UsageError('--machine needs --install');
  await withAuthority(folder, flags, io, async (authority) => {
    const list = await authority.crl({ ifDue: flags.ifDue, days: flags.days });
    // A web server of another account has to read it.
    if (flags.out !== undefined)
      await writeOutput(flags.out, flags.pem === true ? list.pem : list.der, true, 'folder');
    const installed = flags.install === true ? await install(list, flags, certificates) : null;
    writeReport(io, flags, {
      facts: () => ({ ok: true, list: listFacts(list), installed, error: null }),
      lines: (style) => [
        `${list.isNew ? style.good('made') : 'kept'} list ${list.number}: ${printable(flags.out ?? list.file)}`,
        ...(installed === null
          ? []
          : [
              installed.isNew
                ? `${style.good('installed')} in ${installed.store}`
                : `${installed.store} has it already, or a newer one`,
            ]),
        `due again on ${dayOf(list.nextPublish.getTime())}, expires on ${dayOf(list.nextUpdate.getTime())}`,
      ],
    });
  });
}

interface Installed {
  /** 'CurrentUser\\CA' */
  readonly store: string;
  /** False if the store had it, or a newer one. */
  readonly isNew: boolean;
}

/** Windows looks for lists in the intermediate authorities, whatever address is in a certificate. */
async function install(
  { der }: PublishedList,
  { machine }: ListFlags,
  certificates: CertificateLibrary,
): Promise<Installed> {
  using store = await certificates.openStore('CA', {
    location: machine === true ? 'LocalMachine' : 'CurrentUser',
  });
  return { store: store.path, isNew: await store.addRevocationList(der) };
}
