import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as acme from '#lib/acme.js';
import { type AcmeConfig, configFile, readConfig, writeConfig } from '#lib/apps/acme/config/config.js';
import type { AcmeLibrary } from '#lib/cli/command-context.js';
import { run } from '#lib/cli/program.js';
import { type CapturedIO, capturedIO, type CapturedIOOptions } from './captured-io.js';
import { commandLibrary } from './command-library.js';

/** A set that has a certificate and no trouble. */
export const STATUS: acme.SetStatus = {
  id: 'web',
  names: ['www.bar.com', 'bar.com'],
  store: 'LocalMachine\\MY',
  certificate: {
    reference: 'LocalMachine\\MY\\00AA',
    thumbprint: '00AA',
    validFrom: new Date('2026-01-01'),
    validTo: new Date('2126-01-01'),
    directory: 'https://acme.test/directory',
  },
  renewal: { at: new Date('2100-01-01'), reason: 'suggested' },
  explanation: null,
  due: false,
  failures: 0,
  nextTry: null,
  lastFailure: null,
  dropped: [],
  unfinished: false,
  hookFailure: null,
};

export const CONFIG: AcmeConfig = {
  directory: 'https://acme.test/directory',
  termsOfServiceAgreed: true,
  certificates: [
    { names: STATUS.names, store: 'LocalMachine\\MY', challenge: { kind: 'webroot', folder: '/www' } },
  ],
};

export interface AcmeRun extends CapturedIO {
  readonly code: number;
  readonly checks: readonly acme.CheckOptions[];
  readonly options: acme.ManagerOptions | undefined;
  /** What is in the file afterwards. */
  readonly kept: AcmeConfig | null;
}

/** Runs `schannel acme` in a state folder, with a manager that reports what a test wants. */
export class AcmeCommand {
  #state = '';
  /** What is in the file of the folder; null for no file. */
  config: AcmeConfig | null = CONFIG;
  sets: readonly Partial<acme.SetReport>[] = [{}];
  /** What happens during a check. */
  onCheck: () => void = () => undefined;
  checkChallenges: AcmeLibrary['checkChallenges'] = () => Promise.resolve([]);

  async run(args: readonly string[], io: CapturedIOOptions = {}): Promise<AcmeRun> {
    this.#state = await mkdtemp(path.join(os.tmpdir(), 'schannel-acme-'));
    try {
      if (this.config !== null) await writeConfig(configFile(this.#state), this.config);
      const result = await this.#run(args, io);
      return { ...result, kept: await readConfig(configFile(this.#state)) };
    } finally {
      await rm(this.#state, { recursive: true });
    }
  }

  async #run(args: readonly string[], io: CapturedIOOptions): Promise<Omit<AcmeRun, 'kept'>> {
    const checks: acme.CheckOptions[] = [];
    let options: acme.ManagerOptions | undefined;
    const sets = this.sets.map((each): acme.SetReport => ({
      ...STATUS,
      action: 'none',
      error: null,
      ...each,
    }));
    const createAcmeManager = (given: acme.ManagerOptions): acme.AcmeManager => {
      options = given;
      const manager = Object.assign(new EventEmitter(), {
        check: ({ signal, ...haste }: acme.CheckOptions) => {
          checks.push(haste);
          this.onCheck();
          signal?.throwIfAborted();
          manager.emit('log', { time: new Date(), level: 'info', text: 'a step\u0007' });
          return Promise.resolve({ sets, clockSkew: 1 });
        },
        status: () => Promise.resolve(sets),
      });
      return manager as unknown as acme.AcmeManager;
    };
    const captured = capturedIO(io);
    const { checkChallenges } = this;
    const library = { ...commandLibrary(), acme: { ...acme, createAcmeManager, checkChallenges } };
    const code = await run(['acme', ...args, '--state', this.#state], '1.2.3', library, captured);
    return { ...captured, code, checks, options };
  }
}
