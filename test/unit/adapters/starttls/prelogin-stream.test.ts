import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import tls from 'node:tls';
import { PreloginStream } from '#lib/adapters/starttls/prelogin-stream.js';
import { createStartTls } from '#lib/adapters/starttls/start-tls.js';
import { octets } from '../../../support/octets.js';
import { alertRecord, changeCipherSpec, dataRecord, handshakeRecord } from '../../../support/records.js';
import { type Identity, localhostIdentity } from '../../../support/tls-server.js';
import { tdsAnswer, tdsPacket, tdsServer, type TdsServerOptions } from '../../../support/tds-server.js';

/** The whole of it by OpenSSL, which stands for Schannel here. */
const startTls = createStartTls<tls.ConnectionOptions, tls.TLSSocket>((options) => tls.connect(options));

const PRELOGIN = 0x12;

/** What one side sends up to the end of a handshake, and data behind it. */
const HANDSHAKE = Buffer.concat([handshakeRecord('hello'), changeCipherSpec(), handshakeRecord('finished')]);
const DATA = dataRecord('data');
const DATA_BLOCK = dataRecord(octets(16_000));

/** A stream over one end of a pair, and the other end. */
function carried(): { stream: PreloginStream; clear: Duplex; far: Duplex } {
  const [clear, far] = duplexPair();
  return { stream: new PreloginStream(clear), clear, far };
}

/** All that has come out of a stream so far. */
async function readAll(stream: Duplex): Promise<Buffer> {
  await new Promise(setImmediate);
  return (stream.read() as Buffer | null) ?? Buffer.alloc(0);
}

