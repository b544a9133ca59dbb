import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { connect, releaseUnusedResources } from 'schannel';
import { fixture } from '../../support/child.js';
import { handlesBackTo, settledCounts } from '../../support/native-store.js';
import { turn } from '../../support/patience.js';
import { startPlainServer, startTlsServer, type TlsServer } from '../../support/tls-server.js';

describe('worker threads', () => {
  let server: TlsServer;
  before(async () => {
    server = await startTlsServer((socket) => void socket.pipe(socket));
  });
  after(() => server.close());

  const start = (port: number, count: number): Worker =>
    new Worker(fixture('connecting-worker'), { workerData: { port, ca: server.ca, count } });
  /** What it says after 'started'. */
  const result = async (worker: Worker): Promise<unknown> => {
    for (;;) {
      const [message] = (await once(worker, 'message')) as [unknown];
      if (message !== 'started') return message;
    }
  };

  it('connect at the same time, beside the main thread', async () => {
    const workers = Array.from({ length: 3 }, () => start(server.port, 10));
    const main = connect({ port: server.port, ca: server.ca });
    main.write('main');
    const results = workers.map(result);
    const exits = workers.map((worker) => once(worker, 'exit'));
    assert.equal(String((await once(main, 'data'))[0]), 'main');
    for (const answers of await Promise.all(results)) assert.deepEqual(answers, Array(10).fill('a word'));
    for (const [code] of await Promise.all(exits)) assert.equal(code, 0);
    main.destroy();
  });

  it('may be terminated in the middle of handshakes, and give everything back', async () => {
    const before = await settledCounts();
    const silent = await startPlainServer(() => undefined);
    for (const port of [silent.port, server.port]) {
      for (let round = 0; round < 3; round += 1) {
        const worker = start(port, 10);
        await once(worker, 'message');
        // By turns at once, and when the first hellos are out.
        for (let waited = 0; waited < round * 10; waited += 1) await turn();
        await worker.terminate();
      }
    }
    await silent.close();
    const socket = connect({ port: server.port, ca: server.ca });
    await once(socket, 'secureConnect');
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
    await handlesBackTo(before, releaseUnusedResources);
  });
});
