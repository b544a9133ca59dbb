import assert from 'node:assert/strict';
import { once } from 'node:events';
import { TLSSocket, connect } from 'schannel';
import { watch, type Outcome } from '../../support/outcome.js';
import { memoryServer, startPlainServer, startTlsServer, type TlsServer } from '../../support/tls-server.js';

const reason = Object.assign(new Error('enough'), { code: 'E_ENOUGH' });

describe('destroy', () => {
  let server: TlsServer;
  let ca: string;
  before(async () => {
    server = await startTlsServer((socket) => void socket.pipe(socket));
    ({ ca } = server);
  });
  after(() => server.close());

  const open = (): TLSSocket => connect({ port: server.port, ca });

  /** A phase in which a socket is destroyed, and how it gets there. */
  const phases: readonly [name: string, reach: () => Promise<TLSSocket> | TLSSocket][] = [
    ['before it has a transport', () => new TLSSocket()],
    ['before its transport connects', open],
    [
      'while it acquires its credential',
      async () => {
        const socket = connect({ socket: (await memoryServer()).transport, ca });
        await new Promise((resolve) => process.nextTick(resolve));
        return socket;
      },
    ],
    [
      'while the server is silent in the handshake',
      async () => {
        const { transport, far } = await memoryServer();
        far.removeAllListeners('data').pause();
        const socket = connect({ socket: transport, ca });
        await once(far.resume(), 'data');
        return socket;
      },
    ],
    [
      'while Windows works on the handshake',
      async () => {
        const { transport } = await memoryServer();
        const socket = connect({ socket: transport, ca });
        await once(transport, 'data');
        return socket;
      },
    ],
    [
      'while the peer is verified',
      async () => {
        const socket = open();
        await once(socket, 'secure');
        return socket;
      },
    ],
    [
      'in the listener of secureConnect',
      async () => {
        const socket = open();
        await once(socket, 'secureConnect');
        return socket;
      },
    ],
    [
      'with data on its way',
      async () => {
        const socket = open();
        await once(socket, 'secureConnect');
        socket.write(Buffer.alloc(1_000_000), () => undefined);
        await once(socket, 'data');
        return socket;
      },
    ],
    [
      'while it says goodbye',
      async () => {
        const socket = open();
        await once(socket, 'secureConnect');
        socket.end();
        return socket;
      },
    ],
    [
      'when the peer has ended',
      async () => {
        const { transport, server: far } = await memoryServer();
        far.once('secure', () => far.end());
        const socket = connect({ socket: transport, host: 'localhost', ca, allowHalfOpen: true });
        await once(socket.resume(), 'end');
        return socket;
      },
    ],
  ];

  for (const [phase, reach] of phases) {
    it(`${phase}: closes once, without an error`, async () => {
      const socket = await reach();
      const outcome = watch(socket);
      socket.destroy();
      assert.equal(socket.destroyed, true);
      await outcome.closed;
      expectOnce(outcome, []);
      assert.equal(outcome.hadError, false);
    });

    it(`${phase}: closes once, with the error that was given`, async () => {
      const socket = await reach();
      const outcome = watch(socket);
      socket.destroy(reason);
      socket.destroy(new Error('another'));
      await outcome.closed;
      expectOnce(outcome, ['E_ENOUGH']);
      assert.equal(outcome.hadError, true);
    });
  }

  it('calls back every write that was waiting', async () => {
    const { transport, ca: trusted } = await memoryServer();
    const socket = connect({ socket: transport, ca: trusted });
    const outcome = watch(socket);
    const results: (string | undefined)[] = [];
    const called = Promise.all(
      ['one', 'two', 'three'].map(
        (text) =>
          new Promise<void>((resolve) => {
            socket.write(text, (error) => {
              results.push((error as NodeJS.ErrnoException | null)?.code);
              resolve();
            });
          }),
      ),
    );
    socket.destroy();
    await called;
    assert.equal(results.length, 3);
    for (const code of results) assert.equal(code, 'ERR_STREAM_DESTROYED');
    await outcome.closed;
    expectOnce(outcome, []);
  });

  it('destroys the stream underneath', async () => {
    const { transport } = await memoryServer();
    const socket = connect({ socket: transport, ca });
    socket.destroy();
    await once(socket, 'close');
    assert.equal(transport.destroyed, true);
  });

  it('stops a connection that is being made', async () => {
    const silent = await startPlainServer(() => undefined);
    const socket = connect({ port: silent.port, ca });
    socket.destroy();
    await once(socket, 'close');
    assert.equal(socket.remoteAddress, undefined);
    await silent.close();
  });

  it('an error of the stream underneath is the socket’s', async () => {
    const { transport } = await memoryServer();
    const socket = connect({ socket: transport, ca });
    const outcome = watch(socket);
    transport.destroy(reason);
    await outcome.closed;
    expectOnce(outcome, ['E_ENOUGH']);
  });

  it('a stream underneath that goes away during the handshake is ECONNRESET', async () => {
    const { transport } = await memoryServer();
    const socket = connect({ socket: transport, ca });
    const outcome = watch(socket);
    await once(transport, 'data');
    transport.destroy();
    await outcome.closed;
    expectOnce(outcome, ['ECONNRESET']);
  });

  it('a stream underneath that goes away later is the end, cut short', async () => {
    const memory = await memoryServer();
    const socket = connect({ socket: memory.transport, host: 'localhost', ca });
    const outcome = watch(socket);
    await once(socket, 'secureConnect');
    socket.resume();
    memory.transport.destroy();
    await outcome.closed;
    expectOnce(outcome, []);
    assert.equal(socket.truncated, true);
  });

  it('a connection that is refused says by whom', async () => {
    const free = await startPlainServer(() => undefined);
    await free.close();
    const socket = connect({ port: free.port, host: '127.0.0.1', ca });
    const outcome = watch(socket);
    await outcome.closed;
    expectOnce(outcome, ['ECONNREFUSED']);
    assert.equal((outcome.errors[0] as NodeJS.ErrnoException & { port?: number }).port, free.port);
  });

  it('Symbol.asyncDispose closes without an error, and waits', async () => {
    const socket = open();
    const outcome = watch(socket);
    await once(socket, 'secureConnect');
    socket.write('the last words');
    await socket[Symbol.asyncDispose]();
    assert.equal(socket.destroyed, true);
    assert.equal(socket.writableFinished, true);
    await outcome.closed;
    assert.deepEqual(outcome.errors, []);
  });

  it('destroySoon sends what was written first', async () => {
    const socket = open();
    await once(socket, 'secureConnect');
    const echoed = once(socket, 'data');
    socket.write('last words');
    assert.equal(String((await echoed)[0]), 'last words');
    const outcome = watch(socket);
    socket.resume();
    socket.write('the very last');
    socket.destroySoon();
    await outcome.closed;
    expectOnce(outcome, []);
    assert.equal(socket.writableFinished, true);
  });
});

/** 'close' once and last, and exactly these errors. */
function expectOnce(outcome: Outcome, codes: readonly string[]): void {
  assert.deepEqual(
    outcome.errors.map(({ code }) => code),
    codes,
  );
  assert.equal(outcome.events.filter((event) => event === 'close').length, 1, outcome.events.join());
  assert.equal(outcome.events.at(-1), 'close');
}
