import assert from 'node:assert/strict';
import { untilEnded } from '#lib/cli/ending.js';

describe('cli/ending', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`waits until ${signal}, and listens no longer`, async () => {
      const before = process.listenerCount(signal);
      const end = untilEnded(undefined);
      assert.equal(process.listenerCount(signal), before + 1);
      process.emit(signal);
      await end;
      assert.equal(process.listenerCount(signal), before);
    });
  }

  it('waits no longer if nobody else does', async () => {
    const before = process.listenerCount('SIGINT');
    const wait = new AbortController();
    const end = untilEnded(undefined, wait.signal);
    wait.abort();
    await end;
    assert.equal(process.listenerCount('SIGINT'), before);
  });

  it('waits for a time, if there is one', async () => {
    await untilEnded({ text: '1ms', milliseconds: 1 });
  });
});
