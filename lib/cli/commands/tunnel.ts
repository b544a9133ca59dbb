import { type Command, Option } from 'commander';
import { serverProtocols } from '../../adapters/starttls/server/answer.js';
import { deferred } from '../../base/async/deferred.js';
import { printable } from '../../base/text/printable.js';
import { type CertificateSearch, isSearch } from '../../tls/identity/search.js';
import type {
  ServerTunnelOptions,
  StatusServer,
  StunnelNotice,
  StunnelProcess,
  TunnelOptions,
  Tunnels,
} from '../../tunnel.js';
import { duration, type Duration, readInput, wholeNumber } from '../arguments.js';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES, exitCodeOf } from '../exit-code.js';
import type { CommandNeeds, NeededCertificate } from '../lifecycle.js';
import { toJson } from '../json.js';
import { LogFile } from '../log-file.js';
import { addProxyFlag, proxiesOf, type ProxyFlags } from '../proxy-flags.js';
import { addPeerFlags, type PeerFlags, readCertificates, tlsOptions } from '../tls-options.js';
import { StunnelTeller } from '../stunnel-teller.js';
import type { CommandIO } from '../terminal.js';
import { type Running, startCrew, workOf } from '../tunnel-crew.js';
import { Teller } from '../tunnel-teller.js';
import { UsageError } from '../usage-error.js';

interface TunnelFlags extends PeerFlags, Pick<ProxyFlags, 'proxy'> {
  /** Of this package. */
  readonly version: string;
  readonly proxyProtocol?: ProxyProtocol;
  readonly proxyProtocolFrom?: readonly string[];
  readonly accept?: string;
  readonly connect?: readonly string[];
  readonly allowExec?: boolean;
  readonly check?: boolean;
  readonly print?: boolean;
  readonly watch: boolean;
  readonly retry?: Duration;
  readonly server?: boolean;
  readonly starttls?: Protocol;
  readonly implicitTls?: boolean;
  readonly certificate?: string;
  readonly store?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly clientCertificates?: 'optional' | 'required';
  readonly allowCn?: readonly string[];
  readonly failover: 'prio' | 'rr';
  readonly maxConnections?: number;
  readonly drain?: Duration;
  readonly log?: string;
  readonly for?: Duration;
  readonly workers?: number;
  readonly status?: string;
  readonly statusAnyAddress?: boolean;
  readonly logFormat: 'text' | 'stunnel';
  readonly json?: boolean;
}

/** What a tunnel can ask for TLS in. */
const PROTOCOLS = [
  'smtp',
  'lmtp',
  'imap',
  'pop3',
  'sieve',
  'nntp',
  'ldap',
  'postgres',
  'xmpp',
  'xmpp-server',
  'irc',
  'telnet',
] as const;

type Protocol = (typeof PROTOCOLS)[number];

/** What a header for the target says. */
const PROXY_PROTOCOL = { '1': 1, '2': 2, tls: 'tls', certificate: 'certificate' } as const;

type ProxyProtocol = keyof typeof PROXY_PROTOCOL;

