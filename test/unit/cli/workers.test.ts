import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Report } from '#lib/apps/tunnel/workers/messages.js';
import type { Superior } from '#lib/apps/tunnel/workers/worker.js';
import { workFor, WORKERS } from '#lib/cli/workers.js';

class ScriptedSuperior extends EventEmitter implements Superior {
  readonly reports: Report[] = [];
  isConnected = true;

  send(report: Report): void {
    this.reports.push(report);
  }

  disconnect(): void {
    this.isConnected = false;
  }
}

const NOTHING = {
  figures: () => [],
  reload: () => Promise.resolve(),
  stop: () => Promise.resolve(0),
};

describe('cli/workers', () => {
  const counts = (): readonly number[] => [process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')];

  it('ends when it is told to, and not at the Ctrl+C that all processes of a console get', async () => {
    const before = counts();
    const superior = new ScriptedSuperior();
    const worked = workFor(superior, () => Promise.resolve(), NOTHING);
    await new Promise(setImmediate);
    assert.deepEqual(superior.reports, [{ kind: 'ready' }]);
    process.emit('SIGINT');
    process.emit('SIGTERM');
    await new Promise(setImmediate);
    assert.equal(superior.isConnected, true);
    superior.emit('message', { id: 1, name: 'stop', argument: 0 });
    await worked;
    assert.equal(superior.isConnected, false);
    assert.deepEqual(counts(), before);
  });

  it('says why it can not begin, and ends', async () => {
    const before = counts();
    const superior = new ScriptedSuperior();
    const taken = Object.assign(new Error('taken'), { code: 'EADDRINUSE' });
    await workFor(superior, () => Promise.reject(taken), NOTHING);
    assert.deepEqual(superior.reports, [
      { kind: 'failed', error: { message: 'taken', code: 'EADDRINUSE', advice: null } },
    ]);
    assert.equal(superior.isConnected, false);
    assert.deepEqual(counts(), before);
  });

  it('is no worker unless a crew has made it', () => {
    assert.equal(WORKERS.number, null);
  });
});
