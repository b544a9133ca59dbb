import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import { createConnectThrough, type ThroughOptions } from '#lib/adapters/proxy/connect-through.js';
import { createStartTls } from '#lib/adapters/starttls/start-tls.js';
import { decodeProxyHeader } from '#lib/formats/proxy-protocol/decode-header.js';
import type { ProxyAddress } from '#lib/windows/proxy-settings/proxy-list.js';
import type { SystemProxyAnswer } from '#lib/windows/proxy-settings/system-proxy.js';
import { byteServer } from '../../../support/byte-script.js';
import { arrived, connectThrough, type NoTls, TARGET, type TestStep } from '../../../support/through.js';

const HTTP = { protocol: 'connect', host: 'proxy.test', port: 3128 } as const satisfies TestStep;
const SOCKS = { protocol: 'socks5', host: 'gate.test', port: 1080 } as const satisfies TestStep;
const ASKED = 'CONNECT mail.example:587 HTTP/1.1\r\nHost: mail.example:587\r\n\r\n';
const OPENED = 'HTTP/1.1 200 OK\r\n\r\n';
const ADDRESSES = {
  source: { address: '192.0.2.1', port: 50_312 },
  destination: { address: '192.0.2.2', port: 587 },
};

const never = (): never => {
  throw new Error('nothing is secured here');
};
const overTcp = createConnectThrough<NoTls, net.Socket>(never, net.connect);

async function listening(onConnection?: (socket: net.Socket) => void): Promise<net.Server> {
  const server = net.createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: net.Server): number => (server.address() as AddressInfo).port;

