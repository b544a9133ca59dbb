import assert from 'node:assert/strict';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { PassThrough, type Duplex } from 'node:stream';
import { createStartTls, type StartTls } from '#lib/adapters/starttls/start-tls.js';
import { byteServer } from '../../../support/byte-script.js';
import { cutAt, scriptedServer, type Exchange } from '../../../support/mail-script.js';

interface Options {
  host?: string | undefined;
  servername?: string | undefined;
}

/** A connect() that is secure at once and shows what it was called with. */
function instantConnect(): { startTls: StartTls<Options, Duplex>; calls: (Options & { socket: Duplex })[] } {
  const calls: (Options & { socket: Duplex })[] = [];
  const startTls = createStartTls<Options, Duplex>((options) => {
    calls.push(options);
    setImmediate(() => options.socket.emit('secureConnect'));
    return options.socket;
  });
  return { startTls, calls };
}

const EHLO = 'EHLO client.test';
const CAPABILITIES = '250-mx.test greets you\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n';
const WILLING: readonly Exchange[] = [
  [null, '220 mx.test ESMTP\r\n'],
  [EHLO, CAPABILITIES],
  ['STARTTLS', '220 go ahead\r\n'],
];
const OPTIONS = { protocol: 'smtp', servername: 'mx.test', name: 'client.test' } as const;

/** A willing server that answers one of its three turns differently. */
function unwilling(turn: 0 | 1 | 2, answer: string): readonly Exchange[] {
  return WILLING.slice(0, turn + 1).map((exchange, at) => (at === turn ? [exchange[0], answer] : exchange));
}

