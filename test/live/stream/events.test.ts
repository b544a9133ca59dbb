import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { connect, type TLSSocket } from 'schannel';
import { failureOf, watch } from '../../support/outcome.js';
import { memoryServer, startTlsServer, type TlsServer } from '../../support/tls-server.js';

describe('events', () => {
  let server: TlsServer;
  let ca: string;
  before(async () => {
    server = await startTlsServer((socket) => {
      setImmediate(() => socket.end('bye'));
      socket.resume();
    });
    ({ ca } = server);
  });
  after(() => server.close());

  const open = (signal?: AbortSignal): TLSSocket => connect({ port: server.port, ca, signal });

  it('come in the order of node:tls', async () => {
    const socket = open();
    const outcome = watch(socket);
    socket.resume();
    await outcome.closed;
    assert.deepEqual(outcome.events, ['connect', 'secure', 'secureConnect', 'end', 'finish', 'close']);
  });

  it('OCSPResponse comes only with requestOCSP, before secure: null where nothing was stapled', async () => {
    for (const requestOCSP of [true, false]) {
      const told: unknown[] = [];
      const socket = connect({ port: server.port, ca, requestOCSP });
      socket.on('OCSPResponse', (response) => told.push(response));
      socket.on('secure', () => told.push('secure'));
      await watch(socket.resume()).closed;
      assert.deepEqual(told, requestOCSP ? [null, 'secure'] : ['secure']);
    }
  });

  it('keylog never comes: Windows gives out no secrets', async () => {
    const socket = open();
    socket.on('keylog', () => assert.fail('a secret'));
    await watch(socket.resume()).closed;
  });

  describe('an AbortSignal', () => {
    it('that is aborted already stops everything', async () => {
      const socket = open(AbortSignal.abort(new Error('never')));
      const error = await failureOf(socket);
      assert.equal(error.name, 'AbortError');
      assert.equal((error.cause as Error).message, 'never');
      assert.equal(
        process.getActiveResourcesInfo().filter((name) => name.startsWith('TCPConnectWrap')).length,
        0,
      );
    });

    it('ends a handshake', async () => {
      const { transport } = await memoryServer();
      const controller = new AbortController();
      const socket = connect({ socket: transport, ca, signal: controller.signal });
      transport.once('data', () => controller.abort());
      assert.equal((await failureOf(socket)).code, 'ABORT_ERR');
      assert.equal(transport.destroyed, true);
    });

    it('ends a connection', async () => {
      const controller = new AbortController();
      const socket = open(controller.signal);
      socket.once('secureConnect', () => controller.abort());
      assert.equal((await failureOf(socket)).code, 'ABORT_ERR');
    });

    it('is let go when the socket is closed', async () => {
      const controller = new AbortController();
      const socket = open(controller.signal);
      const outcome = watch(socket);
      socket.resume();
      await outcome.closed;
      controller.abort();
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(outcome.errors, []);
    });
  });

  it('keep the AsyncLocalStorage of who made the socket', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: Record<string, string | undefined> = {};
    const { transport, server: peer } = await memoryServer();
    peer.resume().once('secure', () => setImmediate(() => storage.run('the peer', () => peer.end('bye'))));
    const outcomes = storage.run('the caller', () =>
      [open(), connect({ socket: transport, host: 'localhost', ca })].map((socket, index) => {
        for (const event of ['secure', 'secureConnect', 'data', 'end', 'close'])
          socket.on(event, () => (seen[`${event} ${index}`] = storage.getStore()));
        return watch(socket);
      }),
    );
    await Promise.all(outcomes.map(({ closed }) => closed));
    assert.equal(Object.keys(seen).length, 10);
    assert.deepEqual(
      Object.entries(seen).filter(([, store]) => store !== 'the caller'),
      [],
    );
  });

  /** An exception in a listener is the process's, as with any socket, and the connection goes on. */
  describe('an exception in a listener of', () => {
    for (const event of ['secure', 'secureConnect', 'data']) {
      it(event, async () => {
        const thrown = new Error(`thrown in ${event}`);
        const uncaught = nextUncaught();
        const socket = open();
        const outcome = watch(socket);
        socket.on('data', () => undefined);
        socket.once(event, () => {
          throw thrown;
        });
        assert.equal(await uncaught, thrown);
        await outcome.closed;
        assert.deepEqual(outcome.errors, []);
        assert.ok(outcome.events.includes('end') && outcome.events.includes('finish'), outcome.events.join());
      });
    }
  });
});

/** The next exception that nobody caught, which mocha would otherwise take for a failure. */
function nextUncaught(): Promise<unknown> {
  const listeners = process.rawListeners('uncaughtException') as NodeJS.UncaughtExceptionListener[];
  process.removeAllListeners('uncaughtException');
  return new Promise((resolve) => {
    process.once('uncaughtException', (error) => {
      for (const listener of listeners) process.on('uncaughtException', listener);
      resolve(error);
    });
  });
}
