import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { deferred } from '#lib/base/async/deferred.js';
import type { Callback } from '#lib/native/binding.js';
import type {
  NativeEvent,
  NativeServiceEvent,
  NativeServiceHostRequest,
  NativeServiceReport,
} from '#lib/native/service-binding.js';
import type { NativeOutcome } from '#lib/native/store-binding.js';
import { type RunAsServiceOptions, runAsService, type ServiceParts } from '#lib/windows/service/host.js';
import { idle, ScriptedClock } from '../../../support/scripted-clock.js';

const STOPPED = 1;
const STARTING = 2;
const STOPPING = 3;
const RUNNING = 4;

const STOP = 1;
const SHUTDOWN = 5;
const PARAMETER_CHANGE = 6;
const PRESHUTDOWN = 15;

/** The service manager, as the add-on shows it, and the process. */
class ScriptedManager {
  readonly clock = new ScriptedClock();
  readonly reports: NativeServiceReport[] = [];
  readonly events: NativeEvent[] = [];
  readonly exits: number[] = [];
  readonly process = Object.assign(new EventEmitter(), {
    exit: (code: number): never => {
      this.exits.push(code);
      return undefined as never;
    },
  });
  request: NativeServiceHostRequest | null = null;
  /** Whether finish() was called before an event was written. */
  finished = false;
  /** What report() throws. */
  refusal: Error | null = null;
  #waiting: Callback<NativeOutcome<NativeServiceEvent>> | null = null;
  readonly #queue: NativeServiceEvent[] = [];

  readonly parts: ServiceParts = {
    clock: this.clock,
    process: this.process as unknown as ServiceParts['process'],
    addon: {
      runServiceHost: (request) => {
        this.request = request;
        return {
          next: (callback) => {
            this.#waiting = callback;
            this.#deliver();
          },
          report: (report) => {
            if (this.refusal !== null) throw this.refusal;
            this.reports.push(report);
            if (report.state === STOPPED) this.say('ended');
          },
        };
      },
      logEvent: (event, callback) => {
        this.events.push(event);
        callback({ status: 0, syscall: '' });
      },
      finish: () => {
        this.finished = true;
      },
    },
  };

  say(kind: NativeServiceEvent['kind'], code = 0, args: readonly string[] = []): void {
    this.#queue.push({ kind, code, arguments: args });
    this.#deliver();
  }

  get states(): number[] {
    return this.reports.map(({ state }) => state);
  }

  get last(): NativeServiceReport | undefined {
    return this.reports.at(-1);
  }

  get texts(): string[] {
    return this.events.map(({ text }) => text);
  }

  #deliver(): void {
    const [callback, event] = [this.#waiting, this.#queue[0]];
    if (callback === null || event === undefined) return;
    this.#waiting = null;
    this.#queue.shift();
    setImmediate(callback, { value: event });
  }
}

