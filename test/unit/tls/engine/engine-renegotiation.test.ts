import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { Status } from '#lib/tls/engine/status.js';
import { connectionOf } from '../../../support/connection.js';
import { assertPlays, open } from '../../../support/engine-play.js';
import { describeEachMessageForm } from '../../../support/message-forms.js';
import { changeCipherSpec, dataRecord, handshakeRecord } from '../../../support/records.js';
import { expects } from '../../../support/scripted-session.js';

const { ContinueNeeded, IncompleteMessage, NoRenegotiation, Renegotiate } = Status;
const tls12 = connectionOf('1.2');
const ticket = dataRecord('sealed ticket');
const data = dataRecord('data');
const helloRequest = handshakeRecord('hello request');

describe('tls/engine/engine: post-handshake messages and renegotiation', () => {
  afterEach(assertPlays);

  describeEachMessageForm('a TLS 1.3 message', (messageOf) => {
    it('goes to Windows by itself, and writes wait for it', () => {
      const play = open([
        expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
        expects.handshake([messageOf(ticket)]),
      ]);
      play.feed(ticket);
      assert.deepEqual(play.takeEffects(), ['renegotiating']);
      assert.ok(!play.engine.canEncrypt);
      assert.throws(() => play.engine.encrypt(Buffer.from('x'), 0, 1, Buffer.alloc(100), 0), {
        code: 'ERR_SCHANNEL_USAGE_PHASE',
        message: "'encrypt' is not possible while the connection is renegotiating",
      });
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['writable']);
      assert.ok(play.engine.canEncrypt);
    });

    it('leaves the facts of the connection as they are, whether Windows was asked again or not', () => {
      const again = { ...connectionOf('1.3'), sizes: { header: 5, trailer: 32, maximumMessage: 16384 } };
      for (const connection of [null, again]) {
        const play = open([
          expects.decrypt(Buffer.concat([ticket, data]), {
            status: Renegotiate,
            message: messageOf(ticket),
            took: ticket.length,
          }),
          expects.handshake([messageOf(ticket)], { info: connection }),
          expects.decrypt(data, { plaintext: 'data' }),
        ]);
        const before = play.engine.info;
        play.feed(ticket, data);
        play.completeStep();
        assert.deepEqual(play.takeEffects(), ['renegotiating', 'writable', 'plaintext data']);
        assert.deepEqual(play.engine.info, connection ?? before);
      }
    });

    it('may come behind data in the same run, and the data gets through', () => {
      const play = open([
        expects.decrypt(Buffer.concat([data, ticket]), {
          status: Renegotiate,
          plaintext: 'data',
          message: messageOf(ticket),
        }),
        expects.handshake([messageOf(ticket)]),
      ]);
      play.feed(data, ticket);
      play.completeStep();
      assert.deepEqual(play.takeEffects().sort(), ['plaintext data', 'renegotiating', 'writable']);
    });

    it('may have an answer (key update), written before anything else', () => {
      const play = open([
        expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
        expects.handshake([messageOf(ticket)], { token: 'our key update' }),
      ]);
      play.feed(ticket);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'write our key update', 'writable']);
    });

    it('may come five times in a row: all else waits its turn', () => {
      const tickets = [1, 2, 3, 4, 5].map((number) => dataRecord(`ticket ${number}`));
      const last = Buffer.concat([data, data]);
      const rest = (from: number): Buffer => Buffer.concat([...tickets.slice(from), last]);
      const play = open([
        ...tickets.flatMap((one, index) => [
          expects.decrypt(rest(index), { status: Renegotiate, message: messageOf(one), took: one.length }),
          expects.handshake([messageOf(one)]),
        ]),
        expects.decrypt(last, { plaintext: 'data' }),
      ]);
      play.feed(rest(0));
      for (let index = 0; index < 5; index += 1) {
        assert.ok(!play.engine.canEncrypt, `ticket ${index}`);
        play.completeStep();
      }
      const turns = Array.from({ length: 5 }, () => ['renegotiating', 'writable']).flat();
      assert.deepEqual(play.takeEffects(), [...turns, 'plaintext data']);
    });

    it('lets what comes meanwhile wait, a cut record included', () => {
      const play = open([
        expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
        expects.handshake([messageOf(ticket)]),
        expects.decrypt(data, { plaintext: 'data' }),
        expects.decrypt(data, { plaintext: 'more' }),
      ]);
      play.feed(ticket);
      play.feed(data, data.subarray(0, 6));
      assert.deepEqual(play.takeEffects(), ['renegotiating']);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['writable', 'plaintext data']);
      play.feed(data.subarray(6));
      assert.deepEqual(play.takeEffects(), ['plaintext more']);
    });

    it('goes back to decrypt with the part that the step left', () => {
      const play = open([
        expects.decrypt(Buffer.concat([ticket, data]), {
          status: Renegotiate,
          message: Buffer.concat([messageOf(ticket), data]),
          took: ticket.length,
        }),
        expects.handshake([Buffer.concat([messageOf(ticket), data])], { took: messageOf(ticket).length }),
        expects.decrypt(Buffer.concat([data, data]), { plaintext: 'both' }),
      ]);
      play.feed(ticket, data);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'writable', 'plaintext both']);
    });

    it('that is incomplete waits for the next record and keeps what was not taken', () => {
      const more = handshakeRecord('more');
      const play = open([
        expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
        expects.handshake([messageOf(ticket)], { status: IncompleteMessage, took: 3 }),
        expects.handshake([messageOf(ticket).subarray(3), more]),
      ]);
      play.feed(ticket);
      play.completeStep();
      assert.ok(!play.session.busy);
      play.feed(more);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'writable']);
    });

    it('is not taken twice when a step used nothing of it', () => {
      const [more, last] = [handshakeRecord('more'), handshakeRecord('last')];
      const play = open([
        expects.decrypt(ticket, { status: Renegotiate, message: messageOf(ticket) }),
        expects.handshake([messageOf(ticket)], { status: IncompleteMessage, took: 0 }),
        expects.handshake([messageOf(ticket), more], { status: IncompleteMessage, took: 0 }),
        expects.handshake([messageOf(ticket), Buffer.concat([more, last])]),
      ]);
      play.feed(ticket);
      play.feed(more);
      play.completeSteps();
      play.feed(last);
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'writable']);
    });
  });

  describe('a TLS 1.2 renegotiation', () => {
    const flight = Buffer.concat([handshakeRecord('server hello'), handshakeRecord('certificate')]);
    const finish = Buffer.concat([changeCipherSpec(), handshakeRecord('finished')]);

    it('begins without a message, runs a whole handshake and gives the data behind it to decrypt', () => {
      const play = open(
        [
          expects.decrypt(helloRequest, { status: Renegotiate }),
          expects.handshake([], { status: ContinueNeeded, token: 'client hello' }),
          expects.handshake([flight], { status: ContinueNeeded, token: 'client finished' }),
          expects.handshake([finish, data], { took: finish.length, info: tls12 }),
          expects.decrypt(data, { plaintext: 'data' }),
        ],
        {},
        tls12,
      );
      play.feed(helloRequest);
      play.completeStep();
      play.feed(flight);
      play.completeStep();
      play.feed(finish, data);
      play.completeStep();
      play.engine.accept();
      assert.deepEqual(play.takeEffects(), [
        'renegotiating',
        'write client hello',
        'write client finished',
        'secure',
        'writable',
        'plaintext data',
      ]);
    });

    const renegotiated = (certificate: string): ReturnType<typeof open> => {
      const play = open(
        [
          expects.decrypt(helloRequest, { status: Renegotiate }),
          expects.handshake([], { status: ContinueNeeded }),
          expects.handshake([finish], { info: connectionOf('1.2', certificate) }),
        ],
        {},
        tls12,
      );
      play.feed(helloRequest);
      play.feed(finish);
      play.completeSteps();
      return play;
    };

    for (const [name, certificate] of [
      ['the same', 'certificate'],
      ['another', 'another'],
      ['gone', ''],
    ] as const) {
      it(`asks for a verdict before any data when the certificate is ${name}`, () => {
        const play = renegotiated(certificate);
        assert.deepEqual(play.takeEffects(), ['renegotiating', 'secure']);
        assert.ok(!play.engine.canEncrypt);
        play.session.then(expects.decrypt(data, { plaintext: 'data' }));
        play.feed(data);
        assert.deepEqual(play.takeEffects(), []);
        play.engine.accept();
        assert.deepEqual(play.takeEffects(), ['writable', 'plaintext data']);
      });
    }

    it('can be rejected', () => {
      const play = renegotiated('another');
      play.session.then(expects.alert(42, { token: 'alert' }));
      play.engine.reject(42, new Error('no'));
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'secure', 'write alert', 'fail no']);
    });

    it('that the peer refuses leaves the connection usable (SEC_I_NO_RENEGOTIATION)', () => {
      const refusal = handshakeRecord('no_renegotiation');
      const play = open(
        [
          expects.decrypt(helloRequest, { status: Renegotiate }),
          expects.handshake([], { status: ContinueNeeded }),
          expects.handshake([refusal], { status: NoRenegotiation }),
          expects.decrypt(data, { plaintext: 'data' }),
        ],
        {},
        tls12,
      );
      play.feed(helloRequest);
      play.feed(refusal);
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'writable']);
      assert.ok(play.engine.canEncrypt);
      play.feed(data);
      assert.deepEqual(play.takeEffects(), ['plaintext data']);
    });

    it('fails when Windows tells nothing of what it came to', () => {
      const play = open(
        [
          expects.decrypt(helloRequest, { status: Renegotiate }),
          expects.handshake([], { status: ContinueNeeded }),
          expects.handshake([finish], { info: null }),
        ],
        {},
        tls12,
      );
      play.feed(helloRequest);
      play.feed(finish);
      play.completeSteps();
      assert.equal(play.takeEffects().length, 2);
      assert.ok(play.error instanceof SchannelError);
      assert.equal(play.error.syscall, 'QueryContextAttributesW');
    });

    it('fails at once where Windows takes no part in one: the server would wait', () => {
      const play = open(
        [
          expects.decrypt(Buffer.concat([data, helloRequest]), { status: Renegotiate, plaintext: 'data' }),
          expects.alert(100, { token: 'no_renegotiation' }),
        ],
        { renegotiates: false },
        tls12,
      );
      play.feed(data, helloRequest);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), [
        'plaintext data',
        'write no_renegotiation',
        'fail ERR_SCHANNEL_SYSTEM_RENEGOTIATION',
      ]);
    });

    it('that fails is a failure of the connection, not of its first handshake', () => {
      const play = open(
        [
          expects.decrypt(helloRequest, { status: Renegotiate }),
          expects.handshake([], { status: 0x80090326, token: 'alert' }),
        ],
        {},
        tls12,
      );
      play.feed(helloRequest);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), [
        'renegotiating',
        'write alert',
        'fail ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE',
      ]);
      assert.ok(play.error instanceof SchannelError);
      assert.equal(play.error.phase, 'data');
    });

    it('cut by the end of the transport is a truncation', () => {
      const play = open(
        [
          expects.decrypt(helloRequest, { status: Renegotiate }),
          expects.handshake([], { status: ContinueNeeded }),
        ],
        {},
        tls12,
      );
      play.feed(helloRequest);
      play.engine.transportEnded();
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'fail ERR_SCHANNEL_PEER_TRUNCATED']);
    });

    it('meets bytes that are no record', () => {
      const play = open(
        [
          expects.decrypt(helloRequest, { status: Renegotiate }),
          expects.handshake([], { status: ContinueNeeded }),
          expects.alert(10),
        ],
        {},
        tls12,
      );
      play.feed(helloRequest);
      play.feed(Buffer.from('HTTP/1.1'));
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'fail ERR_SCHANNEL_PEER_RECORD_INVALID']);
    });
  });
});
