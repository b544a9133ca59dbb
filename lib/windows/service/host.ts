import { type Clock, SYSTEM_CLOCK } from '../../base/async/clock.js';
import { deferred } from '../../base/async/deferred.js';
import { SerialQueue } from '../../base/async/serial-queue.js';
import { invalidType, numberWithin } from '../../base/errors/argument-error.js';
import { errorFromNative, errorFromStatus } from '../../base/errors/from-status.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import type { Native } from '../../native/binding.js';
import { native } from '../../native/load.js';
import { callNative } from '../../native/promises.js';
import type { NativeServiceEvent, NativeServiceHost } from '../../native/service-binding.js';
import { EVENT_IDS, EVENT_TYPES, type EventLevel, eventText } from './events.js';
import { checkServiceName } from './name.js';
import { ACCEPTED_WHILE_RUNNING, CONTROLS, numberOf, type ServiceState, SPECIFIC_ERROR } from './states.js';

/** Why a service ends: somebody has stopped it, Windows shuts down, or {@link RunningService.stop} was called. */
export type ServiceStopReason = 'stop' | 'shutdown' | 'itself';

/** A service, as its program sees it. */
export interface RunningService {
  readonly name: string;
  /** What StartService was given, without the name of the service. The arguments of the process are others. */
  readonly arguments: readonly string[];
  /** Writes an event into the log "Application" of Windows. Errors in doing so are ignored. */
  readonly log: (level: EventLevel, text: string) => void;
  /**
   * Stops the service from within, as if somebody had stopped it. An error is its failure. A service that is stopped by
   * onStart never counts as running.
   */
  readonly stop: (error?: Error) => void;
}

export interface RunAsServiceOptions {
  /** The name with which it was installed. */
  readonly name: string;
  /**
   * Is called when Windows has started the service. It counts as running when this has settled; an error ends it.
   * Windows is told meanwhile that it starts.
   */
  readonly onStart?: (service: RunningService) => unknown;
  /**
   * Is called once, when the service shall stop. When this has settled, Windows is told that it has stopped. A number
   * is the exit code: if it is not 0, the service has failed, and Windows does what is set for failures.
   */
  readonly onStop: (reason: ServiceStopReason) => unknown;
  /** Is called when settings shall be read again, one call at a time. An error is an event, and the service runs on. */
  readonly onReload?: () => unknown;
  /**
   * Milliseconds that {@link onStop} may take, at most. Default 25,000. After them the service has failed, and the
   * process is ended.
   */
  readonly stopsWithin?: number;
}

/** What a service needs of its process and of Windows; a script in tests. */
export interface ServiceParts {
  readonly addon: Pick<Native, 'runServiceHost' | 'logEvent' | 'finish'>;
  readonly clock: Clock;
  readonly process: Pick<NodeJS.Process, 'on' | 'off' | 'exit'>;
}

const thisProcess = (): ServiceParts => ({ addon: native(), clock: SYSTEM_CLOCK, process });

/**
 * Makes this process the service that Windows has started it as. Call it only then, for example if the process has an
 * argument that only the service has: elsewhere it fails, and Wine needs ten seconds for that.
 *
 * @returns the exit code of the service, when Windows was told that it has stopped. Let the process end then
 * @throws SchannelError ERR_SCHANNEL_SERVICE_OUTSIDE if the service manager has not started this process,
 *   ERR_SCHANNEL_SERVICE_TIMEOUT if onStop took too long, ERR_SCHANNEL_SERVICE_NAME; what onStart and onStop throw,
 * after   Windows was told; TypeError ERR_INVALID_ARG_TYPE
 */
export async function runAsService(options: RunAsServiceOptions, parts = thisProcess()): Promise<number> {
  const { name, onStart, onStop, onReload, stopsWithin = 25_000 } = options;
  checkServiceName(name);
  for (const [key, value] of Object.entries({ onStart, onStop, onReload })) {
    if (value === undefined && key !== 'onStop') continue;
    if (typeof value !== 'function') throw invalidType(`options.${key}`, 'of type function', value);
  }
  numberWithin('options.stopsWithin', stopsWithin, 1, 86_400_000);
  const host = runHost(name, parts);
  const first = await nextOf(host);
  if (first.kind !== 'started') throw notStarted(first.code);
  return new ServiceRun(host, { ...options, stopsWithin }, first.arguments.slice(1), parts).run();
}

