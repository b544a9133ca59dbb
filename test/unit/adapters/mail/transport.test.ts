import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectTcp, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { createTransport } from 'nodemailer';
import { createMailTransport } from '#lib/adapters/mail/transport.js';
import type { ProxyAttempt } from '#lib/adapters/proxy/choose-proxy.js';
import { createConnectThrough } from '#lib/adapters/proxy/connect-through.js';
import { SURROUNDINGS } from '#lib/adapters/proxy/surroundings.js';
import { createStartTls } from '#lib/adapters/starttls/start-tls.js';
import { selfSigned } from '../../../support/certificates.js';
import { MAIL_PASSWORD, startMailServer, type MailServer } from '../../../support/mail-server.js';
import { messageOf, sha256 } from '../../../support/mail-message.js';
import { createProxy } from '../../../support/proxy.js';

/** The transport over node:tls: what is tested here is how nodemailer is served, on any system. */
const connect = (options: tls.ConnectionOptions): tls.TLSSocket => tls.connect(options);
const nodeTransport = createMailTransport({
  ready: () => undefined,
  connect,
  startTls: createStartTls(connect),
  connectThrough: createConnectThrough<tls.ConnectionOptions, Socket>(connect, connectTcp),
});

const HOST = '127.0.0.1';
const trusting = { tls: { rejectUnauthorized: false, servername: 'mail.test' } };
const MESSAGE = { from: 'a@mail.test', to: 'b@mail.test', subject: 'x', text: 'hello' };
const AUTH = { user: 'anna', pass: MAIL_PASSWORD };

/** A server that says these lines, one for each line it gets, and keeps what it got. */
async function startScript(
  ...answers: string[]
): Promise<{ port: number; received: () => string; server: Server }> {
  let received = '';
  const server = createServer((socket: Socket) => {
    const remaining = [...answers];
    socket.on('error', () => undefined);
    socket.write(remaining.shift() ?? '');
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (let lines = chunk.toString('latin1').split('\n').length - 1; lines > 0; lines -= 1) {
        socket.write(remaining.shift() ?? '');
      }
    });
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, received: () => received, server };
}

