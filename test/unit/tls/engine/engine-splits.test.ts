import assert from 'node:assert/strict';
import { LIMITS } from '#lib/tls/engine/limits.js';
import type { Role } from '#lib/native/binding.js';
import { EngineHarness } from '../../../support/engine-harness.js';
import { describeEachMessageForm, type MessageOf } from '../../../support/message-forms.js';
import { changeCipherSpec, headerOf } from '../../../support/records.js';
import { ToySession, toy } from '../../../support/toy-session.js';

interface Conversation {
  readonly version: '1.2' | '1.3';
  /** Ours; default 'client'. */
  readonly role?: Role;
  /** All that the peer sends. */
  readonly bytes: Buffer;
  readonly plaintext: string;
  readonly end: string;
}

/** Whole conversations of a peer, in the toy cipher. */
const CONVERSATIONS: Readonly<Record<string, Conversation>> = {
  'TLS 1.3: server speaks first, tickets, data, close_notify': {
    version: '1.3',
    bytes: Buffer.concat([
      toy.message('server hello'),
      changeCipherSpec(),
      toy.message('encrypted extensions', 23),
      toy.message('certificate', 23),
      toy.finished('certificate', 23),
      toy.data('220 welcome'),
      toy.ticket('first'),
      toy.ticket('second'),
      toy.data('250 ok'),
      toy.empty(),
      toy.data('x'.repeat(300)),
      toy.ticket('third'),
      toy.closeNotify(),
      toy.data('never read'),
    ]),
    plaintext: `220 welcome250 ok${'x'.repeat(300)}`,
    end: 'end by close_notify',
  },
  'TLS 1.3: tickets right behind the handshake, in one flight, and between data': {
    version: '1.3',
    bytes: Buffer.concat([
      toy.message('server hello'),
      toy.finished('certificate', 23),
      toy.ticket('first'),
      toy.ticket('second'),
      toy.data('one'),
      toy.ticket('third'),
      toy.ticket('a fourth that is longer than what comes before it'),
      toy.data('two'),
      toy.ticket('last'),
    ]),
    plaintext: 'onetwo',
    end: 'end without notice',
  },
  'TLS 1.2: messages over several records, renegotiation, end without notice': {
    version: '1.2',
    bytes: Buffer.concat([
      toy.half('certi'),
      toy.message('ficate'),
      toy.half('server key '),
      toy.message('exchange'),
      changeCipherSpec(),
      toy.finished('certificate'),
      toy.data('one'),
      toy.helloRequest(),
      toy.message('server hello'),
      toy.half('certi'),
      toy.message('ficate'),
      toy.finished('certificate'),
      toy.data('two'),
      toy.empty(),
      toy.data('three'),
    ]),
    plaintext: 'onetwothree',
    end: 'end without notice',
  },
  'TLS 1.2: another certificate in a renegotiation': {
    version: '1.2',
    bytes: Buffer.concat([
      toy.message('server hello'),
      toy.finished('certificate'),
      toy.data('one'),
      toy.helloRequest(),
      toy.finished('another'),
      toy.data('two'),
      toy.closeNotify(),
    ]),
    plaintext: 'onetwo',
    end: 'end by close_notify',
  },
  'a record that is too long, behind data': {
    version: '1.3',
    bytes: Buffer.concat([
      toy.finished('certificate'),
      toy.data('one'),
      toy.ticket('t'),
      headerOf(23, 16641),
    ]),
    plaintext: 'one',
    end: 'fail ERR_SCHANNEL_PEER_RECORD_OVERFLOW',
  },
  'bytes that are no record, behind data': {
    version: '1.3',
    bytes: Buffer.concat([toy.finished('certificate'), toy.data('one'), Buffer.from('HTTP/1.1 500')]),
    plaintext: 'one',
    end: 'fail ERR_SCHANNEL_PEER_RECORD_INVALID',
  },
  'a cut in the last record': {
    version: '1.3',
    bytes: Buffer.concat([toy.finished('certificate'), toy.data('one'), toy.data('two').subarray(0, 7)]),
    plaintext: 'one',
    end: 'fail ERR_SCHANNEL_PEER_TRUNCATED',
  },
  'too many records without data': {
    version: '1.3',
    bytes: Buffer.concat([toy.finished('certificate'), ...Array.from({ length: 5 }, () => toy.empty())]),
    plaintext: '',
    end: 'fail ERR_SCHANNEL_PEER_FLOOD',
  },
  'TLS 1.3: client without a certificate, key updates, data, close_notify': {
    version: '1.3',
    role: 'server',
    bytes: Buffer.concat([
      toy.half('client '),
      toy.message('hello'),
      changeCipherSpec(),
      toy.finished('', 23),
      toy.data('GET '),
      toy.ticket('key update'),
      toy.data('/'),
      toy.empty(),
      toy.ticket('key update'),
      toy.data('x'.repeat(300)),
      toy.closeNotify(),
      toy.data('never read'),
    ]),
    plaintext: `GET /${'x'.repeat(300)}`,
    end: 'end by close_notify',
  },
  'TLS 1.2: client with a certificate over several records, end without notice': {
    version: '1.2',
    role: 'server',
    bytes: Buffer.concat([
      toy.message('client hello'),
      toy.half('certi'),
      toy.message('ficate'),
      toy.message('verify'),
      changeCipherSpec(),
      toy.finished('certificate'),
      toy.data('one'),
      toy.data('two'),
    ]),
    plaintext: 'onetwo',
    end: 'end without notice',
  },
  'TLS 1.2: client that wants to renegotiate, behind data': {
    version: '1.2',
    role: 'server',
    bytes: Buffer.concat([
      toy.message('client hello'),
      toy.finished(''),
      toy.data('one'),
      toy.helloRequest(),
      toy.data('two'),
    ]),
    plaintext: 'one',
    end: 'fail ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT',
  },
  'a client that speaks HTTP': {
    version: '1.3',
    role: 'server',
    bytes: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    plaintext: '',
    end: 'fail ERR_SCHANNEL_PEER_NOT_TLS',
  },
  'a client with an SSL 2 hello': {
    version: '1.3',
    role: 'server',
    bytes: Buffer.from('802e0103010015000000100000050000', 'hex'),
    plaintext: '',
    end: 'fail ERR_SCHANNEL_PEER_NOT_TLS',
  },
  'a client whose first record is too long': {
    version: '1.3',
    role: 'server',
    bytes: Buffer.concat([headerOf(22, 18433), Buffer.alloc(40)]),
    plaintext: '',
    end: 'fail ERR_SCHANNEL_PEER_RECORD_OVERFLOW',
  },
  'a client that leaves within its hello': {
    version: '1.3',
    role: 'server',
    bytes: toy.message('client hello').subarray(0, 9),
    plaintext: '',
    end: 'fail ECONNRESET',
  },
};

