import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type tls from 'node:tls';
import { connect } from 'schannel';
import { whileFixed } from '../../support/double.js';
import { watch } from '../../support/outcome.js';
import { skip } from '../../support/skip.js';
import { memoryServer, startTlsServer } from '../../support/tls-server.js';
import { onDouble } from '../../support/windows.js';

/** Ends once the handshake is over: within it OpenSSL sends no close_notify. */
const sayLast = (server: tls.TLSSocket, text: string): void => void setImmediate(() => server.end(text));

describe('half-open', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${version}: writes go on behind the peer's close_notify when allowHalfOpen is set`, async () => {
      const received: Buffer[] = [];
      let whole: Promise<unknown> = Promise.resolve();
      const server = await startTlsServer(
        (socket) => {
          whole = once(socket, 'end');
          socket.on('data', (chunk: Buffer) => received.push(chunk));
          sayLast(socket, 'that was all');
        },
        { allowHalfOpen: true, maxVersion: version },
      );
      const socket = connect({ port: server.port, ca: server.ca, allowHalfOpen: true });
      const outcome = watch(socket);
      const ended = once(socket, 'end');
      assert.equal(String(await once(socket, 'data')), 'that was all');
      await ended;
      assert.equal(socket.truncated, false);
      assert.equal(socket.writable, true);
      socket.write('one thing more, ');
      socket.end('and another');
      await whole;
      assert.equal(Buffer.concat(received).toString(), 'one thing more, and another');
      await outcome.closed;
      assert.deepEqual(outcome.errors, []);
      assert.deepEqual(server.errors, []);
      await server.close();
    });

    it(`${version}: data comes behind our own close_notify`, async () => {
      const server = await startTlsServer(
        (socket) => {
          socket.on('end', () => socket.end('what you asked for')).resume();
        },
        { allowHalfOpen: true, maxVersion: version },
      );
      const socket = connect({ port: server.port, ca: server.ca });
      socket.end('a question');
      assert.equal(String(Buffer.concat((await socket.toArray()) as Buffer[])), 'what you asked for');
      assert.equal(socket.truncated, false);
      await server.close();
    });
  }

  it('a write behind the peer’s close_notify is an error where Windows encrypts nothing then', async function () {
    if (!onDouble) skip(this, 'only the double can choose so');
    await whileFixed('peersClose', 1, async () => {
      const server = await startTlsServer((socket) => sayLast(socket, 'that was all'), {
        allowHalfOpen: true,
      });
      const socket = connect({ port: server.port, ca: server.ca, allowHalfOpen: true });
      const outcome = watch(socket);
      await once(socket.resume(), 'end');
      socket.write('one thing more');
      await outcome.closed;
      assert.deepEqual(
        outcome.errors.map(({ code, syscall }) => [code, syscall]),
        [['ERR_SCHANNEL_SYSTEM_UNSUPPORTED', 'EncryptMessage']],
      );
      await server.close();
    });
  });

  it('the peer’s end ends our side too without allowHalfOpen', async () => {
    const { transport, server, ca } = await memoryServer();
    const told = once(server, 'end');
    server.resume().once('secure', () => sayLast(server, 'bye'));
    const socket = connect({ socket: transport, host: 'localhost', ca });
    const outcome = watch(socket);
    socket.resume();
    await outcome.closed;
    await told;
    assert.deepEqual(outcome.events, ['secure', 'secureConnect', 'end', 'finish', 'close']);
    assert.equal(outcome.hadError, false);
  });

  it('a write behind the peer’s end fails without allowHalfOpen', async () => {
    const { transport, server, ca } = await memoryServer();
    server.once('secure', () => sayLast(server, ''));
    const socket = connect({ socket: transport, host: 'localhost', ca });
    const outcome = watch(socket);
    socket.resume();
    await once(socket, 'end');
    const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
      socket.write('too late', resolve);
    });
    assert.equal(error?.code, 'EPIPE');
    await outcome.closed;
  });

  it('takes allowHalfOpen from the socket it is given', async () => {
    const { transport } = await memoryServer();
    assert.equal(connect({ socket: transport }).on('error', () => undefined).allowHalfOpen, false);
    const half = new net.Socket({ allowHalfOpen: true });
    const socket = connect({ socket: half });
    assert.equal(socket.allowHalfOpen, true);
    socket.destroy();
  });
});
