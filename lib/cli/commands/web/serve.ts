import { type Command, Option } from 'commander';
import { defaultNames } from '../../../apps/dev-cert/names.js';
import { deferred } from '../../../base/async/deferred.js';
import { toError } from '../../../base/errors/to-error.js';
import { printable } from '../../../base/text/printable.js';
import type { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import type { AcmeManager } from '../../../acme.js';
import type { ServeOptions, Site } from '../../../web.js';
import { duration, type Duration, portNumber } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { errorFacts } from '../../describe-error.js';
import { EXIT_CODES } from '../../exit-code.js';
import { toJson } from '../../json.js';
import type { CommandNeeds } from '../../lifecycle.js';
import { UsageError } from '../../usage-error.js';
import { addServerFlags, type ServerFlags, serverOf } from '../acme/server-flags.js';

interface ServeFlags extends ServerFlags {
  readonly name?: readonly string[];
  readonly address?: string;
  readonly https: number;
  /** False with --no-http. */
  readonly http: number | false;
  readonly store: string;
  readonly fallback: boolean;
  readonly hsts?: boolean;
  readonly challenges?: string;
  readonly acme?: boolean;
  readonly agreeTerms?: boolean;
  readonly email?: readonly string[];
  /** True for the settings of the machine. */
  readonly settings?: string | true;
  readonly for?: Duration;
  readonly json?: boolean;
}

/** Adds `schannel web serve`. */
export function addServeCommand(web: Command, context: CommandContext): void {
  const command = web
    .command('serve')
    .summary('serve the files of a folder over HTTPS')
    .description(
      'Serves the files of a folder over HTTPS until you press Ctrl+C, with a certificate of the Windows store, and redirects visitors ' +
        'from port 80. While the store has no certificate for the names, a self-signed one is made. With --acme, the real one is ' +
        "got from Let's Encrypt or another ACME server, and renewed. Without --name, only this machine can reach the site.",
    )
    .argument('<folder>', 'folder with the files')
    .option('--name <name...>', 'host names and addresses of the site (default: those of this machine)')
    .option('--address <address>', 'address to listen on (default: all; without --name 127.0.0.1)')
    .option('--https <port>', 'port of HTTPS', portNumber, 443)
    .option('--http <port>', 'port from which visitors are redirected', portNumber, 80)
    .option('--no-http', 'leave the port for visitors without HTTPS closed')
    .option('--store <store>', 'store with the certificates', 'CurrentUser\\MY')
    .option('--no-fallback', 'make no self-signed certificate')
    .option('--hsts', 'tell browsers for 60 days to use HTTPS only')
    .option(
      '--challenges <folder>',
      'answer challenges of ACME that are in this folder: "acme get --challenges"',
    )
    .option('--acme', 'get the certificate from an ACME server, and renew it')
    .option('--agree-terms', "agree to the server's terms, which the first certificate of an account needs")
    .option('--email <address...>', 'where the authority can reach you')
    .addOption(
      new Option(
        '--settings [file]',
        'names, ports, store and TLS versions as on the settings page; certificates are also got and renewed',
      ).conflicts(['name', 'address', 'https', 'http', 'store', 'fallback', 'challenges', 'acme']),
    )
    .option('--for <time>', 'stop after this time, for example 45s or 12h', duration)
    .option('--json', 'write one JSON object a line to standard output');
  addServerFlags(command).action((folder: string, flags: ServeFlags) => runServe(folder, flags, context));
}

async function runServe(folder: string, flags: ServeFlags, context: CommandContext): Promise<void> {
  const { io, web, acme, exit, lifecycle } = context;
  const { name, https, http, store, fallback, hsts } = flags;
  const { address = name === undefined ? '127.0.0.1' : undefined } = flags;
  const say = (facts: object, line: string): void => {
    io.stdout.write(`${flags.json === true ? toJson(facts) : line}\n`);
  };
  const complain = (error: Error): void => {
    if (flags.json === true) say({ event: 'warning', error: errorFacts(error) }, '');
    else io.stderr.write(`${printable(error.message)}\n`);
  };
  const managed = await acmeOf(flags, context);
  const ended = deferred();
  let manager: AcmeManager | null = null;
  const optionsOfFlags = (): ServeOptions => ({
    names: name ?? defaultNames(),
    ...{ address, https, http, store, fallback },
    ...(flags.challenges !== undefined && {
      tokens: acme.httpTokens({ folder: flags.challenges }),
      challenges: acme.tlsAlpn({ folder: flags.challenges }),
    }),
    ...(managed !== undefined && { acme: managed }),
  });
  const optionsOfSettings = async (file: string | true): Promise<ServeOptions> => {
    const { site, acme: saved, problem } = await web.readSettings(file === true ? {} : { file });
    if (problem !== null) complain(problem);
    if (saved !== null) manager = acme.createAcmeManager(saved);
    return site;
  };
  const { settings } = flags;
  const options = settings === undefined ? optionsOfFlags() : await optionsOfSettings(settings);
  const given = [flags.challenges, settings === true ? undefined : settings];
  const needs = (): CommandNeeds => ({
    files: [settings === true ? undefined : settings, ...(flags.ca ?? [])].filter(
      (file) => file !== undefined,
    ),
    paths: [folder, ...given.filter((place) => place !== undefined)],
    certificates: options.names.map((dns) => ({
      search: { dns, ...(options.store !== undefined && { store: options.store }) },
      required: false,
    })),
    changesStores: options.fallback !== false || options.acme !== undefined || settings !== undefined,
    stopsWithin: DRAIN_MS,
  });
  if (!lifecycle.begin(needs)) return;
  const start = async (): Promise<Site> => {
    const site = await web.serve({ ...options, static: folder, hsts });
    // If it could not listen, nobody would end the wait.
    void lifecycle.untilEnded(flags.for).then(ended.resolve);
    manager?.on('failed', ({ error }) => error && complain(error));
    // From now on challenges are answered.
    manager?.start();
    site.on('warning', complain);
    site.on('failure', complain);
    site.on('certificate', ({ current }: { readonly current: CertificateContents }) => announce(current));
    const { urls, httpPort } = site;
    say({ ok: true, event: 'running', urls, httpPort, error: null }, urls.join('\n'));
    // What was found before anybody listened.
    for (const certificate of site.certificates) announce(certificate);
    return site;
  };
  function announce(certificate: CertificateContents): void {
    const { subject, issuer, validTo, thumbprint, isSelfIssued } = certificate;
    const by = isSelfIssued ? 'self-signed' : `by ${printable(issuer)}`;
    say(
      { event: 'certificate', subject, issuer, isSelfIssued, validTo, thumbprint },
      `certificate ${printable(subject)}, ${by}, until ${validTo.toISOString().slice(0, 10)}`,
    );
  }
  const cutOff = await web.runService(start, { stop: ended.promise, report: lifecycle.report });
  await stopped(manager);
  if (cutOff === 0) return;
  complain(toError(`${cutOff} connections were cut off`));
  exit(EXIT_CODES.cutOff);
}

/** What a site gives to answers that are on their way, and a manager to its orders. */
const DRAIN_MS = 20_000;

/** @throws {UsageError} */
async function acmeOf(flags: ServeFlags, { acme }: CommandContext): Promise<ServeOptions['acme']> {
  const { acme: isWanted = false, agreeTerms = false, email = [], challenges: folder } = flags;
  if (!isWanted) {
    if (agreeTerms || email.length > 0 || flags.directory !== undefined || flags.staging === true) {
      throw new UsageError('--agree-terms, --email, --directory and --staging are for --acme');
    }
    return undefined;
  }
  if (flags.name === undefined) throw new UsageError('--acme needs the names of the site: --name');
  return {
    ...(await serverOf(acme, flags)),
    contact: email.map((address) => (address.includes(':') ? address : `mailto:${address}`)),
    termsOfServiceAgreed: agreeTerms,
    // Another process with this folder may answer them.
    ...(folder !== undefined && {
      challenge: flags.http === false ? acme.tlsAlpn({ folder }) : acme.httpTokens({ folder }),
    }),
  };
}

/** The compiler does not see that a manager was made meanwhile. */
const stopped = async (manager: AcmeManager | null): Promise<void> => {
  await manager?.stop();
};
