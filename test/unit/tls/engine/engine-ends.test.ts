import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { Status } from '#lib/tls/engine/status.js';
import { connectionOf } from '../../../support/connection.js';
import { assertPlays, begin, open, verifying } from '../../../support/engine-play.js';
import { describeEachMessageForm } from '../../../support/message-forms.js';
import { alertRecord, dataRecord, handshakeRecord } from '../../../support/records.js';
import { expects, type Call } from '../../../support/scripted-session.js';

const { ContextExpired, ContinueNeeded, Renegotiate } = Status;
const data = dataRecord('data');
const closeNotify = dataRecord('sealed alert');
const ticket = dataRecord('ticket');

describeEachMessageForm('tls/engine/engine: ends', (messageOf) => {
  afterEach(assertPlays);

  describe('of the peer', () => {
    it('only close_notify', () => {
      const play = open([expects.decrypt(closeNotify, { status: ContextExpired })]);
      play.feed(closeNotify);
      assert.deepEqual(play.takeEffects(), ['end by close_notify']);
      assert.deepEqual(play.engine.phase, { name: 'open' });
    });

    it('close_notify behind data', () => {
      const both = Buffer.concat([data, closeNotify]);
      const play = open([expects.decrypt(both, { status: ContextExpired, plaintext: 'data' })]);
      play.feed(both);
      assert.deepEqual(play.takeEffects(), ['plaintext data', 'end by close_notify']);
    });

    it('ignores what comes behind close_notify, in the same chunk or later', () => {
      const all = Buffer.concat([closeNotify, data, data]);
      const play = open([expects.decrypt(all, { status: ContextExpired, took: closeNotify.length })]);
      play.feed(all, Buffer.from('no record'));
      play.feed(data);
      play.feed(Buffer.from('HTTP/1.1'));
      play.engine.transportEnded();
      assert.deepEqual(play.takeEffects(), ['end by close_notify']);
      assert.ok(play.engine.wantsInput, 'the transport has to be read to its end');
    });

    it('still lets us write after its close_notify', () => {
      const play = open([
        expects.decrypt(closeNotify, { status: ContextExpired }),
        expects.encrypt('x', { ciphertext: '<x>' }),
        expects.shutdown({ token: 'bye' }),
      ]);
      play.feed(closeNotify);
      assert.equal(play.engine.encrypt(Buffer.from('x'), 0, 1, Buffer.alloc(9), 0), 3);
      play.engine.shutdown();
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['end by close_notify', 'write bye', 'shutdown']);
    });

    it('tells the end of the transport at the end of a record from close_notify', () => {
      const play = open([expects.decrypt(data, { plaintext: 'data' })]);
      play.feed(data);
      play.engine.transportEnded();
      play.engine.transportEnded();
      assert.deepEqual(play.takeEffects(), ['plaintext data', 'end without notice']);
    });

    it('fails when the transport ends within a record', () => {
      for (let length = 1; length < data.length; length += 1) {
        const play = open();
        play.feed(data.subarray(0, length));
        play.engine.transportEnded();
        assert.deepEqual(play.takeEffects(), ['fail ERR_SCHANNEL_PEER_TRUNCATED'], `${length} bytes`);
        assert.ok(play.error instanceof SchannelError);
        assert.match(play.error.message, /in the middle of a TLS record/);
      }
    });

    it('counts after the message that Windows has, and after what waits behind it', () => {
      const play = open([
        expects.decrypt(Buffer.concat([ticket, data]), {
          status: Renegotiate,
          message: messageOf(ticket),
          took: ticket.length,
        }),
        expects.handshake([messageOf(ticket)]),
        expects.decrypt(data, { plaintext: 'data' }),
      ]);
      play.feed(ticket, data);
      play.engine.transportEnded();
      assert.deepEqual(play.takeEffects(), ['renegotiating']);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['writable', 'plaintext data', 'end without notice']);
    });

    it('counts while our close_notify is being made, once it is written', () => {
      const play = open([expects.shutdown({ token: 'bye' }), expects.decrypt(data, { plaintext: 'data' })]);
      play.engine.shutdown();
      play.feed(data);
      play.engine.transportEnded();
      assert.deepEqual(play.takeEffects(), []);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['write bye', 'shutdown', 'plaintext data', 'end without notice']);
    });
  });

  describe('shutdown', () => {
    it('writes close_notify once, and reading goes on', () => {
      const play = open([expects.shutdown({ token: 'bye' }), expects.decrypt(data, { plaintext: 'data' })]);
      play.engine.shutdown();
      assert.ok(!play.engine.canEncrypt);
      play.engine.shutdown();
      play.completeStep();
      play.engine.shutdown();
      play.feed(data);
      assert.deepEqual(play.takeEffects(), ['write bye', 'shutdown', 'plaintext data']);
    });

    it('is complete also when Windows makes no token', () => {
      const play = open([expects.shutdown({ status: 0x80090317 })]);
      play.engine.shutdown();
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['shutdown']);
    });

    it('waits for the message that Windows has, and then comes instead of writable()', () => {
      const play = open([
        expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
        expects.handshake([messageOf(ticket)]),
        expects.shutdown({ token: 'bye' }),
        expects.decrypt(data, { plaintext: 'data' }),
      ]);
      play.feed(ticket);
      play.feed(data);
      play.engine.shutdown();
      play.engine.shutdown();
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'write bye', 'shutdown', 'plaintext data']);
    });

    it('waits for the verdict on a new certificate of the peer', () => {
      const [request, finished] = [handshakeRecord('hello request'), handshakeRecord('finished')];
      const play = open(
        [
          expects.decrypt(request, { status: Renegotiate }),
          expects.handshake([], { status: ContinueNeeded }),
          expects.handshake([finished], { info: connectionOf('1.2', 'another') }),
          expects.shutdown({ token: 'bye' }),
        ],
        {},
        connectionOf('1.2'),
      );
      play.feed(request);
      play.feed(finished);
      play.completeSteps();
      play.engine.shutdown();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'secure']);
      play.engine.accept();
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['write bye', 'shutdown']);
    });

    /** What a step may say of a message that came behind our close_notify: no public text says what Windows does. */
    const outcomes = [
      { said: 'SEC_E_OK', status: Status.Ok },
      { said: 'SEC_I_CONTEXT_EXPIRED', status: ContextExpired },
      { said: 'SEC_E_CONTEXT_EXPIRED', status: 0x80090317 },
    ];
    for (const { said, status } of outcomes) {
      for (const token of ['', 'key update']) {
        for (const all of [true, false]) {
          const how = `${said}, ${token === '' ? 'no' : 'a'} token, ${all ? 'all' : 'nothing'} of it taken`;
          if (status === Status.Ok && !all) continue; // that is a message which goes back to decrypt()

          it(`loses nothing of what follows a message behind it, and says no more: ${how}`, () => {
            const message = (rest: Buffer): Call[] => [
              expects.decrypt(rest, { status: Renegotiate, message: messageOf(ticket), took: ticket.length }),
              expects.handshake([messageOf(ticket)], {
                status,
                ...(all ? {} : { took: 0 }),
                ...(token === '' ? {} : { token }),
              }),
            ];
            const [two, one] = [Buffer.concat([ticket, ticket, data]), Buffer.concat([ticket, data])];
            const play = open([
              expects.shutdown({ token: 'bye' }),
              ...message(two),
              ...message(one),
              expects.decrypt(data, { plaintext: 'the ' }),
              expects.decrypt(closeNotify, { status: ContextExpired }),
            ]);
            play.engine.shutdown();
            play.engine.shutdown(); // must not come due with the message
            play.completeStep();
            play.feed(two);
            play.completeSteps();
            play.feed(closeNotify);
            assert.deepEqual(play.takeEffects(), [
              'write bye',
              'shutdown',
              'renegotiating',
              'resumed',
              'renegotiating',
              'resumed',
              'plaintext the ',
              'end by close_notify',
            ]);
          });
        }
      }
    }

    it('ends with the connection when a message before it finds the context expired', () => {
      for (const status of [ContextExpired, 0x80090317]) {
        const play = open([
          expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
          expects.handshake([messageOf(ticket)], { status }),
        ]);
        play.feed(ticket);
        play.engine.shutdown();
        play.completeStep();
        assert.equal(play.takeEffects()[0], 'renegotiating');
        assert.ok(play.error instanceof SchannelError);
        assert.equal(play.error.status, status);
      }
    });

    it('waits for a message that is spread over records, also behind it', () => {
      for (const status of [Status.IncompleteMessage, ContinueNeeded]) {
        const more = dataRecord('the rest of the ticket');
        const play = open([
          expects.shutdown({ token: 'bye' }),
          expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
          expects.handshake([messageOf(ticket)], { status, took: 0 }),
          expects.handshake([messageOf(ticket), more]),
          expects.decrypt(data, { plaintext: 'data' }),
        ]);
        play.engine.shutdown();
        play.completeStep();
        play.feed(ticket);
        play.completeStep();
        play.feed(more);
        play.completeStep();
        play.feed(data);
        assert.deepEqual(play.takeEffects().slice(2), ['renegotiating', 'resumed', 'plaintext data']);
      }
    });

    it('leaves no renegotiation possible: its first word would come behind close_notify', () => {
      const request = handshakeRecord('hello request');
      const play = open(
        [
          expects.shutdown({ token: 'bye' }),
          expects.decrypt(request, { status: Renegotiate }),
          expects.handshake([], { status: ContinueNeeded, token: 'client hello' }),
        ],
        {},
        connectionOf('1.2'),
      );
      play.engine.shutdown();
      play.completeStep();
      play.feed(request);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), [
        'write bye',
        'shutdown',
        'renegotiating',
        'fail ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT',
      ]);
    });

    it('is the last word: no alert follows it', () => {
      const play = open([expects.shutdown({ token: 'bye' })]);
      play.engine.shutdown();
      play.completeStep();
      play.feed(Buffer.from('HTTP/1.1'));
      assert.deepEqual(play.takeEffects(), [
        'write bye',
        'shutdown',
        'fail ERR_SCHANNEL_PEER_RECORD_INVALID',
      ]);
    });
  });

  describe('close', () => {
    it('gives up at once and is idempotent', () => {
      const play = open();
      play.engine.close();
      play.engine.close();
      assert.ok(play.session.closed);
      assert.ok(!play.engine.wantsInput);
      play.feed(data);
      play.engine.transportEnded();
      assert.deepEqual(play.takeEffects(), []);
    });

    it('drops the outcome of a handshake step that comes late', () => {
      const play = begin([expects.handshake([], { status: ContinueNeeded, token: 'hello' })]);
      play.engine.close();
      play.completeStep();
      assert.deepEqual(play.takeEffects(), []);
      assert.deepEqual(play.engine.phase, { name: 'closed' });
    });

    it('drops the outcome of a post-handshake step that comes late', () => {
      const play = open([
        expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
        expects.handshake([messageOf(ticket)], { token: 'answer' }),
      ]);
      play.feed(ticket);
      play.feed(data);
      play.engine.close();
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['renegotiating']);
    });

    it('drops a close_notify and an alert that come late', () => {
      const closing = open([expects.shutdown({ token: 'bye' })]);
      closing.engine.shutdown();
      closing.engine.close();
      closing.completeStep();
      assert.deepEqual(closing.takeEffects(), []);
      const failing = verifying([expects.alert(42, { token: 'alert' })]);
      failing.engine.reject(42, new Error('no'));
      failing.engine.close();
      failing.completeStep();
      assert.deepEqual(failing.takeEffects(), []);
    });

    it('works before start()', () => {
      const play = open();
      play.engine.close();
      assert.throws(() => play.engine.start(), { code: 'ERR_SCHANNEL_USAGE_PHASE' });
    });
  });

  it('a plaintext alert that fails a renegotiation is reported', () => {
    const [request, alert] = [handshakeRecord('hello request'), alertRecord(40)];
    const play = open(
      [
        expects.decrypt(request, { status: Renegotiate }),
        expects.handshake([], { status: ContinueNeeded }),
        expects.handshake([alert], { status: 0x80090326 }),
      ],
      {},
      connectionOf('1.2'),
    );
    play.feed(request);
    play.feed(alert);
    play.completeSteps();
    assert.ok(play.error instanceof SchannelError);
    assert.equal(play.error.alert?.name, 'handshake_failure');
  });
});