/** Adds `schannel tunnel`. */
export function addTunnelCommand(program: Command, context: CommandContext, version: string): void {
  const command = program
    .command('tunnel')
    .description(
      'Takes connections in the clear and passes them on over TLS, or with --server takes connections over TLS and passes them on in ' +
        'the clear, until you press Ctrl+C. Certificates of servers are verified by Windows.',
    )
    .argument('[file]', 'a stunnel.conf, or what --print wrote: all its tunnels, which follow the file')
    .option('--check', 'only read the file: exit code 0 if it can be used, and otherwise 2 with its line')
    .option('--print', 'write what the file means as JSON')
    .option('--allow-exec', 'the file may name programs, which are started for connections')
    .option('--no-watch', "don't read the file again when it changes")
    .option(
      '--accept <address>',
      'without a file: port or host:port to listen on (default host: 127.0.0.1; with --server all addresses)',
    )
    .option('--connect <address...>', 'port or host:port to connect to; the next one if one fails')
    .option('--server', 'take connections over TLS, and pass them on in the clear')
    .addOption(new Option('--starttls <protocol>', 'use STARTTLS in this protocol').choices(PROTOCOLS))
    .option('--implicit-tls', 'with --server and --starttls, also take clients that begin with TLS')
    .option('--certificate <name>', 'certificate to show: a host name that it is for, or its thumbprint')
    .option('--store <store>', 'store with that certificate (default: CurrentUser\\MY)')
    .option('--cert <file>', 'certificate to show, with its chain (PEM)')
    .option('--key <file>', 'its private key (PEM, not encrypted)')
    .addOption(
      new Option('--client-certificates <rule>', 'with --server, ask clients for certificates').choices([
        'optional',
        'required',
      ]),
    )
    .option('--allow-cn <name...>', 'let through only peers whose certificate has one of these common names')
    .addOption(
      new Option('--failover <order>', 'begin with the first target, or each time with the next one')
        .choices(['prio', 'rr'])
        .default('prio'),
    )
    .addOption(
      new Option(
        '--proxy-protocol <what>',
        'tell the target who has connected, by a header of the PROXY protocol of version 1 or 2; with --server also ' +
          'with what is known about TLS, and the certificate of the client',
      ).choices(Object.keys(PROXY_PROTOCOL)),
    )
    .option(
      '--proxy-protocol-from <address...>',
      'addresses and networks of load balancers, whose connections begin with such a header',
    )
    .option('--max-connections <number>', 'connections at the same time', wholeNumber(1, 1_000_000))
    .option('--drain <time>', 'time for connections to end, for example 10s (default: 30s)', duration)
    .option('--retry <time>', 'try again for so long if an address is not ready yet', duration)
    .option(
      '--workers <number>',
      'processes that share the work, for machines with many cores (default: one)',
      wholeNumber(1, 64),
    )
    .option('--status <address>', 'port or host:port for /status and /metrics, on this machine')
    .option('--status-any-address', 'with --status, let other machines ask')
    .option(
      '--log <file>',
      'also write what it says into this file; - for none, if the file of tunnels names one',
    )
    .option('--for <time>', 'stop after this time, for example 45s or 12h', duration)
    .addOption(
      new Option('--log-format <form>', 'write what goes wrong as text, or everything as stunnel does')
        .choices(['text', 'stunnel'])
        .default('text'),
    )
    .option('--json', 'write each event as one JSON object a line to standard output');
  addProxyFlag(addPeerFlags(command)).action(
    (file: string | undefined, flags: Omit<TunnelFlags, 'version'>) =>
      runTunnel(file, { ...flags, version }, context, command),
  );
}

/** Options that a file takes the place of are refused with it. */
const WITH_FILE: ReadonlySet<string> = new Set([
  ...['allowExec', 'check', 'print', 'watch', 'retry', 'maxConnections', 'drain', 'for', 'json'],
  ...['status', 'statusAnyAddress', 'log', 'logFormat', 'workers'],
]);

async function runTunnel(
  file: string | undefined,
  flags: TunnelFlags,
  context: CommandContext,
  command: Command,
): Promise<void> {
  const { io, tunnel: library, workers, exit, lifecycle } = context;
  checkArguments(file, command);
  if (file !== undefined && flags.print === true) {
    io.stdout.write(`${toJson(await library.planTunnelFile(file), 2)}\n`);
    return;
  }
  const opened = await told(tellerFor(flags, io, workers.number), exit, () => open(file, flags, context));
  if (opened === null) return;
  if (flags.check !== true && !lifecycle.begin(() => needsOf(file, flags, opened))) {
    await opened.close({ drain: 0 });
    return;
  }
  const log = flags.check === true ? null : logOf(flags, opened.process(), context);
  const teller = tellerFor(flags, log?.beside(io) ?? io, workers.number);
  try {
    await told(teller, exit, () => runOpened(opened, flags, context, teller));
  } finally {
    await log?.close();
  }
}

type AnyTeller = Teller | StunnelTeller;

/** @throws {UsageError} */
function tellerFor(
  { logFormat, json, workers }: TunnelFlags,
  io: CommandIO,
  worker: number | null,
): AnyTeller {
  if (logFormat === 'text') return new Teller(io, json === true, worker);
  if (workers !== undefined) throw new UsageError('--workers and --log-format stunnel exclude each other');
  if (json === true) throw new UsageError('--json and --log-format stunnel exclude each other');
  return new StunnelTeller(io);
}

/** @returns null if it has failed, and that has been said. @throws what `work` does, if it has not */
async function told<Value>(
  teller: AnyTeller,
  exit: CommandContext['exit'],
  work: () => Promise<Value>,
): Promise<Value | null> {
  try {
    return await work();
  } catch (error) {
    if (!teller.failed(error)) throw error;
    exit(exitCodeOf(error));
    return null;
  }
}

