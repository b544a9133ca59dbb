import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { canBeTaken, TakenSocket } from '#lib/tls/socket/taken-socket.js';

const BYTES = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0xfe]);

/** A connected pair of sockets: one that will be taken, and its peer. */
async function sockets({
  path: named = '',
  paused = false,
  onread,
}: { path?: string; paused?: boolean; onread?: net.OnReadOpts } = {}): Promise<{
  owner: net.Socket;
  peer: net.Socket;
}> {
  const server = net.createServer({ allowHalfOpen: true });
  server.listen(named === '' ? { port: 0, host: '127.0.0.1' } : { path: named });
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address);
  const owner =
    typeof address === 'string'
      ? net.connect(address)
      : net.connect({ port: address.port, host: '127.0.0.1', onread });
  if (paused) owner.pause();
  const accepted = once(server, 'connection') as Promise<[net.Socket]>;
  const [[peer]] = await Promise.all([accepted, once(owner, 'connect')]);
  server.close();
  peer.on('error', () => undefined);
  return { owner, peer };
}

/** A socket on the handle of another, and what it got. */
function take(owner: net.Socket): {
  taken: TakenSocket;
  /** What the two emit, in order. */
  events: readonly string[];
  received: () => Buffer;
  until: (length: number) => Promise<Buffer>;
} {
  const events: string[] = [];
  watch('owner', owner, events);
  const chunks: Buffer[] = [];
  let arrived = (): void => undefined;
  const taken = new TakenSocket(owner, (chunk) => {
    // The memory is used again.
    chunks.push(Buffer.from(chunk));
    arrived();
  });
  watch('taken', taken, events);
  const received = (): Buffer => Buffer.concat(chunks);
  const until = (length: number): Promise<Buffer> =>
    new Promise((resolve) => {
      arrived = () => {
        if (received().length >= length) resolve(received());
      };
      arrived();
    });
  return { taken, events, received, until };
}

/** All that a peer is sent up to the end. */
async function everything(peer: net.Socket): Promise<Buffer> {
  return Buffer.concat((await peer.toArray()) as Buffer[]);
}

/** once() would reject with the error before. */
const closed = (taken: TakenSocket): Promise<void> =>
  new Promise((resolve) => {
    if (taken.isGone) setImmediate(resolve);
    else taken.once('close', resolve);
  });

function watch(name: string, socket: net.Socket, events: string[]): void {
  for (const event of ['end', 'finish', 'error', 'close'])
    socket.on(event, () => events.push(`${name} ${event}`));
}

describe('tls/socket/taken-socket: the bytes', () => {
  it('come as they are, whatever decoder the owner has', async () => {
    const { owner, peer } = await sockets();
    owner.setEncoding('utf8');
    const { taken, until } = take(owner);
    taken.resume();
    owner.setEncoding('utf8');
    peer.write(BYTES);
    assert.deepEqual(await until(BYTES.length), BYTES);
    taken.destroy();
  });

  it('are not heard by the listeners of the owner, and come when those are gone', async () => {
    const { owner, peer } = await sockets();
    const heard: unknown[] = [];
    owner.on('data', (chunk) => heard.push(chunk));
    const { taken, until } = take(owner);
    taken.resume();
    peer.write(BYTES);
    await until(BYTES.length);
    owner.removeAllListeners('data');
    peer.write(BYTES);
    await until(2 * BYTES.length);
    assert.deepEqual(heard, []);
    taken.destroy();
  });

  it("are not the owner's, though it listens for 'readable'", async () => {
    const { owner, peer } = await sockets();
    let count = 0;
    owner.on('readable', () => (count += 1));
    const { taken, until } = take(owner);
    taken.resume();
    peer.write(BYTES);
    assert.deepEqual(await until(BYTES.length), BYTES);
    assert.deepEqual([count, owner.readableLength, owner.read()], [0, 0, null]);
    taken.destroy();
  });

  it('do not go to memory that the owner has for them', async () => {
    const buffer = Buffer.alloc(1000);
    const calls: number[] = [];
    const callback = (length: number): boolean => {
      calls.push(length);
      return true;
    };
    const { owner, peer } = await sockets({ onread: { buffer, callback } });
    const { taken, until } = take(owner);
    taken.resume();
    peer.write(BYTES);
    assert.deepEqual(await until(BYTES.length), BYTES);
    assert.deepEqual([calls, buffer.equals(Buffer.alloc(1000))], [[], true]);
    taken.destroy();
  });

  it('that the owner had read and nobody had taken come first, without an event', async () => {
    const { owner, peer } = await sockets();
    owner.pause();
    const heard: unknown[] = [];
    owner.on('data', (chunk) => heard.push(chunk));
    peer.write(BYTES);
    owner.read(0);
    while (owner.readableLength === 0) await new Promise((resolve) => setImmediate(resolve));
    const { taken } = take(owner);
    assert.deepEqual(Buffer.concat(taken.early as Buffer[]), BYTES);
    assert.deepEqual(heard, []);
    owner.emit('data', 'its own');
    assert.deepEqual(heard, ['its own']);
    assert.equal(Object.hasOwn(owner, 'emit'), false);
    taken.destroy();
  });

  it('that were decoded already are told as the text that they became', async () => {
    const { owner, peer } = await sockets();
    owner.setEncoding('utf8').pause();
    peer.write('text');
    owner.read(0);
    while (owner.readableLength === 0) await new Promise((resolve) => setImmediate(resolve));
    const { taken } = take(owner);
    assert.deepEqual(taken.early, ['text']);
    taken.destroy();
  });

  it('stay with the system while nobody wants them, though the owner begins to read', async () => {
    // It has not read anything yet, and so can have its handle read.
    const { owner, peer } = await sockets({ paused: true });
    const { taken, received, until } = take(owner);
    const sent = Buffer.alloc(16 * 1024 * 1024, 'x');
    peer.write(sent);
    owner.resume();
    await until(1);
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const held = received().length;
    assert.ok(held <= 256 * 1024, `${String(held)} bytes of one read`);
    taken.resume();
    assert.equal((await until(sent.length)).equals(sent), true);
    taken.destroy();
  });
});

