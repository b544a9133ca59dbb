import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { native } from '#lib/native/load.js';
import {
  connect,
  createServer,
  releaseUnusedResources,
  type Server,
  type ServerOptions,
  type TLSSocket,
} from 'schannel';
import { handlesBackTo } from '../../support/native-store.js';
import {
  failureOfClient,
  linkedPair,
  localhostServer,
  SchannelServer,
  textOf,
} from '../../support/schannel-server.js';

type Serve = (socket: TLSSocket) => void;

describe("ends of a server's connections", () => {
  let server: SchannelServer | null = null;
  let inner: Server;
  before(async () => {
    const { cert, key } = await localhostServer();
    inner = createServer({ cert, key });
  });
  const start = async (options: ServerOptions, serve: Serve): Promise<SchannelServer> =>
    (server = await SchannelServer.start(options, serve));
  afterEach(async () => {
    await server?.close();
    server = null;
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    describe(maxVersion, () => {
      it('half-open: the server answers after the client has ended', async () => {
        const started = await start({ maxVersion, allowHalfOpen: true }, (socket) => {
          void textOf(socket).then((question) => socket.end(`answer to ${question}`));
        });
        const client = await started.opened();
        client.end('question');
        assert.equal(await textOf(client), 'answer to question');
      });

      it('a server that ends first still hears the client', async () => {
        let heard: Promise<string> = Promise.resolve('');
        const started = await start({ maxVersion, allowHalfOpen: true }, (socket) => {
          heard = textOf(socket);
          socket.end('goodbye');
        });
        const client = await started.opened({ allowHalfOpen: true } as object);
        assert.equal(await textOf(client), 'goodbye');
        client.end('and thanks');
        assert.equal(await heard, 'and thanks');
      });

      it('destroy() within secureConnection', async () => {
        const started = await start({ maxVersion }, (socket) => socket.destroy());
        const client = started.open();
        await failureOfClient(client);
        assert.deepEqual(started.failures, []);
      });

      it('destroy() of a client in the middle of data', async () => {
        const connected: Promise<TLSSocket>[] = [];
        const started = await start({ maxVersion }, (socket) => {
          connected.push(Promise.resolve(socket));
          socket.on('error', () => undefined);
          socket.write(Buffer.alloc(4_000_000));
        });
        const client = await started.opened();
        await once(client, 'data');
        client.destroy();
        const socket = await connected[0];
        if (socket && !socket.closed) await new Promise((resolve) => socket.once('close', resolve));
        assert.equal(socket?.destroyed, true);
      });

      it('resetAndDestroy() reaches the client as a reset', async () => {
        const started = await start({ maxVersion }, (socket) => socket.resetAndDestroy());
        const failed = await failureOfClient(started.open());
        assert.equal(failed?.code, 'ECONNRESET');
      });
    });
  }

  it('half-open over a stream in memory, which asks for nothing itself', async () => {
    const started = await start({ allowHalfOpen: true }, (socket) => {
      void textOf(socket).then((question) => socket.end(`answer to ${question}`));
    });
    const [near, far] = linkedPair();
    started.server.emit('connection', far);
    const client = connect({ socket: near, host: 'localhost', ca: started.ca });
    client.end('question');
    assert.equal(await textOf(client), 'answer to question');
  });

  it('resetAndDestroy() in TLS in TLS, with writes that wait, emits no error', async () => {
    const outer = await start({}, (socket) => void inner.emit('connection', socket));
    const errors: string[] = [];
    const closed = new Promise<void>((resolve) => {
      inner.once('secureConnection', (socket: TLSSocket) => {
        socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? error.message));
        socket.once('close', () => resolve());
        socket.write(Buffer.alloc(4_000_000));
        // By then TLS outside has the bytes.
        setImmediate(() => socket.resetAndDestroy());
      });
    });
    const client = outer.open({ socket: await outer.opened() });
    await failureOfClient(client);
    await closed;
    assert.deepEqual(errors, []);
  });

  it('an error that nobody listens to does not end the program', async () => {
    const started = await start({}, (socket) => socket.destroy(new Error('nobody listens')));
    await failureOfClient(started.open());
    assert.deepEqual(started.failures, []);
  });

  it('what a listener rejects with ends the connection', async () => {
    const errors: Error[] = [];
    EventEmitter.captureRejections = true;
    try {
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the test is about its result
      const started = await start({}, async (socket: TLSSocket) => {
        socket.on('error', (error: Error) => errors.push(error));
        await Promise.reject(new Error('rejected'));
      });
      await failureOfClient(started.open());
    } finally {
      EventEmitter.captureRejections = false;
    }
    assert.deepEqual(
      errors.map(({ message }) => message),
      ['rejected'],
    );
  });

  it('every handle comes back', async () => {
    await releaseUnusedResources();
    const before = native().handleCounts();
    const started = await start({}, (socket) => void socket.pipe(socket));
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const client = started.open();
        if (index % 3 === 0) {
          client.destroy();
          return;
        }
        await once(client, 'secureConnect');
        if (index % 3 === 1) {
          client.destroy();
          return;
        }
        client.end('ping');
        assert.equal(await textOf(client), 'ping');
      }),
    );
    await started.close();
    server = null;
    await releaseUnusedResources();
    await handlesBackTo(before);
  });
});
