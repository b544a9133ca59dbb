import assert from 'node:assert/strict';
import { deferred, type Deferred } from '#lib/base/async/deferred.js';
import { runService, type ServiceHost, type ServiceState } from '#lib/web/service/run-service.js';
import { turn } from '../../../support/patience.js';

describe('web/service/run-service', () => {
  let told: ServiceState[];
  let stop: Deferred<void>;
  let host: ServiceHost;
  beforeEach(() => {
    told = [];
    stop = deferred();
    host = { stop: stop.promise, report: (state) => void told.push(state), stopsWithin: 500 };
  });

  it('starts, runs until the host stops it, and returns what close() does', async () => {
    const end = runService(() => Promise.resolve({ close: () => Promise.resolve(3) }), host);
    await turn();
    assert.deepEqual(told, [{ state: 'starting' }, { state: 'running' }]);
    stop.resolve();
    assert.equal(await end, 3);
    assert.deepEqual(told.slice(2), [
      { state: 'stopping', within: 500 },
      { state: 'stopped', error: null },
    ]);
  });

  it('stops a service that has just started, if the host wants no more', async () => {
    const started = deferred<{ close(): Promise<void> }>();
    const end = runService(() => started.promise, host);
    stop.reject(new Error('the host has gone'));
    await turn();
    assert.deepEqual(told, [{ state: 'starting' }]);
    started.resolve({ close: () => Promise.resolve() });
    await end;
    assert.deepEqual(
      told.map(({ state }) => state),
      ['starting', 'running', 'stopping', 'stopped'],
    );
  });

  it('says why it could not start, or not end', async () => {
    const error = new Error('no');
    await assert.rejects(
      runService(() => Promise.reject(error), host),
      error,
    );
    assert.deepEqual(told, [{ state: 'starting' }, { state: 'stopped', error }]);
    stop.resolve();
    await assert.rejects(
      runService(() => Promise.resolve({ close: () => Promise.reject(error) }), { stop: stop.promise }),
      error,
    );
  });
});
