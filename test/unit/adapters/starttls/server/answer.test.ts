import assert from 'node:assert/strict';
import { type Duplex, duplexPair } from 'node:stream';
import { DIALOGUE_LIMITS } from '#lib/adapters/starttls/dialogue.js';
import {
  type Answered,
  answerStartTls,
  type AnswerOptions,
  speaksFirst,
} from '#lib/adapters/starttls/server/answer.js';
import { CLIENT_CASES, type ClientCase } from '../../../../support/starttls-clients.js';

/** What a server came to. */
type Outcome = Answered | (Error & { readonly code?: unknown });

interface Played {
  /** The client's end. */
  readonly far: Duplex;
  /** The server's end. */
  readonly near: Duplex;
  /** What the client was told, latin1. */
  readonly heard: () => string;
  readonly outcome: Promise<Outcome>;
  /** Until the client has heard this. */
  readonly hears: (text: string) => Promise<void>;
}

const OPTIONS = {
  name: 'a.example',
  implicitTls: null,
  limits: DIALOGUE_LIMITS,
  timeout: 10_000,
  signal: null,
} as const;

function play(
  options: Partial<AnswerOptions> & Pick<AnswerOptions, 'protocol'>,
  backend: Duplex | null = null,
): Played {
  const [near, far] = duplexPair();
  let heard = '';
  const waiting = new Set<() => void>();
  far.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
    for (const check of waiting) check();
  });
  far.on('end', () => far.end()).on('error', () => undefined);
  const outcome = answerStartTls(near, backend, { ...OPTIONS, ...options }).catch((error: unknown) => {
    assert.ok(error instanceof Error);
    return error;
  });
  const hears = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (heard !== text) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { near, far, heard: () => heard, outcome, hears };
}

const codeOf = (outcome: Outcome): unknown => ('code' in outcome ? outcome.code : 'tls');

const send = (stream: Duplex, text: string): void => void stream.write(Buffer.from(text, 'latin1'));

/** Asks as the case has it, and waits for each answer; `ask` sends the last request. */
async function ask(
  { greeting, asking }: ClientCase,
  { far, hears }: Played,
  last: (request: string) => void = (request) => send(far, request),
): Promise<string> {
  let expected = greeting;
  for (const [at, [request, answer]] of asking.entries()) {
    await hears(expected);
    if (at === asking.length - 1) last(request);
    else send(far, request);
    expected += answer;
  }
  return expected;
}

const allOf = ({ asking }: ClientCase): string => asking.map(([request]) => request).join('');
const answersOf = ({ greeting, asking }: ClientCase): string =>
  greeting + asking.map(([, answer]) => answer).join('');

