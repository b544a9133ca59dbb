import { pauseFor } from '../../base/async/clock.js';
import { numberWithin } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativeServiceFacts } from '../../native/service-binding.js';
import { splitCommandLine } from './command-line.js';
import { type EventLevel, levelOf } from './events.js';
import { ownService, ServiceManager, type ServiceSystem, thisSystem } from './manager.js';
import { checkServiceName } from './name.js';
import { CONTROLS, type ServiceState, SPECIFIC_ERROR, stateOf } from './states.js';

/** What Windows says of a service. */
export interface ServiceStatus {
  readonly name: string;
  readonly displayName: string;
  readonly state: ServiceState;
  /** Null while it does not run. */
  readonly pid: number | null;
  /** Of its last end: 0 for a good one. The number of the program if it gave one, otherwise that of Windows. */
  readonly exitCode: number;
  /** Whether {@link exitCode} is the program's; otherwise it is a Win32 error, such as 1067 for a process that died. */
  readonly isOwnExitCode: boolean;
  /** When Windows starts it. */
  readonly start: 'auto' | 'demand' | 'disabled';
  /** 'NT SERVICE\\name'. */
  readonly account: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly dependencies: readonly string[];
}

export interface ServiceWaitOptions {
  /**
   * Milliseconds to wait until the service runs or has stopped. Default 60,000. 0 only asks for it. A service that
   * reports no progress is given up earlier: after the time that it has told Windows.
   */
  readonly timeout?: number;
}

/** One entry of the event log. */
export interface ServiceLogEvent {
  readonly time: Date;
  /** The number of the event (docs/service.md). */
  readonly id: number;
  readonly level: EventLevel;
  readonly text: string;
}

/**
 * The state of a service that {@link installService} has made.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_NOT_FOUND, ERR_SCHANNEL_SERVICE_FOREIGN, ERR_SCHANNEL_SERVICE_NAME
 */
export async function serviceStatus(name: string, system = thisSystem()): Promise<ServiceStatus> {
  checkServiceName(name);
  return statusOf(name, await ownService(new ServiceManager(system), name));
}

/**
 * Starts a service and waits until it runs. One that runs already is fine.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_FAILURE if it has ended while it started, ERR_SCHANNEL_SERVICE_TIMEOUT,
 * and   as {@link serviceStatus}
 */
export async function startService(
  name: string,
  options: ServiceWaitOptions = {},
  system = thisSystem(),
): Promise<ServiceStatus> {
  const timeout = timeoutOf(options);
  checkServiceName(name);
  const manager = new ServiceManager(system);
  const facts = await ownService(manager, name);
  if (stateOf(facts.state) !== 'running') await unless(ALREADY_RUNNING, manager.launch(name));
  return waitFor('running', { name, timeout, manager, system });
}

/**
 * Stops a service and waits until it has stopped, which includes the time that its connections get to end. One that
 * does not run is fine.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_TIMEOUT, ERR_SCHANNEL_SERVICE_FAILURE if others that run need it, and as
 *   {@link serviceStatus}
 */
export async function stopService(
  name: string,
  options: ServiceWaitOptions = {},
  system = thisSystem(),
): Promise<ServiceStatus> {
  const timeout = timeoutOf(options);
  checkServiceName(name);
  const manager = new ServiceManager(system);
  const facts = await ownService(manager, name);
  const state = stateOf(facts.state);
  if (state !== 'stopped' && state !== 'stopping') {
    await unless(NOT_ACTIVE, manager.control(name, CONTROLS.stop, 'could not be stopped'));
  }
  return waitFor('stopped', { name, timeout, manager, system });
}

/** Stops a service, and starts it when it has stopped. @throws as {@link stopService} and {@link startService} */
export async function restartService(
  name: string,
  options: ServiceWaitOptions = {},
  system = thisSystem(),
): Promise<ServiceStatus> {
  await stopService(name, options, system);
  return startService(name, options, system);
}

/**
 * Has a service that runs read its settings again. It returns when the service has heard it; the result is in its log.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_FAILURE if it does not run, and as {@link serviceStatus}
 */
export async function reloadService(name: string, system = thisSystem()): Promise<void> {
  checkServiceName(name);
  const manager = new ServiceManager(system);
  await ownService(manager, name);
  await manager.control(name, CONTROLS.parameterChange, 'could not be asked to read its settings again');
}

