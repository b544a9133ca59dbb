import assert from 'node:assert/strict';
import { byteServer } from '../../../support/byte-script.js';
import { cutAt } from '../../../support/mail-script.js';
import { arrived, connectThrough, type TestStep } from '../../../support/through.js';

const PROXY = { protocol: 'connect', host: 'proxy.test', port: 3128 } as const satisfies TestStep;
const REQUEST = 'CONNECT mail.example:587 HTTP/1.1\r\nHost: mail.example:587\r\n\r\n';
const GREETING = '220 mail.example ESMTP\r\n';

describe('adapters/proxy/http-connect', () => {
  it('asks for the target and leaves what it says for the next reader', async () => {
    const { near, received } = byteServer([
      [REQUEST, `HTTP/1.1 200 Connection established\r\n\r\n${GREETING}`],
    ]);
    const stream = await connectThrough(near, [PROXY]);
    assert.equal(stream, near);
    assert.equal(received(), REQUEST);
    assert.equal(await arrived(stream), GREETING);
  });

  it('comes to the same wherever the answer is cut', async () => {
    const answer = `HTTP/1.0 200 OK\r\nVia: x\r\n\r\n${GREETING}`;
    for (let position = 1; position < answer.length; position += 1) {
      const { near } = byteServer([[REQUEST, answer]], cutAt(position));
      assert.equal(await arrived(await connectThrough(near, [PROXY])), GREETING, `cut at ${position}`);
    }
    const { near } = byteServer([[REQUEST, answer]], (bytes) => [...bytes].map((byte) => Buffer.of(byte)));
    assert.equal(await arrived(await connectThrough(near, [PROXY])), GREETING);
  });

  for (const [what, head] of [
    ['a length, which a 2xx does not have', 'HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n'],
    ['chunks, which it does not have', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['another 2xx', 'HTTP/1.1 299 Fine\r\n\r\n'],
    ['no reason', 'HTTP/1.1 200\r\n\r\n'],
    ['line ends of one character', 'HTTP/1.0 200 OK\nVia: x\n\n'],
    ['both line ends', 'HTTP/1.0 200 OK\nVia: x\r\n\n'],
    [
      'answers before the real one',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    ],
  ] as const) {
    it(`takes ${what}`, async () => {
      const { near } = byteServer([[REQUEST, head + GREETING]]);
      assert.equal(await arrived(await connectThrough(near, [PROXY])), GREETING);
    });
  }

  it('takes any number of bytes behind the head', async () => {
    const flood = 'x'.repeat(300_000);
    const { near } = byteServer([[REQUEST, `HTTP/1.1 200 OK\r\n\r\n${flood}`]]);
    const stream = await connectThrough(near, [PROXY]);
    let length = 0;
    for await (const chunk of stream) {
      length += (chunk as Buffer).length;
      if (length === flood.length) break;
    }
    assert.equal(length, flood.length);
  });

  it('signs in with the first request', async () => {
    const { near, received } = byteServer([
      [
        `${REQUEST.slice(0, -2)}Proxy-Authorization: Basic YW5uYTpnZWjDpGltOng=\r\n\r\n`,
        'HTTP/1.1 200 OK\r\n\r\n',
      ],
    ]);
    await connectThrough(near, [{ ...PROXY, user: 'anna', password: 'gehäim:x' }]);
    assert.match(received(), /Basic/);
  });

  it('puts an IPv6 address in brackets', async () => {
    const { near } = byteServer([
      ['CONNECT [2001:db8::1]:993 HTTP/1.1\r\nHost: [2001:db8::1]:993\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'],
    ]);
    await connectThrough(near, [PROXY], { host: '2001:db8::1', port: 993 });
  });

  describe('a refusal', () => {
    const CASES: readonly [answer: string, code: string, reply: string, advice: RegExp][] = [
      ['403 Forbidden', 'ERR_SCHANNEL_PROXY_REFUSED', 'HTTP/1.1 403 Forbidden', /rules of the proxy.*443/],
      [
        '502 Bad Gateway',
        'ERR_SCHANNEL_PROXY_REFUSED',
        'HTTP/1.1 502 Bad Gateway',
        /no connection to the target/,
      ],
      ['504', 'ERR_SCHANNEL_PROXY_REFUSED', 'HTTP/1.1 504', /no connection to the target/],
      ['405 Not Allowed', 'ERR_SCHANNEL_PROXY_REFUSED', 'HTTP/1.1 405 Not Allowed', /web server/],
      [
        '301 Moved\r\nLocation: http://evil.test/',
        'ERR_SCHANNEL_PROXY_REFUSED',
        'HTTP/1.1 301 Moved',
        /log of the proxy/,
      ],
      ['101 Switching Protocols', 'ERR_SCHANNEL_PROXY_REFUSED', 'HTTP/1.1 101 Switching Protocols', /log/],
      ['418 \x1b[2Jboo', 'ERR_SCHANNEL_PROXY_REFUSED', 'HTTP/1.1 418 ?[2Jboo', /log/],
      [
        '407 Auth\r\nProxy-Authenticate: Basic realm="x"',
        'ERR_SCHANNEL_PROXY_ACCOUNT',
        'HTTP/1.1 407 Auth',
        /Give a user and a password/,
      ],
      [
        '407 Auth\r\nproxy-authenticate: Negotiate\r\nProxy-Authenticate:NTLM',
        'ERR_SCHANNEL_PROXY_ACCOUNT',
        'HTTP/1.1 407 Auth',
        /wants Negotiate, NTLM\. The option auth .* 'negotiate'/,
      ],
    ];
    for (const [answer, code, reply, advice] of CASES) {
      it(`${JSON.stringify(answer)} is an error with what to do`, async () => {
        const { near } = byteServer([[REQUEST, `HTTP/1.1 ${answer}\r\n\r\n<html>`]]);
        await assert.rejects(connectThrough(near, [PROXY]), {
          name: 'SchannelError',
          code,
          phase: 'connect',
          reply,
          advice,
          message: `The proxy proxy.test:3128 refused to connect to mail.example:587: "${reply}"`,
        });
        assert.equal(near.destroyed, true);
      });
    }

    it('of an account does not show it', async () => {
      const account = `${REQUEST.slice(0, -2)}Proxy-Authorization: Basic YW5uYTpzZWNyZXQ=\r\n\r\n`;
      const { near } = byteServer([
        [account, 'HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n'],
      ]);
      const error: unknown = await connectThrough(near, [
        { ...PROXY, user: 'anna', password: 'secret' },
      ]).catch((reason: unknown) => reason);
      assert.ok(error instanceof Error);
      assert.equal(Reflect.get(error, 'code'), 'ERR_SCHANNEL_PROXY_ACCOUNT');
      assert.equal(Reflect.get(error, 'advice'), 'Check the user and the password for the proxy.');
      assert.doesNotMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /secret|YW5uYTpzZWNyZXQ/);
    });
  });

  describe('what is no HTTP proxy', () => {
    for (const [what, answer, reply] of [
      ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n', 'SSH-2.0-OpenSSH_9.2 / '],
      ['an alert of TLS', '\x15\x03\x01\x00\x02\x02\x16', '???????'],
      ['SOCKS', '\x05\xff', '?ÿ'],
      ['a newer HTTP', 'HTTP/2 200\r\n\r\n', 'HTTP/2 200 /  / '],
      ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'HTTP/1.1 20 OK'],
      ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'HTTP/1.1 2000 OK'],
      ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n', 'HTTP/1.1 099 OK'],
    ] as const) {
      it(`${what} is recognized by its first bytes`, async () => {
        const { near } = byteServer([[REQUEST, answer]]);
        await assert.rejects(connectThrough(near, [PROXY]), {
          code: 'ERR_SCHANNEL_PEER_PROXY_REPLY',
          message: `proxy.test:3128 does not answer as an HTTP proxy: "${reply}"`,
        });
        assert.equal(near.destroyed, true);
      });
    }

    it('speaks before it is asked', async () => {
      const { near } = byteServer([[null, '220 ftp\r\n']]);
      await new Promise(setImmediate);
      await assert.rejects(connectThrough(near, [PROXY]), { code: 'ERR_SCHANNEL_PEER_PROXY_REPLY' });
    });
  });

  it('reads 16 KiB of heads, and no more', async () => {
    const head = (length: number): string => {
      const line = 'HTTP/1.1 200 OK\r\nA: ';
      return `${line}${'x'.repeat(length - line.length - 4)}\r\n\r\n`;
    };
    const longest = byteServer([[REQUEST, head(16_384) + GREETING]]);
    assert.equal(await arrived(await connectThrough(longest.near, [PROXY])), GREETING);
    for (const answer of [
      head(16_385),
      'HTTP/1.1 200 OK\r\n' + 'A: b\r\n'.repeat(100_000),
      'HTTP/1.1 100 Continue\r\n\r\n'.repeat(700),
    ]) {
      const { near } = byteServer([[REQUEST, answer]]);
      await assert.rejects(connectThrough(near, [PROXY]), { code: 'ERR_SCHANNEL_PEER_PROXY_LIMIT' });
      assert.equal(near.destroyed, true);
    }
  });

  it('says if the proxy closes without an answer', async () => {
    for (const part of ['', 'HT', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 100 Continue\r\n\r\n']) {
      const { near, far } = byteServer([[REQUEST, part]]);
      const failed = assert.rejects(connectThrough(near, [PROXY]), {
        code: 'ERR_SCHANNEL_PEER_PROXY_CLOSED',
        message: 'The proxy proxy.test:3128 closed the connection while the answer to CONNECT was pending',
      });
      far.end();
      await failed;
    }
  });
});
