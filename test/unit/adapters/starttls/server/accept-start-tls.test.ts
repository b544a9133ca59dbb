import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { duplexPair, type Duplex, type Readable } from 'node:stream';
import tls from 'node:tls';
import { createStartTls } from '#lib/adapters/starttls/start-tls.js';
import { type AcceptSettings, createAcceptStartTls } from '#lib/adapters/starttls/server/accept-start-tls.js';
import { serverProtocols } from '#lib/adapters/starttls/server/answer.js';
import { sharedRoot } from '../../../../support/certificates.js';
import { needsOpenssl } from '../../../../support/openssl.js';

/** TLS of Node in place of Schannel. */
const accept = createAcceptStartTls((secureContext: tls.SecureContext, transport: Duplex) => {
  const socket = new tls.TLSSocket(transport, { isServer: true, secureContext });
  // As in a server, whose clients may end as they like.
  socket.on('error', () => undefined);
  return socket;
});

const startTls = createStartTls<{ servername: string; ca?: string }, Duplex>((options) =>
  tls.connect(options),
);

describe('adapters/starttls/server/accept-start-tls', () => {
  let context: tls.SecureContext;
  let ca: string;
  before(async () => {
    const root = await sharedRoot();
    context = tls.createSecureContext(await root.issue());
    ca = root.certificate.cert;
  });

  const listening: net.Server[] = [];
  afterEach(() => {
    for (const server of listening.splice(0)) server.close();
  });

  /** A server that says hello over TLS, on a port. */
  async function serve(
    settings: AcceptSettings,
    ended: (outcome: unknown) => void = () => undefined,
  ): Promise<number> {
    const server = net.createServer((clear) => {
      accept(clear, { server: context, name: 'a.example', ...settings }).then(
        ({ socket, isImplicit }) => {
          socket.end(`hello ${String(isImplicit)}\r\n`);
          ended(isImplicit);
        },
        (error: unknown) => ended(error),
      );
    });
    listening.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  const saidBy = async (socket: Readable): Promise<string> => String(Buffer.concat(await socket.toArray()));

  for (const protocol of serverProtocols) {
    it(`speaks ${protocol} with this package's own client`, async () => {
      const transport = net.connect(await serve({ protocol }), '127.0.0.1');
      assert.equal(
        await saidBy(await startTls(transport, { protocol, servername: 'localhost', ca })),
        'hello false\r\n',
      );
    });

    it(`takes a client of ${protocol} that begins with TLS, on the same port`, async () => {
      const port = await serve({ protocol, implicitTls: true, implicitTlsWait: 30_000 });
      const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
      assert.equal(await saidBy(socket), 'hello true\r\n');
    });

    it(`speaks ${protocol} with OpenSSL's client`, async function () {
      needsOpenssl(this);
      const port = await serve({ protocol, implicitTls: true, implicitTlsWait: 1 });
      const openssl = spawn('openssl', [
        ...['s_client', '-starttls', protocol, '-connect', `127.0.0.1:${port}`, '-quiet'],
        ...['-servername', 'localhost', '-no_ign_eof'],
      ]);
      assert.equal(await saidBy(openssl.stdout), 'hello false\r\n');
    });
  }

  it('ends with the handshake that fails', async () => {
    const failed = new Promise((resolve) => {
      void serve({ protocol: 'smtp' }, resolve).then((port) => {
        const transport = net.connect(port, '127.0.0.1');
        // Nobody vouches for the server.
        startTls(transport, { protocol: 'smtp', servername: 'localhost' }).catch(() => undefined);
      });
    });
    assert.ok((await failed) instanceof Error);
  });

  it('ends with the signal during the handshake', async () => {
    const [near, far] = duplexPair();
    far.on('error', () => undefined).resume();
    const controller = new AbortController();
    const accepting = accept(near, { server: context, protocol: 'postgres', signal: controller.signal });
    far.write(Buffer.from('0000000804d2162f', 'hex'));
    far.once('data', () => controller.abort());
    await assert.rejects(accepting, { name: 'AbortError', code: 'ABORT_ERR' });
    assert.equal(near.destroyed, true);
  });

  it('leaves no stream open when TLS can not begin', async () => {
    const failing = createAcceptStartTls((_server: null, _transport: Duplex): Duplex => {
      throw new Error('no TLS');
    });
    const [near, far] = duplexPair();
    far.on('error', () => undefined).resume();
    far.write(Buffer.from('0000000804d2162f', 'hex'));
    await assert.rejects(failing(near, { server: null, protocol: 'postgres' }), { message: 'no TLS' });
    assert.equal(near.destroyed, true);
  });

  it('begins no TLS on what a client sent in the clear', async () => {
    let begun = 0;
    const counting = createAcceptStartTls((_server: null, transport: Duplex) => {
      begun += 1;
      return transport;
    });
    const [near, far] = duplexPair();
    far.on('error', () => undefined).resume();
    far.write('STARTTLS\r\nMAIL FROM:<attacker@a.example>\r\n');
    await assert.rejects(counting(near, { server: null, protocol: 'smtp' }), {
      code: 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
    });
    assert.equal(begun, 0);
    assert.equal(near.destroyed, true);
  });

  it('greets with the name of this machine, or an address', async () => {
    const [near, far] = duplexPair();
    const accepting = accept(near, { server: context, protocol: 'smtp' });
    accepting.catch(() => undefined);
    assert.match(
      String((await once(far, 'data'))[0]),
      /^220 (\[127\.0\.0\.1\]|[\w-]+(\.[\w-]+)+) ESMTP\r\n$/,
    );
    near.destroy();
    await assert.rejects(accepting);
  });

  describe('arguments', () => {
    const settings = { protocol: 'smtp' } as const;
    for (const [what, wrong, code] of [
      ['an unknown protocol', { protocol: 'ftp' }, 'ERR_INVALID_ARG_VALUE'],
      ['a name of Object.prototype as protocol', { protocol: 'toString' }, 'ERR_INVALID_ARG_VALUE'],
      ['a name that would break the line', { ...settings, name: 'a\r\nb' }, 'ERR_INVALID_ARG_VALUE'],
      ['an empty name', { ...settings, name: '' }, 'ERR_INVALID_ARG_VALUE'],
      ['no time at all', { ...settings, dialogueTimeout: 0 }, 'ERR_INVALID_ARG_VALUE'],
      ['time without end', { ...settings, dialogueTimeout: Infinity }, 'ERR_INVALID_ARG_VALUE'],
      ['no limit', { ...settings, limits: { totalBytes: 0 } }, 'ERR_INVALID_ARG_VALUE'],
      ['implicitTls that is no boolean', { ...settings, implicitTls: 200 }, 'ERR_INVALID_ARG_TYPE'],
      ['a negative wait', { ...settings, implicitTlsWait: -1 }, 'ERR_OUT_OF_RANGE'],
      [
        'a wait that is longer than clients wait',
        { ...settings, implicitTlsWait: 60_001 },
        'ERR_OUT_OF_RANGE',
      ],
    ] as const) {
      it(`refuses ${what} and leaves the socket alone`, async () => {
        const [near, far] = duplexPair();
        const options = { server: context, ...wrong } as AcceptSettings & { server: tls.SecureContext };
        await assert.rejects(accept(near, options), { code });
        assert.equal(near.destroyed, false);
        assert.equal(far.readableLength, 0);
        assert.deepEqual(near.eventNames().includes('readable'), false);
      });
    }

    it('looks at the server first', async () => {
      const refusing = createAcceptStartTls(
        (_server: string, transport: Duplex) => transport,
        (server) => {
          throw new TypeError(server);
        },
      );
      const [near] = duplexPair();
      await assert.rejects(refusing(near, { server: 'none', protocol: 'smtp' }), { message: 'none' });
      assert.equal(near.destroyed, false);
    });
  });
});
