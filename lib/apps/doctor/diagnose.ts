import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { native } from '../../native/load.js';
import { type Check, type CheckContext, type CheckReport, works } from './check.js';
import { CHECKS } from './checks/index.js';
import { Cleanup } from './cleanup.js';
import { failureOf } from './failure.js';
import { leftovers } from './leftovers.js';
import { type CheckLimits, runCheck } from './run-check.js';

/** What a machine's Windows turned out to be; meant to be sent to others. */
export interface DoctorReport {
  readonly format: 'schannel-doctor/1';
  /** Version of the package. */
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Whether keys and certificates were made for a while. */
  readonly write: boolean;
  /** False when something is broken that the library cannot do without, or something was left behind. */
  readonly ok: boolean;
  /** It was ended before the last check. */
  readonly givenUp: boolean;
  readonly checks: readonly CheckReport[];
  /** What could not be removed again. */
  readonly left: readonly string[];
  /** What is not in this report, on purpose. */
  readonly omitted: string;
}

export interface DoctorOptions {
  /** Version of the package. */
  readonly version: string;
  /** Make throw-away keys and certificates. Default false: only look. */
  readonly write?: boolean | undefined;
  /** Ends it early. What was made is removed in any case. */
  readonly signal?: AbortSignal | undefined;
  /** Hears each result when it is there. */
  readonly onCheck?: ((report: CheckReport) => void) | undefined;
}

const OMITTED =
  'Names of users, machines, keys and certificates, thumbprints, serial numbers, addresses, and every value of the registry that is not about TLS.';

/** Asks this machine everything, one thing after the other. @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM */
export const diagnose = async (options: DoctorOptions): Promise<DoctorReport> =>
  diagnoseWith({ native: native(), run }, CHECKS, options);

/** As {@link diagnose}, with the machine and the questions to choose. */
export async function diagnoseWith(
  machine: Pick<CheckContext, 'native' | 'run'>,
  questions: readonly Check[],
  { version, write = false, signal = new AbortController().signal, onCheck }: DoctorOptions,
  limits: Partial<CheckLimits> = {},
): Promise<DoctorReport> {
  const checks: CheckReport[] = [];
  const left: string[] = [];
  const note = (report: CheckReport): void => {
    checks.push(report);
    onCheck?.(report);
  };
  for (const check of questions) {
    // Nothing lasts longer than the check that made it.
    const cleanup = new Cleanup();
    note(await runCheck(check, { ...machine, version, cleanup, signal }, { write, ...limits }));
    left.push(...(await cleanup.run()));
  }
  if (write) {
    const last = await lookForLeftovers(machine.native, left);
    note(last);
  }
  return {
    format: 'schannel-doctor/1',
    version,
    time: new Date().toISOString(),
    write,
    ok: left.length === 0 && checks.every(({ verdict }) => verdict !== 'broken'),
    givenUp: signal.aborted,
    checks,
    left,
    omitted: OMITTED,
  };
}

/** Lists what is there, rather than believing those who removed it. */
async function lookForLeftovers(system: CheckContext['native'], left: string[]): Promise<CheckReport> {
  const started = performance.now();
  const about = { id: 'leftovers', title: 'Is everything removed again?' };
  const finding = await leftovers(system).then(
    (names) => {
      left.push(...names);
      return names.length === 0
        ? works('No key, certificate or store of this test is left.')
        : { verdict: 'broken' as const, text: `Left behind: ${names.join('; ')}.` };
    },
    (error: unknown) => failureOf(error, true),
  );
  return { ...about, ...finding, milliseconds: Math.round(performance.now() - started) };
}

const run = async (program: string, args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(program, [...args], { windowsHide: true, timeout: 20_000 })).stdout;
