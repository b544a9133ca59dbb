import type { ServiceLibrary } from '#lib/cli/command-context.js';
import { run } from '#lib/cli/program.js';
import type { InstallServiceOptions } from '#lib/windows/service/install.js';
import type { ServiceStatus } from '#lib/windows/service/control.js';
import { createTunnels, openTunnelFile } from '#lib/tunnel.js';
import { capturedIO, type CapturedIO, type CapturedIOOptions } from './captured-io.js';
import { commandLibrary, NO_TUNNEL } from './command-library.js';
import { FakeStores } from './fake-stores.js';

export interface ServiceOutcome extends CapturedIO {
  readonly code: number;
}

/** `schannel service` on a machine of which every call is noted. Tunnels are real, and never listen. */
export class ServiceMachine {
  readonly stores = new FakeStores();
  readonly installed: InstallServiceOptions[] = [];
  /** 'start mail 60000', in order. */
  readonly done: string[] = [];
  /** What a function throws, by its name. */
  readonly failures = new Map<keyof ServiceLibrary, Error>();
  status: ServiceStatus = {
    ...{ name: 'mail', displayName: 'mail', state: 'running', pid: 4711, exitCode: 0, isOwnExitCode: false },
    ...{
      start: 'auto',
      account: 'NT SERVICE\\mail',
      command: ['C:\\node.exe', 'C:\\a b.js'],
      dependencies: [],
    },
  };
  readonly library: Partial<ServiceLibrary> = {
    checkInstallService: ({ name, account }) =>
      this.#result('checkInstallService', {
        command: '"C:\\node.exe" …',
        account: account === 'LocalSystem' ? '' : `NT SERVICE\\${name}`,
      }),
    installService: (options) => {
      this.installed.push(options);
      return this.#result('installService', this.status);
    },
    removeService: (name) => this.#note('removeService', `remove ${name}`, undefined),
    startService: (name, options) =>
      this.#note('startService', `start ${name} ${options?.timeout}`, this.status),
    stopService: (name, options) =>
      this.#note('stopService', `stop ${name} ${options?.timeout}`, this.status),
    restartService: (name, options) =>
      this.#note('restartService', `restart ${name} ${options?.timeout}`, this.status),
    reloadService: (name) => this.#note('reloadService', `reload ${name}`, undefined),
    serviceStatus: () => this.#result('serviceStatus', this.status),
    serviceEvents: (_name, options) =>
      this.#note('serviceEvents', `events ${options?.most}`, [
        { time: new Date(2_000), id: 5, level: 'error', text: 'it failed\u001b[2J' },
        { time: new Date(1_000), id: 1, level: 'information', text: 'it runs' },
      ]),
  };

  async run(args: readonly string[], options: CapturedIOOptions = {}): Promise<ServiceOutcome> {
    const io = capturedIO(options);
    const none = undefined;
    const tunnel = { ...NO_TUNNEL, createTunnels, openTunnelFile };

    const library = commandLibrary(this.stores, none, none, none, {}, tunnel, this.library);
    return { ...io, code: await run(['service', ...args], '1', library, io) };
  }

  #note<Value>(name: keyof ServiceLibrary, what: string, value: Value): Promise<Value> {
    this.done.push(what);
    return this.#result(name, value);
  }

  #result<Value>(name: keyof ServiceLibrary, value: Value): Promise<Value> {
    const failure = this.failures.get(name);
    return failure === undefined ? Promise.resolve(value) : Promise.reject(failure);
  }
}