function runHost(name: string, { addon }: ServiceParts): NativeServiceHost {
  try {
    return addon.runServiceHost({
      name,
      controls: Object.values(CONTROLS),
      stops: [CONTROLS.stop, CONTROLS.shutdown, CONTROLS.preshutdown],
      startHint: HINT_MS,
      stopHint: HINT_MS,
    });
  } catch (error) {
    throw errorFromNative(error, 'service', 'This process could not become a service');
  }
}

const nextOf = (host: NativeServiceHost): Promise<NativeServiceEvent> =>
  callNative<NativeServiceEvent>({ phase: 'service' }, (callback) => {
    host.next(callback);
  });

const CONNECT_FAILED = 1063;

const notStarted = (code: number): SchannelError =>
  code === CONNECT_FAILED
    ? new SchannelError(
        'ERR_SCHANNEL_SERVICE_OUTSIDE',
        'This process was not started by the service manager, so it is no service',
        {
          phase: 'service',
          status: code,
          syscall: 'StartServiceCtrlDispatcherW',
          advice: 'Start the service: "schannel service start NAME". In a console, run the program itself.',
        },
      )
    : errorFromStatus({ status: code, syscall: 'StartServiceCtrlDispatcherW', phase: 'service' });

/** While it starts or stops, Windows is told this often that it is alive. */
const BEAT_MS = 2_000;

/** Windows takes a service for hung if it hears nothing for this long: an event loop may be busy for some seconds. */
const HINT_MS = 15_000;

/** How long the end of a process may be delayed by its last event. */
const LAST_WORDS_MS = 2_000;

/** The exit code of a service that failed without another one. */
const FAILED = 1;

interface Ending {
  readonly reason: ServiceStopReason;
  readonly error: Error | null;
}

/** One run of a service. */
class ServiceRun implements RunningService {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly #host: NativeServiceHost;
  readonly #options: RunAsServiceOptions & { readonly stopsWithin: number };
  readonly #parts: ServiceParts;
  readonly #ending = deferred<Ending>();
  readonly #reloads = new SerialQueue();
  #reloadWaits = false;
  #stopWanted = false;
  #checkPoint = 1;
  #cancelBeat: () => void = () => undefined;
  #state: ServiceState = 'starting';
  #uncaught: Error | null = null;

  constructor(
    host: NativeServiceHost,
    options: RunAsServiceOptions & { readonly stopsWithin: number },
    args: readonly string[],
    parts: ServiceParts,
  ) {
    this.name = options.name;
    this.arguments = args;
    this.#host = host;
    this.#options = options;
    this.#parts = parts;
  }