describe('adapters/proxy/connect-through', () => {
  it('asks each proxy for the next one, and the last one for the target', async () => {
    const { near } = byteServer([
      ['\x05\x01\x00', '\x05\x00'],
      ['\x05\x01\x00\x03\x0aproxy.test\x0c\x38', `\x05\x00\x00\x01${'\0'.repeat(6)}`],
      [ASKED, `${OPENED}220 hello\r\n`],
    ]);
    const dialled: object[] = [];
    const stream = await connectThrough(near, [SOCKS, HTTP], {
      dial: (to) => {
        dialled.push(to);
        return near;
      },
    });
    assert.deepEqual(dialled, [{ host: 'gate.test', port: 1080 }]);
    assert.equal(await arrived(stream), '220 hello\r\n');
  });

  it('refuses a second proxy that speaks before it is asked', async () => {
    const { near } = byteServer([
      ['\x05\x01\x00', '\x05\x00'],
      ['\x05\x01\x00\x03\x0aproxy.test\x0c\x38', `\x05\x00\x00\x01${'\0'.repeat(6)}220 hello\r\n`],
    ]);
    await assert.rejects(connectThrough(near, [SOCKS, HTTP]), {
      code: 'ERR_SCHANNEL_PEER_PROXY_REPLY',
      message: /^proxy\.test:3128 does not answer as an HTTP proxy/,
    });
  });

  it('is followed by STARTTLS, whose greeting may have come with the answer of the proxy', async () => {
    const { near } = byteServer([
      [ASKED, `${OPENED}220 mail.example ESMTP\r\n`],
      ['EHLO client.test\r\n', '250-mail.example\r\n250 STARTTLS\r\n'],
      ['STARTTLS\r\n', '220 go ahead\r\n'],
    ]);
    const startTls = createStartTls<{ host: string }, Duplex>(({ socket }) => {
      setImmediate(() => socket.emit('secureConnect'));
      return socket;
    });
    const stream = await connectThrough(near, [HTTP]);
    await startTls(stream, { protocol: 'smtp', host: 'mail.example', name: 'client.test' });
  });

  it('and bytes behind the go-ahead are still refused', async () => {
    const { near } = byteServer([
      [ASKED, `${OPENED}220 mail.example ESMTP\r\n`],
      ['EHLO client.test\r\n', '250-mail.example\r\n250 STARTTLS\r\n'],
      ['STARTTLS\r\n', '220 go ahead\r\n250 injected\r\n'],
    ]);
    const startTls = createStartTls<{ host: string }, Duplex>(never);
    const stream = await connectThrough(near, [HTTP]);
    await assert.rejects(startTls(stream, { protocol: 'smtp', host: 'mail.example', name: 'client.test' }), {
      code: 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
    });
  });

  it('speaks TLS to a proxy that wants it', async () => {
    const { near } = byteServer([[ASKED, OPENED]]);
    const [outer] = duplexPair();
    const secured: object[] = [];
    const through = createConnectThrough<{ ca?: string }, Duplex>((options) => {
      secured.push(options);
      setImmediate(() => near.emit('secureConnect'));
      return near;
    }, never);
    const stream = await through({
      ...TARGET,
      dial: () => outer,
      through: [{ ...HTTP, tls: { ca: 'company' } }],
    });
    assert.equal(stream, near);
    assert.deepEqual(secured, [{ ca: 'company', socket: outer, host: 'proxy.test' }]);
  });

  it('says if a proxy breaks off its handshake', async () => {
    const [outer] = duplexPair();
    const through = createConnectThrough<NoTls, Duplex>(() => {
      setImmediate(() => outer.destroy());
      return outer;
    }, never);
    await assert.rejects(through({ ...TARGET, dial: () => outer, through: [{ ...HTTP, tls: {} }] }), {
      code: 'ERR_SCHANNEL_PEER_PROXY_CLOSED',
      message: 'The proxy proxy.test:3128 closed the connection while the handshake was pending',
    });
  });

  describe('a header of the PROXY protocol', () => {
    const header = (version: 1 | 2, more: object = {}): TestStep => ({
      protocol: 'proxy',
      version,
      addresses: ADDRESSES,
      ...more,
    });

    it('goes to the target behind a proxy', async () => {
      const line = 'PROXY TCP4 192.0.2.1 192.0.2.2 50312 587\r\n';
      const { near } = byteServer([
        [ASKED, OPENED],
        [line, '220 hello\r\n'],
      ]);
      assert.equal(await arrived(await connectThrough(near, [HTTP, header(1)])), '220 hello\r\n');
    });

    it('goes to a proxy in front of its request', async () => {
      const { near } = byteServer([[`PROXY TCP4 192.0.2.1 192.0.2.2 50312 587\r\n${ASKED}`, OPENED]]);
      await connectThrough(near, [header(1), HTTP]);
    });

    it('goes to a proxy in front of its TLS', async () => {
      const { near: outer, received } = byteServer([['PROXY UNKNOWN\r\n', '']]);
      const { near: inner } = byteServer([[ASKED, OPENED]]);
      const through = createConnectThrough<NoTls, Duplex>(() => {
        assert.equal(received(), 'PROXY UNKNOWN\r\n');
        setImmediate(() => inner.emit('secureConnect'));
        return inner;
      }, never);
      await through({
        ...TARGET,
        dial: () => outer,
        through: [header(1, { addresses: null }), { ...HTTP, tls: {} }],
      });
    });

    it('has the addresses of the connection, unless a proxy is before', async () => {
      const seen: string[] = [];
      const server = await listening((socket) => {
        socket.once('data', (chunk: Buffer) => {
          seen.push(chunk.toString('latin1'));
          socket.write(OPENED);
          socket.on('data', (more: Buffer) => {
            seen.push(more.toString('latin1'));
            socket.end('done');
          });
        });
      });
      const port = portOf(server);
      const own: TestStep = { protocol: 'proxy', version: 1 };
      const direct = await overTcp({ host: '127.0.0.1', port, through: [own] });
      await once(direct, 'readable');
      assert.deepEqual(seen, [`PROXY TCP4 127.0.0.1 127.0.0.1 ${direct.localPort} ${port}\r\n`]);
      direct.destroy();
      const behind = await overTcp({
        ...TARGET,
        through: [
          { ...HTTP, host: '127.0.0.1', port },
          { protocol: 'proxy', version: 2 },
        ],
      });
      await once(behind, 'readable');
      const bytes = Buffer.from(seen.at(-1) ?? '', 'latin1');
      assert.deepEqual(decodeProxyHeader(bytes)?.header, { version: 2, addresses: null });
      behind.destroy();
      server.close();
    });
  });

  it('connects directly without steps', async () => {
    const server = await listening((socket) => socket.end('hello'));
    const socket = await overTcp({ host: '127.0.0.1', port: portOf(server), through: [] });
    assert.equal(String(await once(socket, 'data').then(([chunk]) => chunk as Buffer)), 'hello');
    socket.destroy();
    server.close();
  });

  it('says that the proxy cannot be reached, and why', async () => {
    const server = await listening();
    const port = portOf(server);
    server.close();
    await once(server, 'close');
    const refused = overTcp({ ...TARGET, through: [{ ...HTTP, host: '127.0.0.1', port }] });
    await assert.rejects(refused, (error: Error) => {
      assert.equal(Reflect.get(error, 'code'), 'ERR_SCHANNEL_PROXY_UNREACHABLE');
      assert.match(
        error.message,
        new RegExp(`^The proxy 127\\.0\\.0\\.1:${port} cannot be reached: .*ECONNREFUSED`),
      );
      assert.equal(Reflect.get(error.cause as Error, 'code'), 'ECONNREFUSED');
      return true;
    });
    // Without a proxy it is what net.connect() says.
    await assert.rejects(overTcp({ host: '127.0.0.1', port, through: [] }), { code: 'ECONNREFUSED' });
  });

  it('says that a connection was reset instead of answered', async () => {
    const server = await listening((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const through = [{ ...HTTP, host: '127.0.0.1', port: portOf(server) }];
    await assert.rejects(overTcp({ ...TARGET, through }), (error: Error) => {
      assert.equal(Reflect.get(error, 'code'), 'ERR_SCHANNEL_PEER_PROXY_CLOSED');
      assert.equal(Reflect.get(error.cause as Error, 'code'), 'ECONNRESET');
      return true;
    });
    server.close();
  });

  it('ends when its time is over, and says what took too long', async () => {
    const [near] = duplexPair();
    await assert.rejects(connectThrough(near, [HTTP], { timeout: 20 }), {
      code: 'ERR_SCHANNEL_PROXY_TIMEOUT',
      message:
        'The connection to mail.example:587 was not there within 20 ms: the answer of the proxy proxy.test:3128 took too long',
    });
    assert.equal(near.destroyed, true);
    const [outer] = duplexPair();
    await assert.rejects(
      createConnectThrough<NoTls, Duplex>(
        () => outer,
        never,
      )({
        ...TARGET,
        dial: () => outer,
        through: [{ ...HTTP, tls: {} }],
        timeout: 20,
      }),
      { code: 'ERR_SCHANNEL_PROXY_TIMEOUT', message: /TLS to proxy\.test:3128 took too long$/ },
    );
  });

  it('ends with its signal, before and meanwhile', async () => {
    const dialled: object[] = [];
    const early = connectThrough(duplexPair()[0], [HTTP], {
      signal: AbortSignal.abort('enough'),
      dial: (to) => {
        dialled.push(to);
        return duplexPair()[0];
      },
    });
    await assert.rejects(early, { name: 'AbortError', cause: 'enough' });
    assert.deepEqual(dialled, []);
    const [near] = duplexPair();
    const controller = new AbortController();
    const late = connectThrough(near, [HTTP], { signal: controller.signal });
    controller.abort();
    await assert.rejects(late, { name: 'AbortError', code: 'ABORT_ERR' });
    assert.equal(near.destroyed, true);
  });

  it('closes what it has dialled when it is aborted', async () => {
    const server = await listening();
    const socket = net.connect(portOf(server), '127.0.0.1');
    const controller = new AbortController();
    const dialling = connectThrough(socket, [HTTP], { signal: controller.signal });
    controller.abort();
    assert.equal(socket.connecting, true);
    await assert.rejects(dialling, { name: 'AbortError' });
    assert.equal(socket.destroyed, true);
    server.close();
  });

  it('leaves nothing behind, neither on the stream nor on the signal', async () => {
    const { near } = byteServer([[ASKED, OPENED]]);
    const before = near.eventNames().length;
    const controller = new AbortController();
    const stream = await connectThrough(near, [HTTP], { signal: controller.signal, timeout: 20 });
    await new Promise(setImmediate);
    assert.equal(stream.eventNames().length, before);
    assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
    controller.abort();
    await new Promise(setImmediate);
    assert.equal(stream.destroyed, false);
  });

  it('does not crash on an error in the moment it is done', async () => {
    const { near } = byteServer([[ASKED, OPENED]]);
    const stream = await connectThrough(near, [HTTP]);
    stream.destroy(new Error('late'));
    await new Promise((resolve) => stream.once('close', resolve));
  });

  describe('arguments', () => {
    const CASES: readonly [what: string, options: object, code: string][] = [
      ['no list', { through: HTTP }, 'ERR_INVALID_ARG_TYPE'],
      ['a step that is none', { through: [null] }, 'ERR_INVALID_ARG_TYPE'],
      ['an unknown protocol', { through: [{ ...HTTP, protocol: 'socks4' }] }, 'ERR_INVALID_ARG_VALUE'],
      ['17 steps', { through: Array.from({ length: 17 }, () => HTTP) }, 'ERR_INVALID_ARG_VALUE'],
      ['a proxy without a host', { through: [{ protocol: 'connect', port: 1 }] }, 'ERR_INVALID_ARG_TYPE'],
      ['a proxy on port 0', { through: [{ ...HTTP, port: 0 }] }, 'ERR_OUT_OF_RANGE'],
      ['a port as text', { through: [{ ...HTTP, port: '3128' }] }, 'ERR_INVALID_ARG_TYPE'],
      ['a target without a host', { host: undefined }, 'ERR_INVALID_ARG_TYPE'],
      ['an empty host', { host: '' }, 'ERR_INVALID_ARG_VALUE'],
      ['a host that breaks the line', { host: 'a\r\nEvil: b' }, 'ERR_INVALID_ARG_VALUE'],
      ['a host with a NUL', { host: 'a\0b' }, 'ERR_INVALID_ARG_VALUE'],
      ['a host with a port', { host: 'a:25' }, 'ERR_INVALID_ARG_VALUE'],
      ['a host with an escape', { host: 'a%2eb' }, 'ERR_INVALID_ARG_VALUE'],
      ['a line end in a name that is not ASCII', { host: 'bü\ncher' }, 'ERR_INVALID_ARG_VALUE'],
      ['a host with a space', { host: 'a b' }, 'ERR_INVALID_ARG_VALUE'],
      ['a zone, which means nothing elsewhere', { host: 'fe80::1%eth0' }, 'ERR_INVALID_ARG_VALUE'],
      ['a host of 256 characters', { host: 'a'.repeat(256) }, 'ERR_INVALID_ARG_VALUE'],
      [
        'a second proxy that breaks the line',
        { through: [HTTP, { ...HTTP, host: 'a\nb' }] },
        'ERR_INVALID_ARG_VALUE',
      ],
      ['a password without a user', { through: [{ ...HTTP, password: 'secret' }] }, 'ERR_MISSING_ARGS'],
      ['a user with a colon for HTTP', { through: [{ ...HTTP, user: 'a:b' }] }, 'ERR_INVALID_ARG_VALUE'],
      ['an empty user', { through: [{ ...SOCKS, user: '' }] }, 'ERR_INVALID_ARG_VALUE'],
      ['a line end in a user', { through: [{ ...HTTP, user: 'a\r\nb' }] }, 'ERR_INVALID_ARG_VALUE'],
      [
        'a password of 256 bytes',
        { through: [{ ...SOCKS, user: 'a', password: 'ä'.repeat(128) }] },
        'ERR_INVALID_ARG_VALUE',
      ],
      [
        'a password that is no text',
        { through: [{ ...SOCKS, user: 'a', password: 1234 }] },
        'ERR_INVALID_ARG_TYPE',
      ],
      ['a header of version 3', { through: [{ protocol: 'proxy', version: 3 }] }, 'ERR_INVALID_ARG_VALUE'],
      [
        'facts in version 1',
        { through: [{ protocol: 'proxy', version: 1, facts: { alpn: 'h2' } }] },
        'ERR_INVALID_ARG_VALUE',
      ],
      ['no time', { timeout: 0 }, 'ERR_OUT_OF_RANGE'],
    ];
    for (const [what, options, code] of CASES) {
      it(`refuses ${what} before anything is dialled`, async () => {
        let dialled = 0;
        const connecting = connectThrough(duplexPair()[0], [HTTP], {
          dial: () => {
            dialled += 1;
            return duplexPair()[0];
          },
          ...options,
        });
        await assert.rejects(connecting, (error: Error) => {
          assert.equal(Reflect.get(error, 'code'), code);
          assert.doesNotMatch(error.message, /secret|1234|ä/);
          return true;
        });
        assert.equal(dialled, 0);
      });
    }

    it('tells a proxy a name in ASCII', async () => {
      const { near } = byteServer([
        ['CONNECT xn--bcher-kva.example:587 HTTP/1.1\r\nHost: xn--bcher-kva.example:587\r\n\r\n', OPENED],
      ]);
      await connectThrough(near, [HTTP], { host: 'bücher.example' });
    });
  });

  describe('with a proxy that is chosen', () => {
    /** A port at which nothing listens. */
    async function deadPort(): Promise<number> {
      const server = await listening();
      const port = portOf(server);
      await new Promise((resolve) => server.close(resolve));
      return port;
    }

    const chosen = (
      proxies: SystemProxyAnswer['proxies'],
      options: Partial<ThroughOptions<NoTls, net.Socket>> = {},
    ): Promise<net.Socket> =>
      createConnectThrough<NoTls, net.Socket>(never, net.connect, {
        env: {},
        system: () => Promise.resolve({ proxies, source: 'script', reason: 'a test', problem: null }),
        signIn: never,
      })({ host: '127.0.0.1', port: 1, proxy: 'system', ...options });

    const proxyAt = (port: number): ProxyAddress => ({
      protocol: 'connect',
      host: '127.0.0.1',
      port,
      isSecure: false,
    });

    it('takes the next one if one is not there, and says which', async () => {
      const dead = await deadPort();
      const proxy = await listening((socket) => {
        socket.once('data', () => socket.write(`${OPENED}hello`));
      });
      const attempts: string[] = [];
      const socket = await chosen([proxyAt(dead), proxyAt(portOf(proxy)), null], {
        onProxy: (attempt) => attempts.push(attempt.proxy),
      });
      assert.equal(String((await once(socket, 'data'))[0]), 'hello');
      assert.deepEqual(attempts, [`http://127.0.0.1:${dead}`, `http://127.0.0.1:${portOf(proxy)}`]);
      socket.destroy();
      proxy.close();
    });

    it('connects directly if that is next', async () => {
      const target = await listening((socket) => socket.end('hello'));
      const socket = await chosen([proxyAt(await deadPort()), null], { port: portOf(target) });
      assert.equal(String((await once(socket, 'data'))[0]), 'hello');
      target.close();
    });

    it('takes no other one if one refuses', async () => {
      const target = await listening();
      const proxy = await listening((socket) => {
        socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
      });
      const proxies = [proxyAt(portOf(proxy)), null];
      await assert.rejects(chosen(proxies, { port: portOf(target) }), { code: 'ERR_SCHANNEL_PROXY_REFUSED' });
      target.close();
      proxy.close();
    });

    it('fails as the last one does', async () => {
      const dead = await deadPort();
      await assert.rejects(chosen([proxyAt(dead), proxyAt(dead)]), {
        code: 'ERR_SCHANNEL_PROXY_UNREACHABLE',
      });
    });

    it('does not wait for Windows if it is aborted', async () => {
      const connecting = createConnectThrough<NoTls, net.Socket>(never, net.connect, {
        env: {},
        system: () => new Promise(() => undefined),
        signIn: never,
      });
      const stop = new AbortController();
      const { signal } = stop;
      const pending = connecting({ ...TARGET, proxy: 'system', signal });
      setImmediate(() => stop.abort());
      await assert.rejects(pending, { name: 'AbortError' });
      await assert.rejects(connecting({ ...TARGET, proxy: 'system', signal }), { name: 'AbortError' });
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    });

    it('needs one way, and only one', async () => {
      const code = 'ERR_INVALID_ARG_VALUE';
      await assert.rejects(overTcp({ ...TARGET }), { code });
      await assert.rejects(overTcp({ ...TARGET, through: [], proxy: 'http://proxy' }), { code });
    });
  });
});
