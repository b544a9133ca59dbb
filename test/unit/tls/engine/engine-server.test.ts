import assert from 'node:assert/strict';
import { SERVER_LIMITS } from '#lib/tls/engine/limits.js';
import { Status } from '#lib/tls/engine/status.js';
import type { NativeSessionInfo } from '#lib/native/binding.js';
import { connectionOf } from '../../../support/connection.js';
import { EngineHarness, type HarnessOptions } from '../../../support/engine-harness.js';
import { assertPlays, begin, open as openClient, type Play } from '../../../support/engine-play.js';
import { describeEachMessageForm } from '../../../support/message-forms.js';
import { alertRecord, dataRecord, handshakeRecord, headerOf } from '../../../support/records.js';
import { expects, ScriptedSession, type Call } from '../../../support/scripted-session.js';

const { ContinueNeeded, IncompleteMessage, Renegotiate } = Status;
const SEC_E_INVALID_HANDLE = 0x80090301;
const hello = handshakeRecord('client hello');
const finished = handshakeRecord('finished');
const helloTaken = expects.handshake([hello], { status: ContinueNeeded, token: 'server hello' });

const serve = (script: readonly Call[], options: HarnessOptions = {}): Play =>
  begin(script, options, 'server');

/** An engine that carries application data; effects so far are forgotten. */
function open(info: NativeSessionInfo, script: readonly Call[] = [], options: HarnessOptions = {}): Play {
  const play = serve([helloTaken, expects.handshake([finished], { info }), ...script], options);
  for (const flight of [hello, finished]) {
    play.feed(flight);
    play.completeStep();
  }
  play.engine.accept();
  play.takeEffects();
  return play;
}

const anonymous12 = connectionOf('1.2', '');
const anonymous13 = connectionOf('1.3', '');