describe('adapters/mail/transport', () => {
  const closing: (() => unknown)[] = [];
  const serve = async (...options: Parameters<typeof startMailServer>): Promise<MailServer> => {
    const server = await startMailServer(...options);
    closing.push(() => server.close());
    return server;
  };
  const script = async (...answers: string[]): ReturnType<typeof startScript> => {
    const started = await startScript(...answers);
    closing.push(() => started.server.close());
    return started;
  };
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  it('connects to nothing where there is no TLS', async () => {
    const { port, received, server } = await script('220 hello\r\n');
    let connections = 0;
    server.on('connection', () => (connections += 1));
    const unsupported = new Error('not here');
    const transport = createMailTransport({
      ready: () => {
        throw unsupported;
      },
      connect,
      startTls: createStartTls(connect),
      connectThrough: () => Promise.reject(new Error('not reached')),
    });
    for (const secure of [false, true]) {
      const sent = createTransport(transport({ host: HOST, port, secure, ...trusting })).sendMail(MESSAGE);
      await assert.rejects(sent, ({ message }: Error) => message === unsupported.message);
    }
    assert.deepEqual([connections, received()], [0, '']);
  });

  for (const secure of [false, true]) {
    const how = secure ? 'implicit TLS' : 'STARTTLS';

    it(`delivers by ${how} through proxies`, async () => {
      const server = await serve({ secure });
      const proxy = createProxy(null);
      closing.push(() => proxy.close());
      const asked: string[] = [];
      proxy.on('connect', (request: IncomingMessage) => asked.push(request.url ?? ''));
      await once(proxy.listen(0, HOST), 'listening');
      const { port } = proxy.address() as AddressInfo;
      const step = { protocol: 'connect', host: HOST, port } as const;
      const options = { host: HOST, port: server.port, secure, through: [step, step], ...trusting };
      await createTransport(nodeTransport(options)).sendMail(MESSAGE);
      assert.equal(server.messages[0]?.secure, true);
      assert.deepEqual(asked, [`${HOST}:${port}`, `${HOST}:${server.port}`]);
    });

    it(`delivers by ${how} through the proxy that is decided on, and says which`, async () => {
      const server = await serve({ secure });
      const proxy = createProxy(null);
      closing.push(() => proxy.close());
      const asked: string[] = [];
      proxy.on('connect', (request: IncomingMessage) => asked.push(request.url ?? ''));
      await once(proxy.listen(0, HOST), 'listening');
      const address = `http://${HOST}:${String((proxy.address() as AddressInfo).port)}`;
      const surroundings = { ...SURROUNDINGS, env: { HTTPS_PROXY: address } };
      const decided = createMailTransport({
        ready: () => undefined,
        connect,
        startTls: createStartTls(connect),
        connectThrough: createConnectThrough<tls.ConnectionOptions, Socket>(
          connect,
          connectTcp,
          surroundings,
        ),
      });
      const taken: string[] = [];
      const options = decided({
        ...{ host: HOST, port: server.port, secure, ...trusting },
        proxy: 'environment',
        onProxy: ({ proxy: its }: ProxyAttempt) => taken.push(its),
      });
      assert.ok(!('proxy' in options));
      await createTransport(options).sendMail(MESSAGE);
      assert.equal(server.messages[0]?.secure, true);
      assert.deepEqual([asked, taken], [[`${HOST}:${server.port}`], [address]]);
    });

    it(`does not wait forever for a proxy in front of ${how}`, async () => {
      const silent = await script('');
      const through = [{ protocol: 'connect', host: HOST, port: silent.port } as const];
      const options = { host: HOST, port: 25, secure, through, connectionTimeout: 20, ...trusting };
      await assert.rejects(createTransport(nodeTransport(options)).sendMail(MESSAGE), {
        code: 'ETIMEDOUT',
        message: `The connection to ${HOST}:25 was not secure within 20 ms`,
      });
    });

    it(`says why a proxy in front of ${how} refuses`, async () => {
      const refusing = await script('', '', '', 'HTTP/1.1 403 Forbidden\r\n\r\n');
      const through = [{ protocol: 'connect', host: HOST, port: refusing.port } as const];
      const options = { host: HOST, port: 25, secure, through, ...trusting };
      await assert.rejects(createTransport(nodeTransport(options)).sendMail(MESSAGE), {
        code: 'ERR_SCHANNEL_PROXY_REFUSED',
        reply: 'HTTP/1.1 403 Forbidden',
      });
    });

    it(`delivers by ${how}`, async () => {
      const server = await serve({ secure });
      const mail = createTransport(nodeTransport({ host: HOST, port: server.port, secure, ...trusting }));
      const info = await mail.sendMail(MESSAGE);
      assert.deepEqual(info.accepted, ['b@mail.test']);
      assert.equal(server.messages.length, 1);
      assert.equal(server.messages[0]?.secure, true);
      assert.match(String(server.messages[0].content), /\r\n\r\nhello\r\n$/);
    });

    it(`signs in under TLS by ${how}`, async () => {
      const server = await serve({ secure });
      const mail = createTransport(
        nodeTransport({ host: HOST, port: server.port, secure, auth: AUTH, ...trusting }),
      );
      await mail.sendMail(MESSAGE);
      assert.equal(server.messages[0]?.user, 'anna');
    });

    it(`keeps a pooled connection by ${how}`, async () => {
      const server = await serve({ secure });
      const options = { host: HOST, port: server.port, secure, pool: true, maxConnections: 2, ...trusting };
      const mail = createTransport(nodeTransport(options));
      closing.push(() => mail.close());
      await Promise.all(Array.from({ length: 8 }, () => mail.sendMail(MESSAGE)));
      assert.equal(server.messages.length, 8);
      assert.ok(server.connections <= 2, `${server.connections} connections`);
    });

    it(`verifies a configuration by ${how}`, async () => {
      const server = await serve({ secure });
      const mail = createTransport(
        nodeTransport({ host: HOST, port: server.port, secure, auth: AUTH, ...trusting }),
      );
      assert.equal(await mail.verify(), true);
    });

    it(`refuses an untrusted server by ${how}, with the code of the handshake`, async () => {
      const { cert, key } = await selfSigned();
      const server = await serve({ secure, cert, key });
      for (const pool of [false, true]) {
        const mail = createTransport(
          nodeTransport({ host: HOST, port: server.port, secure, pool, auth: AUTH }),
        );
        await assert.rejects(mail.sendMail(MESSAGE), {
          code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
        });
        mail.close();
      }
      assert.deepEqual(server.passwords, []);
      assert.deepEqual(server.messages, []);
    });

    it(`reports each secure connection by ${how}`, async () => {
      const server = await serve({ secure });
      const seen: (string | null)[] = [];
      const onSecureConnect = (socket: tls.TLSSocket): unknown => seen.push(socket.getProtocol());
      const options = { host: HOST, port: server.port, secure, onSecureConnect, ...trusting };
      await createTransport(nodeTransport(options)).sendMail(MESSAGE);
      assert.deepEqual(seen, ['TLSv1.3']);
    });
  }

  for (const size of [1, 16 * 1024, 5 * 1024 * 1024]) {
    it(`delivers a body of ${size} bytes unchanged`, async () => {
      const server = await serve();
      const raw = messageOf(size);
      const mail = createTransport(nodeTransport({ host: HOST, port: server.port, ...trusting }));
      await mail.sendMail({ envelope: { from: 'a@mail.test', to: 'b@mail.test' }, raw });
      assert.equal(sha256(server.messages[0]?.content ?? Buffer.alloc(0)), sha256(raw));
    });
  }

  it('shows the clear-text lines', async () => {
    const server = await serve();
    const lines: string[] = [];
    const options = {
      host: HOST,
      port: server.port,
      name: 'client.test',
      onLine: (line: string) => lines.push(line),
    };
    await createTransport(nodeTransport({ ...options, ...trusting })).sendMail(MESSAGE);
    assert.equal(lines[0], '220 mail.test ESMTP');
    assert.deepEqual(lines.slice(-2), ['STARTTLS', '220 Ready to start TLS']);
    assert.equal(lines.filter((line) => line === 'EHLO client.test').length, 1);
  });

  it('takes host and port of a well-known service', () => {
    const options = nodeTransport({ service: 'Gmail', ...trusting });
    const mail = createTransport(options);
    assert.equal((mail.options as { host?: string }).host, undefined);
    assert.equal(
      (mail.transporter as unknown as { options: { host?: string } }).options.host,
      'smtp.gmail.com',
    );
  });

  describe('a server without STARTTLS', () => {
    const noTls = { disabledCommands: ['STARTTLS'], allowInsecureAuth: true };
    const unavailable = { code: 'ERR_SCHANNEL_STARTTLS_UNAVAILABLE' };

    it('gets nothing by default', async () => {
      const server = await serve(noTls);
      const mail = createTransport(nodeTransport({ host: HOST, port: server.port, ...trusting }));
      await assert.rejects(mail.sendMail(MESSAGE), unavailable);
      assert.deepEqual(server.messages, []);
    });

    it('gets the message in the clear if the program asks for it', async () => {
      const server = await serve(noTls);
      const mail = createTransport(
        nodeTransport({ host: HOST, port: server.port, requireTLS: false, ...trusting }),
      );
      await mail.sendMail(MESSAGE);
      assert.equal(server.messages[0]?.secure, false);
    });

    it('gets nothing from a client that has a certificate to show', async () => {
      const server = await serve(noTls);
      const { cert, key } = await selfSigned();
      const own = { tls: { ...trusting.tls, cert, key } };
      const options = { host: HOST, port: server.port, requireTLS: false, ...own };
      await assert.rejects(createTransport(nodeTransport(options)).sendMail(MESSAGE), unavailable);
      assert.deepEqual(server.messages, []);
    });

    it('never gets credentials of the transport', async () => {
      const server = await serve(noTls);
      const options = { host: HOST, port: server.port, requireTLS: false, auth: AUTH, ...trusting };
      await assert.rejects(createTransport(nodeTransport(options)).sendMail(MESSAGE), unavailable);
      assert.deepEqual(server.passwords, []);
    });

    for (const method of ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2', 'HOUSE']) {
      it(`never gets credentials of a message by ${method}`, async () => {
        const { port, received } = await script(
          '220 x\r\n',
          `250-x\r\n250 AUTH ${method}\r\n`,
          `250-x\r\n250 AUTH ${method}\r\n`,
        );
        let asked = 0;
        const customAuth = { HOUSE: () => (asked += 1) };
        const options = { host: HOST, port, requireTLS: false, authMethod: method, customAuth, ...trusting };
        const mail = createTransport(nodeTransport(options));
        await assert.rejects(mail.sendMail({ ...MESSAGE, auth: AUTH }), {
          originalCode: 'ERR_SCHANNEL_STARTTLS_UNAVAILABLE',
          message: `The server offers no TLS, and credentials (AUTH ${method}) are never sent in the clear`,
        });
        assert.doesNotMatch(received(), /AUTH/);
        assert.equal(asked, 0);
      });
    }
  });

  it('refuses text injected behind the go-ahead', async () => {
    const { port, received } = await script(
      '220 x\r\n',
      '250-x\r\n250 STARTTLS\r\n',
      '220 go\r\n250 AUTH PLAIN\r\n',
    );
    const mail = createTransport(nodeTransport({ host: HOST, port, auth: AUTH, ...trusting }));
    await assert.rejects(mail.sendMail(MESSAGE), { code: 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION' });
    assert.doesNotMatch(received(), /AUTH/);
  });

  it('has time limits for the dialogue and for the whole', async () => {
    const { port } = await script('');
    const slow = { host: HOST, port, ...trusting };
    await assert.rejects(createTransport(nodeTransport({ ...slow, greetingTimeout: 20 })).sendMail(MESSAGE), {
      code: 'ERR_SCHANNEL_STARTTLS_TIMEOUT',
    });
    for (const secure of [false, true]) {
      await assert.rejects(
        createTransport(nodeTransport({ ...slow, secure, connectionTimeout: 20 })).sendMail(MESSAGE),
        {
          code: 'ETIMEDOUT',
          phase: 'connect',
        },
      );
    }
  });

  it('passes the error of a refused connection on', async () => {
    const { port, server } = await script('');
    await new Promise((resolve) => server.close(resolve));
    for (const secure of [false, true]) {
      const mail = createTransport(nodeTransport({ host: HOST, port, secure, ...trusting }));
      await assert.rejects(mail.sendMail(MESSAGE), { code: 'ECONNREFUSED' });
    }
  });

  it('speaks LMTP', async () => {
    const server = await serve({ lmtp: true });
    await createTransport(nodeTransport({ host: HOST, port: server.port, lmtp: true, ...trusting })).sendMail(
      MESSAGE,
    );
    assert.equal(server.messages[0]?.secure, true);
  });

  const taken: readonly object[] = [
    { url: 'smtp://mail.test' },
    { getSocket: () => undefined },
    { connection: {} },
    { socket: {} },
    { secured: true },
    { ignoreTLS: true },
    { opportunisticTLS: true },
  ];
  for (const option of taken) {
    it(`refuses ${Object.keys(option).join()}, which would go round the transport`, () => {
      assert.throws(() => nodeTransport({ host: HOST, ...option }), {
        code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED',
      });
    });
  }
});