describe('tls/socket/taken-socket: what is written', () => {
  it('goes out behind all that the owner has written', async () => {
    const { owner, peer } = await sockets();
    const part = Buffer.alloc(512 * 1024, 'a');
    const before = Buffer.alloc(32 * part.length, 'a');
    peer.pause();
    for (let at = 0; at < before.length; at += part.length) owner.write(part);
    assert.ok(owner.writableLength > 2 * part.length, 'more waits than libuv has');
    const { taken } = take(owner);
    taken.write('first');
    taken.write('second');
    owner.write('late');
    taken.end('third');
    const all = await everything(peer);
    assert.equal(all.subarray(0, before.length).equals(before), true);
    const rest = all.subarray(before.length).toString();
    assert.equal(rest.replace('late', ''), 'firstsecondthird');
    taken.destroy();
  });

  it('is counted by the owner, as is what is read', async () => {
    const { owner, peer } = await sockets();
    const { taken, until } = take(owner);
    taken.resume();
    taken.write('12345');
    peer.write('123');
    await until(3);
    assert.deepEqual([owner.bytesRead, owner.bytesWritten], [3, 5]);
    taken.destroy();
    assert.deepEqual([owner.bytesRead, owner.bytesWritten], [3, 5]);
  });

  it('may still be written behind the end of the peer', async () => {
    const { owner, peer } = await sockets();
    const { taken, events } = take(owner);
    taken.resume();
    peer.end();
    await once(taken, 'end');
    taken.end('answer');
    assert.equal(String(await everything(peer)), 'answer');
    await closed(taken);
    assert.deepEqual(events, ['taken end', 'taken finish', 'owner close', 'taken close']);
  });
});

describe('tls/socket/taken-socket: the end', () => {
  it('of the taken is that of the owner, whose error it is not', async () => {
    const { owner, peer } = await sockets();
    const { taken, events } = take(owner);
    taken.destroy(new Error('mine'));
    assert.equal(owner.destroyed, true);
    await closed(taken);
    assert.deepEqual(events, ['taken error', 'owner close', 'taken close']);
    assert.equal(owner.errored, null);
    peer.destroy();
  });

  it('of the owner is that of the taken, with its error', async () => {
    for (const error of [undefined, new Error('its own')]) {
      const { owner, peer } = await sockets();
      const { taken, events } = take(owner);
      owner.destroy(error);
      await closed(taken);
      const errors = error ? ['owner error', 'taken error'] : [];
      assert.deepEqual(events, [...errors, 'owner close', 'taken close']);
      assert.equal(taken.errored, error ?? null);
      peer.destroy();
    }
  });

  it('of the owner has come when something is written before it is told', async () => {
    const { owner, peer } = await sockets();
    const { taken, events } = take(owner);
    owner.destroy();
    taken.write('x');
    await closed(taken);
    assert.deepEqual(events, ['owner close', 'taken close']);
    peer.destroy();
  });

  it('that the peer makes by a reset is an error only of the taken one', async () => {
    const { owner, peer } = await sockets();
    const { taken, events } = take(owner);
    taken.resume();
    peer.resetAndDestroy();
    await closed(taken);
    assert.equal((taken.errored as NodeJS.ErrnoException).code, 'ECONNRESET');
    assert.deepEqual(events, ['taken error', 'owner close', 'taken close']);
  });

  it('by resetAndDestroy() is a reset for the peer', async () => {
    const { owner, peer } = await sockets();
    const { taken } = take(owner);
    const failed = once(peer, 'error') as Promise<[NodeJS.ErrnoException]>;
    peer.resume();
    taken.resetAndDestroy();
    assert.equal((await failed)[0].code, 'ECONNRESET');
    assert.equal(owner.destroyed, true);
  });
});

