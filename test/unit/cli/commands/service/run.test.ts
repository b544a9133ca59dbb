import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deferred } from '#lib/base/async/deferred.js';
import type { CommandContext } from '#lib/cli/command-context.js';
import { lastLines } from '#lib/cli/commands/service/log-file.js';
import { run } from '#lib/cli/program.js';
import type { RunAsServiceOptions, RunningService } from '#lib/windows/service/host.js';
import { logFolderOf } from '#lib/windows/service/log-folder.js';
import { capturedIO } from '../../../../support/captured-io.js';
import { commandLibrary } from '../../../../support/command-library.js';
import { idle } from '../../../../support/scripted-clock.js';

type Tunnels = ReturnType<CommandContext['tunnel']['createTunnels']>;

describe('cli/commands/service/run', () => {
  let data: string;

  beforeEach(async () => {
    data = await mkdtemp(path.join(tmpdir(), 'schannel-data-'));
    await mkdir(logFolderOf('mail', { ProgramData: data }), { recursive: true });
  });

  afterEach(() => rm(data, { recursive: true }));

  /** A tunnel of a file under a service manager that does what `play` says. */
  async function service(play: {
    readonly listens?: () => Promise<void>;
    readonly reloads?: () => Promise<void>;
    readonly closes?: () => Promise<number>;
    readonly manager: (options: RunAsServiceOptions, stopped: Promise<void>) => Promise<number>;
    readonly args?: readonly string[];
  }): Promise<{
    readonly code: number;
    readonly lines: readonly string[];
    readonly options: RunAsServiceOptions;
  }> {
    const made: RunAsServiceOptions[] = [];
    const stopped = deferred();
    const events = { on: () => events, status: () => [] };
    const tunnels = { tunnels: [], ...events } as unknown as Tunnels;
    const openTunnelFile: CommandContext['tunnel']['openTunnelFile'] = () =>
      Promise.resolve({
        ...{ tunnels, notices: [], files: [], process: {} },
        listen: play.listens ?? (() => Promise.resolve()),
        reload: play.reloads ?? (() => Promise.resolve()),
        close: play.closes ?? (() => Promise.resolve(0)),
      } as unknown as Awaited<ReturnType<CommandContext['tunnel']['openTunnelFile']>>);
    const base = commandLibrary();
    const library = {
      ...base,
      tunnel: { ...base.tunnel, openTunnelFile },
      service: {
        ...base.service,
        runAsService: (options: RunAsServiceOptions) => {
          made.push(options);
          return play.manager(options, stopped.promise);
        },
      },
    };
    const io = capturedIO({ env: { ProgramData: data } });
    const args = ['service', 'run', 'mail', ...(play.args ?? []), '--', 'tunnel', 'x.conf'];
    const code = await run(args, '1', library, io);
    const [options] = made;
    assert.ok(options !== undefined, io.errors());
    return { code, options, lines: await lastLines(logFolderOf('mail', { ProgramData: data }), 99) };
  }

  /** What the command says about itself. */
  const self = (stop: () => void): RunningService => ({
    name: 'mail',
    arguments: [],
    log: () => undefined,
    stop,
  });

  it('runs when the command runs, and stops it', async () => {
    const gate = deferred();
    const calls: string[] = [];
    const { code, options } = await service({
      listens: () => gate.promise,
      closes: () => Promise.resolve(calls.push('close') && 0),
      args: ['--stops-within', '7000'],
      manager: async ({ onStart, onStop }) => {
        const started = Promise.resolve(onStart?.(self(() => undefined))).then(() => calls.push('running'));
        await idle();
        assert.deepEqual(calls, []);
        gate.resolve();
        await started;
        return (await onStop('stop')) as number;
      },
    });
    assert.deepEqual([code, calls], [0, ['running', 'close']]);
    assert.deepEqual([options.name, options.stopsWithin], ['mail', 7_000]);
  });

  it('has the command reload', async () => {
    let reloads = 0;
    await service({
      reloads: () => Promise.resolve(void (reloads += 1)),
      manager: async ({ onStart, onReload, onStop }) => {
        await onStart?.(self(() => undefined));
        await onReload?.();
        return (await onStop('stop')) as number;
      },
    });
    assert.equal(reloads, 1);
  });

  it('lets the service manager know that a reload has failed', async () => {
    await service({
      reloads: () => Promise.reject(new Error('line 3 is wrong')),
      manager: async ({ onStart, onReload, onStop }) => {
        await onStart?.(self(() => undefined));
        await assert.rejects(Promise.resolve(onReload?.()), /line 3 is wrong/);
        return (await onStop('stop')) as number;
      },
    });
  });

  it('ends with the exit code of a command that cannot begin, and its log says why', async () => {
    let ended = false;
    const { code, lines } = await service({
      listens: () => Promise.reject(Object.assign(new Error('the port is in use'), { syscall: 'listen' })),
      manager: async ({ onStart, onStop }) => {
        await onStart?.(
          self(() => {
            ended = true;
          }),
        );
        assert.ok(ended);
        return (await onStop('itself')) as number;
      },
    });
    assert.equal(code, 14);
    assert.match(lines.join('\n'), /Z .*the port is in use/);
  });

  it('ends with the exit code of connections that were cut off', async () => {
    const { code, lines } = await service({
      closes: () => Promise.resolve(3),
      manager: async ({ onStart, onStop }) => {
        await onStart?.(self(() => undefined));
        return (await onStop('shutdown')) as number;
      },
    });
    assert.equal(code, 15);
    assert.match(lines.join('\n'), /3 connections were cut off/);
  });

  it('is refused outside of the service manager', async () => {
    const refused = Object.assign(new Error('not started by it'), { code: 'ERR_SCHANNEL_SERVICE_OUTSIDE' });
    const { code } = await service({ manager: () => Promise.reject(refused) });
    assert.equal(code, 1);
  });
});
