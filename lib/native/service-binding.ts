/**
 * The part of the native add-on for services: this process as one, others that are managed, and the event log. The
 * same rules apply as in binding.ts: numbers as in Windows, and no policy.
 */
import type { Callback } from './binding.js';
import type { NativeEnd, NativeOutcome } from './store-binding.js';

export interface NativeServiceHostRequest {
  readonly name: string;
  /** SERVICE_CONTROL_* that are events; others are refused. */
  readonly controls: readonly number[];
  /** Those of them that end the service: the handler itself reports SERVICE_STOP_PENDING, with checkpoint 1. */
  readonly stops: readonly number[];
  /** Wait hints of the states that the add-on reports itself, in milliseconds. */
  readonly startHint: number;
  readonly stopHint: number;
}

/** What the service manager says. */
export interface NativeServiceEvent {
  /**
   * 'started': the service was started, and SERVICE_START_PENDING is reported. 'control': see `code`. 'ended': the
   * service has stopped, or was never started.
   */
  readonly kind: 'started' | 'control' | 'ended';
  /**
   * The control, or the Win32 error that the dispatcher ended with: ERROR_FAILED_SERVICE_CONTROLLER_CONNECT (1063) for
   * a process that the service manager has not started. Windows says so at once, Wine 10 after ten seconds.
   */
  readonly code: number;
  /** Of 'started': the name of the service, then what StartServiceW was given. */
  readonly arguments: readonly string[];
}

/** SERVICE_STATUS. The type is always SERVICE_WIN32_OWN_PROCESS. */
export interface NativeServiceReport {
  readonly state: number;
  readonly controlsAccepted: number;
  readonly win32ExitCode: number;
  readonly serviceExitCode: number;
  readonly checkPoint: number;
  /** Milliseconds. */
  readonly waitHint: number;
}

/** This process as a service. */
export interface NativeServiceHost {
  /**
   * The next event, each once. Controls that come again before they were seen are one event. One call at a time.
   * @throws NativeFailure while another call waits
   */
  next(callback: Callback<NativeOutcome<NativeServiceEvent>>): void;
  /**
   * SetServiceStatus. @throws NativeFailure ERROR_SERVICE_NOT_ACTIVE (1062) before 'started', and after
   * SERVICE_STOPPED was reported
   */
  report(status: NativeServiceReport): void;
}

export interface NativeNewService {
  readonly name: string;
  readonly displayName: string;
  /** '' for none. */
  readonly description: string;
  /** lpBinaryPathName: a command line. */
  readonly command: string;
  /** '' for LocalSystem. */
  readonly account: string;
  /** SERVICE_*_START: 2 auto, 3 demand. */
  readonly startType: number;
  readonly delayed: boolean;
  readonly dependencies: readonly string[];
  /**
   * Milliseconds after which it is restarted, whether its process ends or it reports that it has stopped with an error.
   * Empty for never.
   */
  readonly restartDelays: readonly number[];
  /** Seconds without failure after which the first of them applies again. */
  readonly failureReset: number;
  /** Milliseconds at a shutdown of the machine; 0 for Windows' default. */
  readonly preshutdownTimeout: number;
  /** SERVICE_SID_TYPE_*: 0 is left as it is, 1 unrestricted. */
  readonly sidType: number;
}

export interface NativeServiceFacts {
  /** SERVICE_*: 1 stopped, 2 start pending, 3 stop pending, 4 running … 7 paused. */
  readonly state: number;
  readonly win32ExitCode: number;
  readonly serviceExitCode: number;
  readonly checkPoint: number;
  readonly waitHint: number;
  /** 0 while it does not run. */
  readonly processId: number;
  readonly startType: number;
  readonly command: string;
  readonly account: string;
  readonly displayName: string;
  readonly dependencies: readonly string[];
}

export interface NativeEvent {
  /** Source: the name of a key in EventLog\Application. */
  readonly source: string;
  /** EVENTLOG_*_TYPE: 1 error, 2 warning, 4 information. */
  readonly type: number;
  readonly id: number;
  /** What takes the place of %1 in the message of the id. */
  readonly text: string;
}

export interface NativeLoggedEvent {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly id: number;
  /** 1 critical, 2 error, 3 warning, 4 information; 0 is not said. */
  readonly level: number;
  readonly texts: readonly string[];
}

/** The functions; part of {@link Native}. */
export interface NativeServices {
  /**
   * Has a thread call StartServiceCtrlDispatcherW, which keeps it until the service has stopped. Only for a process
   * that was started as a service.
   * @throws NativeFailure ERROR_SERVICE_ALREADY_RUNNING (1056) if this process is a service already
   */
  runServiceHost(request: NativeServiceHostRequest): NativeServiceHost;
  /** CreateServiceW and ChangeServiceConfig2W, all of it or nothing. */
  installService(service: NativeNewService, callback: Callback<NativeEnd>): void;
  factsOfService(name: string, callback: Callback<NativeOutcome<NativeServiceFacts>>): void;
  /** StartServiceW. Returns before the service runs. */
  launchService(name: string, callback: Callback<NativeEnd>): void;
  /** ControlService. @param control SERVICE_CONTROL_*, or 128 to 255 */
  sendControl(name: string, control: number, callback: Callback<NativeEnd>): void;
  /** DeleteService. A service that runs is removed when it has stopped. */
  removeService(name: string, callback: Callback<NativeEnd>): void;
  /**
   * A text below HKLM\SYSTEM\CurrentControlSet\Services, with its variables as they stand; null if it is not there or
   * no text.
   * @param path 'name\\Parameters'
   */
  serviceText(path: string, name: string, callback: Callback<NativeOutcome<string | null>>): void;
  /** @param expand REG_EXPAND_SZ, otherwise REG_SZ */
  setServiceText(
    path: string,
    name: string,
    text: string,
    expand: boolean,
    callback: Callback<NativeEnd>,
  ): void;
  setServiceNumber(path: string, name: string, number: number, callback: Callback<NativeEnd>): void;
  /** Removes a key with all below it, which may be gone already. The key of a service itself is refused. */
  removeServiceSettings(path: string, callback: Callback<NativeEnd>): void;
  /** RegisterEventSourceW and ReportEventW. Wine 10 reports success and keeps nothing. */
  logEvent(event: NativeEvent, callback: Callback<NativeEnd>): void;
  /**
   * EvtQuery: the newest events that a query selects, newest first. Wine 10 has none.
   * @param channel 'Application'
   * @param query XPath
   */
  readEvents(
    channel: string,
    query: string,
    most: number,
    callback: Callback<NativeOutcome<readonly NativeLoggedEvent[]>>,
  ): void;
}
