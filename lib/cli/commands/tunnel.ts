import { type Command, Option } from 'commander';
import { deferred } from '../../base/async/deferred.js';
import { printable } from '../../base/text/printable.js';
import type { CertificateSearch } from '../../tls/identity/search.js';
import type { ConnectionFacts, Tunnel, TunnelOptions } from '../../tunnel.js';
import { duration, type Duration, readInput, wholeNumber } from '../arguments.js';
import type { CommandContext } from '../command-context.js';
import { errorFacts } from '../describe-error.js';
import { untilEnded } from '../ending.js';
import { EXIT_CODES } from '../exit-code.js';
import { toJson } from '../json.js';
import { addPeerFlags, type PeerFlags, readCertificates, tlsOptions } from '../tls-options.js';
import { UsageError } from '../usage-error.js';

interface TunnelFlags extends PeerFlags {
  readonly accept: string;
  readonly connect: readonly string[];
  readonly server?: boolean;
  readonly starttls?: Protocol;
  readonly certificate?: string;
  readonly store?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly clientCertificates?: 'optional' | 'required';
  readonly allowCn?: readonly string[];
  readonly failover: 'prio' | 'rr';
  readonly maxConnections?: number;
  readonly drain?: Duration;
  readonly for?: Duration;
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
] as const;

type Protocol = (typeof PROTOCOLS)[number];

/** Adds `schannel tunnel`. */
export function addTunnelCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('tunnel')
    .description(
      'Takes connections in the clear and passes them on over TLS, or with --server takes connections over TLS and passes them on in ' +
        'the clear, until you press Ctrl+C. Certificates of servers are verified by Windows.',
    )
    .requiredOption(
      '--accept <address>',
      'port or host:port to listen on (default host: 127.0.0.1; with --server all addresses)',
    )
    .requiredOption('--connect <address...>', 'port or host:port to connect to; the next one if one fails')
    .option('--server', 'take connections over TLS, and pass them on in the clear')
    .addOption(new Option('--starttls <protocol>', 'use STARTTLS in this protocol').choices(PROTOCOLS))
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
    .option('--max-connections <number>', 'connections at the same time', wholeNumber(1, 1_000_000))
    .option('--drain <time>', 'time for connections to end, for example 10s (default: 30s)', duration)
    .option('--for <time>', 'stop after this time, for example 45s or 12h', duration)
    .option('--json', 'write each event as one JSON object a line to standard output');
  addPeerFlags(command).action((flags: TunnelFlags) => runTunnel(flags, context));
}

async function runTunnel(
  flags: TunnelFlags,
  { io, tunnel: library, web, exit }: CommandContext,
): Promise<void> {
  const say = (facts: object, line: string): void => {
    io.stdout.write(`${flags.json === true ? toJson(facts) : line}\n`);
  };
  const complain = (text: string): void => {
    if (flags.json !== true) io.stderr.write(`${printable(text)}\n`);
  };
  const ended = deferred();
  const start = async (): Promise<{ close: () => Promise<number> }> => {
    const tunnel = library.createTunnel(optionsOf(flags));
    report(tunnel, flags.json === true, say, complain);
    await tunnel.listen();
    // If it could not listen, nobody would end the wait.
    void untilEnded(flags.for).then(ended.resolve);
    const { accept, targets } = tunnel.status();
    const to = targets.map(({ address }) => address).join(', ');
    say(
      { ok: true, event: 'listening', accept, targets: targets.map(({ address }) => address) },
      `listening on ${accept} → ${to}`,
    );
    return { close: () => tunnel.close({ drain: flags.drain?.milliseconds }) };
  };
  const cutOff = await web.runService(start, { stop: ended.promise });
  if (cutOff === 0) return;
  complain(`${cutOff} connections were cut off`);
  exit(EXIT_CODES.cutOff);
}

/** What goes wrong is written in any case; with --json everything that happens is. */
function report(
  tunnel: Tunnel,
  isJson: boolean,
  say: (facts: object, line: string) => void,
  complain: (text: string) => void,
): void {
  const failed = (connection: ConnectionFacts, error: Error): void => {
    const from = connection.from === '' ? '' : ` from ${connection.from}`;
    complain(`connection ${connection.id}${from}: ${error.message}`);
  };
  tunnel.on('warning', (error) => {
    if (isJson) say({ event: 'warning', error: errorFacts(error) }, '');
    else complain(error.message);
  });
  tunnel.on('refused', failed);
  tunnel.on('close', (connection, error) => error && failed(connection, error));
  if (!isJson) return;
  for (const event of ['connection', 'connected', 'secure', 'open', 'close', 'refused'] as const) {
    tunnel.on(event, (connection: ConnectionFacts, error?: Error | null) => {
      say({ event, connection, ...(error != null && { error: errorFacts(error) }) }, '');
    });
  }
  tunnel.on('certificate', ({ current: { subject, thumbprint, validTo } }) => {
    say({ event: 'certificate', subject, thumbprint, validTo }, '');
  });
}

/** @throws {UsageError} */
function optionsOf(flags: TunnelFlags): TunnelOptions {
  const { server, starttls, clientCertificates, allowCn, maxConnections, failover } = flags;
  const common = {
    accept: flags.accept,
    connect: flags.connect,
    failover,
    ...(allowCn !== undefined && { allow: { commonName: allowCn } }),
    ...(maxConnections !== undefined && { limits: { connections: maxConnections } }),
  };
  if (server !== true) {
    if (clientCertificates !== undefined) throw new UsageError('--client-certificates is for --server');
    return { mode: 'client', ...common, starttls, tls: { ...tlsOptions(flags), ...identityOf(flags) } };
  }
  if (starttls !== undefined) throw new UsageError('--starttls is not possible with --server');
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
    certificateOptional: clientCertificates === 'optional',
    tls: { ...tlsOptions(flags), ...identity, requestCert: clientCertificates !== undefined },
  };
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
