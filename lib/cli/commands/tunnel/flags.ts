import { type Command, Option } from 'commander';
import { duration, type Duration, wholeNumber } from '../../arguments.js';
import { addProxyFlag, type ProxyFlags } from '../../proxy-flags.js';
import { addPeerFlags, type PeerFlags } from '../../tls-options.js';
import { UsageError } from '../../usage-error.js';

export interface TunnelFlags extends PeerFlags, Pick<ProxyFlags, 'proxy'> {
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
export const PROXY_PROTOCOL = { '1': 1, '2': 2, tls: 'tls', certificate: 'certificate' } as const;

type ProxyProtocol = keyof typeof PROXY_PROTOCOL;

/** Adds the options of `schannel tunnel`. */
export function addTunnelFlags(command: Command): Command {
  command
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
  return addProxyFlag(addPeerFlags(command));
}

/** Options that a file takes the place of are refused with it. */
const WITH_FILE: ReadonlySet<string> = new Set([
  ...['allowExec', 'check', 'print', 'watch', 'retry', 'maxConnections', 'drain', 'for', 'json'],
  ...['status', 'statusAnyAddress', 'log', 'logFormat', 'workers'],
]);

/** @throws {UsageError} */
export function checkArguments(file: string | undefined, command: Command): void {
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
