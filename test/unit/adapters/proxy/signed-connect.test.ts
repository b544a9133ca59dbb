import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { createConnectThrough } from '#lib/adapters/proxy/connect-through.js';
import type { ProxyAuth } from '#lib/adapters/proxy/steps.js';
import type { SignIn, SignInRequest } from '#lib/windows/negotiate/sign-in.js';
import { byteServer, type Turn } from '../../../support/byte-script.js';
import { arrived, type NoTls, TARGET } from '../../../support/through.js';

const REQUEST = 'CONNECT mail.example:587 HTTP/1.1\r\nHost: mail.example:587\r\n';
const ASKED = `${REQUEST}\r\n`;
const OPENED = 'HTTP/1.1 200 OK\r\n\r\n220 hello\r\n';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const withToken = (text: string, name = 'Negotiate'): string =>
  `${REQUEST}Proxy-Authorization: ${name} ${base64(text)}\r\n\r\n`;
const wanted = (challenge = 'Negotiate', more = 'Content-Length: 0\r\n', body = ''): string =>
  `HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: ${challenge}\r\n${more}\r\n${body}`;

/** What sign-ins were asked for, and what they were told: each plays the same tokens. */
class Windows {
  readonly requests: SignInRequest[] = [];
  readonly heard: (string | null)[] = [];
  readonly finished: (string | null)[] = [];
  closed = 0;

  constructor(readonly tokens: readonly string[]) {}

  readonly signIn = (request: SignInRequest): SignIn => {
    this.requests.push(request);
    const tokens = [...this.tokens];
    return {
      mechanism: null,
      next: (token) => {
        this.heard.push(token === null ? null : Buffer.from(token).toString());
        return Promise.resolve(Buffer.from(tokens.shift() ?? ''));
      },
      finish: (token) => {
        this.finished.push(token === null ? null : Buffer.from(token).toString());
        return Promise.resolve();
      },
      close: () => {
        this.closed += 1;
      },
    };
  };
}

interface Settings {
  readonly auth?: ProxyAuth;
  readonly user?: string;
  readonly password?: string;
  readonly tls?: NoTls;
  readonly mutual?: boolean;
  readonly protocol?: 'connect' | 'socks5';
}

/** Each connection has its own script. */
function connecting(
  windows: Windows,
  scripts: readonly (readonly Turn[])[],
  settings: Settings = {},
): Promise<Duplex> {
  const servers = scripts.map((script) => byteServer(script));
  const connect = createConnectThrough<NoTls, Duplex>(
    ({ socket }) => {
      setImmediate(() => socket.emit('secureConnect'));
      return Object.assign(socket, {
        getChannelBinding: (type: string) => (type === 'tls-server-end-point' ? Buffer.from('hash') : null),
      });
    },
    () => {
      const server = servers.shift();
      if (server === undefined) throw new Error('one connection too many');
      return server.near;
    },
    { env: {}, system: () => Promise.reject(new Error('not asked')), signIn: windows.signIn },
  );
  const proxy = {
    protocol: 'connect',
    host: 'proxy.test',
    port: 3128,
    auth: 'negotiate',
    ...settings,
  } as const;
  return connect({ ...TARGET, through: [proxy] });
}

