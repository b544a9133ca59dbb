import type { Command } from 'commander';
import { CertificateAuthority } from '../../../apps/authority/certificate-authority.js';
import { planInit, constraintsOf as parseConstraints } from '../../../apps/authority/init.js';
import { printable } from '../../../base/text/printable.js';
import { readInput, wholeNumber } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { authorityFacts, formatAuthority } from './facts.js';
import { addNewKeyFlags, newKeyOptions, type NewKeyFlags } from './key-options.js';
import { addConstraintFlags, type ConstraintFlags, constraintsOf } from './names.js';
import {
  addJsonFlag,
  addKeyFlags,
  FOLDER_ARGUMENT,
  FOLDER_MEANING,
  type KeyFlags,
  withAuthority,
} from './open-authority.js';

interface InitFlags extends NewKeyFlags, ConstraintFlags {
  readonly subject: string;
  readonly issuing?: boolean;
  readonly issuer?: string;
  readonly url?: string;
  readonly days?: number;
  readonly pathLength?: number;
  readonly pss?: boolean;
  readonly json?: boolean;
}

/** Adds `schannel ca init`. */
export function addInitCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('init')
    .summary('create an authority')
    .description(
      'Creates an authority in a new folder: a root, which signs its own certificate, or with --issuing one below another ' +
        'authority.',
    )
    .argument(FOLDER_ARGUMENT, 'folder, which must be empty or missing')
    .requiredOption('--subject <name>', 'name, for example "CN=Example Root, O=Example"')
    .option('--issuing', 'an authority below another one; without --issuer it gets a request to be signed')
    .option('--issuer <folder>', 'with --issuing: the authority on this machine that signs it')
    .option(
      '--url <address>',
      'http://pki.example/: where verifiers find its public files; cannot be changed later',
    )
    .option(
      '--days <number>',
      'days until its certificate expires (default: 3650, issuing 1825)',
      wholeNumber(1, 9125),
    )
    .option(
      '--path-length <number>',
      'how many authorities may be below a root (default: 1)',
      wholeNumber(0, 9),
    )
    .option('--pss', 'sign with RSA-PSS, which older programs cannot read');
  addJsonFlag(addNewKeyFlags(addConstraintFlags(command))).action((folder: string, flags: InitFlags) =>
    runInit(folder, flags, context),
  );
}

async function runInit(folder: string, flags: InitFlags, { io }: CommandContext): Promise<void> {
  const { subject, url, days, pathLength, issuer } = flags;
  const isIssuing = flags.issuing === true;
  if (issuer !== undefined && !isIssuing) throw new UsageError('--issuer needs --issuing');
  if (isIssuing && pathLength !== undefined) throw new UsageError('--path-length is for roots');
  const template = isIssuing ? 'issuing' : 'root';
  const options = {
    subject,
    url,
    template,
    days: isIssuing ? undefined : days,
    pathLength,
    padding: flags.pss === true ? 'pss' : 'pkcs1',
    ...(isIssuing ? {} : constraintsOf(flags)),
  } as const;
  // Fails before a password is asked for.
  planInit(options);
  if (issuer === undefined) {
    if (isIssuing && (days ?? flags.permit ?? flags.exclude) !== undefined) {
      throw new UsageError(
        'Without --issuer, the authority that signs the request decides about --days, --permit and --exclude',
      );
    }
    const key = await newKeyOptions(flags, folder, io);
    await report(await CertificateAuthority.init(folder, { ...options, key }), flags, io);
    return;
  }
  await withAuthority(issuer, {}, io, async (parent) => {
    const key = await newKeyOptions(flags, folder, io);
    const authority = await CertificateAuthority.init(folder, { ...options, key });
    const constraints = parseConstraints(constraintsOf(flags)) ?? undefined;
    const { pem } = await parent.issue((await authority.request()) ?? '', { template, days, constraints });
    await authority.complete(pem + parent.pem);
    await report(authority, flags, io);
  });
}

async function report(
  authority: CertificateAuthority,
  flags: InitFlags,
  io: CommandContext['io'],
): Promise<void> {
  const isComplete = authority.certificate !== null;
  const request = isComplete ? null : await authority.request();
  writeReport(io, flags, {
    facts: () => ({ ok: true, authority: authorityFacts(authority), request, error: null }),
    lines: (style) => [
      `${style.good('created')} in ${printable(authority.folder)}`,
      ...formatAuthority(authority, style, Date.now()),
      ...(authority.url === null
        ? [style.warn('Without --url, its certificates do not say where revocations are published.')]
        : []),
      ...(isComplete
        ? []
        : ['Have ca.csr in this folder signed, and give the result to `schannel ca complete`.']),
    ],
  });
  await authority.close();
}

/** Adds `schannel ca complete`. */
export function addCompleteCommand(ca: Command, { io }: CommandContext): void {
  const command = ca
    .command('complete')
    .summary('give an authority its certificate')
    .description(
      'Takes the certificate that another authority has issued for ca.csr, with its issuers in the same file.',
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .argument('<file>', 'the certificate: PEM, DER or P7B');
  addKeyFlags(command).action(async (folder: string, file: string, flags: KeyFlags) => {
    const source = readInput(file, '<file>');
    await withAuthority(folder, flags, io, async (authority) => {
      await authority.complete(source);
      writeReport(io, flags, {
        facts: () => ({ ok: true, authority: authorityFacts(authority), error: null }),
        lines: (style) => [style.good('complete'), ...formatAuthority(authority, style, Date.now())],
      });
    });
  });
}