/**
 * What a service has written into the event log, the newest first.
 *
 * @param options.most how many, 1 to 1000; default 50
 * @throws SchannelError as {@link serviceStatus}
 */
export async function serviceEvents(
  name: string,
  { most = 50 }: { readonly most?: number } = {},
  system = thisSystem(),
): Promise<readonly ServiceLogEvent[]> {
  numberWithin('options.most', most, 1, 1000);
  checkServiceName(name);
  const manager = new ServiceManager(system);
  await ownService(manager, name);
  return (await manager.events(name, most)).map(({ time, id, level, texts }) => ({
    time: new Date(time),
    id,
    level: levelOf(level),
    text: texts.join(' '),
  }));
}

const ALREADY_RUNNING = 1056;
const NOT_ACTIVE = 1062;

/** Between two questions. Windows can't be asked to tell without a thread that waits. */
const STEP_MS = 200;

/** A service that reports no progress gets at least this long, whatever it has told Windows. */
const LEAST_PATIENCE_MS = 10_000;

const timeoutOf = ({ timeout = 60_000 }: ServiceWaitOptions): number =>
  numberWithin('options.timeout', timeout, 0, 86_400_000);

/** The state may have changed between the question and the call. */
async function unless(status: number, call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof SchannelError && error.status === status)) throw error;
  }
}

interface Wait {
  readonly name: string;
  readonly timeout: number;
  readonly manager: ServiceManager;
  readonly system: ServiceSystem;
}

async function waitFor(
  wanted: 'running' | 'stopped',
  { name, timeout, manager, system: { clock } }: Wait,
): Promise<ServiceStatus> {
  const end = clock.now() + timeout;
  let progress = { checkPoint: -1, since: clock.now() };
  for (;;) {
    const facts = await manager.facts(name);
    if (facts === null) {
      throw new SchannelError('ERR_SCHANNEL_SERVICE_NOT_FOUND', `The service ${name} was removed meanwhile`, {
        phase: 'service',
      });
    }
    const status = statusOf(name, facts);
    if (status.state === wanted || timeout === 0) return status;
    if (wanted === 'running' && status.state === 'stopped') throw endedEarly(status);
    const now = clock.now();
    if (facts.checkPoint !== progress.checkPoint) progress = { checkPoint: facts.checkPoint, since: now };
    const isStuck = now - progress.since > Math.max(facts.waitHint, LEAST_PATIENCE_MS);
    if (now >= end || isStuck) throw tooLong(status, wanted);
    await pauseFor(clock, STEP_MS).over;
  }
}

export function statusOf(name: string, facts: NativeServiceFacts): ServiceStatus {
  const isOwnExitCode = facts.win32ExitCode === SPECIFIC_ERROR;
  const exitCode = isOwnExitCode ? facts.serviceExitCode : facts.win32ExitCode;
  return {
    name,
    displayName: facts.displayName,
    state: stateOf(facts.state),
    pid: facts.processId === 0 ? null : facts.processId,
    // One that was never started.
    exitCode: exitCode === NEVER_STARTED ? 0 : exitCode,
    isOwnExitCode,
    start: facts.startType === 2 ? 'auto' : facts.startType === 4 ? 'disabled' : 'demand',
    account: facts.account,
    command: splitCommandLine(facts.command),
    dependencies: facts.dependencies,
  };
}

/** ERROR_SERVICE_NEVER_STARTED */
const NEVER_STARTED = 1077;

const endedEarly = ({ name, exitCode, isOwnExitCode }: ServiceStatus): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_SERVICE_FAILURE',
    `The service ${name} has ended instead of running, ${
      isOwnExitCode ? `with exit code ${exitCode}` : `with Windows error ${exitCode}`
    }`,
    { phase: 'service', advice: `See what it has written: schannel service logs ${name}` },
  );

const tooLong = ({ name, state }: ServiceStatus, wanted: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_SERVICE_TIMEOUT',
    `The service ${name} is ${state}, and not yet ${wanted}`,
    {
      phase: 'service',
      advice: `It may still get there: schannel service status ${name}. Its log: schannel service logs ${name}`,
    },
  );
