import type { Command } from 'commander';
import { Option } from 'commander';
import { printable } from '../../../base/text/printable.js';
import { checkRequestOptions, wishesOf } from '../../../windows/request/parse-options.js';
import { KEY_PROVIDERS } from '../../../windows/key/providers.js';
import type { CreatedRequest } from '../../../windows/request/create-request.js';
import type { RequestOptions } from '../../../windows/request/request-options.js';
import { readInput } from '../../arguments.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { addWindowsKeyFlags, type WindowsKeyFlags, windowsKeyOf } from '../../key-flags.js';
import { refuseToOverwrite, writeOutput } from '../../output-file.js';
import { writeReport } from '../../report.js';
import { UsageError } from '../../usage-error.js';
import { withSelectedCertificate } from '../cert/selected-certificate.js';
import { pendingFacts, requestName } from './request-facts.js';

interface NewFlags extends ChangeFlags, WindowsKeyFlags {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly email?: readonly string[];
  readonly upn?: readonly string[];
  readonly uri?: readonly string[];
  readonly subject?: string;
  readonly usage?: readonly string[];
  readonly template?: string;
  readonly renew?: string;
  readonly sameKey?: boolean;
  readonly machine?: boolean;
  readonly pss?: boolean;
  readonly inf?: string;
  readonly friendlyName?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Adds `schannel csr new`. */
export function addNewCommand(csr: Command, context: CommandContext): void {
  const command = csr
    .command('new')
    .summary('create a key and a request for a certificate')
    .description(
      'Creates a key in Windows and a request (PKCS #10) for an authority, which is written to a file or to standard output. ' +
        'The key stays in Windows. The request is pending in the store REQUEST until "schannel csr complete".',
    )
    .option('--dns <name...>', 'host names that the certificate is to cover')
    .option('--ip <address...>', 'IP addresses')
    .option('--email <address...>', 'e-mail addresses')
    .option('--upn <account...>', 'Windows accounts (user principal names)')
    .option('--uri <uri...>', 'URIs')
    .option(
      '--subject <name>',
      'subject, for example CN=bar.example, O=Bar (default: the first of the names)',
    )
    .option(
      '--usage <usage...>',
      'server, client, or another purpose (default: server; client if all names are of persons)',
    )
    .option('--template <name>', 'template of a Windows authority: WebServer, or identifier:version')
    .option('--renew <certificate>', 'take subject, names and purposes from this certificate')
    .option('--same-key', 'with --renew: use its key again')
    .option('--machine', 'a key and a certificate of the machine, as services and IIS need')
    .option('--pss', 'sign the request with RSA-PSS, which older authorities cannot read')
    .option('--friendly-name <name>', 'name that lists show, also for the certificate')
    .addOption(
      new Option('--inf <file>', 'take all of it from an INF file of certreq').conflicts([...OF_INF]),
    )
    .option('--out <file>', 'file to write (default: standard output)')
    .option('--force', 'replace an existing file')
    .option('--json', 'print one JSON object');
  addWindowsKeyFlags(command);
  addChangeFlags(command).action((flags: NewFlags) => runNew(flags, context));
}

/** The options that an INF file has, as commander names them. */
const OF_INF = [
  'dns',
  'ip',
  'email',
  'upn',
  'uri',
  'subject',
  'usage',
  'template',
  'renew',
  'sameKey',
  'algorithm',
  'bits',
  'curve',
  'provider',
  'exportable',
  'pss',
] as const;

async function runNew(flags: NewFlags, context: CommandContext): Promise<void> {
  const { io, requests } = context;
  const options = flags.inf === undefined ? optionsOf(flags) : infOptions(flags.inf, flags, context);
  checkRequestOptions(options);
  const force = flags.force === true;
  if (flags.out !== undefined) refuseToOverwrite(flags.out, force);
  const renew = typeof options.renew === 'string' ? await referenceOf(options.renew, context) : null;
  // Fails before the user is asked anything.
  if (renew === null) wishesOf(options);
  const isMachine = options.location === 'LocalMachine' || renew?.startsWith('LocalMachine') === true;
  const location = isMachine ? 'LocalMachine' : 'CurrentUser';
  const what = `a key and a request for ${printable(flags.renew ?? (namesOf(flags) || (flags.inf ?? '')))}`;
  if (location === 'LocalMachine') {
    await confirmChange(
      io,
      flags,
      `LocalMachine\\REQUEST is not only used by this account. Create ${what} in it?`,
    );
  }
  if (flags.dryRun === true) {
    writeReport(io, flags, {
      facts: () => ({ ok: true, dryRun: true, location, file: null, pending: null, pem: null, error: null }),
      lines: () => [`would create ${what} in ${location}\\REQUEST`],
    });
    return;
  }
  const pending = await requests.createRequest({ ...options, location, ...(renew !== null && { renew }) });
  const { pem } = pending.request;
  const notes = isInTpm(pending) ? [TPM_NOTE] : [];
  if (flags.out !== undefined) await write(flags.out, pending, force);
  // Standard output may be a file for the authority: what is for people goes elsewhere.
  if (flags.json !== true && flags.out === undefined) {
    io.stdout.write(pem);
    io.stderr.write([`pending as ${pending.reference}`, ...notes, ''].join('\n'));
    return;
  }
  writeReport(io, flags, {
    facts: () => ({
      ok: true,
      dryRun: false,
      location,
      file: flags.out ?? null,
      pending: pendingFacts(pending),
      pem,
      error: null,
    }),
    lines: (style) => [
      `${style.good('wrote')} the request of ${requestName(pending)} to ${printable(flags.out ?? '')}`,
      `pending as ${pending.reference}`,
      'When the authority has signed it: schannel csr complete <file>',
      ...notes.map((note) => style.warn(note)),
    ],
  });
}

/** @throws {UsageError} that says that the request exists */
async function write(file: string, { reference, request }: CreatedRequest, force: boolean): Promise<void> {
  try {
    await writeOutput(file, request.pem, force);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(
      `${error.message}. The request is pending as ${reference}: print it with "schannel csr show --pem"`,
    );
  }
}

const isInTpm = ({ keyLocation, publicKey }: CreatedRequest): boolean =>
  keyLocation?.provider === KEY_PROVIDERS.tpm && publicKey?.asymmetricKeyType === 'rsa';

const TPM_NOTE =
  'Many TPMs do not sign with RSA-PSS as TLS needs it: use --algorithm ec, or check the certificate with "schannel cert check".';

const referenceOf = (name: string, context: CommandContext): Promise<string> =>
  withSelectedCertificate(context, name, {}, ({ entry }) =>
    Promise.resolve(entry.reference ?? entry.thumbprint),
  );

const namesOf = ({ dns = [], ip = [], email = [], upn = [], uri = [], subject = '' }: NewFlags): string =>
  [...dns, ...ip, ...email, ...upn, ...uri].join(', ') || subject;

/** @throws {UsageError}, SchannelError ERR_SCHANNEL_REQUEST_INF */
function infOptions(file: string, flags: NewFlags, { requests }: CommandContext): RequestOptions {
  const options = requests.readRequestInf(readInput(file, '--inf'));
  const { friendlyName, machine } = flags;
  return {
    ...options,
    ...(friendlyName !== undefined && { friendlyName }),
    ...(machine === true && { location: 'LocalMachine' as const }),
  };
}

/** @throws {UsageError} for options that do not go together */
function optionsOf(flags: NewFlags): RequestOptions {
  const isNamed = namesOf(flags) !== '';
  if (!isNamed && flags.renew === undefined) {
    throw new UsageError(
      'A request needs a name: add --dns, --ip, --email, --upn, --uri or --subject, or --renew',
    );
  }
  if (flags.sameKey === true && flags.renew === undefined) throw new UsageError('--same-key needs --renew');
  const key = windowsKeyOf(flags);
  if (flags.sameKey === true && Object.values(key).some((value) => value !== undefined)) {
    throw new UsageError('With --same-key no new key is made: leave out the options of a key');
  }
  if (key.algorithm === 'ec' && flags.pss === true) throw new UsageError('--pss needs --algorithm rsa');
  const { dns, ip, email, upn, uri, subject, template, friendlyName } = flags;
  return {
    dns,
    ip,
    email,
    upn,
    uri,
    subject,
    template,
    friendlyName,
    location: flags.machine === true ? 'LocalMachine' : undefined,
    usages: flags.usage,
    sameKey: flags.sameKey,
    padding: flags.pss === true ? 'pss' : undefined,
    ...(flags.sameKey !== true && { key }),
    // It is checked without a certificate first.
    ...(flags.renew !== undefined && { renew: flags.renew }),
  };
}