/** The log file of the command line, or else of the file of tunnels. */
function logOf(
  { log, logFormat }: TunnelFlags,
  named: StunnelProcess,
  { io, workers }: CommandContext,
): LogFile | null {
  // What a worker writes, the first process reads.
  if (workers.number !== null) return null;
  const file = log ?? named.output ?? '-';
  if (file === '-' || file.startsWith('/dev/std')) return null;
  return new LogFile({
    ...{ file, overwrite: named.log === 'overwrite', now: () => new Date() },
    // Lines of stunnel have their time.
    isTimed: logFormat === 'stunnel',
    failed: ({ message }) => io.stderr.write(`The log can't be written: ${printable(message)}\n`),
  });
}

async function runOpened(
  opened: Opened,
  flags: TunnelFlags,
  context: CommandContext,
  teller: AnyTeller,
): Promise<void> {
  const { web, workers, exit, lifecycle } = context;
  if (workers.number !== null) {
    teller.listenTo(opened.tunnels);
    await workers.work(() => opened.listen(listenOf(flags)), workOf(opened.tunnels, opened));
    return;
  }
  teller.configured(opened.notices, opened.process().debug);
  if (flags.check === true) {
    teller.checked(opened.tunnels.tunnels.length);
    return;
  }
  const ended = deferred();
  const start = async (): Promise<Running> => {
    teller.listenTo(opened.tunnels);
    const running = await unlessEnded(opened, flags, lifecycle, ended.resolve, (signal) =>
      flags.workers === undefined || !(teller instanceof Teller)
        ? startHere(opened, flags, teller, context)
        : startWorkers(flags.workers, opened, flags, teller, context, signal),
    );
    const stopReloading = opened.reload === null ? () => undefined : lifecycle.onReload(opened.reload);
    return {
      close: async () => {
        stopReloading();
        return running.close();
      },
    };
  };
  const cutOff = await web.runService(start, { stop: ended.promise, report: lifecycle.report });
  teller.ended();
  if (cutOff === 0) return;
  teller.complain(`${String(cutOff)} connections were cut off`);
  exit(EXIT_CODES.cutOff);
}

/**
 * A start that ends early if the command is ended meanwhile: addresses may be tried again for a long time.
 *
 * @param ended is called when the command is ended
 * @throws why it can't start
 */
async function unlessEnded(
  opened: Opened,
  flags: TunnelFlags,
  lifecycle: CommandContext['lifecycle'],
  ended: () => void,
  start: (signal: AbortSignal) => Promise<Running>,
): Promise<Running> {
  // It keeps the process alive, also if the tunnels can't listen.
  const wait = new AbortController();
  const stop = new AbortController();
  let isStarting = true;
  void lifecycle.untilEnded(flags.for, wait.signal).then(async () => {
    ended();
    if (!isStarting) return;
    stop.abort();
    await opened.close({ drain: 0 });
  });
  try {
    return await start(stop.signal);
  } catch (error) {
    isStarting = false;
    wait.abort();
    if (stop.signal.aborted) return { close: () => Promise.resolve(0) };
    throw error;
  } finally {
    isStarting = false;
  }
}

const listenOf = ({ retry }: TunnelFlags): { retry: number } => ({ retry: retry?.milliseconds ?? 0 });

async function startHere(
  opened: Opened,
  flags: TunnelFlags,
  teller: AnyTeller,
  context: CommandContext,
): Promise<Running> {
  const status = await statusOf(opened.tunnels, flags, context);
  try {
    await opened.listen(listenOf(flags));
  } catch (error) {
    await status?.close();
    throw error;
  }
  teller.ready();
  if (status !== null) teller.status(status.address ?? '');
  return {
    close: async () => {
      const cutOff = await opened.close({ drain: flags.drain?.milliseconds });
      await status?.close();
      return cutOff;
    },
  };
}

/** The time to drain if nothing is said. */
const DRAIN_MS = 30_000;

/** Each worker runs the same command; only this process watches the file. */
async function startWorkers(
  count: number,
  opened: Opened,
  { status, statusAnyAddress, version, drain }: TunnelFlags,
  teller: Teller,
  { args, workers }: CommandContext,
  signal: AbortSignal,
): Promise<Running> {
  const running = await startCrew(
    opened.tunnels,
    {
      count,
      args: opened.reload === null ? args : [...args, '--no-watch'],
      status: status === undefined ? null : { accept: status, anyAddress: statusAnyAddress },
      version,
      drain: drain?.milliseconds ?? DRAIN_MS,
    },
    teller,
    workers,
    signal,
  );
  opened.follow();
  return {
    close: async () => {
      await opened.close({ drain: 0 });
      return running.close();
    },
  };
}

