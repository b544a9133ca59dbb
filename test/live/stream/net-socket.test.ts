import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { TLSSocket, connect, type ConnectionOptions } from 'schannel';
import { octets } from '../../support/octets.js';
import { watch } from '../../support/outcome.js';
import { PATIENCE } from '../../support/patience.js';
import { memoryServer, startTlsServer, type TlsServer } from '../../support/tls-server.js';

/** Deprecated, and still read by libraries. */
// eslint-disable-next-line @typescript-eslint/no-deprecated
const bufferSizeOf = (socket: TLSSocket): number => socket.bufferSize;

describe('what a net.Socket has', () => {
  let server: TlsServer;
  before(async () => {
    server = await startTlsServer((socket) => void socket.pipe(socket));
  });
  after(() => server.close());

  const open = (options: ConnectionOptions = {}): TLSSocket =>
    connect({ port: server.port, ca: server.ca, ...options });

  it('is one', () => {
    const socket = open();
    assert.ok(socket instanceof net.Socket);
    assert.ok(socket instanceof TLSSocket);
    socket.destroy();
  });

  it('tells the addresses of the stream underneath', async () => {
    const socket = open({ host: '127.0.0.1', servername: 'localhost' });
    assert.equal(socket.localPort, undefined);
    assert.equal(socket.remoteAddress, undefined);
    await once(socket, 'secureConnect');
    assert.equal(socket.remoteAddress, '127.0.0.1');
    assert.equal(socket.remotePort, server.port);
    assert.equal(socket.remoteFamily, 'IPv4');
    assert.equal(socket.localAddress, '127.0.0.1');
    assert.equal(typeof socket.localPort, 'number');
    assert.deepEqual(socket.address(), { address: '127.0.0.1', family: 'IPv4', port: socket.localPort });
    socket.destroy();
  });

  it('tells them through TLS in TLS, and none of a stream that has none', async () => {
    const carrier = open();
    const inner = new TLSSocket(carrier);
    await once(carrier, 'secureConnect');
    assert.equal(inner.remotePort, server.port);
    inner.on('error', () => undefined).destroy();

    const { transport } = await memoryServer();
    const bare = new TLSSocket(transport);
    assert.equal(bare.remoteAddress, undefined);
    assert.deepEqual(bare.address(), {});
    bare.destroy();
  });

  it('counts plaintext', async () => {
    const socket = open();
    assert.deepEqual([socket.bytesRead, socket.bytesWritten], [0, 0]);
    socket.end(octets(70_000));
    await socket.toArray();
    if (!socket.closed) await once(socket, 'close');
    assert.deepEqual([socket.bytesRead, socket.bytesWritten], [70_000, 70_000]);
  });

  it('counts what waits for the handshake as written', async () => {
    const socket = open();
    socket.write('waiting');
    assert.equal(socket.bytesWritten, 7);
    assert.equal(bufferSizeOf(socket), 7);
    await once(socket, 'data');
    assert.equal(bufferSizeOf(socket), 0);
    socket.destroy();
  });

  it('goes through the states of readyState and pending', async () => {
    const socket = open();
    assert.deepEqual([socket.connecting, socket.pending, socket.readyState], [true, true, 'opening']);
    await once(socket, 'connect');
    assert.deepEqual([socket.connecting, socket.pending, socket.readyState], [false, false, 'open']);
    await once(socket, 'secureConnect');
    socket.end();
    assert.equal(socket.readyState, 'readOnly');
    const outcome = watch(socket);
    socket.resume();
    await outcome.closed;
    assert.deepEqual([socket.pending, socket.readyState], [true, 'closed']);
  });

  it('has connect() with its listener, and the events of connecting', async () => {
    const socket = new TLSSocket(null, { ca: server.ca, servername: 'localhost', rejectUnauthorized: true });
    const events: string[] = [];
    for (const event of ['lookup', 'connect', 'ready', 'secureConnect'])
      socket.on(event, () => events.push(event));
    await new Promise<void>((resolve) => socket.connect(server.port, 'localhost', resolve));
    await once(socket, 'secureConnect');
    assert.deepEqual(events, ['lookup', 'connect', 'ready', 'secureConnect']);
    socket.destroy();
  });

  it('looks names up as it is told', async () => {
    const asked: unknown[] = [];
    const lookup = ((host: string, _options: unknown, done: (...result: unknown[]) => void) => {
      asked.push(host);
      done(null, [{ address: '127.0.0.1', family: 4 }]);
    }) as NonNullable<ConnectionOptions['lookup']>;
    const socket = open({ host: 'imaginary.test', servername: 'localhost', lookup });
    await once(socket, 'secureConnect');
    assert.deepEqual(asked, ['imaginary.test']);
    socket.destroy();
  });

  describe('setTimeout', () => {
    it('reports silence in the handshake, and leaves the socket alone', async () => {
      const { transport } = await memoryServer();
      const { ca } = server;
      const socket = connect({ socket: transport, ca, timeout: 30 });
      transport.pause();
      assert.equal(socket.timeout, 30);
      await once(socket, 'timeout');
      assert.equal(socket.destroyed, false);
      socket.destroy();
    });

    it('reports silence later, once, until something moves', async () => {
      const socket = open();
      await once(socket, 'secureConnect');
      let calls = 0;
      socket.setTimeout(40, () => (calls += 1));
      await once(socket, 'timeout');
      socket.write('x');
      await once(socket, 'data');
      await once(socket, 'timeout');
      assert.equal(calls, 1);
      socket.setTimeout(0);
      socket.destroy();
    });

    it('begins again with any traffic', async () => {
      const socket = open();
      await once(socket, 'secureConnect');
      socket.setTimeout(PATIENCE);
      let begun = 0;
      const begin = socket._unrefTimer.bind(socket);
      socket._unrefTimer = () => {
        begun += 1;
        begin();
      };
      socket.write('x');
      const afterWrite = begun;
      await once(socket, 'data');
      assert.ok(0 < afterWrite && afterWrite < begun, `${afterWrite} times by writing, ${begun} in all`);
      socket.destroy();
    });
  });

  it('hands its switches down to the stream underneath', async () => {
    const transport = net.connect(server.port, '127.0.0.1');
    const calls: unknown[] = [];
    const spy = (name: 'setNoDelay' | 'setKeepAlive' | 'ref' | 'unref'): void => {
      transport[name] = (...args: unknown[]) => {
        calls.push([name, ...args]);
        return transport;
      };
    };
    (['setNoDelay', 'setKeepAlive', 'ref', 'unref'] as const).forEach(spy);
    const socket = connect({ socket: transport, host: 'localhost', ca: server.ca });
    await once(socket, 'secureConnect');
    socket.setNoDelay(true).setKeepAlive(true, 3000);
    socket.unref();
    socket.ref();
    assert.deepEqual(calls, [['setNoDelay', true], ['setKeepAlive', true, 3000], ['unref'], ['ref']]);
    socket.destroy();
  });

  it('sets noDelay and keepAlive of the options on its own transport', async () => {
    const calls: unknown[] = [];
    const { setNoDelay, setKeepAlive } = net.Socket.prototype;
    net.Socket.prototype.setNoDelay = function (this: net.Socket, ...args) {
      if (!(this instanceof TLSSocket)) calls.push(['setNoDelay', ...args]);
      return setNoDelay.apply(this, args);
    };
    net.Socket.prototype.setKeepAlive = function (this: net.Socket, ...args) {
      if (!(this instanceof TLSSocket)) calls.push(['setKeepAlive', ...args]);
      return setKeepAlive.apply(this, args);
    };
    try {
      const socket = open({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 2000 });
      await once(socket, 'secureConnect');
      socket.destroy();
    } finally {
      Object.assign(net.Socket.prototype, { setNoDelay, setKeepAlive });
    }
    assert.deepEqual(calls, [
      ['setNoDelay', true],
      ['setKeepAlive', true, 2000],
    ]);
  });

  it('has no trouble with switches before there is a stream, or over one without them', async () => {
    const socket = new TLSSocket();
    socket.setNoDelay(true).setKeepAlive(true, 1000).unref().ref();
    socket.destroy();
    const { transport } = await memoryServer();
    const bare = new TLSSocket(transport);
    bare.setNoDelay(true).setKeepAlive(true, 1000).unref().ref();
    bare.destroy();
  });

  it('buffers as much as highWaterMark says', async () => {
    const socket = open({ highWaterMark: 1234 });
    assert.deepEqual([socket.readableHighWaterMark, socket.writableHighWaterMark], [1234, 1234]);
    await once(socket, 'secureConnect');
    socket.destroy();
  });

  describe('onread', () => {
    it('fills the buffer of the caller', async () => {
      const received: Buffer[] = [];
      const buffer = Buffer.alloc(100);
      const socket = open({
        onread: {
          buffer,
          callback: (count, filled) => {
            assert.equal(filled, buffer);
            received.push(Buffer.from(filled.subarray(0, count)));
            return true;
          },
        },
      });
      socket.on('data', () => assert.fail('onread replaces data'));
      socket.end(octets(1234));
      await once(socket, 'end');
      assert.deepEqual(Buffer.concat(received), octets(1234));
      assert.equal(socket.bytesRead, 1234);
    });

    it('stops when the callback says so, and goes on with resume()', async () => {
      const received: Buffer[] = [];
      const socket = open({
        onread: {
          buffer: () => Buffer.alloc(1000),
          callback: (count, filled) => {
            received.push(Buffer.from(filled.subarray(0, count)));
            setImmediate(() => socket.resume());
            return false;
          },
        },
      });
      socket.end(octets(200_000));
      await once(socket, 'end');
      assert.deepEqual(Buffer.concat(received), octets(200_000));
    });
  });

  it('onread: memory is asked for once more before the end, as libuv does', async () => {
    let asked = 0;
    let filled = 0;
    const socket = open({
      onread: {
        buffer: () => {
          asked += 1;
          return Buffer.alloc(2);
        },
        callback: () => {
          filled += 1;
          return true;
        },
      },
    });
    socket.end('hello world');
    await once(socket, 'end');
    assert.deepEqual([asked, filled], [7, 6]);
  });

  it('onread: a callback may say nothing, and may pause by itself', async () => {
    const received: Buffer[] = [];
    const socket = open({
      onread: {
        buffer: Buffer.alloc(1000),
        callback: ((count: number, filled: Buffer) => {
          assert.equal(socket.isPaused(), false);
          received.push(Buffer.from(filled.subarray(0, count)));
          if (received.length === 3) {
            socket.pause();
            setImmediate(() => socket.resume());
          }
        }) as unknown as (count: number, filled: Uint8Array) => boolean,
      },
    });
    socket.end(octets(20_000));
    await once(socket, 'end');
    assert.deepEqual(Buffer.concat(received), octets(20_000));
  });

  it('resetAndDestroy() closes, whatever is underneath', async () => {
    const { transport } = await memoryServer();
    for (const socket of [open(), new TLSSocket(transport)]) {
      const outcome = watch(socket);
      await new Promise((resolve) => setImmediate(resolve));
      socket.resetAndDestroy();
      await outcome.closed;
      assert.equal(socket.destroyed, true);
    }
  });

  it('getters of node:tls that Windows has nothing for', async () => {
    const socket = open();
    await once(socket, 'secureConnect');
    assert.equal(socket.getTLSTicket(), undefined);
    assert.equal(socket.getFinished(), undefined);
    assert.equal(socket.getPeerFinished(), undefined);
    assert.deepEqual(socket.getSharedSigalgs(), []);
    assert.deepEqual(socket.getCertificate(), {});
    assert.equal(socket.getX509Certificate(), undefined);
    assert.throws(() => socket.enableTrace(), { code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED' });
    socket.destroy();
    assert.equal(socket.getCertificate(), null);
  });

  it('exportKeyingMaterial checks its arguments, then its moment', async () => {
    const socket = open();
    for (const length of [0, -3, 1.5, 2 ** 32])
      assert.throws(() => socket.exportKeyingMaterial(length, 'label'), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => socket.exportKeyingMaterial('8' as unknown as number, 'label'), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
    assert.throws(() => socket.exportKeyingMaterial(8, 7 as unknown as string), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
    assert.throws(() => socket.exportKeyingMaterial(8, 'label'), { code: 'ERR_TLS_INVALID_STATE' });
    await once(socket, 'secureConnect');
    try {
      assert.equal(socket.exportKeyingMaterial(8, 'EXPERIMENTAL label').length, 8);
    } catch (error) {
      // Wine has no exporter.
      const { code, message } = error as NodeJS.ErrnoException;
      assert.equal(code, 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED');
      assert.match(message, /^Keying material could not be exported: /);
    }
    socket.destroy();
    assert.throws(() => socket.exportKeyingMaterial(8, 'label'), { code: 'ERR_TLS_INVALID_STATE' });
  });
});
