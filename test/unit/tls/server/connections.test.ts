import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import net from 'node:net';
import { Connections, LONGEST_WAIT } from '#lib/tls/server/connections.js';
import type { TLSSocket } from '#lib/tls/socket/tls-socket.js';

const socket = (): TLSSocket => new net.Socket() as TLSSocket;

/** A server, and the loop over its connections. */
function scene(): {
  server: EventEmitter;
  connections: Connections;
  connect: () => TLSSocket;
  left: () => number;
} {
  const server = new EventEmitter();
  let left = 0;
  const connections = new Connections(server as net.Server, () => (left += 1));
  const connect = (): TLSSocket => {
    const connection = socket();
    server.emit('secureConnection', connection);
    return connection;
  };
  return { server, connections, connect, left: () => left };
}

/** Nothing of the loop is left at the server. */
const isQuiet = (server: EventEmitter): boolean =>
  ['secureConnection', 'error'].every((event) => server.listenerCount(event) === 0);

describe('tls/server/connections', () => {
  it('gives connections out in their order, those that wait and those that come', async () => {
    const { connections, connect } = scene();
    const [first, second] = [connect(), connect()];
    assert.equal((await connections.next()).value, first);
    assert.equal((await connections.next()).value, second);
    const pending = [connections.next(), connections.next()];
    const [third, fourth] = [connect(), connect()];
    assert.deepEqual(
      (await Promise.all(pending)).map(({ value }) => value),
      [third, fourth],
    );
  });

  it('leaves out what was closed while it waited', async () => {
    const { connections, connect } = scene();
    connect().destroy();
    const second = connect();
    assert.equal((await connections.next()).value, second);
  });

  it('ends when the server closes, behind what waits', async () => {
    const { server, connections, connect, left } = scene();
    const first = connect();
    connections.close();
    assert.deepEqual(await connections.next(), { done: false, value: first });
    assert.deepEqual(await connections.next(), { done: true, value: undefined });
    assert.equal(first.destroyed, false);
    assert.equal(left(), 1);
    assert.ok(isQuiet(server));
  });

  it('ends a wait when the server closes', async () => {
    const { connections } = scene();
    const pending = connections.next();
    connections.close();
    assert.equal((await pending).done, true);
  });

  it('fails with the error of the server, once', async () => {
    const { server, connections, connect } = scene();
    const error = new Error('address in use');
    const pending = connections.next();
    server.emit('error', error);
    await assert.rejects(pending, error);
    assert.equal((await connections.next()).done, true);
    assert.ok(isQuiet(server));
    connect();
    assert.equal((await connections.next()).done, true);
  });

  it('closes what waits when the loop is left, and takes no more', async () => {
    const { server, connections, connect, left } = scene();
    const taken = connect();
    const waiting = connect();
    for await (const connection of connections) {
      assert.equal(connection, taken);
      break;
    }
    assert.deepEqual([taken.destroyed, waiting.destroyed], [false, true]);
    assert.ok(isQuiet(server));
    assert.equal(left(), 1);
  });

  it('closes what comes beyond its limit, and says so', async () => {
    const { server, connections, connect } = scene();
    const drops: unknown[] = [];
    server.on('drop', (data) => drops.push(data));
    const waiting = Array.from({ length: LONGEST_WAIT }, connect);
    const beyond = connect();
    assert.ok(waiting.every(({ destroyed }) => !destroyed));
    assert.equal(beyond.destroyed, true);
    assert.equal(drops.length, 1);
    assert.deepEqual(Object.keys(drops[0] as object), [
      'localAddress',
      'localPort',
      'remoteAddress',
      'remotePort',
      'remoteFamily',
    ]);
    assert.equal((await connections.next()).value, waiting[0]);
    assert.equal(connect().destroyed, false);
  });

  it('keeps no places for clients that have gone', () => {
    const { connect } = scene();
    const waiting = Array.from({ length: LONGEST_WAIT }, connect);
    waiting[0]?.destroy();
    assert.equal(connect().destroyed, false);
    assert.equal(connect().destroyed, true);
  });
});
