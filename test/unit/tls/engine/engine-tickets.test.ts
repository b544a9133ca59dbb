import assert from 'node:assert/strict';
import { Status } from '#lib/tls/engine/status.js';
import { connectionOf } from '../../../support/connection.js';
import { assertPlays, open, verifying, type Play } from '../../../support/engine-play.js';
import { describeEachMessageForm } from '../../../support/message-forms.js';
import { dataRecord } from '../../../support/records.js';
import { expects, type Call } from '../../../support/scripted-session.js';

const { Renegotiate } = Status;
const first = dataRecord('a sealed ticket, the shortest there is');
const second = dataRecord('another sealed ticket, which is longer');
/** RFC 8446 §4.6.3: a message of five bytes, its type, a tag. */
const keyUpdate = dataRecord('x'.repeat(5 + 1 + 16));
const data = dataRecord('sealed data');

/** How the records of a server reach an engine that has a verdict to wait for, or a step, or nothing. */
const WAYS: Readonly<Record<string, (script: Call[], records: Buffer) => Play>> = {
  'in a chunk that is lent': (script, records) => {
    const play = open(script);
    play.feed(records);
    return play;
  },
  'in a chunk that is given': (script, records) => {
    const play = open(script);
    play.give(records);
    return play;
  },
  'while the peer is verified': (script, records) => {
    const play = verifying(script);
    play.feed(records);
    assert.deepEqual(play.takeEffects(), []);
    play.engine.accept();
    assert.deepEqual(play.takeEffects().slice(0, 1), ['writable']);
    return play;
  },
  'while Windows has a key update': (script, records) => {
    const earlier = keyUpdate;
    const play = open([
      expects.decrypt(earlier, { status: Renegotiate, message: earlier }),
      expects.handshake([earlier]),
      ...script,
    ]);
    play.give(earlier);
    play.feed(records.subarray(0, 7));
    play.feed(records.subarray(7));
    assert.deepEqual(play.takeEffects(), ['renegotiating']);
    play.completeStep();
    assert.deepEqual(play.takeEffects().slice(0, 1), ['writable']);
    return play;
  },
  'byte by byte': (script, records) => {
    const play = open(script);
    for (const byte of records) play.give(Buffer.of(byte));
    return play;
  },
};

describeEachMessageForm('tls/engine/engine: tickets', (messageOf) => {
  afterEach(assertPlays);

  /** What Windows says to these records: each call takes those up to the next ticket. */
  const scriptOf = (records: readonly Buffer[], way: string): Call[] => {
    const calls: Call[] = [];
    let at = 0;
    while (at < records.length) {
      const next = records.findIndex((record, index) => index >= at && record !== data);
      const end = next === -1 ? records.length : next + 1;
      const taken = records.slice(at, end);
      const plaintext = taken.map((record) => (record === data ? 'data' : '')).join('');
      // Byte by byte the first ticket is decrypted when it is whole; the rest comes while Windows has it.
      const singly = way === 'byte by byte' && at === 0;
      const given = Buffer.concat(singly ? taken : records.slice(at));
      if (next === -1) calls.push(expects.decrypt(given, { plaintext }));
      else {
        const message = messageOf(records[next] ?? data);
        const took = Buffer.concat(taken).length;
        calls.push(
          expects.decrypt(given, { status: Renegotiate, plaintext, message, took }),
          expects.handshake([message], { info: connectionOf('1.3') }),
        );
      }
      at = end;
    }
    return calls;
  };

  for (const [way, arrive] of Object.entries(WAYS)) {
    const whole = (records: readonly Buffer[]): Play => {
      const play = arrive(scriptOf(records, way), Buffer.concat(records));
      play.completeSteps();
      return play;
    };
    const plaintextOf = (play: Play): string =>
      play.effects.flatMap((effect) => (effect.startsWith('plaintext ') ? [effect.slice(10)] : [])).join();

    const ticketsOf = (play: Play): number => play.effects.filter((effect) => effect === 'ticket').length;

    it(`one, ${way}`, () => {
      assert.equal(plaintextOf(whole([first])), '');
    });

    it(`two, ${way}`, () => {
      assert.equal(plaintextOf(whole([first, second])), '');
      assert.equal(plaintextOf(whole([second, first])), '');
    });

    it(`differ from key updates, ${way}`, () => {
      assert.equal(ticketsOf(whole([first, data, second])), 2);
      assert.equal(ticketsOf(whole([keyUpdate, second, keyUpdate])), 1);
    });

    it(`two with data between and behind them, ${way}`, () => {
      assert.equal(plaintextOf(whole([first, data, second])), 'data');
      assert.equal(plaintextOf(whole([first, data, data, second, data])), 'datadata,data');
    });
  }
});