  async run(): Promise<number> {
    const { process } = this.#parts;
    const onUncaught = (error: Error): void => void (this.#uncaught = error);
    const onExit = (code: number): void => {
      this.#died(code);
    };
    process.on('uncaughtExceptionMonitor', onUncaught).on('exit', onExit);
    void this.#listen();
    try {
      const code = await this.#live();
      this.#stopped(code);
      return code;
    } catch (thrown) {
      const error = toError(thrown);
      this.#event('error', EVENT_IDS.failed, `The service has failed: ${described(error)}`);
      this.#stopped(FAILED);
      throw error;
    } finally {
      process.off('uncaughtExceptionMonitor', onUncaught).off('exit', onExit);
    }
  }

  // Programs take them out of the object.
  readonly log = (level: EventLevel, text: string): void => {
    this.#event(level, EVENT_IDS.message, text);
  };

  readonly stop = (error: Error | null = null): void => {
    this.#stopWanted = true;
    this.#ending.resolve({ reason: 'itself', error });
  };

  async #live(): Promise<number> {
    const { onStart, onStop } = this.#options;
    this.#beat();
    await onStart?.(this);
    if (!this.#stopWanted) {
      this.#enter('running');
      this.#event('information', EVENT_IDS.running, `${this.name} runs`);
    }
    const { reason, error } = await this.#ending.promise;
    this.#enter('stopping');
    this.#beat();
    const result = await this.#within(() => onStop(reason));
    if (error !== null) throw error;
    const code = typeof result === 'number' && result >= 0 && result <= 0xffffffff ? Math.trunc(result) : 0;
    this.#event(
      code === 0 ? 'information' : 'error',
      code === 0 ? EVENT_IDS.stopped : EVENT_IDS.failed,
      code === 0 ? `${this.name} has stopped` : `${this.name} has stopped with exit code ${code}`,
    );
    return code;
  }

  /** @throws SchannelError ERR_SCHANNEL_SERVICE_TIMEOUT */
  async #within(stop: () => unknown): Promise<unknown> {
    const { clock, process } = this.#parts;
    const late = deferred();
    const cancel = clock.after(this.#options.stopsWithin, late.resolve);
    try {
      return await Promise.race([
        Promise.resolve().then(stop),
        late.promise.then(() => {
          // Whatever hangs would keep the process, and with it its ports, when Windows takes it for stopped.
          clock.after(BEAT_MS, () => process.exit(FAILED));
          throw new SchannelError(
            'ERR_SCHANNEL_SERVICE_TIMEOUT',
            `The service ${this.name} has not stopped within ${this.#options.stopsWithin} ms`,
            { phase: 'service', advice: 'Give it more time: stopsWithin. Or end connections earlier.' },
          );
        }),
      ]);
    } finally {
      cancel();
    }
  }

  /** What the service manager says, until the service has stopped. */
  async #listen(): Promise<void> {
    for (;;) {
      const event = await nextOf(this.#host).catch(() => null);
      if (event === null || event.kind === 'ended') {
        // Nobody else could stop it any more.
        this.#ending.resolve({ reason: 'itself', error: null });
        return;
      }
      if (event.kind === 'control') this.#control(event.code);
    }
  }

  #control(code: number): void {
    if (code === CONTROLS.parameterChange) this.#reload();
    else this.#ending.resolve({ reason: code === CONTROLS.stop ? 'stop' : 'shutdown', error: null });
  }

  #reload(): void {
    const { onReload } = this.#options;
    // One that waits will read the newest settings.
    if (onReload === undefined || this.#reloadWaits || this.#state !== 'running') return;
    this.#reloadWaits = true;
    void this.#reloads.run(async () => {
      this.#reloadWaits = false;
      try {
        await onReload();
        this.#event('information', EVENT_IDS.reloaded, `${this.name} has read its settings again`);
      } catch (error) {
        const reason = described(toError(error));
        this.#event('warning', EVENT_IDS.notReloaded, `${this.name} keeps its settings: ${reason}`);
      }
    });
  }

  /** Tells Windows again and again that it goes on, until the next state. */
  #beat(): void {
    this.#cancelBeat = this.#parts.clock.after(BEAT_MS, () => {
      this.#report({});
      this.#beat();
    });
  }

  #enter(state: ServiceState, exitCode = 0): void {
    this.#cancelBeat();
    // Windows has checkpoint 1 of both states from the add-on.
    this.#checkPoint = 1;
    this.#state = state;
    this.#report({ exitCode });
  }

  #stopped(exitCode: number): void {
    this.#enter('stopped', exitCode);
  }

  #report({ exitCode = 0 }: { readonly exitCode?: number }): void {
    const isPending = this.#state === 'starting' || this.#state === 'stopping';
    if (isPending) this.#checkPoint += 1;
    try {
      this.#host.report({
        state: numberOf(this.#state),
        controlsAccepted: this.#state === 'running' ? ACCEPTED_WHILE_RUNNING : 0,
        win32ExitCode: exitCode === 0 ? 0 : SPECIFIC_ERROR,
        serviceExitCode: exitCode,
        checkPoint: isPending ? this.#checkPoint : 0,
        waitHint: isPending ? HINT_MS : 0,
      });
    } catch {
      // The service manager has lost interest, for example since it ends itself. The service still ends in order.
    }
  }

  /**
   * The process ends, and the service has not. Windows would wait for a word, or take it for a crash without a reason.
   */
  #died(code: number): void {
    const exitCode = code === 0 ? FAILED : code;
    const reason = this.#uncaught === null ? '' : `: ${described(this.#uncaught)}`;
    this.#parts.addon.finish(0, LAST_WORDS_MS);
    this.#event(
      'error',
      EVENT_IDS.failed,
      `The process of ${this.name} has ended with exit code ${code}${reason}`,
    );
    this.#stopped(exitCode);
  }

  #event(level: EventLevel, id: number, text: string): void {
    const event = { source: this.name, type: EVENT_TYPES[level], id, text: eventText(text) };
    this.#parts.addon.logEvent(event, () => undefined);
  }
}

const described = (error: Error): string => {
  const advice = error instanceof SchannelError && error.advice !== undefined ? ` ${error.advice}` : '';
  return `${error.stack ?? error.message}${advice}`;
};
