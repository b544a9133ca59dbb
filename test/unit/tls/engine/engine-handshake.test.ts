import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { Status } from '#lib/tls/engine/status.js';
import { connectionOf } from '../../../support/connection.js';
import { assertPlays, begin, verifying, type Play } from '../../../support/engine-play.js';
import {
  alertRecord,
  changeCipherSpec,
  dataRecord,
  handshakeRecord,
  headerOf,
} from '../../../support/records.js';
import { expects } from '../../../support/scripted-session.js';

const { ContinueNeeded, IncompleteMessage } = Status;
const hello = expects.handshake([], { status: ContinueNeeded, token: 'hello' });

const errorOf = (play: Play): SchannelError => {
  assert.ok(play.error instanceof SchannelError);
  return play.error;
};

describe('tls/engine/engine: handshake', () => {
  afterEach(assertPlays);

  it('writes the first token and waits for the peer', () => {
    const play = begin([hello]);
    assert.deepEqual(play.takeEffects(), []);
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['write hello']);
    assert.deepEqual(play.engine.phase, { name: 'handshaking', worker: false });
  });

  it('gives Windows a flight in portions and asks for a verdict on the peer', () => {
    const [server, ccs, sealed, finished] = [
      handshakeRecord('server hello'),
      changeCipherSpec(),
      dataRecord('certificate'),
      dataRecord('finished'),
    ];
    const play = begin([
      hello,
      expects.handshake([Buffer.concat([server, ccs]), sealed, finished], { token: 'client finished' }),
    ]);
    play.completeStep();
    play.feed(server, ccs, sealed, finished);
    assert.equal(play.engine.info, null);
    play.completeSteps();
    assert.deepEqual(play.takeEffects(), ['write hello', 'write client finished', 'secure']);
    assert.deepEqual(play.engine.phase, { name: 'verifying' });
    assert.deepEqual(play.engine.info, connectionOf('1.3'));
    play.engine.accept();
    assert.deepEqual(play.takeEffects(), ['writable']);
    assert.ok(play.engine.canEncrypt);
  });

  it('keeps what comes while a worker is busy and goes on with it at once', () => {
    const early = handshakeRecord('early');
    const play = begin([hello, expects.handshake([early], { status: ContinueNeeded })]);
    play.feed(early);
    play.completeStep();
    assert.ok(play.session.busy);
    play.completeStep();
  });

  it('keeps what comes before start()', () => {
    const early = handshakeRecord('early');
    const play = begin([hello, expects.handshake([early], { status: ContinueNeeded })]);
    play.feed(early.subarray(0, 3));
    play.completeStep();
    assert.ok(!play.session.busy);
    play.feed(early.subarray(3));
    play.completeStep();
  });

  it('waits for a whole record', () => {
    const flight = handshakeRecord('flight');
    const play = begin([hello, expects.handshake([flight], { status: ContinueNeeded })]);
    play.completeStep();
    for (const byte of flight) {
      assert.ok(!play.session.busy);
      play.feed(Buffer.of(byte));
    }
    play.completeStep();
  });

  it('gives what a flight left over (EXTRA) again without reading', () => {
    const [first, second] = [handshakeRecord('first'), handshakeRecord('second')];
    const play = begin([
      hello,
      expects.handshake([Buffer.concat([first, second])], {
        status: ContinueNeeded,
        token: 'one',
        took: first.length,
      }),
      expects.handshake([second], { status: ContinueNeeded, token: 'two' }),
    ]);
    play.completeStep();
    play.feed(first, second);
    play.completeSteps();
    assert.deepEqual(play.takeEffects(), ['write hello', 'write one', 'write two']);
  });

  it('takes what follows the last flight (EXTRA after SEC_E_OK) as data, and not before accept()', () => {
    const [flight, greeting] = [handshakeRecord('flight'), dataRecord('220 welcome')];
    const play = begin([
      hello,
      expects.handshake([flight, greeting], { took: flight.length }),
      expects.decrypt(greeting, { plaintext: '220 welcome' }),
    ]);
    play.completeStep();
    play.feed(flight, greeting);
    play.completeSteps();
    assert.deepEqual(play.takeEffects(), ['write hello', 'secure']);
    play.engine.accept();
    assert.deepEqual(play.takeEffects(), ['writable', 'plaintext 220 welcome']);
  });

  it('decrypts what came during verification only after accept()', () => {
    const [first, second] = [dataRecord('first'), dataRecord('second')];
    const play = verifying([expects.decrypt(Buffer.concat([first, second]), { plaintext: 'data' })]);
    play.feed(first, second.subarray(0, 7));
    play.feed(second.subarray(7));
    assert.deepEqual(play.takeEffects(), []);
    play.engine.accept();
    assert.deepEqual(play.takeEffects(), ['writable', 'plaintext data']);
  });

  describe('SEC_E_INCOMPLETE_MESSAGE', () => {
    const [first, second, third] = ['first', 'second', 'third'].map((name) => handshakeRecord(name)) as [
      Buffer,
      Buffer,
      Buffer,
    ];

    it('keeps every byte and asks again only with more', () => {
      const play = begin([
        hello,
        expects.handshake([first], { status: IncompleteMessage, took: 0 }),
        expects.handshake([Buffer.concat([first, second])], { status: IncompleteMessage, took: 0 }),
        expects.handshake([Buffer.concat([first, second, third])], { status: ContinueNeeded }),
      ]);
      play.completeStep();
      play.feed(first);
      play.completeStep();
      play.feed(second.subarray(0, 4));
      assert.ok(!play.session.busy, 'no new whole record, no new call');
      play.feed(second.subarray(4));
      play.completeStep();
      play.feed(third);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['write hello']);
    });

    it('asks again at once when more came during the step', () => {
      const play = begin([
        hello,
        expects.handshake([first], { status: IncompleteMessage, took: 0 }),
        expects.handshake([Buffer.concat([first, second])], { status: ContinueNeeded }),
      ]);
      play.completeStep();
      play.feed(first);
      play.feed(second);
      play.completeStep();
      assert.ok(play.session.busy, 'the record that came meanwhile may complete the message');
      play.completeStep();
    });

    it('keeps what was not taken when a part was', () => {
      const play = begin([
        hello,
        expects.handshake([Buffer.concat([first, second])], {
          status: IncompleteMessage,
          took: first.length,
        }),
        expects.handshake([second], { status: IncompleteMessage, took: 0 }),
        expects.handshake([Buffer.concat([second, third])], { status: ContinueNeeded }),
      ]);
      play.completeStep();
      play.feed(first, second);
      play.completeSteps();
      play.feed(third);
      play.completeSteps();
    });

    it('does not run sealed records together afterwards', () => {
      const [finished, data] = [dataRecord('finished'), dataRecord('data')];
      const play = begin([
        hello,
        expects.handshake([first], { status: IncompleteMessage, took: 0 }),
        expects.handshake([Buffer.concat([first, second]), finished, data], {
          took: first.length + second.length + finished.length,
        }),
        expects.decrypt(data, { plaintext: 'data' }),
      ]);
      play.completeStep();
      play.feed(first);
      play.completeStep();
      play.feed(second, finished, data);
      play.completeStep();
      play.engine.accept();
      assert.deepEqual(play.takeEffects(), ['write hello', 'secure', 'writable', 'plaintext data']);
    });
  });

  it('does not repeat a step that took nothing although Windows could go on', () => {
    const flight = handshakeRecord('flight');
    const play = begin([hello, expects.handshake([flight], { status: ContinueNeeded, took: 0 })]);
    play.completeStep();
    play.feed(flight);
    play.completeSteps();
    assert.deepEqual(play.engine.phase, { name: 'handshaking', worker: false });
  });

  it('names the client certificate that is missing (SEC_I_INCOMPLETE_CREDENTIALS)', () => {
    const request = handshakeRecord('certificate request');
    const play = begin([hello, expects.handshake([request], { status: Status.IncompleteCredentials })]);
    play.completeStep();
    play.feed(request);
    play.completeStep();
    const error = errorOf(play);
    assert.equal(error.code, 'ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED');
    assert.equal(error.status, 0x00090320);
    assert.ok(play.session.closed);
  });

  // Statuses of a step that end a client's handshake, and what the caller is told.
  const failures: readonly (readonly [string, number, string])[] = [
    ['SEC_E_ILLEGAL_MESSAGE', 0x80090326, 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE'],
    ['SEC_E_INVALID_TOKEN', 0x80090308, 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE'],
    ['SEC_E_ALGORITHM_MISMATCH', 0x80090331, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM'],
    ['SEC_E_UNSUPPORTED_FUNCTION', 0x80090302, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM'],
    ['SEC_E_APPLICATION_PROTOCOL_MISMATCH', 0x80090367, 'ERR_SCHANNEL_PEER_ALPN'],
    ['SEC_E_UNTRUSTED_ROOT', 0x80090325, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'],
    ['SEC_E_CERT_EXPIRED', 0x80090328, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'],
    ['SEC_E_CERT_UNKNOWN', 0x80090327, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'],
    ['SEC_E_MESSAGE_ALTERED', 0x8009030f, 'ERR_SCHANNEL_PEER_CORRUPT_RECORD'],
    ['SEC_E_DECRYPT_FAILURE', 0x80090330, 'ERR_SCHANNEL_PEER_CORRUPT_RECORD'],
    ['SEC_E_OUT_OF_SEQUENCE', 0x80090310, 'ERR_SCHANNEL_PEER_CORRUPT_RECORD'],
    ['SEC_E_INTERNAL_ERROR', 0x80090304, 'ERR_SCHANNEL_SYSTEM_FAILURE'],
    ['SEC_E_INVALID_HANDLE', 0x80090301, 'ERR_SCHANNEL_USAGE_CLOSED'],
    // Of a first handshake it must not leave a connection that nobody has judged.
    ['SEC_I_NO_RENEGOTIATION', 0x00090360, 'ERR_SCHANNEL_SYSTEM_FAILURE'],
    ['SEC_I_MESSAGE_FRAGMENT', 0x00090364, 'ERR_SCHANNEL_SYSTEM_FAILURE'],
    ['SEC_I_COMPLETE_NEEDED', 0x00090313, 'ERR_SCHANNEL_SYSTEM_FAILURE'],
  ];
  for (const [name, status, code] of failures) {
    it(`fails on ${name}, its alert written first`, () => {
      const flight = handshakeRecord('flight');
      const play = begin([
        hello,
        expects.handshake([flight], { status, token: alertRecord(80), took: 0, syscall: 'TheCall' }),
      ]);
      play.completeStep();
      play.feed(flight);
      play.completeStep();
      assert.deepEqual(play.takeEffects().slice(1), [
        `write ${alertRecord(80).toString('latin1')}`,
        `fail ${code}`,
      ]);
      const error = errorOf(play);
      assert.equal(error.status, status);
      assert.equal(error.statusName, name);
      assert.equal(error.syscall, 'TheCall');
      assert.equal(error.phase, 'handshake');
      assert.ok(play.session.closed);
    });
  }

  it('fails when the first call does, with no token', () => {
    const play = begin([expects.handshake([], { status: 0x80090331 })]);
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['fail ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM']);
  });

  it('reports the alert that we sent', () => {
    const play = begin([expects.handshake([], { status: 0x80090326, token: alertRecord(47) })]);
    play.completeStep();
    assert.deepEqual(errorOf(play).alert, { description: 47, name: 'illegal_parameter', direction: 'sent' });
  });

  it('fails when Windows will not tell the facts of the connection', () => {
    const play = begin([expects.handshake([], { info: null })]);
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['fail ERR_SCHANNEL_SYSTEM_FAILURE']);
    assert.equal(errorOf(play).syscall, 'QueryContextAttributesW');
  });

  describe('an alert of the peer in the clear', () => {
    const refused = (alert: Buffer): Play => {
      const play = begin([hello, expects.handshake([alert], { status: 0x80090326 })]);
      play.completeStep();
      play.feed(alert);
      play.completeStep();
      return play;
    };

    it('says more than the status that many alerts share', () => {
      const error = errorOf(refused(alertRecord(40)));
      assert.equal(error.code, 'ERR_SCHANNEL_PEER_ALERT');
      assert.deepEqual(error.alert, { description: 40, name: 'handshake_failure', direction: 'received' });
    });

    it('decides the code', () => {
      assert.equal(errorOf(refused(alertRecord(48))).code, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE');
      assert.equal(errorOf(refused(alertRecord(70))).code, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM');
      assert.equal(errorOf(refused(alertRecord(120))).code, 'ERR_SCHANNEL_PEER_ALPN');
    });

    it('is found behind other records', () => {
      const [server, alert] = [handshakeRecord('server hello'), alertRecord(40)];
      const play = begin([hello, expects.handshake([server, alert], { status: 0x80090326 })]);
      play.completeStep();
      play.feed(server, alert);
      play.completeStep();
      assert.equal(errorOf(play).alert?.name, 'handshake_failure');
    });

    it('is reported when the transport ends behind it', () => {
      const alert = alertRecord(40);
      const play = begin([hello, expects.handshake([alert], { status: ContinueNeeded })]);
      play.completeStep();
      play.feed(alert);
      play.completeStep();
      play.engine.transportEnded();
      assert.equal(errorOf(play).code, 'ECONNRESET');
      assert.equal(errorOf(play).alert?.name, 'handshake_failure');
    });

    it('is no reason for a later failure when it was a warning', () => {
      const [warning, flight] = [alertRecord(112, 'warning'), handshakeRecord('flight')];
      const play = begin([
        hello,
        expects.handshake([warning], { status: ContinueNeeded }),
        expects.handshake([flight], { status: 0x80090331 }),
      ]);
      play.completeStep();
      play.feed(warning);
      play.completeStep();
      play.feed(flight);
      play.completeStep();
      assert.equal(errorOf(play).code, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM');
      assert.equal(errorOf(play).alert, undefined);
    });

    it('is not looked for in what is encrypted', () => {
      const sealed = handshakeRecord('sealed');
      const longer = Buffer.concat([headerOf(21, 26), Buffer.alloc(26, 2)]);
      const play = begin([hello, expects.handshake([sealed, longer], { status: 0x80090326 })]);
      play.completeStep();
      play.feed(sealed, longer);
      play.completeStep();
      assert.equal(errorOf(play).alert, undefined);
    });
  });

  describe('the verdict', () => {
    it('reject() sends the alert, then fails with the error that was given', () => {
      const play = verifying([expects.alert(42, { token: 'bad_certificate' })]);
      const error = new Error('not trusted');
      play.engine.reject(42, error);
      assert.deepEqual(play.takeEffects(), []);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['write bad_certificate', 'fail not trusted']);
      assert.equal(play.error, error);
      assert.ok(play.session.closed);
    });

    it('reject() fails also when Windows makes no alert', () => {
      const play = verifying([expects.alert(42, { status: 0x80090301 })]);
      play.engine.reject(42, new Error('not trusted'));
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['fail not trusted']);
    });

    it('nothing of the peer gets through after reject()', () => {
      const play = verifying([expects.alert(42)]);
      play.feed(dataRecord('before'));
      play.engine.reject(42, new Error('not trusted'));
      play.feed(dataRecord('after'));
      play.engine.transportEnded();
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['fail not trusted']);
    });
  });

  describe('first bytes that are no TLS', () => {
    const greetings: readonly (readonly [string, RegExp])[] = [
      ['HTTP/1.1 400 Bad Request\r\n\r\n', /an HTTP response/],
      ['220 mx.example ESMTP Postfix\r\n', /an SMTP greeting/],
      ['* OK IMAP4rev1\r\n', /an IMAP greeting/],
      ['+OK POP3\r\n', /a POP3 greeting/],
      ['SSH-2.0-OpenSSH\r\n', /an SSH greeting/],
      ['\x80\x2e\x04\x00\x01', /an SSL 2 hello/],
      ['\x00\x00\x00\x00', /bytes that are no TLS record/],
      ['\x16\x02\x00', /bytes that are no TLS record/],
    ];
    for (const [bytes, pattern] of greetings) {
      it(`are refused as ${pattern.source}, without an alert`, () => {
        const play = begin([hello]);
        play.completeStep();
        play.feed(Buffer.from(bytes, 'latin1'));
        assert.deepEqual(play.takeEffects(), ['write hello', 'fail ERR_SCHANNEL_PEER_NOT_TLS']);
        assert.match(errorOf(play).message, pattern);
        assert.equal(errorOf(play).phase, 'handshake');
      });
    }

    it('are refused after the first token also when they came before it', () => {
      const play = begin([hello]);
      play.feed(Buffer.from('220 mx ESMTP\r\n'));
      assert.deepEqual(play.takeEffects(), []);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['write hello', 'fail ERR_SCHANNEL_PEER_NOT_TLS']);
    });
  });

  describe('malformed records', () => {
    it('behind a flight: the flight first, then the refusal', () => {
      const flight = handshakeRecord('flight');
      const play = begin([
        hello,
        expects.handshake([flight], { status: ContinueNeeded, token: 'answer' }),
        expects.alert(10, { token: 'alert' }),
      ]);
      play.completeStep();
      play.feed(flight, Buffer.from('HTTP/1.1 500'));
      play.completeSteps();
      assert.deepEqual(play.takeEffects(), [
        'write hello',
        'write answer',
        'write alert',
        'fail ERR_SCHANNEL_PEER_RECORD_INVALID',
      ]);
      assert.equal(errorOf(play).phase, 'handshake');
    });

    it('behind a record that Windows could not use yet are no first bytes', () => {
      const flight = handshakeRecord('flight');
      const play = begin([
        hello,
        expects.handshake([flight], { status: IncompleteMessage, took: 0 }),
        expects.alert(10),
      ]);
      play.completeStep();
      play.feed(flight, Buffer.from('HTTP/1.1 500'));
      play.completeSteps();
      assert.equal(errorOf(play).code, 'ERR_SCHANNEL_PEER_RECORD_INVALID');
    });

    it('too long: refused as soon as the header is there', () => {
      const play = begin([hello, expects.alert(22, { token: 'alert' })]);
      play.completeStep();
      play.feed(headerOf(22, 16384 + 2048 + 1));
      play.completeStep();
      assert.deepEqual(play.takeEffects(), [
        'write hello',
        'write alert',
        'fail ERR_SCHANNEL_PEER_RECORD_OVERFLOW',
      ]);
    });
  });

  describe('the end of the transport', () => {
    const ends: readonly (readonly [string, Buffer])[] = [
      ['before a byte', Buffer.alloc(0)],
      ['within a record', handshakeRecord('flight').subarray(0, 7)],
    ];
    for (const [when, bytes] of ends) {
      it(`${when} is node:tls's ECONNRESET`, () => {
        const play = begin([hello]);
        play.completeStep();
        play.feed(bytes);
        play.engine.transportEnded();
        assert.deepEqual(play.takeEffects(), ['write hello', 'fail ECONNRESET']);
        assert.equal(errorOf(play).phase, 'handshake');
      });
    }

    it('waits for the step that runs: the flight may be the last', () => {
      const flight = handshakeRecord('flight');
      const play = begin([hello, expects.handshake([flight])]);
      play.completeStep();
      play.feed(flight);
      play.engine.transportEnded();
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['write hello', 'secure']);
      play.engine.accept();
      assert.deepEqual(play.takeEffects(), ['writable', 'end without notice']);
    });

    it('during the first step fails after it', () => {
      const play = begin([hello]);
      play.engine.transportEnded();
      assert.deepEqual(play.takeEffects(), []);
      play.completeStep();
      assert.deepEqual(play.takeEffects(), ['write hello', 'fail ECONNRESET']);
    });

    it('during verification counts after the data before it', () => {
      const data = dataRecord('data');
      const play = verifying([expects.decrypt(data, { plaintext: 'data' })]);
      play.feed(data);
      play.engine.transportEnded();
      assert.deepEqual(play.takeEffects(), []);
      play.engine.accept();
      assert.deepEqual(play.takeEffects(), ['writable', 'plaintext data', 'end without notice']);
    });
  });
});
