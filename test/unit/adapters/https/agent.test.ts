import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import nodeHttp, { type ClientRequest } from 'node:http';
import nodeHttps from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { createSecureContext } from 'schannel';
import { Agent } from 'schannel/https';
import { setClientDefaults } from '#lib/tls/secure-context/client-defaults.js';
import { createProxy } from '../../../support/proxy.js';

const agent = new Agent();
const HOST = { host: 'localhost', port: 443 };
const name = (options: object): string => agent.getName({ ...HOST, ...options });

describe('adapters/https/agent: names, by which connections are shared', () => {
  it('are those of node:https without options of Schannel', () => {
    const plain = new nodeHttps.Agent();
    for (const options of [{}, HOST, { ...HOST, ca: 'ca', cert: 'cert', key: 'key', servername: 'other' }]) {
      assert.equal(agent.getName(options), plain.getName(options));
    }
  });

  const different: readonly [what: string, one: object, other: object][] = [
    ['certificates by subject', { certificate: { subject: 'alice' } }, { certificate: { subject: 'bob' } }],
    [
      'certificates by hand',
      { certificate: Object.create(URL.prototype) as object },
      { certificate: Object.create(URL.prototype) as object },
    ],
    ['functions that choose', { certificate: () => null }, { certificate: () => null }],
    ['a certificate and none', { certificate: { subject: 'alice' } }, {}],
    [
      'PFX files that differ in a byte which is no text',
      { pfx: Buffer.from([0xff]) },
      { pfx: Buffer.from([0xfe]) },
    ],
    ['passphrases', { pfx: Buffer.from('x'), passphrase: 'a' }, { pfx: Buffer.from('x'), passphrase: 'b' }],
    [
      'passphrases of single files',
      { pfx: [{ buf: 'x', passphrase: 'a' }] },
      { pfx: [{ buf: 'x', passphrase: 'b' }] },
    ],
    ['keys in objects', { key: [{ pem: 'x' }] }, { key: [{ pem: 'y' }] }],
    ['authorities', { ca: ['a', 'b'] }, { ca: ['a', 'c'] }],
    [
      'revocation lists as views of bytes',
      { crl: new DataView(Uint8Array.of(1).buffer) },
      { crl: new DataView(Uint8Array.of(2).buffer) },
    ],
    ['revocation lists that are no text', { crl: [Buffer.from([0xff])] }, { crl: [Buffer.from([0xfe])] }],
    ['revocation modes', { revocation: 'off' }, { revocation: 'strict' }],
    [
      'functions that check names',
      { checkServerIdentity: () => undefined },
      { checkServerIdentity: () => undefined },
    ],
    ['ALPN', { ALPNProtocols: ['h2'] }, { ALPNProtocols: ['http/1.1'] }],
    ['contexts', { secureContext: createSecureContext() }, { secureContext: createSecureContext() }],
    ['who is verified', { rejectUnauthorized: false }, {}],
    ['texts that would join to the same', { ca: ['a,b'] }, { ca: ['a', 'b'] }],
    ['a text and the bytes that it is no text of', { ca: '\u{fffd}' }, { ca: Buffer.from([0xff]) }],
  ];
  for (const [what, one, other] of different) {
    it(`tell apart ${what}`, () => {
      assert.notEqual(name(one), name(other));
      assert.equal(name(one), name({ ...one }), 'the same options have one name');
    });
  }

  it('are equal for equal content', () => {
    const options = (): object => ({
      pfx: [{ buf: Buffer.from('x'), passphrase: 'a' }],
      certificate: { subject: 'alice', store: 'CurrentUser\\MY' },
    });
    assert.equal(name(options()), name(options()));
    assert.equal(
      name({ certificate: { subject: 'a', store: 'b' } }),
      name({ certificate: { store: 'b', subject: 'a' } }),
    );
  });

  it('distinguish keys by object', () => {
    const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    const key = createPrivateKey(pem);
    assert.equal(name({ key: [key] }), name({ key: [key] }));
    assert.notEqual(name({ key: [key] }), name({ key: [createPrivateKey(pem)] }));
  });

  it('tell apart requests from before and after a change of the defaults of the process', () => {
    const former = nodeHttps.Agent.prototype as unknown as { addRequest: (...args: unknown[]) => void };
    const { addRequest } = former;
    const marked: object[] = [];
    former.addRequest = (_, options) => void marked.push(options as object);
    try {
      setClientDefaults({ certificate: 'aa'.repeat(20) });
      agent.addRequest({} as ClientRequest, HOST);
      const first = name({});
      setClientDefaults({ certificate: 'bb'.repeat(20) });
      assert.notEqual(name({}), first);
      assert.equal(agent.getName({ ...marked[0] }), first, 'a socket keeps the name of its request');
    } finally {
      former.addRequest = addRequest;
      setClientDefaults(null);
    }
    assert.equal(name({}), new nodeHttps.Agent().getName(HOST));
  });

  it('show no passphrase', () => {
    assert.doesNotMatch(name({ pfx: Buffer.from('x'), passphrase: 'tell nobody' }), /tell nobody/);
  });

  it('do not depend on a session', () => {
    assert.equal(name({ session: Buffer.from('x') }), name({}));
  });
});

