import assert from 'node:assert/strict';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { connect, type TLSSocket } from 'schannel';
import { digestOf, digestOfOctets, octets, octetStream } from '../../support/octets.js';
import { splitRecords } from '../../support/records.js';
import { memoryServer, startTlsServer, type TlsServer } from '../../support/tls-server.js';

describe('reading and writing', () => {
  let server: TlsServer;
  let ca: string;
  before(async () => {
    server = await startTlsServer((socket) => void socket.pipe(socket));
    ({ ca } = server);
  });
  after(() => server.close());

  const open = (): TLSSocket => connect({ port: server.port, ca });
  const textOf = async (socket: TLSSocket): Promise<string> =>
    Buffer.concat((await socket.toArray()) as Buffer[]).toString();

  it('what is written before the handshake comes first, in order', async () => {
    const socket = open();
    const order: string[] = [];
    socket.once('secureConnect', () => order.push('secureConnect'));
    socket.write('a', () => order.push('a'));
    socket.write('b', () => order.push('b'));
    socket.end('c', () => order.push('end'));
    assert.equal(await textOf(socket), 'abc');
    assert.deepEqual(order, ['secureConnect', 'a', 'b', 'end']);
  });

  it('end() before the handshake completes it first', async () => {
    // node:tls loses its close_notify if its tickets are still on their way, so it says something first.
    const farewell = await startTlsServer((peer) => peer.resume().once('end', () => peer.end('bye')), {
      allowHalfOpen: true,
    });
    const socket = connect({ port: farewell.port, ca });
    socket.end();
    const [text] = await Promise.all([textOf(socket), once(socket, 'secureConnect')]);
    assert.equal(text, 'bye');
    assert.equal(socket.truncated, false);
    await farewell.close();
  });

  it('callbacks come in order, each once', async () => {
    const socket = open();
    const called: number[] = [];
    await Promise.all(
      Array.from(
        { length: 200 },
        (_, index) =>
          new Promise<void>((resolve, reject) => {
            socket.write(octets(index * 100), (error) => {
              called.push(index);
              if (error) reject(error);
              else resolve();
            });
          }),
      ),
    );
    assert.deepEqual(
      called,
      Array.from({ length: 200 }, (_, index) => index),
    );
    socket.destroy();
  });

  it('takes strings in any encoding, and any bytes', async () => {
    const socket = open();
    socket.write('ü', 'utf8');
    socket.write('fc', 'hex');
    socket.write('/A==', 'base64');
    socket.write('ü', 'latin1');
    socket.write(Uint8Array.of(0x21));
    socket.end('!', 'ascii');
    const bytes = Buffer.concat((await socket.toArray()) as Buffer[]);
    assert.equal(bytes.toString('hex'), 'c3bcfcfcfc2121');
  });

  it('does not change or keep what it was given', async () => {
    const socket = open();
    const bytes = octets(50_000);
    const written = new Promise((resolve) => socket.write(bytes, resolve));
    await written;
    assert.deepEqual(bytes, octets(50_000));
    bytes.fill(0);
    socket.end();
    const echoed = await digestOf(socket);
    assert.equal(echoed.digest, digestOfOctets(50_000));
  });

  it('empty writes call back and send nothing', async () => {
    const socket = open();
    await new Promise((resolve) => socket.write('', resolve));
    await new Promise((resolve) => socket.write(Buffer.alloc(0), resolve));
    socket.end('');
    assert.equal(await textOf(socket), '');
  });

  it('sends what was corked as one record', async () => {
    const { transport, far, server: peer, ca: trusted } = await memoryServer();
    const socket = connect({ socket: transport, host: 'localhost', ca: trusted });
    await Promise.all([once(socket, 'secureConnect'), once(peer, 'secure')]);
    const sent: Buffer[] = [];
    far.on('data', (chunk: Buffer) => sent.push(chunk));
    socket.cork();
    for (const letter of 'corked') socket.write(letter);
    process.nextTick(() => socket.uncork());
    assert.equal(String(await once(peer, 'data')), 'corked');
    assert.equal(splitRecords(Buffer.concat(sent))?.length, 1);
    socket.destroy();
  });

  it('setMaxSendFragment bounds the records, before and after the handshake', async () => {
    const { transport, far, server: peer, ca: trusted } = await memoryServer();
    const socket = connect({ socket: transport, host: 'localhost', ca: trusted });
    assert.equal(socket.setMaxSendFragment(1000), true);
    assert.equal(socket.setMaxSendFragment(511), false);
    assert.equal(socket.setMaxSendFragment(16385), false);
    await Promise.all([once(socket, 'secureConnect'), once(peer, 'secure')]);
    peer.resume();
    const recordsOf = async (length: number): Promise<number[] | undefined> => {
      const sent: Buffer[] = [];
      const collect = (chunk: Buffer): number => sent.push(chunk);
      far.on('data', collect);
      await new Promise((resolve) => socket.write(octets(length), resolve));
      far.off('data', collect);
      return splitRecords(Buffer.concat(sent))?.map((record) => record.length);
    };
    assert.equal((await recordsOf(10_000))?.length, 10);
    socket.setMaxSendFragment(512);
    for (const length of (await recordsOf(5120)) ?? []) assert.ok(length <= 512 + 64, `${length}`);
    socket.destroy();
  });

  it('setEncoding joins characters that records cut', async () => {
    const { transport, server: peer, ca: trusted } = await memoryServer();
    const socket = connect({ socket: transport, host: 'localhost', ca: trusted });
    socket.setEncoding('utf8');
    peer.once('secure', () => {
      const bytes = Buffer.from('grün €');
      for (const byte of bytes) peer.write(Buffer.of(byte));
      setImmediate(() => peer.end());
    });
    assert.equal((await socket.toArray()).join(''), 'grün €');
  });

  it('goes through pipeline both ways', async () => {
    const socket = open();
    const [received] = await Promise.all([digestOf(socket), pipeline(octetStream(2_000_000), socket)]);
    assert.deepEqual(received, { length: 2_000_000, digest: digestOfOctets(2_000_000) });
  });

  it('can be iterated, and a loop that stops destroys it', async () => {
    const socket = open();
    socket.write('one');
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      assert.equal(chunk.toString(), 'one');
      break;
    }
    assert.equal(socket.destroyed, true);
  });

  it('can be read by read() and readable', async () => {
    const socket = open();
    socket.end(octets(100_000));
    const pieces: Buffer[] = [];
    socket.on('readable', () => {
      for (let piece: unknown = socket.read(777); piece !== null; piece = socket.read(777)) {
        pieces.push(piece as Buffer);
      }
    });
    await once(socket, 'end');
    assert.deepEqual(Buffer.concat(pieces), octets(100_000));
  });

  it('a write behind end() is an error with its callback', async () => {
    const socket = open();
    await once(socket, 'secureConnect');
    socket.end();
    const failed = once(socket, 'error');
    const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
      socket.write('late', resolve);
    });
    assert.equal(error?.code, 'ERR_STREAM_WRITE_AFTER_END');
    assert.equal(((await failed)[0] as NodeJS.ErrnoException).code, 'ERR_STREAM_WRITE_AFTER_END');
  });

  it('a write to a destroyed socket is an error only in its callback', async () => {
    const socket = open();
    await once(socket, 'secureConnect');
    socket.destroy();
    const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
      socket.write('late', resolve);
    });
    assert.equal(error?.code, 'ERR_STREAM_DESTROYED');
  });

  it('null and objects cannot be written', () => {
    const socket = open();
    assert.throws(() => socket.write(null as unknown as string), { code: 'ERR_STREAM_NULL_VALUES' });
    assert.throws(() => socket.write({} as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' });
    socket.destroy();
  });
});