describe('adapters/starttls/start-tls', () => {
  it('speaks SMTP up to the go-ahead and hands the stream and the TLS options over', async () => {
    const { near, received } = scriptedServer(WILLING);
    const { startTls, calls } = instantConnect();
    const socket = await startTls(near, { ...OPTIONS, host: '192.0.2.1' });
    assert.equal(socket, near);
    assert.deepEqual(received, [EHLO, 'STARTTLS']);
    assert.deepEqual(calls, [{ servername: 'mx.test', host: '192.0.2.1', socket: near }]);
  });

  it('speaks LMTP with its own hello', async () => {
    const { near, received } = scriptedServer(
      WILLING.map(([expected, answer]) => [expected === EHLO ? 'LHLO client.test' : expected, answer]),
    );
    await instantConnect().startTls(near, { ...OPTIONS, protocol: 'lmtp' });
    assert.deepEqual(received, ['LHLO client.test', 'STARTTLS']);
  });

  it('comes to the same however the replies are split', async () => {
    for (let position = 1; position < CAPABILITIES.length; position += 1) {
      const { near, received } = scriptedServer(WILLING, cutAt(position));
      await instantConnect().startTls(near, OPTIONS);
      assert.deepEqual(received, [EHLO, 'STARTTLS'], `split at ${position}`);
    }
    const { near } = scriptedServer(WILLING, (answer) => [...answer].map((byte) => Buffer.of(byte)));
    await instantConnect().startTls(near, OPTIONS);
  });

  it('finds the extension in any case and at the end of the list', async () => {
    const { near } = scriptedServer([
      [null, '220-hello\r\n220 there\r\n'],
      [EHLO, '250-mx\r\n250-SIZE\r\n250 StartTls\r\n'],
      ['STARTTLS', '220 2.0.0\r\n'],
    ]);
    await instantConnect().startTls(near, OPTIONS);
  });

  it("introduces itself by this machine's full name or an address literal", async () => {
    const { near, received } = scriptedServer([
      [null, '220 x\r\n'],
      [/^EHLO /, CAPABILITIES],
      ['STARTTLS', '220 x\r\n'],
    ]);
    await instantConnect().startTls(near, { protocol: 'smtp', servername: 'mx.test' });
    assert.equal(received[0], hostname().includes('.') ? `EHLO ${hostname()}` : 'EHLO [127.0.0.1]');
  });

  it('names the server that opens a stream of XMPP only if it knows its name', async () => {
    for (const from of ['b.example', undefined]) {
      const { near, received } = byteServer([]);
      const upgrading = createStartTls<Options, Duplex>(() => near)(near, {
        protocol: 'xmpp-server',
        servername: 'a.example',
        from,
      });
      near.destroy();
      await assert.rejects(upgrading, { code: 'ERR_SCHANNEL_PEER_STARTTLS_CLOSED' });
      const [, name] = / from='([^']*)' /.exec(received()) ?? [];
      assert.equal(name, from ?? (hostname().includes('.') ? hostname() : undefined));
    }
  });

  it('shows the dialogue', async () => {
    const { near } = scriptedServer(WILLING);
    const lines: string[] = [];
    await instantConnect().startTls(near, {
      ...OPTIONS,
      onLine: (line, direction) => lines.push(`${direction === 'sent' ? 'C' : 'S'}: ${line}`),
    });
    assert.deepEqual(lines, [
      'S: 220 mx.test ESMTP',
      'C: EHLO client.test',
      'S: 250-mx.test greets you',
      'S: 250-PIPELINING',
      'S: 250-STARTTLS',
      'S: 250 8BITMIME',
      'C: STARTTLS',
      'S: 220 go ahead',
    ]);
  });

  describe('a server without TLS', () => {
    const CASES: readonly [what: string, script: readonly Exchange[], message: string, reply: string][] = [
      [
        'that does not offer it',
        unwilling(1, '250-mx.test\r\n250 SIZE\r\n'),
        'The server does not offer STARTTLS: "250-mx.test / 250 SIZE"',
        '250-mx.test / 250 SIZE',
      ],
      [
        'that is merely called STARTTLS',
        unwilling(1, '250 STARTTLS\r\n'),
        'The server does not offer STARTTLS: "250 STARTTLS"',
        '250 STARTTLS',
      ],
      [
        'that offers something of a similar name',
        unwilling(1, '250-mx\r\n250-XSTARTTLS\r\n250 STARTTLSX\r\n'),
        'The server does not offer STARTTLS: "250-mx / 250-XSTARTTLS / 250 STARTTLSX"',
        '250-mx / 250-XSTARTTLS / 250 STARTTLSX',
      ],
      ['that knows no EHLO', unwilling(1, '502 what\r\n'), 'The server refused EHLO: "502 what"', '502 what'],
      [
        'that has none at the moment',
        unwilling(2, '454 TLS not available\r\n'),
        'The server refused STARTTLS: "454 TLS not available"',
        '454 TLS not available',
      ],
    ];
    for (const [what, script, message, reply] of CASES) {
      it(`${what} is an error, and the connection is closed`, async () => {
        const { near } = scriptedServer(script);
        const { startTls, calls } = instantConnect();
        await assert.rejects(startTls(near, OPTIONS), {
          name: 'SchannelError',
          code: 'ERR_SCHANNEL_STARTTLS_UNAVAILABLE',
          phase: 'starttls',
          message,
          reply,
        });
        assert.deepEqual(calls, []);
        assert.equal(near.destroyed, true);
      });

      it(`${what} gives the clear stream to a caller who does not insist`, async () => {
        const { near, far } = scriptedServer(script);
        const { startTls, calls } = instantConnect();
        const socket = await startTls(near, { ...OPTIONS, required: false });
        assert.equal(socket, near);
        assert.deepEqual(calls, []);
        socket.write('QUIT\r\n');
        far.resume();
        assert.equal(socket.destroyed, false);
      });
    }
  });

  describe('an answer that does not belong', () => {
    const CASES: readonly [what: string, script: readonly Exchange[]][] = [
      ['a refusal as greeting', unwilling(0, '554 go away\r\n')],
      ['an early goodbye', unwilling(1, '421 shutting down\r\n')],
      ['another protocol', unwilling(0, 'SSH-2.0-OpenSSH_9.2\r\n')],
      ['a success other than 220 to STARTTLS', unwilling(2, '250 fine\r\n')],
      ['a question to STARTTLS', unwilling(2, '334 \r\n')],
    ];
    for (const [what, script] of CASES) {
      for (const required of [true, false]) {
        it(`${what} is an error with required: ${required}`, async () => {
          const { near } = scriptedServer(script);
          await assert.rejects(instantConnect().startTls(near, { ...OPTIONS, required }), {
            code: 'ERR_SCHANNEL_PEER_STARTTLS_REPLY',
            phase: 'starttls',
          });
          assert.equal(near.destroyed, true);
        });
      }
    }
  });

  describe('clear text behind the go-ahead', () => {
    const INJECTED = '250 injected\r\n';
    const script = unwilling(2, `220 go ahead\r\n${INJECTED}`);

    it('is refused, with required: false too', async () => {
      for (const required of [true, false]) {
        const { near } = scriptedServer(script);
        const { startTls, calls } = instantConnect();
        await assert.rejects(startTls(near, { ...OPTIONS, required }), {
          code: 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
          message: '14 bytes of clear text followed the go-ahead for TLS',
        });
        assert.deepEqual(calls, []);
        assert.equal(near.destroyed, true);
      }
    });

    it('is refused when it is a single byte', async () => {
      const { near } = scriptedServer(unwilling(2, '220 go ahead\r\n\u0016'));
      await assert.rejects(instantConnect().startTls(near, OPTIONS), {
        code: 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
        message: '1 byte of clear text followed the go-ahead for TLS',
      });
    });

    it('is refused behind a refusal too', async () => {
      const { near } = scriptedServer(unwilling(2, `454 no\r\n${INJECTED}`));
      await assert.rejects(instantConnect().startTls(near, { ...OPTIONS, required: false }), {
        code: 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
      });
    });
  });

  it('times out when the server does not answer', async () => {
    const { near } = scriptedServer([
      [null, '220 hello\r\n'],
      [EHLO, ''],
    ]);
    await assert.rejects(instantConnect().startTls(near, { ...OPTIONS, dialogueTimeout: 20 }), {
      code: 'ERR_SCHANNEL_STARTTLS_TIMEOUT',
      message: 'The server did not send the reply to EHLO within 20 ms',
    });
    assert.equal(near.destroyed, true);
  });

  it('is closed by the server', async () => {
    const { near, far } = scriptedServer([
      [null, '220 hello\r\n'],
      [EHLO, '250-half'],
    ]);
    const failed = assert.rejects(instantConnect().startTls(near, OPTIONS), {
      code: 'ERR_SCHANNEL_PEER_STARTTLS_CLOSED',
      message: 'The server closed the connection while the reply to EHLO was pending',
    });
    far.end();
    await failed;
  });

  it('aborts during the dialogue and during the handshake', async () => {
    const silent = scriptedServer([]);
    const early = new AbortController();
    const inDialogue = instantConnect().startTls(silent.near, { ...OPTIONS, signal: early.signal });
    early.abort();
    await assert.rejects(inDialogue, { name: 'AbortError' });

    const willing = scriptedServer(WILLING);
    const late = new AbortController();
    const startTls = createStartTls<Options, Duplex>(() => {
      setImmediate(() => late.abort());
      return new PassThrough();
    });
    await assert.rejects(startTls(willing.near, { ...OPTIONS, signal: late.signal }), { name: 'AbortError' });
    assert.equal(willing.near.destroyed, true);
  });

  it('ignores the signal once it is done', async () => {
    const { near } = scriptedServer(WILLING);
    const controller = new AbortController();
    const socket = await instantConnect().startTls(near, { ...OPTIONS, signal: controller.signal });
    controller.abort();
    assert.equal(socket.destroyed, false);
    await new Promise(setImmediate);
    assert.deepEqual(
      ['secureConnect', 'error', 'readable'].map((event) => socket.listenerCount(event)),
      [0, 0, 0],
    );
  });

  it('passes the error of a handshake on and closes the connection', async () => {
    const { near } = scriptedServer(WILLING);
    const expired = Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' });
    const startTls = createStartTls<Options, Duplex>(() => {
      const socket = new PassThrough();
      setImmediate(() => socket.destroy(expired));
      return socket;
    });
    await assert.rejects(startTls(near, { ...OPTIONS, required: false }), (error) => error === expired);
    assert.equal(near.destroyed, true);
  });

  it('does not wait forever for a handshake on a stream that closes', async () => {
    const { near } = scriptedServer(WILLING);
    const startTls = createStartTls<Options, Duplex>(() => {
      const socket = new PassThrough();
      setImmediate(() => socket.destroy());
      return socket;
    });
    await assert.rejects(startTls(near, OPTIONS), {
      code: 'ERR_SCHANNEL_PEER_STARTTLS_CLOSED',
      message: 'The server closed the connection while the handshake was pending',
    });
  });

  it('fails when the connection fails in the moment it is secure', async () => {
    const { near } = scriptedServer(WILLING);
    const alert = Object.assign(new Error('certificate required'), { code: 'ERR_SSL_ALERT' });
    const startTls = createStartTls<Options, Duplex>(() => {
      const socket = new PassThrough();
      setImmediate(() => {
        socket.emit('secureConnect');
        socket.destroy(alert);
      });
      return socket;
    });
    await assert.rejects(startTls(near, OPTIONS), (error) => error === alert);
  });

  describe('arguments', () => {
    const CASES: readonly [what: string, options: object, code: string][] = [
      ['an unknown protocol', { ...OPTIONS, protocol: 'gopher' }, 'ERR_INVALID_ARG_VALUE'],
      [
        'a name of Object.prototype as protocol',
        { ...OPTIONS, protocol: 'toString' },
        'ERR_INVALID_ARG_VALUE',
      ],
      ['no name to check the certificate against', { protocol: 'smtp' }, 'ERR_MISSING_ARGS'],
      ['an empty host', { protocol: 'smtp', host: '' }, 'ERR_MISSING_ARGS'],
      ['no host, said by null', { protocol: 'smtp', host: null }, 'ERR_MISSING_ARGS'],
      ['an empty servername', { protocol: 'smtp', servername: '' }, 'ERR_MISSING_ARGS'],
      ['both of them empty', { protocol: 'smtp', host: '', servername: '' }, 'ERR_MISSING_ARGS'],
      ['a name that would break the line', { ...OPTIONS, name: 'a\r\nRSET' }, 'ERR_INVALID_ARG_VALUE'],
      ['an empty name', { ...OPTIONS, name: '' }, 'ERR_INVALID_ARG_VALUE'],
      ['no time at all', { ...OPTIONS, dialogueTimeout: 0 }, 'ERR_INVALID_ARG_VALUE'],
      ['more time than a timer has', { ...OPTIONS, dialogueTimeout: 2 ** 31 }, 'ERR_INVALID_ARG_VALUE'],
      ['time without end', { ...OPTIONS, dialogueTimeout: Infinity }, 'ERR_INVALID_ARG_VALUE'],
      [
        'to go on in the clear with a client certificate',
        { ...OPTIONS, required: false, certificate: 'anna' },
        'ERR_INVALID_ARG_VALUE',
      ],
      [
        'to go on in the clear with a key',
        { ...OPTIONS, required: false, cert: 'pem', key: 'pem' },
        'ERR_INVALID_ARG_VALUE',
      ],
      [
        'a domain that would end the tag of XMPP',
        { protocol: 'xmpp', servername: 'a.example', name: "a'><x" },
        'ERR_INVALID_ARG_VALUE',
      ],
      [
        'only TLS 1.3 for TDS 7, which cannot carry it',
        { protocol: 'tds', servername: 'a.example', minVersion: 'TLSv1.3' },
        'ERR_INVALID_ARG_VALUE',
      ],
      [
        'a domain of XMPP between servers that would end the tag',
        { protocol: 'xmpp-server', servername: 'a.example', name: "a'><x" },
        'ERR_INVALID_ARG_VALUE',
      ],
      [
        'a domain in from that would end the tag of XMPP',
        { protocol: 'xmpp-server', servername: 'a.example', from: "a'><x" },
        'ERR_INVALID_ARG_VALUE',
      ],
      [
        'an empty domain in from',
        { protocol: 'xmpp-server', servername: 'a.example', from: '' },
        'ERR_INVALID_ARG_VALUE',
      ],
      [
        'an address of XMPP in place of the domain',
        { protocol: 'xmpp', servername: 'a.example', name: 'anna@a.example' },
        'ERR_INVALID_ARG_VALUE',
      ],
    ];
    /** What would break a line, or a tag of XMPP. */
    const BREAKING = ['\r', '\n', '\0', '\t', ' ', '\u0085', '\u2028', '\u202e', '\ud800'];
    const MARKUP = ['<', '>', '"', "'", '&', '/', '@'];
    const NAMES = [
      ...BREAKING.flatMap((character) =>
        (['smtp', 'lmtp'] as const).map((protocol) => ({ protocol, character })),
      ),
      ...[...BREAKING, ...MARKUP].map((character) => ({ protocol: 'xmpp' as const, character })),
    ].map(({ protocol, character }): (typeof CASES)[number] => [
      `${JSON.stringify(character)} in a name of ${protocol}`,
      { protocol, servername: 'a.example', name: `a${character}b` },
      'ERR_INVALID_ARG_VALUE',
    ]);
    const DOMAINS = [...BREAKING, ...MARKUP].flatMap((character) =>
      (['host', 'servername'] as const).map((option): (typeof CASES)[number] => [
        `${JSON.stringify(character)} in ${option}, which is the domain of XMPP`,
        { protocol: 'xmpp', [option]: `a${character}b` },
        'ERR_INVALID_ARG_VALUE',
      ]),
    );
    const LIMITS = (['lineLength', 'replyLines', 'totalBytes'] as const).flatMap((limit) =>
      [0, -1, NaN, '10'].map((value): (typeof CASES)[number] => [
        `${limit} of ${JSON.stringify(value)}${Number.isNaN(value) ? ' for NaN' : ''}`,
        { ...OPTIONS, limits: { [limit]: value } },
        'ERR_INVALID_ARG_VALUE',
      ]),
    );
    for (const [what, options, code] of [...CASES, ...NAMES, ...DOMAINS, ...LIMITS]) {
      it(`refuses ${what} and leaves the socket alone`, async () => {
        const { near } = scriptedServer(WILLING);
        const { startTls } = instantConnect();
        await assert.rejects(startTls(near, options as typeof OPTIONS), { name: 'TypeError', code });
        assert.equal(near.destroyed, false);
        assert.equal(near.listenerCount('readable'), 0);
      });
    }
  });

  it('keeps its limits if they are undefined or null', async () => {
    const limits = { lineLength: undefined, replyLines: null, totalBytes: undefined } as object;
    for (const flood of [
      '220-x\r\n'.repeat(101),
      `220 ${'x'.repeat(2049)}\r\n`,
      `220-${'x'.repeat(2000)}\r\n`.repeat(40),
    ]) {
      const { near } = scriptedServer([[null, flood]]);
      await assert.rejects(instantConnect().startTls(near, { ...OPTIONS, limits }), {
        code: 'ERR_SCHANNEL_PEER_STARTTLS_LIMIT',
      });
    }
  });

  it('sends nothing and leaves the socket alone where there is no TLS', async () => {
    const { near, received } = scriptedServer(WILLING);
    const unsupported = new Error('not here');
    const startTls = createStartTls<Options, Duplex>(
      () => assert.fail('it was not ready'),
      () => {
        throw unsupported;
      },
    );
    await assert.rejects(startTls(near, OPTIONS), (error) => error === unsupported);
    assert.deepEqual([received, near.destroyed, near.listenerCount('readable')], [[], false, 0]);
  });

  it('accepts a socket that fails while it still connects', async () => {
    const { near } = scriptedServer([]);
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const failed = assert.rejects(instantConnect().startTls(near, OPTIONS), (error) => error === refused);
    near.destroy(refused);
    await failed;
    if (!near.closed) await once(near, 'close');
  });
});
