import type { Callback } from '#lib/native/binding.js';
import type { NativeLoggedEvent, NativeNewService, NativeServiceFacts } from '#lib/native/service-binding.js';
import type { NativeEnd, NativeOutcome } from '#lib/native/store-binding.js';
import type { ServiceSystem } from '#lib/windows/service/manager.js';
import { HastyClock } from './scripted-clock.js';

export type ServiceCall =
  | 'installService'
  | 'factsOfService'
  | 'launchService'
  | 'sendControl'
  | 'removeService'
  | 'serviceText'
  | 'setServiceText'
  | 'setServiceNumber'
  | 'removeServiceSettings'
  | 'readEvents';

const STOPPED = 1;
const STOPPING = 3;
const RUNNING = 4;

/** The service manager of a machine and its registry, as far as services need them. */
export class ScriptedServices implements ServiceSystem {
  readonly clock = new HastyClock();
  /** By name. */
  readonly services = new Map<string, NativeServiceFacts>();
  /** What each was made with. */
  readonly made: NativeNewService[] = [];
  /** 'path|value' → text or number. */
  readonly registry = new Map<string, string | number>();
  /** 'stop NAME', in order. */
  readonly done: string[] = [];
  /** The Win32 error of a call; it succeeds if it has none. */
  readonly refusals = new Map<ServiceCall, number>();
  /** What factsOfService() says, one after the other, before what is so. */
  readonly answers: Partial<NativeServiceFacts>[] = [];
  /** How many questions a removed service is still there for. */
  lingers = 0;
  events: readonly NativeLoggedEvent[] = [];
  query = '';
  #removed: NativeServiceFacts | undefined;

  readonly addon: ServiceSystem['addon'] = {
    platform: { build: 20348, wine: null },
    installService: (service, callback) => {
      this.#end('installService', callback, () => {
        this.made.push(service);
        this.add(service.name, {
          command: service.command,
          account: service.account,
          displayName: service.displayName,
          startType: service.startType,
          dependencies: service.dependencies,
        });
      });
    },
    factsOfService: (name, callback) => {
      const facts = this.services.get(name.toLowerCase()) ?? this.#lingering(name);
      if (facts === undefined) {
        setImmediate(callback, { value: null, status: 1060, syscall: 'OpenServiceW' });
        return;
      }
      this.#answer('factsOfService', callback, () => ({ ...facts, ...this.answers.shift() }));
    },
    launchService: (name, callback) => {
      this.#end('launchService', callback, () => {
        this.done.push(`start ${name}`);
        this.change(name, { state: RUNNING, processId: 4711 });
      });
    },
    sendControl: (name, control, callback) => {
      this.#end('sendControl', callback, () => {
        this.done.push(`control ${control} ${name}`);
        if (control === 1) this.change(name, { state: STOPPED, processId: 0 });
      });
    },
    removeService: (name, callback) => {
      this.#end('removeService', callback, () => {
        this.done.push(`remove ${name}`);
        this.#removed = this.services.get(name.toLowerCase());
        this.services.delete(name.toLowerCase());
        this.#forget(name);
      });
    },
    serviceText: (path, value, callback) => {
      const text = this.registry.get(`${path}|${value}`);
      this.#answer('serviceText', callback, () => (typeof text === 'string' ? text : null));
    },
    setServiceText: (path, value, text, _expand, callback) => {
      this.#end('setServiceText', callback, () => void this.registry.set(`${path}|${value}`, text));
    },
    setServiceNumber: (path, value, number, callback) => {
      this.#end('setServiceNumber', callback, () => void this.registry.set(`${path}|${value}`, number));
    },
    removeServiceSettings: (path, callback) => {
      this.#end('removeServiceSettings', callback, () => {
        this.#forget(path);
      });
    },
    readEvents: (_channel, query, most, callback) => {
      this.query = query;
      this.#answer('readEvents', callback, () => this.events.slice(0, most));
    },
  };

  /** A service as other programs make them. */
  add(name: string, facts: Partial<NativeServiceFacts> = {}): void {
    this.services.set(name.toLowerCase(), {
      state: STOPPED,
      win32ExitCode: 1077,
      serviceExitCode: 0,
      checkPoint: 0,
      waitHint: 0,
      processId: 0,
      startType: 3,
      command: '"C:\\node.exe"',
      account: 'LocalSystem',
      displayName: name,
      dependencies: [],
      ...facts,
    });
  }

  /** One that is ours. */
  addOwn(name: string, facts: Partial<NativeServiceFacts> = {}): void {
    this.add(name, facts);
    this.registry.set(`${name}\\Parameters|schannel`, '1');
  }

  change(name: string, facts: Partial<NativeServiceFacts>): void {
    const old = this.services.get(name.toLowerCase());
    if (old !== undefined) this.services.set(name.toLowerCase(), { ...old, ...facts });
  }

  /** Stays as it is for so many questions more. */
  staysFor(questions: number, facts: Partial<NativeServiceFacts> = { state: STOPPING }): void {
    for (let count = 0; count < questions; count += 1) this.answers.push(facts);
  }

  #lingering(name: string): NativeServiceFacts | undefined {
    if (this.#removed?.displayName !== name || this.lingers === 0) return undefined;
    this.lingers -= 1;
    return this.#removed;
  }

  #forget(path: string): void {
    for (const key of this.registry.keys()) {
      if (key.startsWith(`${path}|`) || key.startsWith(`${path}\\`)) this.registry.delete(key);
    }
  }

  #end(call: ServiceCall, callback: Callback<NativeEnd>, change: () => void): void {
    const status = this.refusals.get(call) ?? 0;
    if (status === 0) change();
    setImmediate(callback, { status, syscall: call });
  }

  #answer<Value>(call: ServiceCall, callback: Callback<NativeOutcome<Value>>, value: () => Value): void {
    const status = this.refusals.get(call) ?? 0;
    if (status === 0) setImmediate(callback, { value: value() });
    else setImmediate(callback, { value: null, status, syscall: call });
  }
}
