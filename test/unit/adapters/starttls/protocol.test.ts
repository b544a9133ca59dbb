import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { DIALOGUE_LIMITS } from '#lib/adapters/starttls/dialogue.js';
import { createStartTls } from '#lib/adapters/starttls/start-tls.js';
import { byteServer, type Turn } from '../../../support/byte-script.js';
import { cutAt } from '../../../support/mail-script.js';
import { answering, STARTTLS_CASES } from '../../../support/starttls-cases.js';

interface Options {
  host?: string | undefined;
  servername?: string | undefined;
}

/** A connect() that is secure at once. */
const startTls = createStartTls<Options, Duplex>(({ socket }) => {
  setImmediate(() => socket.emit('secureConnect'));
  return socket;
});

/** The errors with which a dialogue may end, whatever a server sends. */
const EXPECTED = /^ERR_SCHANNEL_(PEER_STARTTLS_(REPLY|LIMIT|CLOSED|INJECTION)|STARTTLS_UNAVAILABLE)$/;

for (const {
  protocol,
  willing,
  unavailable,
  wrong,
  tooLong = [],
  hasFallback = true,
  injection = 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
  alsoWilling = [],
  carried = (text: string): string => text,
} of STARTTLS_CASES) {
  const upgrade = (near: Duplex, required = true): Promise<Duplex> =>
    startTls(near, { protocol, servername: 'a.example', name: 'a.example', from: 'b.example', required });
  const last = willing.filter(([, answer]) => answer !== '').length - 1;
  const [request = null, goAhead = ''] = willing[last] ?? [];

  /** How it ends: a code, or 'secure'. */
  const outcome = async (near: Duplex): Promise<string> => {
    try {
      await upgrade(near);
      return 'secure';
    } catch (error) {
      return String((error as { code?: unknown }).code ?? error);
    }
  };

  describe(`adapters/starttls/protocol: ${protocol}`, () => {
    it('sends what the protocol has, and nothing behind the request', async () => {
      const { near, received } = byteServer(willing);
      await upgrade(near);
      assert.equal(received(), willing.map(([expected]) => expected ?? '').join(''));
    });

    for (const [what, script] of alsoWilling) {
      it(`understands ${what}`, async () => {
        assert.equal(await outcome(byteServer(script).near), 'secure');
      });
    }

    it('comes to the same however the answers are split', async () => {
      const longest = Math.max(...willing.map(([, answer]) => answer.length));
      for (let position = 1; position < longest; position += 1) {
        assert.equal(await outcome(byteServer(willing, cutAt(position)).near), 'secure', `at ${position}`);
      }
      const bytes = byteServer(willing, (answer) => [...answer].map((byte) => Buffer.of(byte)));
      assert.equal(await outcome(bytes.near), 'secure');
    });

    for (const [what, turn, answer] of unavailable) {
      it(`finds no TLS at a server ${what}`, async () => {
        const { near } = byteServer(answering(willing, turn, answer));
        assert.equal(await outcome(near), 'ERR_SCHANNEL_STARTTLS_UNAVAILABLE');
        assert.equal(near.destroyed, true);
      });
    }

    for (const [what, turn, answer] of wrong) {
      it(`refuses ${what}, with required: false too`, async () => {
        for (const required of hasFallback ? [true, false] : [true]) {
          const { near } = byteServer(answering(willing, turn, answer));
          await assert.rejects(upgrade(near, required), { code: 'ERR_SCHANNEL_PEER_STARTTLS_REPLY' });
          assert.equal(near.destroyed, true);
        }
      });
    }

    for (const [what, turn, answer] of tooLong) {
      it(`does not wait for ${what} that is too long`, async () => {
        const { near } = byteServer(answering(willing, turn, answer));
        assert.equal(await outcome(near), 'ERR_SCHANNEL_PEER_STARTTLS_LIMIT');
        assert.equal(near.destroyed, true);
      });
    }

    it(
      hasFallback ? 'gives the clear stream to a caller who does not insist' : 'always insists on TLS',
      async () => {
        const [, turn = 0, answer = ''] = unavailable[0] ?? [];
        const { near } = byteServer(answering(willing, turn, answer));
        if (hasFallback) assert.equal(await upgrade(near, false), near);
        else await assert.rejects(upgrade(near, false), { code: 'ERR_INVALID_ARG_VALUE' });
        assert.equal(near.destroyed, false);
      },
    );

    describe('clear text behind the go-ahead is refused', () => {
      for (const [what, injected] of [
        ['a byte', '\x16'],
        ['white space', ' '],
        ['a line end', '\r\n'],
        ['a line feed', '\n'],
        ['a NUL', '\x00'],
        ['an alert of TLS', '\x15\x03\x03\x00\x02\x02\x28'],
        ['the go-ahead once more', goAhead],
        ['a forged list', willing[1]?.[1] ?? ''],
      ] as const) {
        if (injected === '') continue;
        it(`${what}, however the bytes are split`, async () => {
          const forged = answering(willing, last, goAhead + injected);
          for (let position = 1; position <= goAhead.length; position += 1) {
            // In two chunks that are there at the same time.
            const cut = (bytes: Buffer): readonly Buffer[] =>
              bytes.length === goAhead.length + injected.length ? cutAt(position)(bytes) : [bytes];
            const { near } = byteServer(forged, cut);
            assert.equal(await outcome(near), injection, `at ${position}`);
            assert.equal(near.destroyed, true);
          }
        });
      }
    });

    if (goAhead.endsWith('\r\n')) {
      it('is content with a line feed, and refuses what is behind it', async () => {
        const begun = `${goAhead.slice(0, -2)}\n`;
        assert.equal(await outcome(byteServer(answering(willing, last, begun)).near), 'secure');
        for (const injected of ['\r', '\n', ' ', goAhead]) {
          const { near } = byteServer(answering(willing, last, begun + injected));
          assert.equal(await outcome(near), 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION', JSON.stringify(injected));
        }
      });
    }

    it('leaves to TLS whatever arrives after the handshake has begun', async () => {
      const { near, far } = byteServer(willing);
      const secured = await upgrade(near);
      far.write(carried('later'), 'latin1');
      await new Promise(setImmediate);
      assert.equal(String(secured.read()), 'later');
    });

    if (hasFallback) {
      it('goes on in the clear with no server that says more than its refusal', async () => {
        for (const [what, turn, answer] of unavailable) {
          const { near } = byteServer(answering(willing, turn, `${answer}\r\n`));
          await assert.rejects(upgrade(near, false), { code: 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION' }, what);
          assert.equal(near.destroyed, true);
        }
      });
    }

    if (willing[0]?.[0] !== null) {
      it('says nothing to a server that speaks first', async () => {
        const { near, received } = byteServer([[null, goAhead]]);
        assert.equal(await outcome(near), 'ERR_SCHANNEL_PEER_STARTTLS_REPLY');
        assert.equal(received(), '');
      });
    }

    it('does not wait forever for a server that is silent, wherever that is', async () => {
      for (let turn = 0; turn <= last; turn += 1) {
        const [, answer = ''] = willing[turn] ?? [];
        for (const begun of new Set([
          '',
          answer.slice(0, Math.floor(answer.length / 2)),
          answer.slice(0, -1),
        ])) {
          const { near } = byteServer(answering(willing, turn, begun).slice(0, turn + 1));
          const ended = startTls(near, {
            protocol,
            servername: 'a.example',
            name: 'a.example',
            from: 'b.example',
            dialogueTimeout: 5,
          });
          await assert.rejects(ended, { code: 'ERR_SCHANNEL_STARTTLS_TIMEOUT' });
          assert.equal(near.destroyed, true);
        }
      }
    });

    it('shows what a server says without control characters, and not all of it', async () => {
      for (const [what, turn, answer] of [...unavailable, ...wrong]) {
        const { near } = byteServer(answering(willing, turn, answer));
        const error: unknown = await upgrade(near).catch((reason: unknown) => reason);
        assert.ok(error instanceof Error, what);
        assert.match(error.message, /^\P{C}{1,500}$/u, what);
      }
    });

    it('takes no go-ahead that was there before it was asked for', async () => {
      for (let turn = 0; turn < last; turn += 1) {
        const script = willing.map(([expected, answer], at): Turn => [
          expected,
          at === turn ? answer + goAhead : answer,
        ]);
        const { near } = byteServer(script);
        assert.equal(await outcome(near), 'ERR_SCHANNEL_PEER_STARTTLS_REPLY', `in turn ${turn}`);
      }
    });

    it('ends when the server does, wherever that is', async () => {
      for (let turn = 0; turn <= last; turn += 1) {
        const [, answer = ''] = willing[turn] ?? [];
        for (let length = 0; length < answer.length; length += 1) {
          const server = byteServer(answering(willing, turn, answer.slice(0, length)));
          const ended = outcome(server.near);
          server.far.end();
          assert.equal(await ended, 'ERR_SCHANNEL_PEER_STARTTLS_CLOSED', `${length} bytes of answer ${turn}`);
        }
      }
    });

    describe('reads no more than its limits from a server that never ends', () => {
      for (const [what, endless] of [
        ['a line', 'x'],
        ['lines', '* OK\r\n'],
        ['a reply', '220-\r\n'],
        ['a list', '"x"\r\n'],
        ['bytes', '\x00\xff'],
        ['tags', '<x>'],
      ] as const) {
        it(what, async () => {
          for (let turn = 0; turn <= last; turn += 1) {
            const [expected = null, answer = ''] = willing[turn] ?? [];
            const begun = answer.slice(0, Math.ceil(answer.length / 2));
            for (const start of ['', begun]) {
              const flood =
                start + endless.repeat(Math.ceil((2 * DIALOGUE_LIMITS.totalBytes) / endless.length));
              const script = willing.map((each, at): Turn => (at === turn ? [expected, flood] : each));
              const chunks = (bytes: Buffer): Buffer[] =>
                Array.from({ length: Math.ceil(bytes.length / 1024) }, (_, at) =>
                  bytes.subarray(at * 1024, (at + 1) * 1024),
                );
              const { near } = byteServer(script, chunks);
              assert.match(await outcome(near), EXPECTED);
              assert.equal(near.destroyed, true);
            }
          }
        });
      }
    });

    it('ends with one of its errors, or as it should, whatever bytes are changed', async () => {
      let seed = 1;
      const random = (below: number): number => {
        seed = (seed * 48_271) % 0x7fff_ffff;
        return seed % below;
      };
      for (let round = 0; round < 300; round += 1) {
        const turn = random(willing.length);
        const bytes = Buffer.from(willing[turn]?.[1] ?? '', 'latin1');
        for (let change = random(3); change >= 0; change -= 1) bytes[random(bytes.length)] = random(256);
        const server = byteServer(answering(willing, turn, bytes.toString('latin1')));
        const ended = outcome(server.near);
        server.far.end();
        const code = await ended;
        // The client may repeat in its request what has been changed.
        const goesOn = turn < last || code.startsWith('Error: the script wants');
        assert.ok(code === 'secure' || EXPECTED.test(code) || goesOn, `${code}: ${bytes.toString('latin1')}`);
      }
    });

    it('sends nothing behind its request', () => {
      assert.ok(request === null || !/\n./s.test(request));
    });
  });
}

describe('adapters/starttls/protocol', () => {
  it('does not show the error of a PostgreSQL server, which may be an attacker', async () => {
    const { near } = byteServer([
      ['\x00\x00\x00\x08\x04\xd2\x16\x2f', 'E\x00\x00\x00\x14SFATAL\x00Mvisit evil\x00\x00'],
    ]);
    const lines: string[] = [];
    await assert.rejects(
      startTls(near, { protocol: 'postgres', servername: 'a.example', onLine: (line) => lines.push(line) }),
      (error: Error) => !JSON.stringify([error.message, error, lines]).includes('evil'),
    );
  });
});
