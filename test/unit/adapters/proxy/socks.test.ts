import assert from 'node:assert/strict';
import { byteServer, type Turn } from '../../../support/byte-script.js';
import { arrived, connectThrough, type TestStep } from '../../../support/through.js';

const PROXY = { protocol: 'socks5', host: 'proxy.test', port: 1080 } as const satisfies TestStep;
const ACCOUNT = { ...PROXY, user: 'anna', password: 'secret' } as const satisfies TestStep;

const octets = (...parts: readonly (number | string)[]): string =>
  parts.map((part) => (typeof part === 'string' ? part : String.fromCharCode(part))).join('');

const HELLO = octets(5, 1, 0);
const HELLO_ACCOUNT = octets(5, 2, 0, 2);
const REQUEST = octets(5, 1, 0, 3, 12, 'mail.example', 2, 75);
const BOUND = octets(5, 0, 0, 1, 127, 0, 0, 1, 4, 56);
const GREETING = '220 mail.example ESMTP\r\n';

const WILLING: readonly Turn[] = [
  [HELLO, octets(5, 0)],
  [REQUEST, BOUND + GREETING],
];
const SIGN_IN: readonly Turn[] = [
  [HELLO_ACCOUNT, octets(5, 2)],
  [octets(1, 4, 'anna', 6, 'secret'), octets(1, 0)],
  [REQUEST, BOUND],
];

