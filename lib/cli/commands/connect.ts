import type { Command } from 'commander';
import { Option } from 'commander';
import type { ProxyAttempt } from '../../adapters/proxy/choose-proxy.js';
import { hostAndPort, type ThroughStep } from '../../adapters/proxy/steps.js';
import { startTlsProtocols, type StartTlsProtocolName } from '../../adapters/starttls/start-tls.js';
import { untilSecure } from '../../adapters/starttls/until-secure.js';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import type { CommandContext } from '../command-context.js';
import { formatInspection, inspect, type Inspection } from '../../formats/description/connection.js';
import { deadlineAfter } from '../deadline.js';
import { errorFacts, formatError } from '../describe-error.js';
import { EXIT_CODES, exitCodeOf, type ExitCode } from '../exit-code.js';
import { parseHostAndPort, type HostAndPort } from '../host-and-port.js';
import { formatAttempt } from '../describe-proxy.js';
import { addProxyFlags, deciderOf, throughOf, type ProxyFlags } from '../proxy-flags.js';
import { styleFor } from '../terminal.js';
import type { CommandTls, SecureSocket } from '../tls.js';
import { addTlsFlags, tlsOptions, type TlsFlags } from '../tls-options.js';
import { toJson } from '../json.js';

interface ConnectFlags extends TlsFlags, ProxyFlags {
  readonly starttls?: StartTlsProtocolName;
  readonly alpn?: readonly string[];
}

/** Adds `schannel connect`. The exit code is the verdict. */
export function addConnectCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('connect')
    .description(
      'Connects, shows the negotiated parameters, the certificates and how trust was decided, and closes the connection.',
    )
    .argument('<host:port>', 'server; put an IPv6 address in brackets')
    .addOption(
      new Option('--starttls <protocol>', 'use STARTTLS in this protocol').choices(startTlsProtocols),
    )
    .option('--alpn <name...>', 'application protocols to offer, in order of preference');
  addTlsFlags(addProxyFlags(command)).action(async (target: string, flags: ConnectFlags) => {
    context.exit(await runConnect(parseHostAndPort(target), flags, context));
  });
}

async function runConnect(
  target: HostAndPort,
  flags: ConnectFlags,
  { tls, io }: CommandContext,
): Promise<ExitCode> {
  const { stdout, stderr, env } = io;
  const options = tlsOptions(flags);
  const way = await wayOf(flags, io);
  const deadline = deadlineAfter(flags.timeout, `The connection to ${target.host}:${target.port}`);
  const socket = await open(target, way, flags, tls, deadline.signal).catch((error: unknown) => {
    if (way.attempt !== null) stderr.write(`${formatAttempt(way.attempt).join('\n')}\n`);
    throw deadline.explain(error);
  });
  const { inspection, fault } = examine(socket, options.ca === undefined ? 'windows' : 'ca');
  const accepted = fault === null || !options.rejectUnauthorized;
  if (flags.json) {
    const error = fault === null ? null : errorFacts(fault);
    stdout.write(
      `${toJson({ ok: accepted, target, ...(way.attempt && { proxy: factsOf(way.attempt) }), ...inspection, error }, 2)}\n`,
    );
  } else {
    stdout.write(`${report(target, way, flags, inspection, fault, styleFor(stdout, env)).join('\n')}\n`);
  }
  if (accepted) return EXIT_CODES.ok;
  const code = exitCodeOf(fault);
  return code === EXIT_CODES.failure ? EXIT_CODES.certificate : code;
}

/** Proxies from addresses, or who decides about them and what was decided last. */
interface Way {
  readonly through: readonly ThroughStep<object>[];
  readonly decider: 'system' | 'environment' | null;
  attempt: ProxyAttempt | null;
}

async function wayOf(flags: ConnectFlags, io: CommandContext['io']): Promise<Way> {
  const decider = deciderOf(flags);
  return { decider, through: decider === null ? await throughOf(flags, io) : [], attempt: null };
}

const factsOf = ({ proxy, proxies, source, reason, problem }: ProxyAttempt): object => ({
  proxy,
  proxies,
  source,
  reason,
  problem: problem === null ? null : problem.message,
});

/** Closes the connection in any case: an open one keeps the process alive. */
function examine(
  socket: SecureSocket,
  anchors: 'windows' | 'ca',
): { readonly inspection: Inspection; readonly fault: Error | null } {
  try {
    const inspection = inspect(socket, anchors);
    return { inspection, fault: inspection.trust.authorized ? null : reasonOf(socket) };
  } finally {
    socket.destroy();
  }
}

/** Accepts any certificate for now: an untrusted one has to be shown too. */
async function open(
  target: HostAndPort,
  way: Way,
  flags: ConnectFlags,
  tls: CommandTls,
  signal: AbortSignal,
): Promise<SecureSocket> {
  // The deadline of the command is shorter.
  const socket = await tls.connectThrough({
    ...target,
    ...(way.decider === null ? { through: way.through } : { proxy: way.decider, proxyAuth: flags.proxyAuth }),
    onProxy: (attempt) => {
      way.attempt = attempt;
    },
    signal,
    timeout: LONGEST_TIMER_MS,
  });
  const options = {
    ...tlsOptions(flags),
    rejectUnauthorized: false,
    host: target.host,
    ...(flags.alpn === undefined ? {} : { ALPNProtocols: [...flags.alpn] }),
  };
  try {
    if (flags.starttls !== undefined)
      return await tls.startTls(socket, { ...options, protocol: flags.starttls, signal });
    return await untilSecure(tls.connect({ ...options, socket }), signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Why the server is not trusted. node:tls gives only the code of the error. */
function reasonOf(socket: SecureSocket): Error {
  const reason: unknown = socket.verification?.error ?? socket.authorizationError;
  if (reason instanceof Error) return reason;
  return Object.assign(new Error(`The certificate is not accepted: ${String(reason)}`), {
    code: String(reason),
    phase: 'verify',
  });
}

function report(
  target: HostAndPort,
  { through, attempt }: Way,
  flags: ConnectFlags,
  inspection: Inspection,
  fault: Error | null,
  style: ReturnType<typeof styleFor>,
): string[] {
  const by = flags.starttls === undefined ? '' : `, STARTTLS (${flags.starttls})`;
  const proxies = through
    .flatMap((step) => (step.protocol === 'proxy' ? [] : `, through ${hostAndPort(step)}`))
    .join('');
  const verdict =
    fault === null
      ? [style.good('accepted')]
      : [`${style.bad('not accepted')}${flags.dangerAcceptAnyCertificate ? ', but used anyway' : ''}`, ''];
  return [
    style.bold(`${target.host}:${target.port}${proxies}${by}`),
    ...(attempt === null ? [] : formatAttempt(attempt)),
    ...formatInspection(inspection, style, '--ca'),
    '',
    `${style.bold('Verdict')} ${verdict.join('\n')}`.trimEnd(),
    ...(fault === null ? [] : formatError(fault, style)),
  ];
}
