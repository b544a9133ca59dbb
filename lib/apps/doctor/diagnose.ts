import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { native } from '../../native/load.js';
import { windowsRegistry } from '../../windows/registry/registry.js';
import { type Check, type CheckContext, type CheckReport, type Finding, works } from './check.js';
import { CHECKS } from './checks/index.js';
import { Cleanup } from './cleanup.js';
import { failureOf } from './failure.js';
import { sweepKilledRuns } from './killed-runs.js';
import { leftovers } from './leftovers.js';
import { markOurs } from './names.js';
import { type CheckLimits, runCheck } from './run-check.js';
import { type Statement, summaryOf } from './summary.js';

/** The report about a machine's Windows. It contains nothing private. */
export interface DoctorReport {
  readonly format: 'schannel-doctor/1';
  /** Version of the package. */
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Whether temporary keys and certificates were created. */
  readonly write: boolean;
  /** False if something is broken that the library needs, or something was left behind. */
  readonly ok: boolean;
  /** It was cancelled before the last check. */
  readonly givenUp: boolean;
  /** The results by what they are about. */
  readonly summary: readonly Statement[];
  readonly checks: readonly CheckReport[];
  /** What could not be removed. */
  readonly left: readonly string[];
  /** What this report deliberately leaves out. */
  readonly omitted: string;
}

export interface DoctorOptions {
  /** Version of the package. */
  readonly version: string;
  /** Create temporary keys and certificates. Default false: only read. */
  readonly write?: boolean | undefined;
  /** Cancels it. What was created is removed in any case. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each check, with how many there are. */
  readonly onProgress?: ((done: number, all: number, title: string) => void) | undefined;
  /** Called with each result. */
  readonly onCheck?: ((report: CheckReport) => void) | undefined;
}

const OMITTED =
  'Names of users, machines, keys and certificates, thumbprints, serial numbers, addresses, and every value of the registry that is not about TLS.';

/** Runs all checks on this machine, one after another. @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM */
export async function diagnose(options: DoctorOptions): Promise<DoctorReport> {
  const addon = native();
  return diagnoseWith({ native: addon, registry: windowsRegistry(addon), run }, CHECKS, options);
}

/** As {@link diagnose}, with a given machine and given checks. */
export async function diagnoseWith(
  machine: Machine,
  questions: readonly Check[],
  { version, write = false, signal = new AbortController().signal, onProgress, onCheck }: DoctorOptions,
  limits: Partial<CheckLimits> = {},
): Promise<DoctorReport> {
  const checks: CheckReport[] = [];
  const left: string[] = [];
  const note = (report: CheckReport): void => {
    checks.push(report);
    onCheck?.(report);
  };
  const ask = async (): Promise<void> => {
    for (const [done, check] of questions.entries()) {
      onProgress?.(done, questions.length, check.title);
      // Nothing outlives the check that created it.
      const cleanup = new Cleanup();
      note(await runCheck(check, { ...machine, version, cleanup, signal }, { write, ...limits }));
      left.push(...(await cleanup.run()));
    }
  };
  if (write) {
    const unmark = markOurs(machine.native);
    try {
      note(await sweep(machine));
      await ask();
      note(await lookForLeftovers(machine.native, left));
    } finally {
      unmark();
    }
  } else await ask();
  return {
    format: 'schannel-doctor/1',
    version,
    time: new Date().toISOString(),
    write,
    ok: left.length === 0 && checks.every(({ verdict }) => verdict !== 'broken'),
    givenUp: signal.aborted,
    summary: summaryOf(checks),
    checks,
    left,
    omitted: OMITTED,
  };
}

type Machine = Pick<CheckContext, 'native' | 'registry' | 'run'>;

const sweep = (machine: Machine): Promise<CheckReport> =>
  timed('killed-runs', 'What did earlier runs leave that were killed?', false, () =>
    sweepKilledRuns(machine),
  );

/** Lists what is there instead of trusting the removal. */
const lookForLeftovers = (system: CheckContext['native'], left: string[]): Promise<CheckReport> =>
  timed('leftovers', 'Is everything removed again?', true, async () => {
    const names = await leftovers(system);
    left.push(...names);
    return names.length === 0
      ? works('No key or certificate of this test is left.')
      : { verdict: 'broken', text: `Left behind: ${names.join('; ')}.` };
  });

/** A step around the checks: a failure is its result. */
async function timed(
  id: string,
  title: string,
  vital: boolean,
  step: () => Promise<Finding>,
): Promise<CheckReport> {
  const started = performance.now();
  const finding = await step().catch((error: unknown) => failureOf(error, vital));
  return { id, title, ...finding, milliseconds: Math.round(performance.now() - started) };
}

const run = async (program: string, args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(program, [...args], { windowsHide: true, timeout: 20_000 })).stdout;