for (const one of CLIENT_CASES) {
  const { protocol, greeting, asking, others, ends, tooLong, flood } = one;
  const start = (options: Partial<AnswerOptions> = {}): Played => play({ protocol, ...options });
  const [request = '', goAhead = ''] = asking.at(-1) ?? [];
  const before = answersOf(one).slice(0, -goAhead.length);

  describe(`adapters/starttls/server/answer: ${protocol}`, () => {
    it('answers up to the request for TLS, and gives the stream back', async () => {
      const played = start();
      const expected = await ask(one, played);
      assert.deepEqual(await played.outcome, { socket: played.near, isImplicit: false });
      await played.hears(expected);
      assert.equal(played.near.destroyed, false);
    });

    it('comes to the same however the requests are split', async () => {
      const whole = Buffer.from(allOf(one), 'latin1');
      for (let position = 1; position < whole.length; position += 1) {
        const played = start();
        played.far.write(whole.subarray(0, position));
        await new Promise(setImmediate);
        played.far.write(whole.subarray(position));
        assert.equal(codeOf(await played.outcome), 'tls', `at ${position}`);
        await played.hears(answersOf(one));
      }
      const played = start();
      for (const byte of whole) played.far.write(Buffer.of(byte));
      assert.equal(codeOf(await played.outcome), 'tls');
    });

    for (const [what, sent, answer] of others) {
      it(`answers ${what}, and goes on`, async () => {
        const played = start();
        await played.hears(greeting);
        send(played.far, sent);
        await played.hears(greeting + answer);
        send(played.far, request);
        assert.equal(codeOf(await played.outcome), 'tls');
        await played.hears(greeting + answer + goAhead);
      });
    }

    for (const [what, sent, answer] of ends) {
      it(`ends the session after ${what}`, async () => {
        const played = start();
        send(played.far, sent);
        const outcome = await played.outcome;
        assert.equal(codeOf(outcome), 'ERR_SCHANNEL_PEER_STARTTLS_COMMAND');
        assert.equal(played.heard(), greeting + answer);
        assert.equal(played.near.destroyed, true);
      });
    }

    for (const [what, sent] of tooLong) {
      it(`does not wait for ${what} that is too long`, async () => {
        const played = start();
        send(played.far, sent);
        assert.equal(codeOf(await played.outcome), 'ERR_SCHANNEL_PEER_STARTTLS_LIMIT');
        assert.equal(played.near.destroyed, true);
      });
    }

    it('ends the session after twenty other requests', async () => {
      const [other, goodbye] = flood;
      const played = start();
      send(played.far, other.repeat(19));
      await new Promise(setImmediate);
      assert.equal(played.near.destroyed, false);
      send(played.far, other.repeat(2));
      const outcome = await played.outcome;
      assert.equal(codeOf(outcome), 'ERR_SCHANNEL_PEER_STARTTLS_COMMAND');
      assert.ok(played.heard().endsWith(goodbye), played.heard());
      assert.equal(played.near.destroyed, true);
    });

    it('takes no more than so many bytes', async () => {
      const [other] = flood;
      const played = start({ limits: { ...DIALOGUE_LIMITS, totalBytes: other.length * 2 } });
      send(played.far, other);
      send(played.far, other);
      send(played.far, 'x');
      assert.equal(codeOf(await played.outcome), 'ERR_SCHANNEL_PEER_STARTTLS_LIMIT');
    });

    describe('clear text behind the request is refused, and nothing is answered', () => {
      for (const [what, injected] of [
        ['a byte', '\x00'],
        ['white space', ' '],
        ['a line end', '\r\n'],
        ['a line feed', '\n'],
        ['the hello of TLS', '\x16\x03\x01\x00\x01\x01'],
        ['the request once more', request],
        ['another command', 'EHLO attacker.example\r\n'],
      ] as const) {
        it(what, async () => {
          for (let position = 0; position <= injected.length; position += 1) {
            const played = start();
            await ask(one, played, (last) => {
              // In one segment, and in two that are there at the same time.
              send(played.far, last + injected.slice(0, position));
              if (position < injected.length) send(played.far, injected.slice(position));
            });
            assert.equal(
              codeOf(await played.outcome),
              'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
              `at ${position}`,
            );
            assert.equal(played.near.destroyed, true);
            assert.equal(played.heard(), before);
          }
        });
      }

      it('from a client that waits for no answer', async () => {
        const played = start();
        send(played.far, `${allOf(one)}x`);
        assert.equal(codeOf(await played.outcome), 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION');
        assert.ok(before.startsWith(played.heard()));
      });
    });

    if (request.endsWith('\r\n')) {
      it('is content with a line feed, and refuses what is behind it', async () => {
        const bare = `${request.slice(0, -2)}\n`;
        const played = start();
        send(played.far, bare);
        assert.equal(codeOf(await played.outcome), 'tls');
        for (const injected of ['\r', '\n', ' ', bare, `${bare}EHLO attacker\n`]) {
          const other = start();
          send(other.far, bare + injected);
          assert.equal(codeOf(await other.outcome), 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION');
        }
      });
    }

    it('leaves to TLS whatever arrives after the go-ahead', async () => {
      const played = start();
      await ask(one, played);
      await played.outcome;
      send(played.far, 'later');
      await new Promise(setImmediate);
      assert.equal(String(played.near.read()), 'later');
    });

    it('ends when the client does, wherever that is', async () => {
      const whole = allOf(one);
      for (let position = 0; position < whole.length; position += 1) {
        const played = start();
        if (position > 0) send(played.far, whole.slice(0, position));
        played.far.end();
        assert.equal(codeOf(await played.outcome), 'ERR_SCHANNEL_PEER_STARTTLS_CLOSED', `at ${position}`);
        assert.equal(played.near.destroyed, true);
      }
    });

    it('does not wait forever for a client that is silent, wherever that is', async () => {
      const whole = allOf(one);
      for (const position of new Set([0, 1, Math.floor(whole.length / 2), whole.length - 1])) {
        const played = start({ timeout: 5 });
        if (position > 0) send(played.far, whole.slice(0, position));
        assert.equal(codeOf(await played.outcome), 'ERR_SCHANNEL_STARTTLS_TIMEOUT', `at ${position}`);
        assert.equal(played.near.destroyed, true);
      }
    });

    it('ends with the signal, before and during the dialogue', async () => {
      const early = start({ signal: AbortSignal.abort() });
      assert.equal(codeOf(await early.outcome), 'ABORT_ERR');
      const controller = new AbortController();
      const played = start({ signal: controller.signal });
      await played.hears(greeting);
      controller.abort();
      assert.equal(codeOf(await played.outcome), 'ABORT_ERR');
      assert.equal(played.near.destroyed, true);
    });

    it('reports the error of the stream', async () => {
      const played = start();
      played.near.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
      assert.equal(codeOf(await played.outcome), 'ECONNRESET');
    });

    it('repeats nothing that a client sent but a command', async () => {
      for (const [what, sent] of ends) {
        const played = start();
        send(played.far, sent);
        const outcome = await played.outcome;
        assert.ok(outcome instanceof Error, what);
        assert.match(outcome.message, /^[\w .]+$/, what);
        assert.doesNotMatch(outcome.message, /postgres|secret|user/, what);
      }
    });

    describe('with implicit TLS', () => {
      const hello = '\x16\x03\x01\x02\x00\x01';

      it('gives a client that begins with TLS back as it came, and says nothing', async () => {
        const played = start({ implicitTls: 10_000 });
        send(played.far, hello);
        assert.deepEqual(await played.outcome, { socket: played.near, isImplicit: true });
        assert.equal((played.near.read() as Buffer).toString('latin1'), hello);
        assert.equal(played.heard(), '');
      });

      it('knows it by the first byte', async () => {
        const played = start({ implicitTls: 10_000 });
        send(played.far, '\x16');
        assert.deepEqual(await played.outcome, { socket: played.near, isImplicit: true });
        send(played.far, 'more');
        await new Promise(setImmediate);
        assert.equal((played.near.read() as Buffer).toString('latin1'), '\x16more');
      });

      it('still answers other clients', async () => {
        const played = start({ implicitTls: 1 });
        await ask(one, played);
        assert.deepEqual(await played.outcome, { socket: played.near, isImplicit: false });
      });

      it('ends when the client does before it has begun', async () => {
        const played = start({ implicitTls: 10_000 });
        played.far.end();
        assert.equal(codeOf(await played.outcome), 'ERR_SCHANNEL_PEER_STARTTLS_CLOSED');
      });

      it('is no way without the option', async () => {
        const played = start();
        send(played.far, hello);
        const outcome = await played.outcome;
        assert.equal(codeOf(outcome), 'ERR_SCHANNEL_PEER_STARTTLS_COMMAND');
        assert.match((outcome as Error).message, /began with TLS/);
        assert.equal(played.heard(), greeting);
      });
    });

    if (!speaksFirst(protocol)) {
      it('leaves the target alone', async () => {
        const [backend, target] = duplexPair();
        backend.destroy();
        const played = play({ protocol }, backend);
        await ask(one, played);
        assert.equal(codeOf(await played.outcome), 'tls');
        target.destroy();
      });
    }
  });
}

/** Greetings of targets, and what a client without TLS gets of them. */
const GREETINGS = {
  smtp: {
    passed: [
      ['220 mx.example ESMTP Postfix\r\n', '220 mx.example ESMTP Postfix\r\n'],
      ['220-mx.example\n220 hello\n', '220-mx.example\r\n220 hello\r\n'],
    ],
    refused: ['554 go away\r\n', '421 mx.example closing\r\n'],
    strange: ['* OK hello\r\n', '\r\n', 'x'.repeat(2050), '220-\r\n'.repeat(101)],
    sorry: '421 a.example Service not available\r\n',
  },
  imap: {
    passed: [
      ['* OK Dovecot ready.\r\n', '* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.\r\n'],
      [
        '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] Dovecot ready.\r\n',
        '* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.\r\n',
      ],
      ['* ok\r\n', '* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n'],
    ],
    refused: ['* BYE overloaded\r\n'],
    strange: ['* PREAUTH welcome\r\n', '220 mx.example\r\n', 'a OK\r\n', '* NO\r\n'],
    sorry: '* BYE [UNAVAILABLE] Service not available\r\n',
  },
  pop3: {
    passed: [['+OK hello <1.2@a.example>\r\n', '+OK hello <1.2@a.example>\r\n']],
    refused: ['-ERR [IN-USE] no\r\n'],
    strange: ['220 mx.example\r\n', '+OKAY\r\n'],
    sorry: '-ERR [SYS/TEMP] Service not available\r\n',
  },
} as const;

for (const [name, { passed, refused, strange, sorry }] of Object.entries(GREETINGS)) {
  const protocol = name as keyof typeof GREETINGS;
  const one = CLIENT_CASES.find((each) => each.protocol === protocol);
  assert.ok(one);

  /** With a target behind it. */
  const start = (options: Partial<AnswerOptions> = {}): Played & { target: Duplex; backend: Duplex } => {
    const [backend, target] = duplexPair();
    // Some versions of Node pass an error on to the other end of a pair.
    target.on('error', () => undefined);
    return { ...play({ protocol, ...options }, backend), target, backend };
  };

  describe(`adapters/starttls/server/answer: ${protocol} with a target`, () => {
    for (const [said, told] of passed) {
      it(`passes on ${JSON.stringify(said)}`, async () => {
        const played = start();
        assert.equal(played.heard(), '');
        send(played.target, said);
        await ask({ ...one, greeting: told }, played);
        assert.equal(codeOf(await played.outcome), 'tls');
        assert.equal(played.backend.destroyed, false);
        assert.equal(played.target.read(), null);
      });
    }

    it('leaves what comes behind the greeting to the session over TLS', async () => {
      const [[said, told]] = passed;
      const played = start();
      send(played.target, `${said}more`);
      await ask({ ...one, greeting: told }, played);
      await played.outcome;
      send(played.target, ' and more');
      await new Promise(setImmediate);
      assert.equal(String(played.backend.read()), 'more and more');
    });

    it('leaves the greeting to a client that begins with TLS', async () => {
      const played = start({ implicitTls: 10_000 });
      send(played.target, passed[0][0]);
      send(played.far, '\x16\x03\x01');
      assert.deepEqual(await played.outcome, { socket: played.near, isImplicit: true });
      assert.equal(String(played.backend.read()), passed[0][0]);
    });

    for (const said of refused) {
      it(`passes on ${JSON.stringify(said)}, and ends`, async () => {
        const played = start();
        send(played.target, said);
        assert.equal(codeOf(await played.outcome), 'ERR_SCHANNEL_STARTTLS_BACKEND');
        assert.equal(played.heard(), said);
        assert.equal(played.near.destroyed, true);
      });
    }

    for (const said of strange) {
      it(`does not pass on ${JSON.stringify(said.slice(0, 20))}`, async () => {
        const played = start();
        send(played.target, said);
        assert.equal(codeOf(await played.outcome), 'ERR_SCHANNEL_STARTTLS_BACKEND');
        assert.equal(played.heard(), sorry);
        assert.equal(played.near.destroyed, true);
      });
    }

    it('ends when the target does, before and after its greeting', async () => {
      const [[said, told]] = passed;
      const early = start();
      early.target.end();
      assert.equal(codeOf(await early.outcome), 'ERR_SCHANNEL_STARTTLS_BACKEND');
      assert.equal(early.heard(), sorry);

      const late = start();
      send(late.target, said);
      await late.hears(told);
      late.backend.destroy(new Error('reset'));
      assert.equal(codeOf(await late.outcome), 'ERR_SCHANNEL_STARTTLS_BACKEND');
      assert.equal(late.heard(), told + sorry);
    });

    it('gives no go-ahead to a client that has gone meanwhile', async () => {
      const [[said]] = passed;
      const played = start({ implicitTls: 10_000 });
      const [request = ''] = one.asking.at(-1) ?? [];
      send(played.far, request);
      await new Promise(setImmediate);
      played.near.destroy();
      await new Promise(setImmediate);
      send(played.target, said);
      assert.equal(codeOf(await played.outcome), 'ERR_SCHANNEL_PEER_STARTTLS_CLOSED');
    });

    it('does not wait forever for the greeting', async () => {
      const played = start({ timeout: 5 });
      const outcome = await played.outcome;
      assert.match(String(codeOf(outcome)), /^ERR_SCHANNEL_STARTTLS_(BACKEND|TIMEOUT)$/);
      assert.equal(played.near.destroyed, true);
    });

    it('ends with the signal while it waits for the greeting', async () => {
      const controller = new AbortController();
      const played = start({ signal: controller.signal });
      controller.abort();
      assert.equal(codeOf(await played.outcome), 'ABORT_ERR');
      assert.equal(played.heard(), '');
    });

    it('stops listening to the target', async () => {
      const [[said, told]] = passed;
      const played = start();
      send(played.target, said);
      await ask({ ...one, greeting: told }, played);
      await played.outcome;
      const left = ['readable', 'error', 'close', 'end'].map((event) => played.backend.listenerCount(event));
      assert.deepEqual(left, [0, 0, 0, 0]);
    });
  });
}