describe('adapters/https/agent: the class', () => {
  it('is an https.Agent, with or without new', () => {
    const called = (Agent as unknown as () => unknown)();
    for (const made of [agent, called]) {
      assert.ok(made instanceof Agent);
      assert.ok(made instanceof nodeHttps.Agent);
    }
    const { defaultPort, protocol } = agent as Agent & { defaultPort?: unknown; protocol?: unknown };
    assert.deepEqual([defaultPort, protocol], [443, 'https:']);
  });

  it('refuses to search for proxies', () => {
    assert.throws(() => new Agent({ proxyEnv: { HTTPS_PROXY: 'http://proxy' } } as object), {
      code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED',
      message: /"proxyEnv"/,
    });
  });

  describe('with a proxy', () => {
    it('fails as the proxy does, and never goes past it', async () => {
      const proxy = nodeHttp
        .createServer()
        .on('connect', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'))
        .listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      const { port } = proxy.address() as AddressInfo;
      const proxied = new Agent({ proxy: `http://127.0.0.1:${port}` });
      const request = nodeHttps.get('https://127.0.0.1:1/', { agent: proxied });
      const [error] = (await once(request, 'error')) as [Error];
      assert.equal(Reflect.get(error, 'code'), 'ERR_SCHANNEL_PROXY_REFUSED');
      assert.throws(() => proxied.createConnection({ host: '127.0.0.1', port: 1 }), {
        code: 'ERR_INVALID_ARG_TYPE',
      });
      proxy.close();
    });

    it('closes a tunnel that its options make no use of', async () => {
      const target = net.createServer().listen(0, '127.0.0.1');
      const proxy = createProxy(null).listen(0, '127.0.0.1');
      await Promise.all([once(target, 'listening'), once(proxy, 'listening')]);
      const portOf = (server: net.Server): number => (server.address() as AddressInfo).port;
      const proxied = new Agent({
        proxy: `http://127.0.0.1:${portOf(proxy)}`,
        minVersion: 'TLSv9' as 'TLSv1',
      });
      const request = nodeHttps.get(`https://127.0.0.1:${portOf(target)}/`, { agent: proxied });
      const [[error], [socket]] = (await Promise.all([
        once(request, 'error'),
        once(target, 'connection'),
      ])) as [[Error], [net.Socket]];
      assert.equal(Reflect.get(error, 'code'), 'ERR_TLS_INVALID_PROTOCOL_VERSION');
      await once(socket.resume(), 'close');
      target.close();
      proxy.close();
    });

    it('opens pipes itself', () => {
      const proxied = new Agent({ proxy: 'http://127.0.0.1:1', minVersion: 'TLSv9' as 'TLSv1' });
      // What is wrong with the options is said at once, since no proxy is asked.
      assert.throws(() => nodeHttps.get({ socketPath: '\\\\.\\pipe\\none', agent: proxied }), {
        code: 'ERR_TLS_INVALID_PROTOCOL_VERSION',
      });
    });

    it('takes none from the options of a request', () => {
      const { options } = new Agent({ proxy: 'http://127.0.0.1:1', proxyAuth: 'ntlm' });
      assert.equal('proxy' in options || 'proxyAuth' in options, false);
    });
  });
});
