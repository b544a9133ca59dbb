import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { Order, Report } from '#lib/apps/tunnel/workers/messages.js';
import { giveUp, obey, type Superior, type Work } from '#lib/apps/tunnel/workers/worker.js';
import { figuresOf } from '../../../../support/tunnel-figures.js';

/** The process that has made the worker. */
class ScriptedSuperior extends EventEmitter implements Superior {
  readonly reports: Report[] = [];
  isConnected = true;

  send(report: Report): void {
    this.reports.push(report);
    this.emit('report');
  }

  disconnect(): void {
    this.isConnected = false;
  }

  async orders(order: Order): Promise<Report | undefined> {
    const answered = once(this, 'report');
    this.emit('message', order);
    await answered;
    return this.reports.at(-1);
  }
}

describe('apps/tunnel/workers/worker', () => {
  const drains: number[] = [];
  const work: Work = {
    figures: () => [figuresOf({ open: 3 })],
    reload: () => Promise.reject(Object.assign(new Error('wrong'), { code: 'EACCES' })),
    stop: (drain) => {
      drains.push(drain);
      return Promise.resolve(4);
    },
  };

  it('says that it is ready, does what it is told, and disconnects when it has stopped', async () => {
    const superior = new ScriptedSuperior();
    const obeyed = obey(superior, work);
    assert.deepEqual(superior.reports, [{ kind: 'ready' }]);
    const figures = await superior.orders({ id: 1, name: 'figures', argument: null });
    assert.equal(figures?.kind, 'done');
    assert.deepEqual(figures, { kind: 'done', id: 1, answer: [figuresOf({ open: 3 })] });
    assert.deepEqual(await superior.orders({ id: 2, name: 'reload', argument: null }), {
      kind: 'undone',
      id: 2,
      error: { message: 'wrong', code: 'EACCES', advice: null },
    });
    assert.equal(superior.isConnected, true);
    assert.deepEqual(await superior.orders({ id: 3, name: 'stop', argument: 50 }), {
      kind: 'done',
      id: 3,
      answer: 4,
    });
    await obeyed;
    assert.deepEqual(drains, [50]);
    assert.equal(superior.isConnected, false);
    assert.equal(superior.listenerCount('message'), 0);
  });

  it('pays no attention to other messages', async () => {
    const superior = new ScriptedSuperior();
    void obey(superior, work);
    for (const message of [null, 'stop', { name: 'stop' }, { cmd: 'NODE_CLUSTER' }])
      superior.emit('message', message);
    await new Promise(setImmediate);
    assert.equal(superior.reports.length, 1);
  });

  it('says why it gives up', () => {
    const superior = new ScriptedSuperior();
    giveUp(superior, Object.assign(new Error('taken'), { code: 'EADDRINUSE', advice: 'Stop it.' }));
    assert.deepEqual(superior.reports, [
      { kind: 'failed', error: { message: 'taken', code: 'EADDRINUSE', advice: 'Stop it.' } },
    ]);
  });
});
