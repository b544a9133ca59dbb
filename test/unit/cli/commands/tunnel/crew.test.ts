import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { type CrewPlan, startCrew, workOf } from '#lib/cli/commands/tunnel/crew.js';
import { Teller } from '#lib/cli/commands/tunnel/teller.js';
import type { CrewEvents, Workers } from '#lib/cli/workers.js';
import type { TunnelFigures } from '#lib/apps/tunnel/status/figures.js';
import type { Tunnels } from '#lib/tunnel.js';
import { type Deferred, deferred } from '#lib/base/async/deferred.js';
import { capturedIO } from '../../../../support/captured-io.js';
import { until } from '../../../../support/patience.js';
import { figuresOf } from '../../../../support/tunnel-figures.js';

describe('cli/commands/tunnel/crew', () => {
  let done: unknown[];
  let failure: Error | null;
  let starting: Promise<void>;
  let hasBegun: Deferred<void>;
  let figures: readonly TunnelFigures[];
  let events: CrewEvents;
  let stop: AbortController;
  let tunnels: EventEmitter;
  const io = capturedIO();

  const workers: Workers = {
    number: null,
    createCrew: (count, args, told) => {
      done.push({ count, args });
      events = told;
      return {
        start: () => {
          hasBegun.resolve();
          return failure === null ? starting : Promise.reject(failure);
        },
        figures: () => Promise.resolve(figures),
        reload: () => {
          done.push('reload');
          return failure === null ? Promise.resolve() : Promise.reject(failure);
        },
        stop: (drain) => {
          done.push({ drain });
          return Promise.resolve(3);
        },
      };
    },
    work: () => Promise.reject(new Error('this is no worker')),
  };

  const plan = (changes: Partial<CrewPlan> = {}): CrewPlan => ({
    ...{ count: 2, args: ['tunnel', 'a.conf'], status: null, version: '1', drain: 500, ...changes },
  });

  beforeEach(() => {
    done = [];
    failure = null;
    starting = Promise.resolve();
    hasBegun = deferred();
    stop = new AbortController();
    figures = [figuresOf({ name: 'imaps' }), figuresOf({ name: 'ldaps', accept: '127.0.0.1:389' })];
    tunnels = new EventEmitter();
  });

  const start = (changes?: Partial<CrewPlan>): ReturnType<typeof startCrew> =>
    startCrew(tunnels as Tunnels, plan(changes), new Teller(io, false), workers, stop.signal);

  it('says once where all of them listen, and how many they are', async () => {
    const before = io.output().length;
    const { close } = await start();
    assert.equal(
      io.output().slice(before),
      '[imaps] listening on 127.0.0.1:143 → mail.example:993\n' +
        '[ldaps] listening on 127.0.0.1:389 → mail.example:993\n2 workers\n',
    );
    assert.equal(await close(), 3);
    assert.deepEqual(done, [{ count: 2, args: ['tunnel', 'a.conf'] }, { drain: 500 }]);
  });

  it('stops them while they start', async () => {
    const ready = deferred();
    starting = ready.promise;
    const refused = assert.rejects(start(), /ended/);
    await hasBegun.promise;
    stop.abort();
    assert.deepEqual(done.slice(1), [{ drain: 0 }]);
    ready.reject(new Error('ended'));
    await refused;
    await assert.rejects(start(), { name: 'AbortError' });
  });

  it('shows the status of all', async () => {
    const before = io.output().length;
    const { close } = await start({ status: { accept: '0' } });
    const [, address = ''] = /status and metrics on (\S+)/.exec(io.output().slice(before)) ?? [];
    const page = (await (await fetch(`http://${address}/status`)).json()) as { services: { name: string }[] };
    assert.deepEqual(
      page.services.map(({ name }) => name),
      ['imaps', 'ldaps'],
    );
    await close();
    await assert.rejects(fetch(`http://${address}/status`));
  });

  it('shows nothing if they can not begin', async () => {
    failure = new Error('taken');
    const before = io.output().length;
    await assert.rejects(start({ status: { accept: '0' } }), failure);
    assert.equal(io.output().length, before);
  });

  it('has them reload when the file is right, and says if one could not', async () => {
    const { close } = await start();
    tunnels.emit('reload', new Error('wrong file'));
    assert.equal(done.includes('reload'), false);
    tunnels.emit('reload', null);
    assert.equal(done.includes('reload'), true);
    failure = new Error('port taken meanwhile');
    tunnels.emit('reload', null);
    await until(
      () => io.errors().includes('port taken meanwhile'),
      () => io.errors(),
    );
    await close();
  });

  it('says that one has ended by itself, and passes on what one says', async () => {
    const { close } = await start();
    events.lost(new Error('worker gone'));
    assert.match(io.errors(), /worker gone/);
    events.said('worker 1: connection 7: reset', 'stderr');
    assert.match(io.errors(), /^worker 1: connection 7: reset$/m);
    await close();
  });

  it('does as a worker what it is told', async () => {
    const calls: unknown[] = [];
    const tunnel = Object.assign(new EventEmitter(), { status: () => figuresOf({ open: 5 }).status });
    const work = workOf(Object.assign(new EventEmitter(), { tunnels: [tunnel] }) as unknown as Tunnels, {
      reload: null,
      close: (options) => {
        calls.push(options);
        return Promise.resolve(1);
      },
    });
    assert.equal(work.figures()[0]?.status.open, 5);
    await work.reload();
    assert.equal(await work.stop(20), 1);
    assert.deepEqual(calls, [{ drain: 20 }]);
  });
});