describe('adapters/proxy/signed-connect', () => {
  it('says nothing about an account to a proxy that does not ask for it', async () => {
    const windows = new Windows(['ticket']);
    assert.equal(await arrived(await connecting(windows, [[[ASKED, OPENED]]])), '220 hello\r\n');
    assert.deepEqual(windows.heard, []);
    assert.equal(windows.closed, 1);
  });

  it('signs in by Kerberos, and hands on the last token', async () => {
    const windows = new Windows(['ticket']);
    const last = `HTTP/1.1 200 OK\r\nProxy-Authenticate: Negotiate ${base64('proof')}\r\n\r\n220 hello\r\n`;
    const stream = await connecting(windows, [
      [
        [ASKED, wanted('Negotiate, NTLM')],
        [withToken('ticket'), last],
      ],
    ]);
    assert.equal(await arrived(stream), '220 hello\r\n');
    assert.deepEqual([windows.heard, windows.finished], [[null], ['proof']]);
    assert.deepEqual(windows.requests, [
      {
        scheme: 'negotiate',
        host: 'proxy.test',
        mutual: undefined,
        account: undefined,
        channelBinding: null,
      },
    ]);
  });

  it('signs in by NTLM on one connection, whatever form the bodies have', async () => {
    const windows = new Windows(['one', 'three']);
    const chunked = 'Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n';
    const stream = await connecting(
      windows,
      [
        [
          [ASKED, wanted('NTLM', 'Content-Length: 5\r\n', 'HTTP/')],
          [
            withToken('one', 'NTLM'),
            wanted(`NTLM ${base64('two')}`, chunked, '3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n'),
          ],
          [withToken('three', 'NTLM'), OPENED],
        ],
      ],
      { auth: 'ntlm', user: 'COMPANY\\anna', password: 'a:b' },
    );
    assert.equal(await arrived(stream), '220 hello\r\n');
    assert.deepEqual([windows.heard, windows.finished], [[null, 'two'], [null]]);
    assert.deepEqual(windows.requests[0]?.account, { user: 'COMPANY\\anna', password: 'a:b' });
  });

  it('binds the sign-in to TLS with the proxy', async () => {
    const windows = new Windows(['ticket']);
    await connecting(windows, [[[ASKED, OPENED]]], { tls: {} });
    assert.equal(String(windows.requests[0]?.channelBinding), 'tls-server-end-point:hash');
  });

  for (const [what, answer] of [
    ['says so', wanted('NTLM', 'Proxy-Connection: close\r\nContent-Length: 0\r\n')],
    ['is of HTTP/1.0', wanted('NTLM').replace('1.1', '1.0')],
    ['has a body without an end', wanted('NTLM', '')],
    ['has a body that is too long', wanted('NTLM', 'Content-Length: 100000\r\n')],
    ['has chunks that are too long', wanted('NTLM', 'Transfer-Encoding: chunked\r\n', 'fffff\r\n')],
    ['has two lengths', wanted('NTLM', 'Content-Length: 1\r\nContent-Length: 2\r\n')],
    ['has another coding', wanted('NTLM', 'Transfer-Encoding: gzip, chunked\r\n')],
  ] as const) {
    it(`begins on a new connection if the first answer ${what}`, async () => {
      const windows = new Windows(['one', 'three']);
      const second: Turn[] = [
        [withToken('one', 'NTLM'), wanted(`NTLM ${base64('two')}`)],
        [withToken('three', 'NTLM'), OPENED],
      ];
      const stream = await connecting(windows, [[[ASKED, answer]], second], { auth: 'ntlm' });
      assert.equal(await arrived(stream), '220 hello\r\n');
      assert.equal(windows.closed, 2);
    });
  }

  it('begins again once if the proxy breaks off within the sign-in, and then says why', async () => {
    const windows = new Windows(['one', 'three']);
    const closing = wanted(`NTLM ${base64('two')}`, 'Connection: close\r\n');
    const again: Turn[] = [[withToken('one', 'NTLM'), closing]];
    await assert.rejects(
      connecting(windows, [[[ASKED, wanted('NTLM')], ...again], again], { auth: 'ntlm' }),
      {
        code: 'ERR_SCHANNEL_PEER_PROXY_CLOSED',
        message: 'The proxy proxy.test:3128 closes the connection between the legs of a sign-in',
      },
    );
    assert.deepEqual(windows.heard, [null, null]);
  });

  for (const [what, script, code, advice] of [
    [
      'a refusal of the account',
      [
        [ASKED, wanted()],
        [withToken('one'), wanted()],
      ],
      'ERR_SCHANNEL_PROXY_ACCOUNT',
      /Check the account/,
    ],
    [
      'a proxy without the scheme',
      [[ASKED, wanted('Basic realm="x"')]],
      'ERR_SCHANNEL_PROXY_ACCOUNT',
      /does not offer Negotiate, but Basic/,
    ],
    [
      'a refusal of the target',
      [
        [ASKED, wanted()],
        [withToken('one'), 'HTTP/1.1 403 Forbidden\r\n\r\n'],
      ],
      'ERR_SCHANNEL_PROXY_REFUSED',
      /rules of the proxy/,
    ],
    [
      'a token before it was asked',
      [[ASKED, wanted(`Negotiate ${base64('x')}`)]],
      'ERR_SCHANNEL_PEER_PROXY_REPLY',
      /Check the host/,
    ],
    [
      'a body that is no chunks',
      [[ASKED, wanted('Negotiate', 'Transfer-Encoding: chunked\r\n', 'zz\r\n')]],
      'ERR_SCHANNEL_PEER_PROXY_REPLY',
      /Check the host/,
    ],
    [
      'bytes behind an answer',
      [[ASKED, wanted('Negotiate', 'Content-Length: 0\r\n', 'more')]],
      'ERR_SCHANNEL_PEER_PROXY_REPLY',
      /Check the host/,
    ],
  ] as const) {
    it(`ends with ${what}`, async () => {
      const windows = new Windows(['one', 'three']);
      await assert.rejects(connecting(windows, [script]), (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), code);
        assert.match(String(Reflect.get(error, 'advice')), advice);
        return true;
      });
      assert.equal(windows.closed, 1);
    });
  }

  it('ends a sign-in that goes on', async () => {
    const tokens = Array.from({ length: 20 }, (_, at) => `token ${at}`);
    const script: Turn[] = [
      [ASKED, wanted()],
      ...tokens.map((token): Turn => [withToken(token), wanted(`Negotiate ${base64('more')}`)]),
    ];
    const windows = new Windows(tokens);
    await assert.rejects(connecting(windows, [script]), { code: 'ERR_SCHANNEL_PEER_PROXY_LIMIT' });
    assert.equal(windows.heard.length, 8);
  });

  it('limits answers that come before the real one', async () => {
    const script: Turn[] = [[ASKED, 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000)]];
    await assert.rejects(connecting(new Windows([]), [script]), { code: 'ERR_SCHANNEL_PEER_PROXY_LIMIT' });
  });

  it('does not wait for Windows if it is aborted', async () => {
    const { near } = byteServer([[ASKED, wanted()]]);
    let closed = 0;
    const stop = new AbortController();
    const connect = createConnectThrough<NoTls, Duplex>(
      () => near,
      () => near,
      {
        env: {},
        system: () => Promise.reject(new Error('not asked')),
        signIn: () => ({
          mechanism: null,
          next: () => {
            setImmediate(() => stop.abort());
            return new Promise(() => undefined);
          },
          finish: () => Promise.resolve(),
          close: () => {
            closed += 1;
          },
        }),
      },
    );
    const proxy = { protocol: 'connect', host: 'proxy.test', port: 3128, auth: 'negotiate' } as const;
    await assert.rejects(connect({ ...TARGET, through: [proxy], signal: stop.signal }), {
      name: 'AbortError',
    });
    assert.equal(closed, 1);
    assert.equal(near.destroyed, true);
  });

  for (const [what, settings] of [
    ['another scheme', { auth: 'digest' as never }],
    ['a scheme for SOCKS', { protocol: 'socks5' }],
    ['mutual with NTLM', { auth: 'ntlm', mutual: true }],
    ['a colon in a user of Basic', { auth: 'basic', user: 'a:b' }],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(connecting(new Windows([]), [], settings), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  }
});
