import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { startTlsProtocols, type StartTlsProtocolName } from '../../adapters/starttls/start-tls.js';
import { explainServer } from '../../apps/decide/explain-server.js';
import { diffReports, type Difference } from '../../apps/probe/diff.js';
import { isAtLeast, type Severity } from '../../apps/probe/findings.js';
import { PROBE_CHECKS, type ProbeCheck } from '../../apps/probe/checks.js';
import { probe } from '../../apps/probe/probe.js';
import type { ProbeReport } from '../../apps/probe/report.js';
import { printable } from '../../base/text/printable.js';
import { readInput, seconds, wholeNumber } from '../arguments.js';
import type { CommandContext } from '../command-context.js';
import { formatExplained } from '../describe-decision.js';
import { formatProbe } from '../describe-probe.js';
import { EXIT_CODES, type ExitCode } from '../exit-code.js';
import { parseHostAndPort } from '../host-and-port.js';
import { writeReport } from '../report.js';
import { formatTable } from '../table.js';
import type { Style } from '../terminal.js';
import { UsageError } from '../usage-error.js';

interface ProbeFlags {
  readonly starttls?: StartTlsProtocolName;
  readonly servername?: string;
  readonly checks?: readonly ProbeCheck[];
  readonly parallel?: number;
  readonly timeout?: number;
  readonly gentle?: boolean;
  readonly thorough?: boolean;
  readonly explain?: boolean;
  readonly failOn?: Severity;
  readonly json?: boolean;
}

/** Adds `schannel probe`, which works on any system. */
export function addProbeCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('probe')
    .description(
      'Lists what a TLS server accepts: versions, cipher suites in its order, groups, certificates, ALPN, extensions, resumption and tolerance, and what should be changed. It sends hellos, finishes only the few handshakes of the check sessions, and verifies nothing. Only probe servers that you may test.',
    )
    .argument('<host:port>', 'server; put an IPv6 address in brackets')
    .addOption(
      new Option('--starttls <protocol>', 'ask for TLS in this protocol first').choices(startTlsProtocols),
    )
    .option('--servername <name>', 'name to ask for; default the host')
    .option(
      '--checks <list>',
      `what to test besides versions and suites: ${PROBE_CHECKS.join(', ')}; default all but signatures`,
      checkList,
    )
    .option('--parallel <number>', 'connections at the same time, 1 to 16; default 4', wholeNumber(1, 16))
    .option('--timeout <seconds>', 'time for one connection; default 5', seconds)
    .option('--thorough', 'test signatures too, which takes up to thirty more connections')
    .option('--gentle', 'one connection at a time, with pauses')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 10 for findings as severe as this, or more').choices([
        'note',
        'weak',
        'insecure',
      ]),
    )
    .option(
      '--explain',
      'compare with the TLS settings of this machine, and say what decides; only on Windows',
    )
    .option('--json', 'print one JSON object, schannel-probe/1')
    .action(async (target: string, flags: ProbeFlags) => {
      context.exit(await runProbe(target, flags, context));
    });
  command
    .command('diff')
    .description('Shows what differs between two reports of --json.')
    .argument('<before>', 'file of a report')
    .argument('<after>', 'file of another one')
    .action((before: string, after: string, _flags: object, { parent }: Command) => {
      // The command above has the same option, and takes it.
      context.exit(runDiff(before, after, parent?.opts<ProbeFlags>().json === true, context));
    });
}

function checkList(text: string): ProbeCheck[] {
  return text.split(',').map((name) => {
    const check = PROBE_CHECKS.find((each) => each === name.trim());
    if (check === undefined)
      throw new InvalidArgumentError(`It must be a list of ${PROBE_CHECKS.join(', ')}.`);
    return check;
  });
}

async function runProbe(
  text: string,
  flags: ProbeFlags,
  { io, policy: library }: CommandContext,
): Promise<ExitCode> {
  const { host, port } = parseHostAndPort(text);
  const { starttls, servername, parallel, timeout, gentle, failOn } = flags;
  const checks = flags.checks ?? (flags.thorough ? PROBE_CHECKS : undefined);
  // Before anything is sent: there may be no Windows here.
  const policy = flags.explain ? await library.readPolicy() : null;
  const abort = new AbortController();
  const giveUp = (): void => abort.abort();
  process.once('SIGINT', giveUp);
  try {
    io.stderr.write(`${announcement(host, port, flags)}\n`);
    const report = await probe(
      { host, port, servername, starttls },
      { checks, parallel, gentle, signal: abort.signal, timeout: timeout && timeout * 1000 },
    );
    const role = isThisMachine(host) ? 'server' : 'client';
    const explained = policy && explainServer(policy, role, report);
    writeReport(io, flags, {
      facts: () => (explained === null ? report : { report, explained }),
      lines: (style) => [
        ...formatProbe(report, style),
        ...(explained === null ? [] : formatExplained(explained, style)),
      ],
    });
    const isFailure =
      failOn !== undefined && report.findings.some(({ severity }) => isAtLeast(severity, failOn));
    if (isFailure) return EXIT_CODES.expiring;
    const isSpoken = Object.values(report.versions).some(({ offered }) => offered === true);
    return isSpoken ? EXIT_CODES.ok : EXIT_CODES.tls;
  } finally {
    process.off('SIGINT', giveUp);
  }
}

const isThisMachine = (host: string): boolean =>
  ['localhost', hostname().toLowerCase()].includes(host.toLowerCase()) ||
  (isIP(host) !== 0 && /^(127\.|::1$)/.test(host));

function announcement(host: string, port: number, { parallel = 4, gentle = false }: ProbeFlags): string {
  const manner = gentle ? 'one at a time with pauses' : `${parallel} at a time`;
  return [
    `Probing ${host}:${port} with up to 400 connections, ${manner}. It verifies nothing.`,
    ...(isThisMachine(host) ? [] : ['Only probe servers that you may test.']),
  ].join('\n');
}

function runDiff(before: string, after: string, json: boolean, { io }: CommandContext): ExitCode {
  const differences = diffReports(readReport(before), readReport(after));
  writeReport(
    io,
    { json },
    {
      facts: () => ({ ok: differences.length === 0, differences }),
      lines: (style) => formatDiff(differences, style),
    },
  );
  return differences.length === 0 ? EXIT_CODES.ok : EXIT_CODES.expiring;
}

function formatDiff(differences: readonly Difference[], style: Style): string[] {
  if (differences.length === 0) return ['No difference.'];
  const cell = (text: string | null): string => (text === null ? '–' : printable(text));
  return formatTable(
    ['PART', 'BEFORE', 'AFTER'],
    differences.map(({ part, before, after }) => [part, cell(before), cell(after)]),
    style,
  );
}

/** @throws UsageError for a file that is no report */
function readReport(path: string): ProbeReport {
  const text = readInput(path, path).toString('utf8');
  try {
    const report = JSON.parse(text) as Partial<ProbeReport>;
    if (report.format === 'schannel-probe/1') {
      // Whatever is missing or of another kind makes this fail.
      diffReports(report as ProbeReport, report as ProbeReport);
      return report as ProbeReport;
    }
  } catch {
    // the same for what is no JSON, and for part of a report
  }
  throw new UsageError(`${path} is not a report of schannel probe --json`);
}