describe('adapters/proxy/socks', () => {
  it('asks by name and leaves what the target says for the next reader', async () => {
    const { near, received } = byteServer(WILLING);
    const stream = await connectThrough(near, [PROXY]);
    assert.equal(received(), HELLO + REQUEST);
    assert.equal(await arrived(stream), GREETING);
  });

  it('comes to the same byte by byte', async () => {
    const { near } = byteServer(WILLING, (bytes) => [...bytes].map((byte) => Buffer.of(byte)));
    assert.equal(await arrived(await connectThrough(near, [PROXY])), GREETING);
  });

  for (const [what, bound] of [
    ['an IPv6 address', octets(5, 0, 0, 4, '\0'.repeat(16), 0, 0)],
    ['a name', octets(5, 0, 0, 3, 5, 'x.net', 0, 0)],
    ['a name of no length', octets(5, 0, 0, 3, 0, 0, 0)],
  ] as const) {
    it(`reads ${what} of the proxy exactly`, async () => {
      const { near } = byteServer([
        [HELLO, octets(5, 0)],
        [REQUEST, bound + GREETING],
      ]);
      assert.equal(await arrived(await connectThrough(near, [PROXY])), GREETING);
    });
  }

  it('asks for addresses as such', async () => {
    const v4 = byteServer([
      [HELLO, octets(5, 0)],
      [octets(5, 1, 0, 1, 192, 0, 2, 7, 0, 25), BOUND],
    ]);
    await connectThrough(v4.near, [PROXY], { host: '192.0.2.7', port: 25 });
    const address = octets(0x20, 1, 0x0d, 0xb8, '\0'.repeat(11), 7);
    const v6 = byteServer([
      [HELLO, octets(5, 0)],
      [octets(5, 1, 0, 4, address, 0xff, 0xff), BOUND],
    ]);
    await connectThrough(v6.near, [PROXY], { host: '2001:db8::7', port: 65_535 });
  });

  it('signs in where the proxy wants it', async () => {
    const { near } = byteServer(SIGN_IN);
    await connectThrough(near, [ACCOUNT]);
    const without = byteServer([
      [HELLO_ACCOUNT, octets(5, 0)],
      [REQUEST, BOUND],
    ]);
    await connectThrough(without.near, [ACCOUNT]);
    const empty = byteServer([
      [HELLO_ACCOUNT, octets(5, 2)],
      [octets(1, 4, 'anna', 0), octets(1, 0)],
      [REQUEST, BOUND],
    ]);
    await connectThrough(empty.near, [{ ...PROXY, user: 'anna' }]);
  });

  describe('a refusal', () => {
    for (const [code, meaning, advice] of [
      [1, 'general failure', /log of the proxy/],
      [2, 'not permitted by the rules', /rules of the proxy/],
      [3, 'network unreachable', /no connection to the target/],
      [4, 'host unreachable', /no connection to the target/],
      [5, 'connection refused', /Nothing may listen there/],
      [6, 'time to live over', /no connection to the target/],
      [7, 'command not known', /does not open connections/],
      [8, 'kind of address not known', /as a name/],
      [9, 'of no known meaning', /log of the proxy/],
      [255, 'of no known meaning', /log of the proxy/],
    ] as const) {
      it(`of code ${code} is an error with what to do`, async () => {
        // Some end behind the code.
        for (const rest of [octets(0, 1, 0, 0, 0, 0, 0, 0), '']) {
          const { near } = byteServer([
            [HELLO, octets(5, 0)],
            [REQUEST, octets(5, code) + rest],
          ]);
          await assert.rejects(connectThrough(near, [PROXY]), {
            code: 'ERR_SCHANNEL_PROXY_REFUSED',
            phase: 'connect',
            reply: `code ${code}, ${meaning}`,
            advice,
            message: `The proxy proxy.test:1080 refused to connect to mail.example:587: "code ${code}, ${meaning}"`,
          });
          assert.equal(near.destroyed, true);
        }
      });
    }

    it('without an account says that one is wanted', async () => {
      const { near } = byteServer([[HELLO, octets(5, 255)]]);
      await assert.rejects(connectThrough(near, [PROXY]), {
        code: 'ERR_SCHANNEL_PROXY_ACCOUNT',
        advice: 'Give a user and a password for the proxy.',
      });
    });

    it('of both ways says so', async () => {
      const { near } = byteServer([[HELLO_ACCOUNT, octets(5, 255)]]);
      await assert.rejects(connectThrough(near, [ACCOUNT]), {
        code: 'ERR_SCHANNEL_PROXY_ACCOUNT',
        advice: /GSSAPI/,
      });
    });

    it('of an account does not show it', async () => {
      const { near } = byteServer([...SIGN_IN.slice(0, 1), [SIGN_IN[1]?.[0] ?? '', octets(1, 1)]]);
      const error: unknown = await connectThrough(near, [ACCOUNT]).catch((reason: unknown) => reason);
      assert.ok(error instanceof Error);
      assert.equal(Reflect.get(error, 'code'), 'ERR_SCHANNEL_PROXY_ACCOUNT');
      assert.equal(Reflect.get(error, 'reply'), 'user and password refused, status 1');
      assert.doesNotMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /secret|736563726574/);
    });
  });

  describe('what is no proxy of SOCKS 5', () => {
    for (const [what, script, reply] of [
      ['HTTP', [[HELLO, 'HTTP/1.1 400 Bad Request\r\n']], '4854'],
      ['another version in the choice', [[HELLO, octets(4, 0)]], '0400'],
      ['SOCKS 4', [[HELLO, octets(0, 91)]], '005b'],
      ['a method that was not offered', [[HELLO, octets(5, 2)]], '0502'],
      ['GSSAPI', [[HELLO, octets(5, 1)]], '0501'],
      [
        'another version in the answer',
        [
          [HELLO, octets(5, 0)],
          [REQUEST, octets(4, 0)],
        ],
        '0400',
      ],
      [
        'an address of another type',
        [
          [HELLO, octets(5, 0)],
          [REQUEST, octets(5, 0, 0, 2)],
        ],
        'an address of type 2',
      ],
    ] as const) {
      it(`${what} is refused`, async () => {
        const { near } = byteServer(script as readonly Turn[]);
        await assert.rejects(connectThrough(near, [PROXY]), {
          code: 'ERR_SCHANNEL_PEER_PROXY_REPLY',
          message: `proxy.test:1080 does not answer as a proxy of SOCKS 5: "${reply}"`,
        });
        assert.equal(near.destroyed, true);
      });
    }

    it('answers twice to the offer of methods', async () => {
      const { near } = byteServer([[HELLO, octets(5, 0, 5, 0)]]);
      await assert.rejects(connectThrough(near, [PROXY]), { code: 'ERR_SCHANNEL_PEER_PROXY_REPLY' });
    });
  });

  it('says if the proxy closes anywhere', async () => {
    const whole = [octets(5, 0), BOUND];
    for (const [turn, answer] of whole.entries()) {
      for (let length = 0; length < answer.length; length += 1) {
        const cut = [HELLO, REQUEST]
          .slice(0, turn + 1)
          .map((expected, at): Turn => [expected, at === turn ? answer.slice(0, length) : (whole[at] ?? '')]);
        const { near, far } = byteServer(cut);
        const failed = assert.rejects(connectThrough(near, [PROXY]), {
          code: 'ERR_SCHANNEL_PEER_PROXY_CLOSED',
        });
        far.end();
        await failed;
      }
    }
  });
});
