import type { Command } from 'commander';
import type { CheckReport, Verdict } from '../../apps/doctor/check.js';
import type { DoctorOptions, DoctorReport } from '../../apps/doctor/diagnose.js';
import type { Statement } from '../../apps/doctor/summary.js';
import { printable } from '../../base/text/printable.js';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES, type ExitCode } from '../exit-code.js';
import { styleFor, type Style } from '../terminal.js';
import { toJson } from '../json.js';
import { UsageError } from '../usage-error.js';
import {
  addDoctorConnectFlags,
  checkDoctorConnectFlags,
  type DoctorConnectFlags,
} from './doctor-connect-flags.js';

/** What `schannel doctor` needs of the library. */
export type Diagnose = (options: DoctorOptions) => Promise<DoctorReport>;

interface DoctorFlags extends DoctorConnectFlags {
  readonly write?: boolean;
}

/** Adds `schannel doctor`. Its report can be sent to others. */
export function addDoctorCommand(program: Command, context: CommandContext, version: string): void {
  const command = program
    .command('doctor')
    .description(
      'Checks what Windows can do: versions, policies, stores, key providers, and TLS within this process. It changes nothing, unless --write is given: then it also creates temporary keys and certificates for this user, and removes them.\n' +
        'With --connect it says instead why this machine can or cannot connect to a server: what both have in common and what decides that, the name and the chain of the certificate, its revocation, and whether the server asks for a certificate that is here. It opens many connections to the server: only ask about servers that you may test.',
    )
    .option('--write', 'also create temporary keys and certificates, and remove them')
    .option('--json', 'print one JSON object; without --connect it can be sent to others');
  addDoctorConnectFlags(command).action(async (flags: DoctorFlags) => {
    const { connect } = flags;
    checkDoctorConnectFlags(flags);
    if (connect !== undefined && flags.write)
      throw new UsageError('--write and --connect exclude each other');
    if (connect === undefined) context.exit(await runDoctor(version, flags, context));
    else {
      const { runDoctorConnect } = await import('./doctor-connect.js');
      context.exit(await runDoctorConnect(connect, flags, context));
    }
  });
}

async function runDoctor(
  version: string,
  { write = false, json = false }: DoctorFlags,
  { io: { stdout, stderr, env }, diagnose }: CommandContext,
): Promise<ExitCode> {
  const abort = new AbortController();
  // What was created is removed before the process ends.
  const giveUp = (): void => {
    abort.abort();
  };
  const { isTTY = false } = stderr;
  const clear = isTTY ? '\r\u001b[2K' : '';
  const onProgress = (done: number, all: number, title: string): void => {
    if (isTTY) stderr.write(`${clear}${done + 1} of ${all}: ${title.slice(0, WIDEST)}`);
  };
  process.once('SIGINT', giveUp);
  try {
    const report = await diagnose({ version, write, signal: abort.signal, onProgress });
    stderr.write(clear);
    if (json) stdout.write(`${toJson(report, 2)}\n`);
    const out = json ? stderr : stdout;
    const style = styleFor(out, env);
    for (const line of formatReport(report, style)) out.write(`${line}\n`);
    return report.ok && !report.givenUp ? EXIT_CODES.ok : EXIT_CODES.failure;
  } finally {
    process.off('SIGINT', giveUp);
  }
}

/** Of a line that shows how far it is. */
const WIDEST = 60;
const WIDTH = 9;

/** What a person wants to know first; then what it takes to know why. */
const formatReport = (report: DoctorReport, style: Style): string[] => [
  ...report.summary.flatMap((statement) => formatStatement(statement, style)),
  ...(report.summary.length > 0 ? ['', style.bold('In detail'), ''] : []),
  ...report.checks.map((check) => formatCheck(check, style)),
  ...formatEnd(report, style),
];

function formatStatement({ verdict, subject, meaning }: Statement, style: Style): string[] {
  const paint: Readonly<Record<Statement['verdict'], (text: string) => string>> = {
    works: (text) => style.good(text),
    partly: (text) => style.bold(text),
    fails: (text) => style.bad(text),
    absent: (text) => text,
    unknown: (text) => style.dim(text),
  };
  const first = `${paint[verdict](verdict.padEnd(WIDTH))}  ${subject}`;
  return meaning === null ? [first] : [first, `${' '.repeat(WIDTH + 2)}${printable(meaning)}`];
}

function formatCheck({ verdict, title, text }: CheckReport, style: Style): string {
  return `${mark(style)[verdict](verdict.padEnd(WIDTH))}  ${title} ${printable(text)}`;
}

const mark = (style: Style): Readonly<Record<Verdict, (text: string) => string>> => ({
  works: (text) => style.good(text),
  found: (text) => style.bold(text),
  absent: (text) => text,
  'not tried': (text) => style.dim(text),
  broken: (text) => style.bad(text),
});

function formatEnd({ ok, givenUp, left, checks }: DoctorReport, style: Style): string[] {
  const broken = checks.filter(({ verdict }) => verdict === 'broken').length;
  return [
    '',
    ...left.map((what) => style.bad(`not removed: ${printable(what)}`)),
    ...(givenUp ? ['Cancelled before the end.'] : []),
    ok
      ? style.good('Nothing is broken.')
      : style.bad(broken === 0 ? 'Not everything could be removed.' : `Broken: ${broken}.`),
  ];
}