describe('windows/service/host', () => {
  let manager: ScriptedManager;

  beforeEach(() => {
    manager = new ScriptedManager();
  });

  /** Runs until the service waits. */
  const run = async (
    options: Partial<RunAsServiceOptions> = {},
    started = true,
  ): Promise<{ readonly end: Promise<number> }> => {
    if (started) manager.say('started', 0, ['tunnel', 'an argument']);
    const end = runAsService({ name: 'tunnel', onStop: () => undefined, ...options }, manager.parts);
    end.catch(() => undefined);
    await idle();
    return { end };
  };

  it('starts, runs, and stops with exit code 0', async () => {
    const calls: unknown[] = [];
    const { end } = await run({
      onStart: (service) => void calls.push(['start', service.name, service.arguments]),
      onStop: (reason) => void calls.push(['stop', reason]),
    });
    assert.deepEqual(manager.last, {
      ...{ state: RUNNING, controlsAccepted: 0x10d, win32ExitCode: 0, serviceExitCode: 0 },
      ...{ checkPoint: 0, waitHint: 0 },
    });
    manager.say('control', STOP);
    assert.equal(await end, 0);
    assert.deepEqual(calls, [
      ['start', 'tunnel', ['an argument']],
      ['stop', 'stop'],
    ]);
    assert.deepEqual(manager.states, [RUNNING, STOPPING, STOPPED]);
    assert.deepEqual([manager.last.win32ExitCode, manager.last.serviceExitCode], [0, 0]);
    assert.deepEqual(manager.texts, ['tunnel runs', 'tunnel has stopped']);
    assert.deepEqual([manager.process.listenerCount('exit'), manager.clock.timers], [0, 0]);
  });

  it('asks for the controls that it knows, and has the handler answer those that end it', async () => {
    await run();
    // What every user may send is not among them.
    assert.deepEqual(manager.request?.controls, [STOP, SHUTDOWN, PARAMETER_CHANGE, PRESHUTDOWN]);
    assert.deepEqual(manager.request.stops, [STOP, SHUTDOWN, PRESHUTDOWN]);
  });

  it('reports progress while it starts and while it stops, and not in between', async () => {
    const [started, stopped] = [deferred(), deferred()];
    const { end } = await run({ onStart: () => started.promise, onStop: () => stopped.promise });
    await manager.clock.advance(6_000);
    assert.deepEqual(
      manager.reports.map(({ state, checkPoint }) => [state, checkPoint]),
      [2, 3, 4].map((checkPoint) => [STARTING, checkPoint]),
    );
    assert.ok((manager.last?.waitHint ?? 0) > 2_000);
    started.resolve();
    await manager.clock.advance(60_000);
    assert.equal(manager.reports.length, 4);
    manager.say('control', STOP);
    await idle();
    await manager.clock.advance(4_000);
    assert.deepEqual(
      manager.reports.slice(4).map(({ state, checkPoint }) => [state, checkPoint]),
      // The handler has reported the first.
      [2, 3, 4].map((checkPoint) => [STOPPING, checkPoint]),
    );
    stopped.resolve();
    assert.equal(await end, 0);
  });

  for (const [what, code] of [
    ['a shutdown', SHUTDOWN],
    ['a shutdown that gives time', PRESHUTDOWN],
  ] as const) {
    it(`stops at ${what}, once`, async () => {
      const reasons: string[] = [];
      const { end } = await run({ onStop: (reason) => void reasons.push(reason) });
      manager.say('control', code);
      manager.say('control', STOP);
      await end;
      assert.deepEqual(reasons, ['shutdown']);
    });
  }

  it('gives the exit code of onStop to Windows, as a failure', async () => {
    const { end } = await run({ onStop: () => 15 });
    manager.say('control', STOP);
    assert.equal(await end, 15);
    assert.deepEqual([manager.last?.win32ExitCode, manager.last?.serviceExitCode], [1066, 15]);
    assert.deepEqual([manager.events[1]?.type, manager.events[1]?.id], [1, 5]);
  });

  it('has failed if onStart throws, and gives the reason', async () => {
    const { end } = await run({ onStart: () => Promise.reject(new Error('the port is in use')) });
    await assert.rejects(end, /the port is in use/);
    assert.deepEqual(manager.states, [STOPPED]);
    assert.equal(manager.last?.serviceExitCode, 1);
    assert.match(manager.texts[0] ?? '', /^The service has failed: Error: the port is in use/);
  });

  it('has failed if onStop throws', async () => {
    const { end } = await run({
      onStop: () => {
        throw new Error('it hangs');
      },
    });
    manager.say('control', STOP);
    await assert.rejects(end, /it hangs/);
    assert.equal(manager.last?.serviceExitCode, 1);
  });

  it('can stop itself, with an error or without', async () => {
    const reasons: string[] = [];
    const first = await run({
      onStart: (service) => {
        service.stop();
      },
      onStop: (reason) => void reasons.push(reason),
    });
    assert.equal(await first.end, 0);
    // It never ran.
    assert.deepEqual(manager.states, [STOPPING, STOPPED]);
    manager = new ScriptedManager();
    const second = await run({
      onStart: (service) => {
        service.stop(new Error('the disk is full'));
      },
    });
    await assert.rejects(second.end, /the disk is full/);
    assert.deepEqual(reasons, ['itself']);
    assert.equal(manager.last?.serviceExitCode, 1);
  });

  it('ends the process if it does not stop in its time', async () => {
    const { end } = await run({ onStop: () => new Promise(() => undefined), stopsWithin: 5_000 });
    manager.say('control', STOP);
    await idle();
    await manager.clock.advance(5_000);
    await assert.rejects(end, { code: 'ERR_SCHANNEL_SERVICE_TIMEOUT' });
    assert.equal(manager.last?.serviceExitCode, 1);
    assert.deepEqual(manager.exits, []);
    await manager.clock.advance(2_000);
    assert.deepEqual(manager.exits, [1]);
  });

  it('reloads when it is told that its parameters have changed', async () => {
    let count = 0;
    await run({ onReload: () => void (count += 1) });
    manager.say('control', PARAMETER_CHANGE);
    await idle();
    assert.equal(count, 1);
    assert.equal(manager.events.at(-1)?.id, 3);
  });

  it('reloads once for many controls while one is going on', async () => {
    const gates = [deferred(), deferred()];
    let count = 0;
    await run({ onReload: () => gates[count++]?.promise });
    for (let times = 0; times < 5; times += 1) manager.say('control', PARAMETER_CHANGE);
    await idle();
    gates[0]?.resolve();
    await idle();
    gates[1]?.resolve();
    await idle();
    assert.equal(count, 2);
  });

  it('runs on if a reload fails, and gives the reason', async () => {
    const { end } = await run({ onReload: () => Promise.reject(new Error('line 3 is wrong')) });
    manager.say('control', PARAMETER_CHANGE);
    await idle();
    assert.deepEqual([manager.events.at(-1)?.type, manager.events.at(-1)?.id], [2, 4]);
    assert.match(manager.texts.at(-1) ?? '', /line 3 is wrong/);
    manager.say('control', STOP);
    assert.equal(await end, 0);
  });

  it('writes events of its program', async () => {
    await run({
      onStart: ({ log }) => {
        log('warning', `a\0${'b'.repeat(40_000)}`);
      },
    });
    const [event] = manager.events;
    assert.ok(event !== undefined);
    assert.deepEqual([event.source, event.type, event.id], ['tunnel', 2, 10]);
    // ReportEventW takes fewer than 32,000 characters, and ends at a NUL.
    assert.equal(event.text.length, 31_000);
    assert.match(event.text, /^a\?b/);
  });

  it('tells Windows if the process ends by itself, and why', async () => {
    await run();
    manager.process.emit('uncaughtExceptionMonitor', new Error('nobody has caught it'));
    manager.process.emit('exit', 1);
    assert.equal(manager.finished, true);
    assert.deepEqual([manager.last?.state, manager.last?.serviceExitCode], [STOPPED, 1]);
    assert.match(manager.texts.at(-1) ?? '', /exit code 1: Error: nobody has caught it/);
  });

  it('has failed if the process ends without a word, even with exit code 0', async () => {
    await run();
    manager.process.emit('exit', 0);
    assert.deepEqual([manager.last?.state, manager.last?.serviceExitCode], [STOPPED, 1]);
  });

  it('ends in order if the service manager goes away', async () => {
    const { end } = await run();
    manager.refusal = new Error('no longer there');
    manager.say('ended');
    assert.equal(await end, 0);
  });

  it('is refused outside of the service manager', async () => {
    manager.say('ended', 1063);
    const { end } = await run({}, false);
    await assert.rejects(end, { code: 'ERR_SCHANNEL_SERVICE_OUTSIDE', status: 1063 });
    assert.equal(manager.process.listenerCount('exit'), 0);
  });

  it('passes on other reasons of Windows', async () => {
    manager.say('ended', 1083);
    const { end } = await run({}, false);
    await assert.rejects(end, { code: 'ERR_SCHANNEL_SERVICE_FAILURE', status: 1083 });
  });

  it('is once in a process', async () => {
    const busy = Object.assign(new Error('busy'), { status: 1056, syscall: 'StartServiceCtrlDispatcherW' });
    const addon = {
      ...manager.parts.addon,
      runServiceHost: (): never => {
        throw busy;
      },
    };
    await assert.rejects(runAsService({ name: 'tunnel', onStop: () => 0 }, { ...manager.parts, addon }), {
      code: 'ERR_SCHANNEL_SERVICE_FAILURE',
      statusName: 'ERROR_SERVICE_ALREADY_RUNNING',
    });
  });

  it('wants a name and functions', async () => {
    const options = { name: 'tunnel', onStop: () => undefined };
    await assert.rejects(runAsService({ ...options, name: 'a b' }, manager.parts), {
      code: 'ERR_SCHANNEL_SERVICE_NAME',
    });
    for (const wrong of [{ onStop: undefined }, { onStart: 1 }, { onReload: {} }]) {
      const given = { ...options, ...wrong } as unknown as RunAsServiceOptions;
      await assert.rejects(runAsService(given, manager.parts), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    assert.equal(manager.request, null);
  });
});
