import { SchannelError } from '../../base/errors/schannel-error.js';
import { type Clock, SYSTEM_CLOCK } from '../../base/async/clock.js';
import type { Native } from '../../native/binding.js';
import { native } from '../../native/load.js';
import { callNative, callNativeVoid } from '../../native/promises.js';
import type {
  NativeLoggedEvent,
  NativeNewService,
  NativeServiceFacts,
} from '../../native/service-binding.js';

/** What managing services needs of Windows; a script in tests. */
export interface ServiceSystem {
  readonly addon: Pick<
    Native,
    | 'installService'
    | 'factsOfService'
    | 'launchService'
    | 'sendControl'
    | 'removeService'
    | 'serviceText'
    | 'setServiceText'
    | 'setServiceNumber'
    | 'removeServiceSettings'
    | 'readEvents'
    | 'platform'
  >;
  readonly clock: Clock;
}

export const thisSystem = (): ServiceSystem => ({ addon: native(), clock: SYSTEM_CLOCK });

/** The value below `Parameters` that marks a service as one of ours. */
const MARK = 'schannel';

/** The form of what we have put into the registry. */
const MARK_VERSION = '1';

const parametersOf = (name: string): string => `${name}\\Parameters`;
const eventSourceOf = (name: string): string => `EventLog\\Application\\${name}`;

/**
 * The program of Windows whose message for each number up to 1000 is just its first text, as eventcreate.exe uses it.
 */
const MESSAGE_FILE = '%SystemRoot%\\System32\\EventCreate.exe';

/** EVENTLOG_ERROR_TYPE, EVENTLOG_WARNING_TYPE and EVENTLOG_INFORMATION_TYPE. */
const TYPES_SUPPORTED = 7;

const NOT_FOUND = 1060;

/** Each call of Windows' service manager as a promise. They throw SchannelError ERR_SCHANNEL_SERVICE_…. */
export class ServiceManager {
  readonly #addon: ServiceSystem['addon'];

  constructor({ addon }: Pick<ServiceSystem, 'addon'>) {
    this.#addon = addon;
  }

  install(service: NativeNewService): Promise<void> {
    return callNativeVoid(failing(service.name, 'could not be installed'), (callback) => {
      this.#addon.installService(service, callback);
    });
  }

  /** Null if there is no such service. */
  async facts(name: string): Promise<NativeServiceFacts | null> {
    try {
      return await callNative<NativeServiceFacts>(failing(name, 'could not be asked'), (callback) => {
        this.#addon.factsOfService(name, callback);
      });
    } catch (error) {
      if (error instanceof SchannelError && error.status === NOT_FOUND) return null;
      throw error;
    }
  }

  launch(name: string): Promise<void> {
    return callNativeVoid(failing(name, 'could not be started'), (callback) => {
      this.#addon.launchService(name, callback);
    });
  }

  control(name: string, control: number, text: string): Promise<void> {
    return callNativeVoid(failing(name, text), (callback) => {
      this.#addon.sendControl(name, control, callback);
    });
  }

  remove(name: string): Promise<void> {
    return callNativeVoid(failing(name, 'could not be removed'), (callback) => {
      this.#addon.removeService(name, callback);
    });
  }

  async isMarked(name: string): Promise<boolean> {
    return (await this.#text(parametersOf(name), MARK)) !== null;
  }

  mark(name: string): Promise<void> {
    return this.#setText(parametersOf(name), MARK, MARK_VERSION, false);
  }

  unmark(name: string): Promise<void> {
    return this.#removeSettings(parametersOf(name));
  }

  /** Whether there is a source of events of this name, and if so, whether it is one of ours. */
  async eventSource(name: string): Promise<'none' | 'own' | 'foreign'> {
    const source = eventSourceOf(name);
    if ((await this.#text(source, MARK)) !== null) return 'own';
    return (await this.#text(source, 'EventMessageFile')) === null ? 'none' : 'foreign';
  }

  /** Makes it: events of a source that Windows does not know are shown with an apology in place of their text. */
  async addEventSource(name: string): Promise<void> {
    const source = eventSourceOf(name);
    await this.#setText(source, MARK, MARK_VERSION, false);
    await this.#setText(source, 'EventMessageFile', MESSAGE_FILE, true);
    await callNativeVoid(failing(name, 'could not be given a source of events'), (callback) => {
      this.#addon.setServiceNumber(source, 'TypesSupported', TYPES_SUPPORTED, callback);
    });
  }

  removeEventSource(name: string): Promise<void> {
    return this.#removeSettings(eventSourceOf(name));
  }

  /** The newest events of a source, newest first. */
  events(name: string, most: number): Promise<readonly NativeLoggedEvent[]> {
    // The name has no quotes: it was checked.
    const query = `*[System[Provider[@Name='${name}']]]`;
    return callNative(failing(name, 'has events that could not be read'), (callback) => {
      this.#addon.readEvents('Application', query, most, callback);
    });
  }

  #text(path: string, value: string): Promise<string | null> {
    return callNative<string | null>(failing(path, 'could not be read in the registry'), (callback) => {
      this.#addon.serviceText(path, value, callback);
    });
  }

  #setText(path: string, value: string, text: string, expand: boolean): Promise<void> {
    return callNativeVoid(failing(path, 'could not be written into the registry'), (callback) => {
      this.#addon.setServiceText(path, value, text, expand, callback);
    });
  }

  #removeSettings(path: string): Promise<void> {
    return callNativeVoid(failing(path, 'could not be removed from the registry'), (callback) => {
      this.#addon.removeServiceSettings(path, callback);
    });
  }
}

const failing = (name: string, text: string): { phase: 'service'; text: string } => ({
  phase: 'service',
  text: `The service ${name} ${text}`,
});

/**
 * What Windows knows of a service of ours.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_NOT_FOUND, ERR_SCHANNEL_SERVICE_FOREIGN
 */
export async function ownService(manager: ServiceManager, name: string): Promise<NativeServiceFacts> {
  const facts = await manager.facts(name);
  if (facts === null) {
    throw new SchannelError('ERR_SCHANNEL_SERVICE_NOT_FOUND', `There is no service ${name}`, {
      phase: 'service',
      advice: 'Check the name. "schannel service install" makes one.',
    });
  }
  if (await manager.isMarked(name)) return facts;
  throw new SchannelError(
    'ERR_SCHANNEL_SERVICE_FOREIGN',
    `The service ${name} was not installed by schannel, so it is left alone`,
    { phase: 'service', advice: `Check the name, or use Windows' own tool: sc.exe query "${name}".` },
  );
}
