import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { native } from '../../native/load.js';
import { windowsRegistry } from '../../windows/registry/registry.js';
import { type Check, type CheckContext, type CheckReport, works } from './check.js';
import { CHECKS } from './checks/index.js';
import { Cleanup } from './cleanup.js';
import { failureOf } from './failure.js';
import { leftovers } from './leftovers.js';
import { type CheckLimits, runCheck } from './run-check.js';

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
  machine: Pick<CheckContext, 'native' | 'registry' | 'run'>,
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
    // Nothing outlives the check that created it.
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

/** Lists what is there instead of trusting the removal. */
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
