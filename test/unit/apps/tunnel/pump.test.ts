import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { Pump, type PumpOptions } from '#lib/apps/tunnel/pump.js';
import { received } from '../../../support/tunnel-rig.js';
import { turn, until } from '../../../support/patience.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Two sockets that are connected, both open until both ends are. */
async function pair(): Promise<[net.Socket, net.Socket]> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [accepted] = (await once(server, 'connection')) as [net.Socket];
  await once(client, 'connect');
  server.close();
  return [client, accepted];
}

interface Rig {
  readonly local: net.Socket;
  readonly remote: Duplex;
  readonly secure: Duplex;
  readonly pump: Pump;
  readonly ends: (Error | null)[];
  readonly time: { now: number };
}

describe('apps/tunnel/pump', () => {
  const open: Duplex[] = [];

  afterEach(() => {
    for (const stream of open.splice(0)) stream.on('error', () => {}).destroy();
  });

  /** A program in the clear, a pump, and what is behind TLS. */
  async function rig(options: Partial<PumpOptions> = {}, far?: [Duplex, Duplex]): Promise<Rig> {
    const [local, clear] = await pair();
    const [secure, remote] = far ?? (await pair());
    open.push(local, clear, secure, remote);
    const ends: (Error | null)[] = [];
    const time = { now: 0 };
    const pump = new Pump(
      { clear, secure },
      {
        now: () => time.now,
        reset: true,
        allowTruncation: false,
        ended: (error) => void ends.push(error),
        ...options,
      },
    );
    pump.start();
    return { local, remote, secure, pump, ends, time };
  }

  it('carries 10 MiB both ways, and passes an end on while the other direction goes on', async () => {
    const { local, remote, pump, ends } = await rig();
    const [up, down] = [randomBytes(10 << 20), randomBytes(10 << 20)];
    local.end(up);
    assert.equal(sha256(await received(remote)), sha256(up));
    assert.equal(pump.times.isEnding, true);
    // The remote side has heard the end, and begins now.
    remote.end(down);
    assert.equal(sha256(await received(local)), sha256(down));
    await until(
      () => ends.length > 0,
      () => 'the pump did not end',
    );
    assert.deepEqual(ends, [null]);
    assert.equal(pump.bytesToSecure, up.length);
    assert.equal(pump.bytesToClear, down.length);
  });

  it('carries the end of the remote side while the local one goes on', async () => {
    const { local, remote, ends } = await rig();
    remote.end('bye');
    assert.equal(String(await received(local)), 'bye');
    local.write('still ');
    local.end('here');
    assert.equal(String(await received(remote)), 'still here');
    await until(
      () => ends.length > 0,
      () => 'the pump did not end',
    );
    assert.deepEqual(ends, [null]);
  });

  it('stops reading while the other side takes nothing, says for how long, and loses nothing', async () => {
    const far = duplexPair({ highWaterMark: 1000 });
    const made = await rig({}, far);
    const { local, remote, pump } = made;
    const sent = randomBytes(8 << 20);
    local.end(sent);
    await until(
      () => pump.times.busy !== null,
      () => 'the pump did not wait',
    );
    const taken = pump.bytesToSecure;
    made.time.now = 5000;
    for (let round = 0; round < 50; round += 1) await turn();
    assert.equal(pump.bytesToSecure, taken);
    assert.ok(taken < sent.length / 4, `${taken} bytes were read`);
    assert.deepEqual(pump.times, { busy: 5000, idle: 5000, isEnding: false });
    assert.equal(sha256(await received(remote)), sha256(sent));
    assert.equal(pump.times.busy, null);
  });

  it('resets the clear side after an error of the other, and says why once', async () => {
    const { local, secure, ends } = await rig();
    const failure = new Error('bad record');
    const seen = once(local, 'error');
    secure.destroy(failure);
    const [error] = (await seen) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
    await turn();
    assert.deepEqual(ends, [failure]);
  });

  it('ends the clear side after an error, if it must not be reset', async () => {
    const { local, secure, ends } = await rig({ reset: false });
    secure.destroy(new Error('bad record'));
    assert.equal((await received(local)).length, 0);
    assert.equal(ends.length, 1);
  });

  it('ends the secure side after a reset of the clear one', async () => {
    const { local, remote, secure, ends } = await rig();
    remote.on('error', () => {});
    local.resetAndDestroy();
    await once(secure, 'close');
    assert.equal((ends[0] as NodeJS.ErrnoException).code, 'ECONNRESET');
  });

  it('takes a close before the end for an error', async () => {
    const { local, secure, ends } = await rig();
    const seen = once(local, 'error');
    secure.destroy();
    await seen;
    assert.equal((ends[0] as NodeJS.ErrnoException).code, 'ECONNRESET');
  });

  it('takes what ended before it began for an error', async () => {
    const [secure, remote] = await pair();
    secure.destroy();
    const { local, ends } = await rig({}, [secure, remote]);
    await once(local, 'error');
    assert.equal(ends.length, 1);
  });

  for (const allowTruncation of [false, true]) {
    it(`${allowTruncation ? 'passes on' : 'refuses'} an end of the transport without an end of TLS, as told`, async () => {
      const { local, remote, secure, ends } = await rig({ allowTruncation });
      Object.assign(secure, { truncated: true });
      const heard = received(local).then(String, (error: unknown) => (error as NodeJS.ErrnoException).code);
      remote.end('half of');
      if (allowTruncation) {
        assert.equal(await heard, 'half of');
        return;
      }
      assert.equal(await heard, 'ECONNRESET');
      assert.equal((ends[0] as NodeJS.ErrnoException).code, 'ERR_SCHANNEL_PEER_TRUNCATED');
    });
  }

  it('counts from the last byte that came or went', async () => {
    const made = await rig();
    made.time.now = 100;
    made.remote.write('x');
    await once(made.local, 'data');
    made.time.now = 150;
    assert.deepEqual(made.pump.times, { busy: null, idle: 50, isEnding: false });
  });
});
