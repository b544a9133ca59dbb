import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { mock } from 'node:test';
import type tls from 'node:tls';
import { SchannelError, connect, type ConnectionOptions, type TLSSocket } from 'schannel';
import { failureOf, watch } from '../../support/outcome.js';
import { alertRecord, headerOf, record } from '../../support/records.js';
import { capabilities } from '../../support/windows.js';
import {
  localhostIdentity,
  memoryServer,
  startPlainServer,
  startTlsServer,
} from '../../support/tls-server.js';

describe('a server that', () => {
  /** The error of a client whose server answers its hello with these bytes, and then does as told. */
  async function answeredWith(
    answer: string | Buffer,
    then: (socket: net.Socket) => unknown = () => undefined,
    options: ConnectionOptions = {},
  ): Promise<SchannelError> {
    const server = await startPlainServer((socket) => {
      socket.once('data', () => {
        socket.write(answer);
        then(socket);
      });
    });
    const error = await failureOf(connect({ port: server.port, ...options }));
    await server.close();
    assert.ok(error instanceof SchannelError, String(error));
    return error;
  }

  describe('does not speak TLS', () => {
    for (const [name, answer, look] of [
      ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', /HTTP response/],
      ['SMTP', '220 mail.example ESMTP Postfix\r\n', /SMTP greeting: use STARTTLS/],
      ['IMAP', '* OK IMAP4rev1 ready\r\n', /IMAP greeting/],
      ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n', /SSH greeting/],
      ['zeros', Buffer.alloc(64), /no TLS record/],
      ['a single letter', 'x', /plain text \("x"\)/],
    ] as const) {
      it(`but ${name}`, async () => {
        const error = await answeredWith(answer);
        assert.equal(error.code, 'ERR_SCHANNEL_PEER_NOT_TLS');
        assert.match(error.message, look);
        assert.equal(error.phase, 'handshake');
      });
    }

    it('greets before it is asked', async () => {
      const server = await startPlainServer((socket) => socket.write('220 mail.example ESMTP\r\n'));
      const error = await failureOf(connect({ port: server.port }));
      assert.equal(error.code, 'ERR_SCHANNEL_PEER_NOT_TLS');
      assert.match(error.message, /SMTP/);
      await server.close();
    });
  });

  it('sends a record that is longer than TLS allows', async () => {
    const error = await answeredWith(headerOf(22, 0x4800 + 1));
    assert.equal(error.code, 'ERR_SCHANNEL_PEER_RECORD_OVERFLOW');
  });

  it('sends a handshake message that is none', async () => {
    const error = await answeredWith(record(22, [99, 0, 0, 1, 0]));
    assert.match(error.code, /^ERR_SCHANNEL_(PEER|SYSTEM)_/);
    assert.equal(error.phase, 'handshake');
    assert.equal(error.syscall, 'InitializeSecurityContextW');
  });

  it('closes instead of an answer', async () => {
    const error = await answeredWith('', (socket) => socket.end());
    assert.equal(error.code, 'ECONNRESET');
    assert.match(error.message, /before secure TLS connection was established/);
  });

  it('closes in the middle of a record', async () => {
    const error = await answeredWith(headerOf(22, 100), (socket) => socket.end('part'));
    assert.equal(error.code, 'ECONNRESET');
  });

  it('resets the connection, and where to', async () => {
    const server = await startPlainServer((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const error = await failureOf(connect({ port: server.port, host: '127.0.0.1' }));
    assert.equal(error.code, 'ECONNRESET');
    assert.equal((error as { port?: unknown }).port, server.port);
    assert.equal((error as { host?: unknown }).host, '127.0.0.1');
    await server.close();
  });

  describe('says why it ends the handshake', () => {
    for (const [description, name, code] of [
      [40, 'handshake_failure', 'ERR_SCHANNEL_PEER_ALERT'],
      [70, 'protocol_version', 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM'],
      [80, 'internal_error', 'ERR_SCHANNEL_PEER_ALERT'],
      [112, 'unrecognized_name', 'ERR_SCHANNEL_PEER_ALERT'],
      [120, 'no_application_protocol', 'ERR_SCHANNEL_PEER_ALPN'],
    ] as const) {
      it(name, async () => {
        const error = await answeredWith(alertRecord(description), (socket) => socket.end());
        assert.equal(error.code, code);
        assert.deepEqual(error.alert, { description, name, direction: 'received' });
        assert.notEqual(error.status, undefined);
      });
    }
  });

  it('has no version in common, and which options leave none', async () => {
    const server = await startTlsServer(() => undefined, { minVersion: 'TLSv1.3' });
    const error = await failureOf(connect({ port: server.port, ca: server.ca, maxVersion: 'TLSv1.2' }));
    assert.equal(error.code, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM');
    assert.ok(error instanceof SchannelError);
    assert.match(error.advice ?? '', /^minVersion and maxVersion allow only TLSv1\.2 here\. /);
    await server.close();
  });

  it('wants a certificate of the client, TLS 1.2', async () => {
    const server = await startTlsServer(() => undefined, {
      requestCert: true,
      rejectUnauthorized: true,
      maxVersion: 'TLSv1.2',
    });
    const error = await failureOf(connect({ port: server.port, ca: server.ca }));
    // A server of node:tls just closes; what it wants stands in its own log.
    assert.match(error.code ?? '', /^(ECONNRESET|ERR_SCHANNEL_PEER_)/);
    await server.close();
  });

  it('asks for a certificate of the client and does not insist', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const server = await startTlsServer((socket) => setImmediate(() => socket.end('welcome')), {
        requestCert: true,
        rejectUnauthorized: false,
        maxVersion,
      });
      const socket = connect({ port: server.port, ca: server.ca });
      assert.equal(String(Buffer.concat((await socket.toArray()) as Buffer[])), 'welcome');
      await server.close();
    }
  });

  describe('never answers', () => {
    afterEach(() => mock.timers.reset());

    it('ends after handshakeTimeout', async () => {
      const error = await answeredWith('', undefined, { handshakeTimeout: 60 });
      assert.equal(error.code, 'ERR_TLS_HANDSHAKE_TIMEOUT');
      assert.match(error.message, /60 ms/);
    });

    it('the limit does not count once the connection is secure', async () => {
      const server = await startTlsServer((socket) => void socket.pipe(socket));
      mock.timers.enable({ apis: ['setTimeout'] });
      const socket = connect({ port: server.port, ca: server.ca, handshakeTimeout: 500 });
      await once(socket, 'secureConnect');
      mock.timers.tick(500);
      socket.write('still there');
      assert.equal(String(await once(socket, 'data')), 'still there');
      socket.destroy();
      await server.close();
    });

    it('0 waits without a limit', async () => {
      const { transport } = await memoryServer();
      const { ca } = await localhostIdentity();
      transport.pause();
      const socket = connect({ socket: transport, host: 'localhost', ca, handshakeTimeout: 0 });
      await once(socket, 'secureConnect');
      socket.destroy();
    });
  });

  it('asks for a renegotiation is followed, and told at once where Windows takes no part in one', async () => {
    let serverHears: unknown = null;
    const server = await startTlsServer(
      (peer) => {
        peer.on('error', (error: NodeJS.ErrnoException) => (serverHears = error.code));
        peer.once('data', () => peer.renegotiate({}, () => peer.end('again')));
      },
      { maxVersion: 'TLSv1.2' },
    );
    // Nobody waits for a clock.
    const socket = connect({ port: server.port, ca: server.ca, handshakeTimeout: 0 });
    await once(socket, 'secureConnect');
    const outcome = watch(socket);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write('please');
    await outcome.closed;
    const told = outcome.errors.map(({ code }) => code);
    // Wine announces the renegotiation and never makes a hello for it; Windows completes it.
    const { renegotiation } = capabilities();
    if (renegotiation) assert.deepEqual([told, text], [[], 'again']);
    else assert.deepEqual([told, text], [['ERR_SCHANNEL_SYSTEM_RENEGOTIATION'], '']);
    await server.close();
    assert.equal(serverHears, renegotiation ? null : 'ERR_SSL_TLSV1_ALERT_NO_RENEGOTIATION');
  });

  describe('ends', () => {
    const ending = async (
      how: (server: tls.TLSSocket, far: Duplex) => unknown,
      options: ConnectionOptions = {},
    ): Promise<{ socket: TLSSocket; text: string; errors: readonly NodeJS.ErrnoException[] }> => {
      const { transport, far, server, ca } = await memoryServer({
        maxVersion: 'TLSv1.2',
      });
      const socket = connect({ socket: transport, host: 'localhost', ca, ...options });
      const outcome = watch(socket);
      await Promise.all([once(socket, 'secureConnect'), once(server, 'secure')]);
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await new Promise((resolve) => server.write('some data', resolve));
      how(server, far);
      await outcome.closed;
      return { socket, text, errors: outcome.errors };
    };

    it('by close_notify: whole', async () => {
      for (const requireCloseNotify of [false, true]) {
        const { socket, text, errors } = await ending((server) => server.end(), { requireCloseNotify });
        assert.deepEqual([socket.truncated, text, errors.length], [false, 'some data', 0]);
      }
    });

    it('without close_notify: told by truncated', async () => {
      const { socket, text, errors } = await ending((_, far) => far.end());
      assert.deepEqual([socket.truncated, text, errors.length], [true, 'some data', 0]);
    });

    it('without close_notify: an error with requireCloseNotify', async () => {
      const { text, errors } = await ending((_, far) => far.end(), { requireCloseNotify: true });
      assert.equal(text, 'some data');
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['ERR_SCHANNEL_PEER_TRUNCATED'],
      );
    });

    it('in the middle of a record: an error in any case', async () => {
      const { errors } = await ending((_, far) => {
        far.write(Buffer.of(23, 3, 3, 0, 40, 1, 2, 3));
        far.end();
      });
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['ERR_SCHANNEL_PEER_TRUNCATED'],
      );
    });

    it('by a reset: ECONNRESET', async () => {
      let raw: net.Socket | undefined;
      const server = await startTlsServer(() => undefined);
      const proxy = await startPlainServer((socket) => {
        raw = socket;
        const upstream = net.connect(server.port, '127.0.0.1');
        upstream.on('error', () => undefined);
        socket.pipe(upstream).pipe(socket);
      });
      const socket = connect({ port: proxy.port, ca: server.ca });
      await once(socket, 'secureConnect');
      raw?.resetAndDestroy();
      const error = await failureOf(socket);
      assert.equal(error.code, 'ECONNRESET');
      await proxy.close();
      await server.close();
    });

    it('with a record that fails its check: an error, and nothing of it is given out', async () => {
      const { text, errors } = await ending((_, far) => far.write(record(23, Buffer.alloc(60, 7))));
      assert.equal(text, 'some data');
      assert.equal(errors.length, 1);
      assert.equal((errors[0] as SchannelError | undefined)?.phase, 'data');
      assert.equal((errors[0] as SchannelError | undefined)?.syscall, 'DecryptMessage');
    });

    it('with bytes that are no record: an error that shows them', async () => {
      const { errors } = await ending((_, far) => far.write('HTTP/1.1 200 OK\r\n'));
      assert.equal(errors[0]?.code, 'ERR_SCHANNEL_PEER_RECORD_INVALID');
    });
  });
});