describe('adapters/starttls/prelogin-stream', () => {
  let identity: Identity;
  before(async () => {
    identity = await localhostIdentity();
  });

  interface Session {
    readonly client: tls.TLSSocket;
    readonly server: tls.TLSSocket;
    readonly near: Duplex;
  }

  /** A client on one end of a pair, and a pretended SQL Server on the other. */
  async function secure(
    settings: Partial<TdsServerOptions> = {},
    options: tls.ConnectionOptions = {},
    [near, far]: [Duplex, Duplex] = duplexPair(),
  ): Promise<Session> {
    const { cert, key } = identity.certificate;
    const serving = tdsServer(far, { cert, key, ...settings });
    const client = await startTls(near, {
      protocol: 'tds',
      servername: 'localhost',
      ca: identity.ca,
      ...options,
    });
    return { client, server: await serving, near };
  }

  async function echo({ client, server }: Session, bytes: Buffer): Promise<Buffer> {
    server.on('data', (chunk: Buffer) => server.write(chunk));
    client.write(bytes);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const [chunk] of on(client, 'data') as AsyncIterable<[Buffer]>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= bytes.length) break;
    }
    return Buffer.concat(chunks);
  }

  describe('carries a whole connection of TLS 1.2', () => {
    for (const packetContent of [4088, 300, 1]) {
      it(`with packets of ${packetContent} bytes of the server`, async () => {
        const session = await secure({ packetContent });
        assert.equal(session.client.getProtocol(), 'TLSv1.2');
        assert.equal(session.client.authorized, true);
        const bytes = octets(300_000);
        assert.ok(bytes.equals(await echo(session, bytes)));
        session.client.destroy();
      });
    }

    it('with a certificate of the client', async () => {
      const { cert, key } = identity.certificate;
      const session = await secure({ requestCert: true, rejectUnauthorized: false }, { cert, key });
      assert.equal(String(await echo(session, Buffer.from('login'))), 'login');
      assert.equal(session.server.getPeerCertificate().subject.CN, 'localhost');
      session.client.destroy();
    });

    it('with a session that is resumed, where the client ends the handshake', async () => {
      const { cert, key } = identity.certificate;
      const secureContext = tls.createSecureContext({ cert, key, maxVersion: 'TLSv1.2' });
      const first = await secure({ secureContext });
      const ticket = first.client.getSession();
      assert.ok(ticket);
      first.client.destroy();
      const again = await secure({ secureContext }, { session: ticket });
      assert.equal(again.client.isSessionReused(), true);
      assert.equal(String(await echo(again, Buffer.from('login'))), 'login');
      again.client.destroy();
    });

    it('that ends, on either side', async () => {
      const { client, server, near } = await secure();
      server.resume().once('end', () => server.end('bye'));
      client.end('login');
      assert.equal(String((await once(client, 'data'))[0]), 'bye');
      await once(client, 'close');
      assert.equal(near.destroyed, true);
    });
  });

  describe('ends with the server that ends in its handshake', () => {
    for (const [what, answer, expected] of [
      ['at once', Buffer.alloc(0), {}],
      ['in the middle of a header', tdsPacket(PRELOGIN, HANDSHAKE).subarray(0, 5), {}],
      ['in the middle of a packet', tdsPacket(PRELOGIN, HANDSHAKE).subarray(0, 20), {}],
      ['with an alert', tdsPacket(PRELOGIN, alertRecord(40)), { code: /ALERT/ }],
      ['with an alert that is in no packet', alertRecord(40), { code: /^ERR_SCHANNEL_PEER_STARTTLS_REPLY$/ }],
      ['with nonsense in a packet', tdsPacket(PRELOGIN, octets(100)), {}],
    ] as const) {
      it(what, async () => {
        const [near, far] = duplexPair();
        far.once('data', () => {
          far.write(tdsAnswer(1));
          far.once('data', () => far.end(answer));
        });
        const ended = startTls(near, { protocol: 'tds', servername: 'localhost', ca: identity.ca });
        await assert.rejects(ended, { name: /Error/, ...expected });
        assert.equal(near.destroyed, true);
      });
    }
  });

  it('does not carry TLS 1.3, and says so', async () => {
    const secureContext = tls.createSecureContext({ ca: identity.ca, minVersion: 'TLSv1.3' });
    await assert.rejects(secure({ maxVersion: 'TLSv1.3' }, { secureContext }), {
      code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED',
      phase: 'starttls',
    });
  });

  it('is limited to TLS 1.2 unless the caller limits it further', async () => {
    for (const [given, expected] of [
      [{}, { maxVersion: 'TLSv1.2' }],
      [{ maxVersion: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' }],
      [{ maxVersion: 'TLSv1.1' }, { maxVersion: 'TLSv1.1' }],
      [{ secureProtocol: 'TLSv1_2_method' }, { secureProtocol: 'TLSv1_2_method' }],
    ] as const) {
      let asked: tls.ConnectionOptions = {};
      const recording = createStartTls<tls.ConnectionOptions, tls.TLSSocket>((options) => {
        asked = options;
        return tls.connect(options);
      });
      const [near, far] = duplexPair();
      const { cert, key } = identity.certificate;
      void tdsServer(far, { cert, key, minVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
      const ended = recording(near, { protocol: 'tds', servername: 'localhost', ...given });
      await assert.rejects(ended);
      const { socket: _, servername: __, ...versions } = asked;
      assert.deepEqual(versions, expected);
    }
  });

  describe('what is sent', () => {
    it('is in messages up to Finished, however it is written, and bare behind it', async () => {
      const whole = Buffer.concat([HANDSHAKE, DATA]);
      for (let cut = 1; cut < whole.length; cut += 1) {
        const { stream, far } = carried();
        const parts = [whole.subarray(0, cut), whole.subarray(cut)];
        for (const part of parts) stream.write(part);
        const wrapped = parts.map((part, at) => {
          const from = at === 0 ? 0 : cut;
          const inHandshake = part.subarray(0, Math.max(0, HANDSHAKE.length - from));
          const packet = inHandshake.length === 0 ? Buffer.alloc(0) : tdsPacket(PRELOGIN, inHandshake);
          return Buffer.concat([packet, part.subarray(inHandshake.length)]);
        });
        assert.equal(
          (await readAll(far)).toString('hex'),
          Buffer.concat(wrapped).toString('hex'),
          `cut at ${cut}`,
        );
      }
    });

    it('is cut into packets of 4096 bytes, of which the last says so', async () => {
      const { stream, far } = carried();
      stream.write(handshakeRecord(octets(9000)));
      const sent = await readAll(far);
      const packets: { status: number | undefined; length: number; number: number | undefined }[] = [];
      for (let at = 0; at < sent.length; at += sent.readUInt16BE(at + 2)) {
        packets.push({ status: sent[at + 1], length: sent.readUInt16BE(at + 2), number: sent[at + 6] });
      }
      assert.deepEqual(packets, [
        { status: 0, length: 4096, number: 1 },
        { status: 0, length: 4096, number: 2 },
        { status: 1, length: 9009 - 2 * 4088 + 8, number: 3 },
      ]);
    });

    it('is one message if it waits together', async () => {
      const { stream, far } = carried();
      stream.cork();
      for (const byte of handshakeRecord('hello')) stream.write(Buffer.of(byte));
      stream.uncork();
      assert.deepEqual(await readAll(far), tdsPacket(PRELOGIN, handshakeRecord('hello')));
    });

    it('stays in messages behind an alert, and behind ChangeCipherSpec', async () => {
      const { stream, far } = carried();
      for (const part of [alertRecord(40), changeCipherSpec(), alertRecord(40)]) {
        stream.write(part);
        assert.deepEqual(await readAll(far), tdsPacket(PRELOGIN, part));
      }
    });

    it('waits for a peer that does not read', () => {
      const { stream } = carried();
      stream.write(HANDSHAKE);
      let length = 0;
      while (stream.write(DATA_BLOCK) && length < 10_000_000) length += DATA_BLOCK.length;
      assert.ok(length < 1_000_000, `${length} bytes were taken`);
    });
  });

  describe('what is received', () => {
    it('is out of messages up to Finished, however it arrives, and bare behind it', async () => {
      const whole = Buffer.concat([
        tdsPacket(PRELOGIN, HANDSHAKE.subarray(0, 10), false),
        // As the answer to the first PRELOGIN.
        tdsPacket(0x04, HANDSHAKE.subarray(10)),
        DATA,
      ]);
      for (let cut = 1; cut < whole.length; cut += 1) {
        const { stream, far } = carried();
        far.write(whole.subarray(0, cut));
        far.write(whole.subarray(cut));
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        await new Promise(setImmediate);
        assert.deepEqual(Buffer.concat(chunks), Buffer.concat([HANDSHAKE, DATA]), `cut at ${cut}`);
      }
    });

    for (const [what, bytes] of [
      ['another type', tdsPacket(1, HANDSHAKE)],
      ['TLS without messages', HANDSHAKE],
      ['a packet without content', tdsPacket(PRELOGIN, Buffer.alloc(0))],
      ['a packet that is shorter than its header', Buffer.of(PRELOGIN, 1, 0, 7, 0, 0, 1, 0)],
      ['bytes behind Finished in its packet', tdsPacket(PRELOGIN, Buffer.concat([HANDSHAKE, DATA]))],
      [
        'a packet that does not end with Finished',
        tdsPacket(PRELOGIN, Buffer.concat([HANDSHAKE, DATA])).subarray(0, HANDSHAKE.length + 8),
      ],
      ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
    ] as const) {
      it(`is refused: ${what}`, async () => {
        const { stream, clear, far } = carried();
        far.write(bytes);
        const [error] = (await once(stream.resume(), 'error')) as [Error & { code: string }];
        assert.equal(error.code, 'ERR_SCHANNEL_PEER_STARTTLS_REPLY');
        assert.equal(clear.destroyed, true);
      });
    }

    it('is refused as TLS 1.3 when data come before the end of the handshake', async () => {
      const { stream, far } = carried();
      far.write(tdsPacket(PRELOGIN, Buffer.concat([handshakeRecord('hello'), changeCipherSpec(), DATA])));
      const [error] = (await once(stream.resume(), 'error')) as [Error & { code: string }];
      assert.equal(error.code, 'ERR_SCHANNEL_OPTION_UNSUPPORTED');
    });

    it('is refused as text, which a decoder of the stream has made', async () => {
      const { stream, clear, far } = carried();
      clear.setEncoding('latin1');
      far.write(tdsPacket(PRELOGIN, HANDSHAKE));
      const [error] = (await once(stream.resume(), 'error')) as [Error & { code: string }];
      assert.equal(error.code, 'ERR_SCHANNEL_PEER_STARTTLS_REPLY');
    });

    it('stays with a peer whose bytes nobody reads', () => {
      const { stream, far } = carried();
      far.write(tdsPacket(PRELOGIN, HANDSHAKE));
      stream.read(0);
      let length = 0;
      while (far.write(DATA_BLOCK) && length < 10_000_000) length += DATA_BLOCK.length;
      assert.ok(length < 1_000_000, `${length} bytes were taken`);
    });

    it('may end in the middle of a packet', async () => {
      const { stream, far } = carried();
      far.end(tdsPacket(PRELOGIN, HANDSHAKE).subarray(0, 20));
      await once(stream.resume(), 'end');
      assert.equal(stream.writable, true);
    });
  });

  describe('the stream underneath', () => {
    it('ends it by its error, and by its end', async () => {
      const failing = carried();
      failing.clear.destroy(new Error('reset'));
      const [error] = (await once(failing.stream, 'error')) as [Error];
      assert.equal(error.message, 'reset');

      const closing = carried();
      closing.clear.destroy();
      await once(closing.stream, 'close');
      assert.equal(closing.stream.destroyed, true);
    });

    it('ends with it, and its late error is no exception', async () => {
      const { stream, clear } = carried();
      stream.destroy();
      clear.destroy(new Error('late'));
      await once(clear, 'close');
      assert.equal(stream.errored, null);
    });

    it('is ended by its end', async () => {
      const { stream, far } = carried();
      stream.end();
      await once(far.resume(), 'end');
    });

    it('may be written to behind the end of the peer', async () => {
      const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.end());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const accepted = once(server, 'connection') as Promise<[net.Socket]>;
      const stream = new PreloginStream(net.connect((server.address() as AddressInfo).port, '127.0.0.1'));
      const [peer] = await accepted;
      await once(stream.resume(), 'end');
      stream.end(HANDSHAKE);
      assert.deepEqual(Buffer.concat((await peer.toArray()) as Buffer[]), tdsPacket(PRELOGIN, HANDSHAKE));
      server.close();
    });

    it('is a socket whose addresses and settings it has, or has none', async () => {
      const { cert, key } = identity.certificate;
      const server = net.createServer((socket) => void tdsServer(socket, { cert, key }));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const socket = net.connect(port, '127.0.0.1');
      await once(socket, 'connect');
      const calls: unknown[] = [];
      for (const name of ['setNoDelay', 'setKeepAlive', 'ref', 'unref'] as const) {
        socket[name] = (...args: unknown[]) => {
          calls.push([name, ...args]);
          return socket;
        };
      }
      const stream = new PreloginStream(socket);
      assert.deepEqual(
        [stream.remoteAddress, stream.remotePort, stream.remoteFamily, stream.address()],
        ['127.0.0.1', port, 'IPv4', socket.address()],
      );
      stream.setNoDelay(true).setKeepAlive(true, 1000).unref().ref();
      assert.deepEqual(calls, [['setNoDelay', true], ['setKeepAlive', true, 1000], ['unref'], ['ref']]);
      stream.destroy();
      server.close();

      const bare = carried().stream;
      assert.deepEqual(
        [bare.remoteAddress, bare.remotePort, bare.remoteFamily, bare.address()],
        [undefined, undefined, undefined, {}],
      );
      assert.equal(bare.setNoDelay().setKeepAlive().unref().ref(), bare);
    });
  });
});
