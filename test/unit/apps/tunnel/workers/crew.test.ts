import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { Crew, type WorkerProcess } from '#lib/apps/tunnel/workers/crew.js';
import { dataOf, type Order, type Report } from '#lib/apps/tunnel/workers/messages.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { ScriptedClock } from '../../../../support/scripted-clock.js';
import { figuresOf } from '../../../../support/tunnel-figures.js';

/** A worker whose words are those of the test. */
class ScriptedWorker extends EventEmitter implements WorkerProcess {
  readonly orders: Order[] = [];
  isKilled = false;

  send(order: Order): void {
    this.orders.push(order);
  }

  onReport(listener: (report: unknown) => void): void {
    this.on('message', listener);
  }

  onExit(listener: (code: number | null, signal: string | null) => void): void {
    this.on('exit', listener);
  }

  kill(): void {
    this.isKilled = true;
    this.emit('exit', null, 'SIGTERM');
  }

  says(report: Report): void {
    this.emit('message', report);
  }

  answers(answer: unknown): void {
    const { id } = this.orders.at(-1) ?? assert.fail('no order');
    this.says({ kind: 'done', id, answer });
  }
}

describe('apps/tunnel/workers/crew', () => {
  let workers: ScriptedWorker[];
  let lost: Error[];
  let clock: ScriptedClock;
  let crew: Crew;

  beforeEach(() => {
    workers = [];
    lost = [];
    clock = new ScriptedClock(1);
    crew = new Crew({
      count: 2,
      clock,
      lost: (error) => lost.push(error),
      fork: () => {
        const worker = new ScriptedWorker();
        workers.push(worker);
        return worker;
      },
    });
  });

  async function started(): Promise<readonly [ScriptedWorker, ScriptedWorker]> {
    const start = crew.start();
    for (const worker of workers) worker.says({ kind: 'ready' });
    await start;
    const [one, other] = workers;
    return [one ?? assert.fail(), other ?? assert.fail()];
  }

  it('has started when all take connections', async () => {
    let isStarted = false;
    const start = crew.start().then(() => (isStarted = true));
    assert.equal(workers.length, 2);
    workers[0]?.says({ kind: 'ready' });
    await new Promise(setImmediate);
    assert.equal(isStarted, false);
    workers[1]?.says({ kind: 'ready' });
    await start;
  });

  it('ends all if one can not take connections, and says why', async () => {
    const start = crew.start();
    workers[0]?.says({ kind: 'ready' });
    const reason = new SchannelError('ERR_SCHANNEL_TUNNEL_LISTEN', 'taken', { advice: 'Take another port.' });
    workers[1]?.says({ kind: 'failed', error: dataOf(reason) });
    await assert.rejects(start, {
      code: 'ERR_SCHANNEL_TUNNEL_LISTEN',
      message: 'taken',
      advice: 'Take another port.',
    });
    assert.deepEqual(
      workers.map(({ isKilled }) => isKilled),
      [true, true],
    );
    assert.equal(lost.length, 0);
  });

  it('ends all if one ends before it takes connections', async () => {
    const start = crew.start();
    workers[0]?.emit('exit', 7, null);
    await assert.rejects(start, { code: 'ERR_SCHANNEL_TUNNEL_WORKER', message: /exit code 7/ });
    assert.equal(workers.length, 2);
  });

  it('adds up what the workers know', async () => {
    const [one, other] = await started();
    const figures = crew.figures();
    one.answers([figuresOf({ open: 1 })]);
    other.answers([figuresOf({ open: 2 })]);
    assert.equal((await figures)[0]?.status.open, 3);
  });

  it('leaves out a worker that ends while it is asked', async () => {
    const [one, other] = await started();
    const figures = crew.figures();
    one.answers([figuresOf({ open: 1 })]);
    other.emit('exit', 1, null);
    assert.equal((await figures)[0]?.status.open, 1);
  });

  it('replaces a worker that ends by itself, each time later, and sooner again when one has lasted', async () => {
    const [one] = await started();
    one.emit('exit', 1, null);
    await clock.advance(0);
    assert.equal(workers.length, 3);
    assert.match(lost[0]?.message ?? '', /exit code 1/);
    workers.at(-1)?.emit('exit', 1, null);
    workers.at(-1)?.says({ kind: 'ready' });
    await clock.advance(1000);
    assert.equal(workers.length, 4);
    workers.at(-1)?.emit('exit', null, 'SIGKILL');
    await clock.advance(1999);
    assert.equal(workers.length, 4);
    await clock.advance(1);
    assert.equal(workers.length, 5);
    await clock.advance(60_000);
    workers.at(-1)?.emit('exit', 1, null);
    await clock.advance(0);
    assert.equal(workers.length, 6);
    assert.deepEqual(clock.waits, [0, 1000, 2000, 0]);
  });

  it('says why a worker that replaces another one can not begin', async () => {
    const [one] = await started();
    one.emit('exit', 1, null);
    await clock.advance(0);
    const next = workers.at(-1) ?? assert.fail();
    const error = new SchannelError('ERR_SCHANNEL_TUNNEL_LISTEN', 'taken', { advice: 'stop it' });
    next.says({ kind: 'failed', error: dataOf(error) });
    next.emit('exit', 0, null);
    assert.deepEqual(
      lost.map(({ message }) => message),
      ['A worker ended by itself (exit code 1); another one takes its place', 'taken'],
    );
  });

  it('reloads all, and says if one of them could not', async () => {
    const [one, other] = await started();
    const reload = crew.reload();
    one.answers(null);
    const { id = 0 } = other.orders.at(-1) ?? {};
    other.says({ kind: 'undone', id, error: dataOf(Object.assign(new Error('wrong'), { code: 'EACCES' })) });
    await assert.rejects(reload, { message: 'wrong', code: 'EACCES' });
  });

  it('stops all, with the time that they may take, and counts what they have cut off', async () => {
    const [one, other] = await started();
    const stop = crew.stop(500);
    assert.deepEqual(
      workers.map(({ orders }) => orders.at(-1)?.argument),
      [500, 500],
    );
    one.answers(2);
    one.emit('exit', 0, null);
    other.emit('exit', 0, null);
    assert.equal(await stop, 2);
    assert.equal(workers.length, 2);
    assert.equal(lost.length, 0);
  });

  it('does not replace anybody once it stops, and ends who has not begun', async () => {
    const [one, other] = await started();
    one.emit('exit', 1, null);
    const stop = crew.stop(0);
    other.answers(0);
    await stop;
    assert.equal(clock.timers, 0);
    assert.equal(workers.length, 2);
  });

  it('leaves out a worker that does not say how it is', async () => {
    const [one] = await started();
    const figures = crew.figures();
    one.answers([figuresOf({ open: 1 })]);
    await clock.advance(5000);
    assert.equal((await figures)[0]?.status.open, 1);
    assert.equal(clock.timers, 0);
  });

  it('ends a worker that has not stopped when its time is over', async () => {
    const [one, other] = await started();
    const stop = crew.stop(500);
    one.answers(2);
    await clock.advance(5499);
    assert.equal(other.isKilled, false);
    await clock.advance(1);
    assert.equal(other.isKilled, true);
    assert.equal(await stop, 2);
    assert.equal(one.isKilled, false);
    assert.equal(clock.timers, 0);
  });

  it('hears nothing that is no report', async () => {
    const [one] = await started();
    for (const message of [null, 'ready', 7, {}, { id: 1 }]) one.emit('message', message);
    one.says({ kind: 'done', id: 999, answer: null });
    assert.equal(one.orders.length, 0);
  });
});