/** When the steps of the worker end, and when the owner gives its verdict. */
interface Pace {
  readonly steps: 'at once' | 'late';
  readonly verdict: 'at once' | 'late';
  /** Whose memory the chunks are. */
  readonly chunks?: 'lent' | 'given';
}

const PACES: readonly Pace[] = [
  { steps: 'at once', verdict: 'at once' },
  { steps: 'at once', verdict: 'late' },
  { steps: 'late', verdict: 'at once' },
  { steps: 'at once', verdict: 'at once', chunks: 'given' },
];

interface Outcome {
  readonly written: string;
  readonly plaintext: string;
  /** All other effects, in order. */
  readonly course: readonly string[];
}

function run(
  { version, role = 'client' }: Pick<Conversation, 'version' | 'role'>,
  chunks: readonly Uint8Array[],
  pace: Pace,
  messageOf: MessageOf,
): Outcome {
  let verdictWanted = false;
  const harness = new EngineHarness<ToySession>(new ToySession(version, { role, messageOf }), {
    limits: { ...LIMITS[role], emptyRecords: 4 },
    within: {
      secure: () => {
        if (pace.verdict === 'at once') harness.engine.accept();
        else verdictWanted = true;
      },
    },
  });
  const settle = (): void => {
    harness.completeSteps();
    if (!verdictWanted) return;
    verdictWanted = false;
    harness.engine.accept();
    settle();
  };
  harness.start();
  for (const chunk of chunks) {
    if (pace.steps === 'at once') harness.completeSteps();
    if (pace.chunks === 'given') harness.give(chunk);
    else harness.feed(chunk);
  }
  harness.engine.transportEnded();
  settle();
  harness.assertSound();
  return outcomeOf(harness.effects);
}

function outcomeOf(effects: readonly string[]): Outcome {
  const rest = (prefix: string): string =>
    effects.flatMap((effect) => (effect.startsWith(prefix) ? [effect.slice(prefix.length)] : [])).join('');
  return {
    written: rest('write '),
    plaintext: rest('plaintext '),
    course: effects.filter((effect) => !/^(write|plaintext) /.test(effect)),
  };
}

describeEachMessageForm('tls/engine/engine: every split', (messageOf) => {
  for (const [name, conversation] of Object.entries(CONVERSATIONS)) {
    const { bytes, plaintext, end } = conversation;
    describe(name, () => {
      for (const pace of PACES) {
        it(`steps end ${pace.steps}, verdict ${pace.verdict}, chunks ${pace.chunks ?? 'lent'}`, () => {
          const whole = run(conversation, [bytes], pace, messageOf);
          assert.equal(whole.plaintext, plaintext);
          assert.equal(whole.course.at(-1), end);
          for (let cut = 1; cut < bytes.length; cut += 1) {
            const outcome = run(conversation, [bytes.subarray(0, cut), bytes.subarray(cut)], pace, messageOf);
            assert.deepEqual(outcome, whole, `cut at ${cut}`);
          }
          const single = Array.from(bytes, (byte) => Buffer.of(byte));
          assert.deepEqual(run(conversation, single, pace, messageOf), whole, 'byte by byte');
          for (const size of [2, 3, 7, 11, 64, 101]) {
            const chunks: Buffer[] = [];
            for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
            assert.deepEqual(run(conversation, chunks, pace, messageOf), whole, `${size} bytes each`);
          }
        });
      }

      it('does not depend on the pace', () => {
        const [first, ...others] = PACES.map((pace) => run(conversation, [bytes], pace, messageOf));
        for (const other of others) assert.deepEqual(other, first);
      });
    });
  }

  it('writes what the toy peer is owed, once', () => {
    const conversation =
      CONVERSATIONS['TLS 1.2: messages over several records, renegotiation, end without notice'];
    assert.ok(conversation);
    const { written, course } = run(
      conversation,
      [conversation.bytes],
      {
        steps: 'at once',
        verdict: 'at once',
      },
      messageOf,
    );
    assert.equal(
      written,
      '[hello][got certificate][got server key exchange][finished]' +
        '[hello][got server hello][got certificate][finished]',
    );
    const judged = ['secure', 'writable'];
    assert.deepEqual(course, [...judged, 'renegotiating', ...judged, 'end without notice']);
  });
});