describe('tls/socket/taken-socket: the owner', () => {
  it('tells those who listen later that it is closed once the taken has told so', async () => {
    const { owner, peer } = await sockets();
    const { events } = take(owner);
    const seen = new Promise((resolve) => owner.on('close', () => resolve([...events])));
    owner.destroy();
    assert.deepEqual(await seen, ['owner close', 'taken close']);
    peer.destroy();
  });

  it('has its timeout put off by what goes through the taken', async () => {
    const { owner, peer } = await sockets();
    owner.setTimeout(1_000_000);
    const timer = Object.getOwnPropertySymbols(owner)
      .map((symbol): unknown => Reflect.get(owner, symbol))
      .find((value): value is NodeJS.Timeout => value?.constructor.name === 'Timeout');
    assert.ok(timer);
    const refreshed: string[] = [];
    let by = 'read';
    timer.refresh = function (this: NodeJS.Timeout) {
      refreshed.push(by);
      return this;
    };
    const { taken, until } = take(owner);
    taken.resume();
    peer.write('x');
    await until(1);
    by = 'write';
    await new Promise((resolve) => taken.write('y', resolve));
    assert.deepEqual([...new Set(refreshed)], ['read', 'write']);
    taken.destroy();
  });

  it('is whose settings are changed', async () => {
    const { owner, peer } = await sockets();
    owner.setNoDelay(true);
    const calls: unknown[] = [];
    const handle = Reflect.get(owner, '_handle') as Record<string, (...args: unknown[]) => unknown>;
    for (const name of ['setNoDelay', 'setKeepAlive', 'ref', 'unref']) {
      handle[name] = (...args: unknown[]) => calls.push([name, ...args]);
    }
    const { taken } = take(owner);
    taken.setNoDelay(false).setKeepAlive(true, 2000).unref().ref();
    assert.deepEqual(calls, [['setNoDelay', false], ['setKeepAlive', true, 2], ['unref'], ['ref']]);
    assert.deepEqual([taken.remotePort, taken.localPort], [owner.remotePort, owner.localPort]);
    taken.destroy();
    peer.destroy();
  });
});

describe('tls/socket/taken-socket: canBeTaken()', () => {
  it('is so of connected sockets of libuv, TCP or not', async () => {
    const unix = path.join(tmpdir(), `schannel-taken-${String(process.pid)}`);
    const named = process.platform === 'win32' ? `\\\\.\\pipe\\${path.basename(unix)}` : unix;
    for (const { owner, peer } of [await sockets(), await sockets({ path: named })]) {
      assert.equal(canBeTaken(owner), true);
      const { taken, until } = take(peer);
      taken.resume();
      owner.write(BYTES);
      assert.deepEqual(await until(BYTES.length), BYTES);
      owner.destroy();
      taken.destroy();
      assert.deepEqual([canBeTaken(owner), canBeTaken(peer)], [false, false]);
    }
    await rm(unix, { force: true });
  });

  it('is not so of what is not connected, of TLS, of a stand-in, of any Duplex', async () => {
    assert.equal(canBeTaken(new net.Socket()), false);
    const { owner, peer } = await sockets();
    const secure = new tls.TLSSocket(owner);
    assert.equal(canBeTaken(secure), false);
    secure.on('error', () => undefined).destroy();
    assert.equal(canBeTaken(Object.assign(new net.Socket(), { _handle: {} })), false);
    assert.equal(
      canBeTaken(Object.assign(new net.Socket(), { _handle: Object.create(null) as object })),
      false,
    );
    assert.equal(canBeTaken(new Duplex()), false);
    const connecting = net.connect(peer.localPort ?? 0, '127.0.0.1').on('error', () => undefined);
    assert.equal(canBeTaken(connecting), false);
    connecting.destroy();
    peer.destroy();
  });

  it('is not so of one whose peer has said all, which cannot be read again', async () => {
    const { owner, peer } = await sockets();
    owner.pause();
    owner.read(0);
    peer.end('last words');
    const inside = Reflect.get(owner, '_readableState') as { readonly ended: boolean };
    while (!inside.ended) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(canBeTaken(owner), false);
    owner.destroy();
  });
});
