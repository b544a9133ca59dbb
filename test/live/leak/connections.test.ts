import assert from 'node:assert/strict';
import { once } from 'node:events';
import { native } from '#lib/native/load.js';
import type { NativeHandleCounts } from '#lib/native/binding.js';
import { connect, releaseUnusedResources, type ConnectionOptions } from 'schannel';
import type { Result } from '../../fixtures/repeated-connections.js';
import { runFixture } from '../../support/child.js';
import { handlesBackTo, settledCounts } from '../../support/native-store.js';
import { watch } from '../../support/outcome.js';
import { startTlsServer, type TlsServer } from '../../support/tls-server.js';

const KIBIBYTE = 1024;
/** What each connection may add; a context that stays is 17 KiB or more. */
const GROWTH = { external: 2 * KIBIBYTE, heapUsed: 4 * KIBIBYTE, outside: 16 * KIBIBYTE };

describe('leaks', () => {
  let server: TlsServer;
  let start: NativeHandleCounts;
  before(async () => {
    server = await startTlsServer((socket) => void socket.pipe(socket));
    start = await settledCounts();
  });
  after(() => server.close());

  /** Every handle is back once the caches let go. */
  async function expectStart(): Promise<void> {
    await handlesBackTo(start, releaseUnusedResources);
  }

  it('500 connections in a row leave nothing behind', async () => {
    // In a separate process, so that nothing else affects its memory.
    const { stdout, stderr } = await runFixture('repeated-connections', {
      flags: ['--expose-gc'],
    });
    assert.notEqual(stdout, '', stderr);
    const { samples, left } = JSON.parse(stdout) as Result;
    for (const kind of ['external', 'heapUsed', 'outside'] as const) {
      // The process grows in steps at moments that we can't choose; a leak shows in every hundred.
      const steps = samples.slice(1).map((sample, index) => sample[kind] - (samples[index]?.[kind] ?? 0));
      const growth = Math.min(...steps) / 100;
      assert.ok(growth < GROWTH[kind], `${kind}: ${(growth / KIBIBYTE).toFixed(1)} KiB with each connection`);
    }
    assert.equal(left, 0);
  });

  it('100 connections at once leave nothing behind', async () => {
    const sockets = Array.from({ length: 100 }, () => connect({ port: server.port, ca: server.ca }));
    await Promise.all(sockets.map((socket) => once(socket, 'secureConnect')));
    assert.equal(native().handleCounts().contexts - start.contexts, 100);
    assert.equal(native().handleCounts().credentials - start.credentials, 1);
    await Promise.all(
      sockets.map(async (socket) => {
        const closed = once(socket, 'close');
        socket.destroy();
        await closed;
      }),
    );
    await expectStart();
  });

  it('connections that fail, at every stage, leave nothing behind', async () => {
    const attempts: readonly ConnectionOptions[] = [
      {}, // not trusted
      { ca: server.ca, host: '127.0.0.1', servername: 'other.example' },
      { ca: server.ca, signal: AbortSignal.abort() },
      { ca: server.ca, port: 1 },
      { ca: server.ca, handshakeTimeout: 1 },
    ];
    for (let round = 0; round < 10; round += 1) {
      const ended = attempts.map(async (options) => {
        const outcome = watch(connect({ port: server.port, ...options }));
        await outcome.closed;
        assert.equal(outcome.errors.length, 1);
      });
      const destroyed = ['connect', 'secure', 'secureConnect'].map(async (event) => {
        const socket = connect({ port: server.port, ca: server.ca });
        await once(socket, event);
        const closed = once(socket, 'close');
        socket.destroy();
        await closed;
      });
      await Promise.all([...ended, ...destroyed]);
    }
    await expectStart();
  });
});