/** Begins before the tunnels do, so that nothing is missing. It shows how they start, and how they drain. */
function statusOf(
  tunnels: Tunnels,
  { status, statusAnyAddress, version }: TunnelFlags,
  { tunnel: library }: CommandContext,
): Promise<StatusServer> | null {
  if (status === undefined) return null;
  return library.serveTunnelStatus(tunnels, { accept: status, anyAddress: statusAnyAddress, version });
}

/** The tunnels of a file or of the command line. */
interface Opened {
  readonly tunnels: Tunnels;
  readonly notices: () => readonly StunnelNotice[];
  readonly process: () => StunnelProcess;
  /** All files that were read. */
  readonly files: readonly string[];
  readonly listen: Tunnels['listen'];
  readonly close: Tunnels['close'];
  /** Null without a file. */
  readonly reload: (() => Promise<void>) | null;
  /** Reads the file again when it changes, without listening. */
  readonly follow: () => void;
}

async function open(
  file: string | undefined,
  flags: TunnelFlags,
  { io, tunnel: library }: CommandContext,
): Promise<Opened> {
  if (file === undefined) {
    const tunnels = library.createTunnels([await optionsOf(flags, io)]);
    return {
      tunnels,
      notices: () => [],
      process: () => ({}),
      files: [],
      listen: (options) => tunnels.listen(options),
      close: (options) => tunnels.close(options),
      reload: null,
      follow: () => undefined,
    };
  }
  const { maxConnections } = flags;
  const opened = await library.openTunnelFile(file, {
    watch: flags.watch,
    ...(flags.allowExec === true && { allowPrograms: true }),
    passphrase: io.env['SCHANNEL_PASSWORD'],
    ...(maxConnections !== undefined && {
      adapt: (options) => ({ ...options, limits: { ...options.limits, connections: maxConnections } }),
    }),
  });
  return {
    tunnels: opened.tunnels,
    notices: () => opened.notices,
    process: () => opened.process,
    files: opened.files,
    listen: (options) => opened.listen(options),
    close: (options) => opened.close(options),
    reload: () => opened.reload(),
    follow: () => opened.follow(),
  };
}

