import assert from 'node:assert/strict';
import { DEFAULT_LIMITS, SERVER_LIMITS, type Limits } from '#lib/tls/engine/limits.js';
import { Status } from '#lib/tls/engine/status.js';
import { connectionOf } from '../../../support/connection.js';
import { assertPlays, begin, open, verifying, type Play } from '../../../support/engine-play.js';
import { describeEachMessageForm } from '../../../support/message-forms.js';
import { dataRecord, handshakeRecord } from '../../../support/records.js';
import { expects, type Call } from '../../../support/scripted-session.js';

const { ContinueNeeded, IncompleteMessage, NoRenegotiation, Renegotiate } = Status;
const ticket = dataRecord('ticket');
const empty = dataRecord('');
const data = dataRecord('data');
const tls12 = connectionOf('1.2');

const limited = (limits: Partial<Limits>): { limits: Limits } => ({
  limits: { ...DEFAULT_LIMITS, ...limits },
});

describe('tls/engine/engine: limits', () => {
  afterEach(assertPlays);

  describe('handshakeBytes', () => {
    const piece = handshakeRecord('x'.repeat(91)); // 100 bytes with its headers
    const hello = expects.handshake([], { status: ContinueNeeded });

    it('bounds what a handshake may take', () => {
      const steps = [1, 2, 3, 4].map(() => expects.handshake([piece], { status: ContinueNeeded }));
      const play = begin(
        [hello, ...steps, expects.alert(22, { token: 'alert' })],
        limited({ handshakeBytes: 399 }),
      );
      play.completeStep();
      for (let count = 1; count <= 3; count += 1) {
        play.feed(piece);
        play.completeSteps();
        assert.deepEqual(play.takeEffects(), [], `${count} records`);
      }
      play.feed(piece);
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), ['write alert', 'fail ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE']);
    });

    it('may be reached, not passed', () => {
      const steps = [1, 2].map(() => expects.handshake([piece], { status: ContinueNeeded }));
      const play = begin([hello, ...steps], limited({ handshakeBytes: 200 }));
      play.completeStep();
      for (let count = 0; count < 2; count += 1) {
        play.feed(piece);
        play.completeSteps();
      }
      assert.deepEqual(play.takeEffects(), []);
    });

    it('bounds a message that never becomes complete', () => {
      const twice = Buffer.concat([piece, piece]);
      const play = begin(
        [
          hello,
          expects.handshake([piece], { status: IncompleteMessage, took: 0 }),
          expects.handshake([twice], { status: IncompleteMessage, took: 0 }),
          expects.alert(22),
        ],
        limited({ handshakeBytes: 199 }),
      );
      play.completeStep();
      play.feed(piece);
      play.completeSteps();
      play.feed(piece);
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), ['fail ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE']);
    });

    it('counts each handshake of a connection by itself', () => {
      const renegotiation = (): Call[] => [
        expects.decrypt(ticket, { status: Renegotiate }),
        expects.handshake([], { status: ContinueNeeded }),
        expects.handshake([piece], { info: connectionOf('1.2') }),
      ];
      const play = open(
        [...renegotiation(), ...renegotiation()],
        limited({ handshakeBytes: 150 }),
        connectionOf('1.2'),
      );
      for (let count = 0; count < 2; count += 1) {
        play.feed(ticket);
        play.feed(piece);
        play.completeSteps();
        play.engine.accept();
        assert.deepEqual(play.takeEffects(), ['renegotiating', 'secure', 'writable']);
      }
    });
  });

  describe('pendingInput', () => {
    it('asks the transport to pause while Windows is busy', () => {
      const play = begin([expects.handshake([], { status: ContinueNeeded })], limited({ pendingInput: 10 }));
      assert.ok(play.engine.wantsInput);
      play.feed(handshakeRecord('1234').subarray(0, 9));
      assert.ok(play.engine.wantsInput);
      play.feed(Buffer.of(0x34));
      assert.ok(!play.engine.wantsInput);
    });

    it('asks the transport to pause while the peer is judged, and not afterwards', () => {
      const long = dataRecord('0123456789');
      const play = verifying([expects.decrypt(long, { plaintext: 'data' })], limited({ pendingInput: 10 }));
      play.feed(long);
      assert.ok(!play.engine.wantsInput);
      play.engine.accept();
      assert.ok(play.engine.wantsInput);
    });

    it('never stops the record that Windows waits for', () => {
      const long = handshakeRecord('0123456789');
      const play = begin(
        [
          expects.handshake([], { status: ContinueNeeded }),
          expects.handshake([long], { status: IncompleteMessage, took: 0 }),
        ],
        limited({ pendingInput: 5 }),
      );
      play.completeStep();
      play.feed(long.subarray(0, 8));
      assert.ok(play.engine.wantsInput, 'within a record');
      play.feed(long.subarray(8));
      assert.ok(!play.engine.wantsInput, 'while the step runs');
      play.completeStep();
      assert.ok(play.engine.wantsInput, 'with a message incomplete');
    });

    it('never stops a record of application data', () => {
      const play = open([], limited({ pendingInput: 5 }));
      play.feed(dataRecord('0123456789').subarray(0, 12));
      assert.ok(play.engine.wantsInput);
    });
  });

  describeEachMessageForm('postHandshakeMessages', (messageOf) => {
    const tickets = (play: Play, count: number): void => {
      for (let index = 0; index < count; index += 1) {
        play.session.then(
          expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
          expects.handshake([messageOf(ticket)]),
        );
        play.feed(ticket);
        play.completeStep();
      }
    };

    /** A clock that stands still. */
    const now = (): number => 0;

    const refused = (play: Play): void => {
      play.session.then(
        expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
        expects.alert(10, { token: 'alert' }),
      );
      play.takeEffects();
      play.feed(ticket);
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), ['write alert', 'fail ERR_SCHANNEL_PEER_FLOOD']);
    };

    it('bounds messages without data between them', () => {
      const play = open([], { ...limited({ postHandshakeMessages: 3 }), now });
      tickets(play, 3);
      refused(play);
    });

    it('is paid by the amount of data, not by a byte of it', () => {
      const play = open([], { ...limited({ postHandshakeMessages: 3, dataPerMessage: 4 }), now });
      const byte = dataRecord('b');
      for (let count = 0; count < 3; count += 1) {
        tickets(play, 1);
        play.session.then(expects.decrypt(byte, { plaintext: '1' }));
        play.feed(byte);
      }
      refused(play);
      const paid = open([], { ...limited({ postHandshakeMessages: 3, dataPerMessage: 4 }), now });
      for (let count = 0; count < 10; count += 1) {
        tickets(paid, 1);
        paid.session.then(expects.decrypt(data, { plaintext: '1234' }));
        paid.feed(data);
      }
      assert.equal(paid.error, null);
    });

    it('is paid by data in the same run', () => {
      const play = open([], { ...limited({ postHandshakeMessages: 1, dataPerMessage: 4 }), now });
      tickets(play, 1);
      play.session.then(
        expects.decrypt(Buffer.concat([data, ticket]), {
          status: Renegotiate,
          plaintext: 'data',
          message: messageOf(ticket),
        }),
        expects.handshake([messageOf(ticket)]),
      );
      play.feed(data, ticket);
      play.completeStep();
      assert.equal(play.error, null);
    });

    it('saves nothing up beyond itself', () => {
      const play = open([], { ...limited({ postHandshakeMessages: 2, dataPerMessage: 1 }), now });
      play.session.then(expects.decrypt(data, { plaintext: 'data' }));
      play.feed(data);
      tickets(play, 2);
      refused(play);
    });

    it('is paid by time, so that a connection with little to say may live long', () => {
      let seconds = 0;
      const limits = limited({ postHandshakeMessages: 2, timePerMessage: 1000 });
      const play = open([], { ...limits, now: () => seconds * 1000 });
      for (seconds = 1; seconds < 20; seconds += 1) tickets(play, 1);
      seconds -= 0.5;
      tickets(play, 1);
      refused(play);
    });

    it('is far above what servers send', () => {
      const play = open();
      tickets(play, 10);
      assert.equal(play.error, null);
    });
  });

  describe('emptyRecords', () => {
    const run = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => empty));

    it('bounds records without data, one by one', () => {
      const play = open([], limited({ emptyRecords: 3 }));
      for (let count = 1; count <= 3; count += 1) {
        play.session.then(expects.decrypt(empty));
        play.feed(empty);
      }
      assert.deepEqual(play.takeEffects(), []);
      play.session.then(expects.decrypt(empty), expects.alert(10, { token: 'alert' }));
      play.feed(empty);
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), ['write alert', 'fail ERR_SCHANNEL_PEER_FLOOD']);
    });

    it('bounds them in one chunk as well', () => {
      const allowed = open([expects.decrypt(run(3))], limited({ emptyRecords: 3 }));
      allowed.feed(run(3));
      assert.deepEqual(allowed.takeEffects(), []);
      const refused = open([expects.decrypt(run(4)), expects.alert(10)], limited({ emptyRecords: 3 }));
      refused.feed(run(4));
      refused.completeStep();
      assert.deepEqual(refused.takeEffects(), ['fail ERR_SCHANNEL_PEER_FLOOD']);
    });

    it('counts a cut record once, and bytes of one not at all', () => {
      const play = open([expects.decrypt(empty), expects.decrypt(empty)], limited({ emptyRecords: 2 }));
      for (const byte of run(2)) play.feed(Buffer.of(byte));
      assert.equal(play.error, null);
    });

    it('counts from zero behind data', () => {
      const play = open(
        [expects.decrypt(run(3)), expects.decrypt(data, { plaintext: 'data' }), expects.decrypt(run(3))],
        limited({ emptyRecords: 3 }),
      );
      play.feed(run(3));
      play.feed(data);
      play.feed(run(3));
      assert.equal(play.error, null);
    });
  });

  describe('renegotiations', () => {
    const limits = limited({ renegotiations: 2, renegotiationWindow: 1000 });

    /** One HelloRequest; with the outcome of the first step that asks for more of the peer. */
    const renegotiate = (play: Play, outcome: 'complete' | 'refused'): void => {
      const finished = handshakeRecord('finished');
      play.session.then(
        expects.decrypt(ticket, { status: Renegotiate }),
        expects.handshake([], { status: ContinueNeeded }),
        outcome === 'refused'
          ? expects.alert(100, { token: 'alert' })
          : expects.handshake([finished], { info: connectionOf('1.2') }),
      );
      play.feed(ticket);
      play.completeStep();
      if (outcome === 'complete') play.feed(finished);
      play.completeSteps();
      if (outcome === 'complete') play.engine.accept();
    };

    it('bounds them within the window', () => {
      const play = open([], { ...limits, now: () => 0 }, connectionOf('1.2'));
      renegotiate(play, 'complete');
      renegotiate(play, 'complete');
      play.takeEffects();
      renegotiate(play, 'refused');
      assert.deepEqual(play.takeEffects(), [
        'renegotiating',
        'write alert',
        'fail ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT',
      ]);
    });

    it('forgets those that are older than the window', () => {
      let now = 0;
      const play = open([], { ...limits, now: () => now }, connectionOf('1.2'));
      for (now = 0; now < 5000; now += 500) renegotiate(play, 'complete');
      assert.equal(play.error, null);
      now -= 1;
      renegotiate(play, 'refused');
      assert.ok(play.error);
    });

    it('counts one once, however many flights it has', () => {
      const flight = handshakeRecord('flight');
      const more = expects.handshake([flight], { status: ContinueNeeded });
      const play = open(
        [
          expects.decrypt(ticket, { status: Renegotiate }),
          expects.handshake([], { status: ContinueNeeded }),
          ...[more, more, more],
        ],
        { ...limits, now: () => 0 },
        connectionOf('1.2'),
      );
      play.feed(ticket);
      for (let count = 0; count < 3; count += 1) {
        play.completeSteps();
        play.feed(flight);
      }
      play.completeSteps();
      assert.equal(play.error, null);
    });

    it('counts one of TLS 1.2 that a single step completes: it is judged like any other', () => {
      const once = [expects.decrypt(ticket, { status: Renegotiate }), expects.handshake([], { info: tls12 })];
      const play = open([...once, ...once, ...once, expects.alert(100)], { ...limits, now: () => 0 }, tls12);
      for (let count = 0; count < 2; count += 1) {
        play.feed(ticket);
        play.completeSteps();
        play.engine.accept();
      }
      play.feed(ticket);
      play.completeSteps();
      assert.equal(play.takeEffects().at(-1), 'fail ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT');
    });

    it('counts no message of TLS 1.3', () => {
      const play = open([], { ...limits, now: () => 0 });
      for (let count = 0; count < 5; count += 1) {
        play.session.then(
          expects.decrypt(ticket, { status: Renegotiate }),
          expects.handshake([], { status: count % 2 === 0 ? Status.Ok : NoRenegotiation }),
        );
        play.feed(ticket);
        play.completeStep();
      }
      assert.equal(play.error, null);
    });
  });

  it('are the documented ones unless others are given', () => {
    assert.deepEqual(DEFAULT_LIMITS, {
      handshakeBytes: 262_144,
      repeatedHandshakeBytes: 4_194_304,
      pendingInput: 262_144,
      postHandshakeMessages: 64,
      dataPerMessage: 1024,
      timePerMessage: 1000,
      unsentAnswers: 65_536,
      emptyRecords: 64,
      renegotiations: 3,
      renegotiationWindow: 600_000,
    });
    assert.deepEqual(SERVER_LIMITS, {
      ...DEFAULT_LIMITS,
      handshakeBytes: 65_536,
      repeatedHandshakeBytes: 2_097_152,
      pendingInput: 65_536,
      renegotiations: 0,
    });
    const play = open([expects.decrypt(Buffer.concat(Array.from({ length: 64 }, () => empty)))]);
    play.feed(...Array.from({ length: 64 }, () => empty));
    assert.equal(play.error, null);
  });
});