describe('tls/engine/engine: server', () => {
  afterEach(assertPlays);

  it('waits for the first word of the client', () => {
    const play = serve([helloTaken]);
    assert.deepEqual(play.engine.phase, { name: 'handshaking', worker: false });
    assert.ok(!play.session.busy);
    play.feed(hello.subarray(0, 7));
    assert.ok(!play.session.busy, 'with half a record');
    play.feed(hello.subarray(7));
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['write server hello']);
  });

  it('goes on with what came before start()', () => {
    const play = new EngineHarness(new ScriptedSession([helloTaken], 'server'));
    play.feed(hello);
    assert.ok(!play.session.busy);
    play.start();
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['write server hello']);
    play.session.assertPlayed();
    play.assertSound();
  });

  it('pauses a transport that runs ahead of start()', () => {
    const play = new EngineHarness(new ScriptedSession([], 'server'));
    assert.ok(play.engine.wantsInput);
    play.feed(Buffer.alloc(SERVER_LIMITS.pendingInput));
    assert.ok(!play.engine.wantsInput);
  });

  it('gives a hello over several records again from its start until it is whole', () => {
    const more = handshakeRecord('more of it');
    const both = Buffer.concat([hello, more]);
    const play = serve([
      expects.handshake([hello], { status: IncompleteMessage, took: 0 }),
      expects.handshake([both], { status: ContinueNeeded, token: 'server hello' }),
    ]);
    play.feed(hello);
    play.completeStep();
    assert.ok(!play.session.busy, 'the same bytes are not given twice');
    play.feed(more);
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['write server hello']);
  });

  it('sends the last flight before it asks for a verdict, and takes what is behind as data', () => {
    const request = dataRecord('GET /');
    const play = serve([
      helloTaken,
      expects.handshake([finished, request], { took: finished.length, token: 'tickets' }),
      expects.decrypt(request, { plaintext: 'GET /' }),
    ]);
    play.feed(hello);
    play.completeStep();
    play.feed(finished, request);
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['write server hello', 'write tickets', 'secure']);
    play.engine.accept();
    assert.deepEqual(play.takeEffects(), ['writable', 'plaintext GET /']);
  });

  it('asks for a verdict also when the client has no certificate', () => {
    const play = serve([helloTaken, expects.handshake([finished], { info: anonymous13 })]);
    play.feed(hello);
    play.completeStep();
    play.feed(finished);
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['write server hello', 'secure']);
    play.session.then(expects.alert(116, { token: 'certificate_required' }));
    play.engine.reject(116, new Error('no certificate'));
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['write certificate_required', 'fail no certificate']);
  });

  describe('a refused handshake', () => {
    it('sends the alert that Windows made', () => {
      const play = serve([
        expects.handshake([hello], { status: 0x80090331, token: alertRecord(40), took: 0 }),
      ]);
      play.feed(hello);
      play.completeStep();
      assert.equal(play.takeEffects().at(-1), 'fail ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM');
      assert.match(play.error?.message ?? '', /AcceptSecurityContext/);
    });

    it("names the client's alert", () => {
      const alert = alertRecord(48);
      const play = serve([helloTaken, expects.handshake([alert], { status: 0x80090326 })]);
      play.feed(hello);
      play.completeStep();
      play.feed(alert);
      play.completeStep();
      assert.equal(play.takeEffects().at(-1), 'fail ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE');
      assert.match(play.error?.message ?? '', /unknown_ca/);
    });
  });

  it('bounds what a stranger may send in a handshake', () => {
    const piece = handshakeRecord('x'.repeat(16_000));
    const steps = [1, 2, 3, 4, 5].map(() => expects.handshake([piece], { status: ContinueNeeded }));
    const play = serve([...steps, expects.alert(22, { token: 'alert' })]);
    for (let count = 1; count <= 5; count += 1) {
      assert.deepEqual(play.takeEffects(), [], `${count} records`);
      play.feed(piece);
      play.completeSteps();
    }
    assert.deepEqual(play.takeEffects(), ['write alert', 'fail ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE']);
  });

  describe('before Schannel has a whole hello', () => {
    const clear = `write ${alertRecord(22).toString('latin1')}`;

    it('refuses a record that is too long by its header, with its own alert', () => {
      const play = serve([expects.alert(22, { status: SEC_E_INVALID_HANDLE })]);
      play.feed(headerOf(22, 18_433));
      play.completeStep();
      assert.deepEqual(play.takeEffects(), [clear, 'fail ERR_SCHANNEL_PEER_RECORD_OVERFLOW']);
    });

    it('refuses a hello without an end likewise', () => {
      const play = serve(
        [
          expects.handshake([hello], { status: IncompleteMessage, took: 0 }),
          expects.alert(22, { status: SEC_E_INVALID_HANDLE }),
        ],
        { limits: { ...SERVER_LIMITS, handshakeBytes: hello.length - 1 } },
      );
      play.feed(hello);
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), [clear, 'fail ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE']);
    });

    it('leaves alerts to Schannel from then on', () => {
      const play = serve([helloTaken, expects.alert(22, { status: SEC_E_INVALID_HANDLE })]);
      play.feed(hello, headerOf(22, 18_433));
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), ['write server hello', 'fail ERR_SCHANNEL_PEER_RECORD_OVERFLOW']);
    });
  });

  it('refuses garbage in its own words', () => {
    for (const bytes of ['GET / HTTP/1.1\r\n', 'PROXY TCP4 192.0.2.1', '\x80\x2e\x01\x03\x01', '\0\0\0']) {
      const play = serve([]);
      play.feed(Buffer.from(bytes, 'latin1'));
      assert.deepEqual(play.takeEffects(), ['fail ERR_SCHANNEL_PEER_NOT_TLS'], bytes);
      assert.match(play.error?.message ?? '', /^the client did not begin with TLS/);
    }
  });

  it('tells a client that only tried the port as node:tls does', () => {
    const play = serve([]);
    play.engine.transportEnded();
    assert.deepEqual(play.takeEffects(), ['fail ECONNRESET']);
    assert.equal(play.error?.message, 'socket hang up');
  });

  it('waits with its verdict for nothing else when the client has gone', () => {
    const play = new EngineHarness(new ScriptedSession([], 'server'));
    play.engine.transportEnded();
    play.start();
    assert.deepEqual(play.takeEffects(), ['fail ECONNRESET']);
    play.assertSound();
  });

  describeEachMessageForm('after the handshake', (messageOf) => {
    const update = dataRecord('key update');
    const clientHello = handshakeRecord('hello again');
    const data = dataRecord('data');

    it('answers a key update, and an anonymous client stays who it was', () => {
      const play = open(anonymous13, [
        expects.decrypt(update, { status: Renegotiate, message: messageOf(update) }),
        expects.handshake([messageOf(update)], { info: anonymous13, token: 'updated' }),
        expects.decrypt(data, { plaintext: 'data' }),
      ]);
      play.feed(update);
      play.completeStep();
      play.feed(data);
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'write updated', 'writable', 'plaintext data']);
    });

    it('asks for a verdict when a certificate has come', () => {
      const play = open(anonymous13, [
        expects.decrypt(update, { status: Renegotiate, message: messageOf(update) }),
        expects.handshake([messageOf(update)], { info: connectionOf('1.3') }),
      ]);
      play.feed(update);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'secure']);
    });

    it('refuses a renegotiation of TLS 1.2 before Windows works for it', () => {
      const play = open(anonymous12, [
        expects.decrypt(Buffer.concat([data, clientHello]), {
          status: Renegotiate,
          plaintext: 'data',
          message: messageOf(clientHello),
        }),
        expects.alert(100, { token: 'no_renegotiation' }),
      ]);
      play.feed(data, clientHello);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), [
        'plaintext data',
        'write no_renegotiation',
        'fail ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT',
      ]);
    });

    it('renegotiates as often as it is allowed to', () => {
      const again = (): Call[] => [
        expects.decrypt(clientHello, { status: Renegotiate, message: messageOf(clientHello) }),
        expects.handshake([messageOf(clientHello)], { status: ContinueNeeded, token: 'server hello' }),
      ];
      const limits = { ...SERVER_LIMITS, renegotiations: 1 };
      const play = open(
        anonymous12,
        [...again(), expects.handshake([finished], { info: anonymous12 }), ...again(), expects.alert(100)],
        { limits, now: () => 0 },
      );
      play.feed(clientHello);
      play.feed(finished);
      play.completeSteps();
      play.engine.accept();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'write server hello', 'secure', 'writable']);
      play.feed(clientHello);
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), [
        'renegotiating',
        'write server hello',
        'fail ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT',
      ]);
    });
  });

  describeEachMessageForm('renegotiate()', (messageOf) => {
    const certificate = dataRecord('certificate');
    const data = dataRecord('data');
    /**
     * Windows says SEC_E_OK once its request is made (.NET takes no other answer); a client's Windows asks for more.
     */
    const asks = (status: number): Call =>
      expects.handshake([], { status, token: 'certificate request', info: anonymous13 });
    const asked = asks(Status.Ok);
    const refused = (play: Play, message: RegExp): void => {
      assert.throws(() => play.engine.renegotiate(7), { code: 'ERR_SCHANNEL_USAGE_PHASE', message });
      assert.deepEqual(play.session.requestFlags, []);
    };

    for (const [version, anonymous, status] of [
      ['1.2', anonymous12, Status.Ok],
      ['1.2', anonymous12, ContinueNeeded],
      ['1.3', anonymous13, Status.Ok],
      ['1.3', anonymous13, ContinueNeeded],
    ] as const) {
      it(`asks for a certificate later, and for a verdict on it (TLS ${version}, status ${status})`, () => {
        const play = open(anonymous, [
          asks(status),
          expects.handshake([certificate], { info: connectionOf(version), token: 'finished' }),
        ]);
        play.engine.renegotiate(7);
        assert.ok(!play.engine.canEncrypt);
        play.completeStep();
        play.feed(certificate);
        play.completeStep();
        assert.deepEqual(play.takeEffects(), [
          'renegotiating',
          'write certificate request',
          'write finished',
          'secure',
        ]);
        assert.deepEqual(play.session.requestFlags, [7]);
        play.engine.accept();
        assert.deepEqual(play.takeEffects(), ['writable']);
      });
    }

    it('asks for a verdict before any data also when the client shows none, and takes a refusal', () => {
      const play = open(anonymous13, [
        asked,
        expects.handshake([certificate, data], { took: certificate.length, info: anonymous13 }),
        expects.alert(116, { token: 'certificate_required' }),
      ]);
      play.engine.renegotiate();
      play.completeStep();
      play.feed(certificate, data);
      play.completeStep();
      play.feed(data);
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'write certificate request', 'secure']);
      assert.deepEqual(play.session.requestFlags, []);
      play.engine.reject(116, new Error('no certificate'));
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['write certificate_required', 'fail no certificate']);
    });

    it('takes up what came while the request was made', () => {
      const play = open(anonymous13, [asked, expects.handshake([certificate], { info: anonymous13 })]);
      play.engine.renegotiate();
      play.feed(certificate);
      play.completeSteps();
      assert.equal(play.takeEffects().at(-1), 'secure');
    });

    describe('comes to nothing', () => {
      const refusal = alertRecord(100, 'warning');

      it('when the client declines (SEC_I_NO_RENEGOTIATION): a verdict is wanted before any data', () => {
        const play = open(anonymous12, [
          asked,
          expects.handshake([refusal, data], { status: Status.NoRenegotiation, took: refusal.length }),
          expects.decrypt(data, { plaintext: 'data' }),
        ]);
        play.engine.renegotiate(7);
        play.completeStep();
        play.feed(refusal, data);
        play.completeStep();
        assert.deepEqual(play.takeEffects(), ['renegotiating', 'write certificate request', 'declined']);
        assert.ok(!play.engine.canEncrypt);
        play.engine.accept();
        assert.deepEqual(play.takeEffects(), ['writable', 'plaintext data']);
      });

      for (const status of [Status.Ok, ContinueNeeded, IncompleteMessage, Status.NoRenegotiation]) {
        it(`when Windows asks nothing (status ${status})`, () => {
          const play = open(anonymous13, [
            expects.handshake([], { status, info: anonymous13 }),
            expects.alert(40, { token: 'alert' }),
          ]);
          play.engine.renegotiate(7);
          play.completeStep();
          assert.deepEqual(play.takeEffects(), ['renegotiating', 'declined']);
          play.engine.reject(40, new Error('no'));
          play.completeStep();
          assert.deepEqual(play.takeEffects(), ['write alert', 'fail no']);
        });
      }
    });

    it('does not let the client renegotiate afterwards', () => {
      const again = handshakeRecord('hello again');
      const play = open(anonymous12, [
        asked,
        expects.handshake([certificate], { info: anonymous12 }),
        expects.decrypt(again, { status: Renegotiate, message: messageOf(again) }),
        expects.alert(100),
      ]);
      play.engine.renegotiate();
      play.completeStep();
      play.feed(certificate);
      play.completeStep();
      play.engine.accept();
      play.takeEffects();
      play.feed(again);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['fail ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT']);
    });

    it('fails with the connection when Windows will not', () => {
      const play = open(anonymous13, [expects.handshake([], { status: 0x80090302 })]);
      play.engine.renegotiate(7);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['renegotiating', 'fail ERR_SCHANNEL_SYSTEM_UNSUPPORTED']);
    });

    it('is refused within a record', () => {
      const play = open(anonymous13);
      play.feed(dataRecord('half').subarray(0, 6));
      refused(play, /in the middle of a record/);
    });

    it('is refused when one direction is closed', () => {
      const ours = open(anonymous13, [expects.shutdown()]);
      ours.engine.shutdown();
      ours.completeStep();
      refused(ours, /closed in one direction/);
      const notice = alertRecord(0, 'warning');
      const theirs = open(anonymous13, [expects.decrypt(notice, { status: Status.ContextExpired })]);
      theirs.feed(notice);
      refused(theirs, /closed in one direction/);
    });

    it('is refused to a client of TLS 1.3', () => {
      refused(openClient(), /one of TLS 1\.3/);
    });
  });
});