/** @throws {UsageError} */
function checkArguments(file: string | undefined, command: Command): void {
  const given = command.options.filter(
    (option) => command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (command.getOptionValue('statusAnyAddress') === true && command.getOptionValue('status') === undefined)
    throw new UsageError('--status-any-address needs --status');
  if (file === undefined && command.getOptionValue('allowExec') === true)
    throw new UsageError('--allow-exec needs a file');
  if (file !== undefined) {
    const other = given.find((option) => !WITH_FILE.has(option.attributeName()));
    if (other !== undefined) throw new UsageError(`${other.long ?? ''} is not possible with a file`);
    return;
  }
  const ofFile = given.find((option) => ['check', 'print', 'watch'].includes(option.attributeName()));
  if (ofFile !== undefined) throw new UsageError(`${ofFile.long ?? ''} needs a file`);
  for (const name of ['accept', 'connect']) {
    if (command.getOptionValue(name) === undefined) throw new UsageError(`A file or --${name} is required`);
  }
}

/** The certificate that a program chooses itself is not known before. */
function certificatesOf({ certificate }: { readonly certificate?: unknown }): NeededCertificate[] {
  return isSearch(certificate) ? [{ search: certificate, required: true }] : [];
}

/** The programs that are started as targets. */
const programsOf = ({ tunnels }: Tunnels): string[] =>
  tunnels
    .flatMap(({ settings }) => [
      ...settings.connect,
      ...(settings.mode === 'server'
        ? [...settings.routes.flatMap(({ connect }) => connect), ...(settings.redirect ?? [])]
        : []),
    ])
    .flatMap((target) => ('program' in target ? [target.program] : []));

/** For who runs it with the rights of another account. */
function needsOf(file: string | undefined, flags: TunnelFlags, opened: Opened): CommandNeeds {
  const { tunnels } = opened;
  const files = [file, flags.cert, flags.key, ...(flags.ca ?? []), ...opened.files, ...programsOf(tunnels)];
  return {
    files: files.filter((each) => each !== undefined),
    paths: flags.log === undefined || flags.log === '-' ? [] : [flags.log],
    certificates: tunnels.tunnels.flatMap(({ settings }) => [
      ...certificatesOf(settings.tls),
      ...(settings.mode === 'server' ? settings.routes.flatMap(({ tls = {} }) => certificatesOf(tls)) : []),
    ]),
    stopsWithin: flags.drain?.milliseconds ?? DRAIN_MS,
  };
}

/** @throws {UsageError} */
async function optionsOf(flags: TunnelFlags, io: CommandContext['io']): Promise<TunnelOptions> {
  const { server, starttls, implicitTls, clientCertificates, allowCn, maxConnections, failover } = flags;
  const common = {
    accept: flags.accept ?? '',
    connect: flags.connect ?? [],
    failover,
    ...(allowCn !== undefined && { allow: { commonName: allowCn } }),
    ...(maxConnections !== undefined && { limits: { connections: maxConnections } }),
    ...proxyProtocolOf(flags),
  };
  if (server !== true) {
    if (clientCertificates !== undefined) throw new UsageError('--client-certificates is for --server');
    if (implicitTls === true) throw new UsageError('--implicit-tls is for --server');
    const through = await proxiesOf(flags, io);
    return {
      ...{ mode: 'client', ...common, starttls },
      ...(through.length > 0 && { through }),
      tls: { ...tlsOptions(flags), ...identityOf(flags) },
    };
  }
  if (flags.proxy !== undefined) throw new UsageError('--proxy is not possible with --server');
  if (flags.servername !== undefined || flags.dangerAcceptAnyCertificate === true) {
    throw new UsageError('--servername and --danger-accept-any-certificate are not possible with --server');
  }
  if (allowCn !== undefined && clientCertificates === undefined) {
    throw new UsageError('--allow-cn needs --client-certificates with --server');
  }
  const identity = identityOf(flags);
  if (Object.keys(identity).length === 0)
    throw new UsageError('--server needs --certificate, or --cert and --key');
  return {
    mode: 'server',
    ...common,
    ...serverStartTls(flags),
    certificateOptional: clientCertificates === 'optional',
    tls: { ...tlsOptions(flags), ...identity, requestCert: clientCertificates !== undefined },
  };
}

function proxyProtocolOf({
  proxyProtocol,
  proxyProtocolFrom,
}: TunnelFlags): Pick<TunnelOptions, 'proxyProtocol'> {
  if (proxyProtocol === undefined && proxyProtocolFrom === undefined) return {};
  return {
    proxyProtocol: {
      ...(proxyProtocol !== undefined && { out: PROXY_PROTOCOL[proxyProtocol] }),
      ...(proxyProtocolFrom !== undefined && { in: proxyProtocolFrom }),
    },
  };
}

/** @throws {UsageError} */
function serverStartTls({
  starttls,
  implicitTls,
}: TunnelFlags): Pick<ServerTunnelOptions, 'starttls' | 'implicitTls'> {
  if (starttls === undefined) {
    if (implicitTls === true) throw new UsageError('--implicit-tls needs --starttls');
    return {};
  }
  const protocol = serverProtocols.find((each) => each === starttls);
  if (protocol === undefined)
    throw new UsageError(`With --server, --starttls is one of ${serverProtocols.join(', ')}`);
  return { starttls: protocol, ...(implicitTls === true && { implicitTls }) };
}

/** @throws {UsageError} */
function identityOf({ certificate, store, cert, key }: TunnelFlags): {
  certificate?: CertificateSearch;
  cert?: Buffer;
  key?: Buffer;
} {
  if (certificate === undefined) {
    if (store !== undefined) throw new UsageError('--store is for --certificate');
    if (cert === undefined && key === undefined) return {};
    if (cert === undefined || key === undefined) throw new UsageError('--cert and --key belong together');
    return { cert: readCertificates(cert), key: readInput(key, '--key') };
  }
  if (cert !== undefined || key !== undefined)
    throw new UsageError('--certificate and --cert exclude each other');
  const digits = certificate.replace(/[\s:]/g, '');
  const isThumbprint = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(digits);
  return {
    certificate: {
      ...(isThumbprint ? { thumbprint: digits } : { dns: certificate }),
      ...(store !== undefined && { store }),
    },
  };
}
