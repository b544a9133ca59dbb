import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { Status } from '#lib/tls/engine/status.js';
import { connectionOf } from '../../../support/connection.js';
import { assertPlays, open } from '../../../support/engine-play.js';
import { dataRecord, headerOf } from '../../../support/records.js';
import { expects } from '../../../support/scripted-session.js';

const [one, two, three] = [dataRecord('one'), dataRecord('two'), dataRecord('three')] as const;
const joined = (...records: Uint8Array[]): Buffer => Buffer.concat(records);

describe('tls/engine/engine: application data', () => {
  afterEach(assertPlays);

  it('decrypts all whole records of a chunk in one call, and hands them over in one piece', () => {
    const play = open([expects.decrypt(joined(one, two, three), { plaintext: 'one two three' })]);
    play.feed(one, two, three);
    assert.deepEqual(play.takeEffects(), ['plaintext one two three']);
  });

  it('decrypts a record that was cut and the rest of the chunk in one call', () => {
    for (let cut = 1; cut < two.length; cut += 1) {
      const play = open([
        expects.decrypt(one, { plaintext: '1' }),
        expects.decrypt(joined(two, three), { plaintext: '23' }),
      ]);
      play.feed(one, two.subarray(0, cut));
      assert.deepEqual(play.takeEffects(), ['plaintext 1']);
      play.feed(two.subarray(cut), three);
      assert.deepEqual(play.takeEffects(), ['plaintext 23']);
    }
  });

  it('decrypts nothing until a record is whole', () => {
    const play = open([expects.decrypt(one, { plaintext: '1' })]);
    for (const byte of one.subarray(0, -1)) play.feed(Buffer.of(byte));
    assert.deepEqual(play.takeEffects(), []);
    play.feed(one.subarray(-1));
    assert.deepEqual(play.takeEffects(), ['plaintext 1']);
  });

  it('makes no effect of records without data', () => {
    const play = open([expects.decrypt(one), expects.decrypt(two, { plaintext: '2' })]);
    play.feed(one);
    assert.deepEqual(play.takeEffects(), []);
    play.feed(two);
    assert.deepEqual(play.takeEffects(), ['plaintext 2']);
  });

  it('hands over what was decrypted before a record that fails', () => {
    const play = open([
      expects.decrypt(joined(one, two), { plaintext: '1', took: one.length, status: 0x80090330 }),
    ]);
    play.feed(one, two);
    assert.deepEqual(play.takeEffects(), ['plaintext 1', 'fail ERR_SCHANNEL_PEER_CORRUPT_RECORD']);
    assert.ok(play.error instanceof SchannelError);
    assert.equal(play.error.syscall, 'DecryptMessage');
    assert.equal(play.error.phase, 'data');
    assert.equal(play.error.status, 0x80090330);
    assert.ok(play.session.closed);
  });

  it('does not decrypt the rest of a chunk when the record before it failed', () => {
    const play = open([expects.decrypt(joined(one, two), { status: 0x8009030f, took: 0 })]);
    play.feed(one.subarray(0, 3));
    play.feed(one.subarray(3), two);
    assert.deepEqual(play.takeEffects(), ['fail ERR_SCHANNEL_PEER_CORRUPT_RECORD']);
  });

  // Statuses of DecryptMessage that end a connection: bad records, and alerts of the peer (TLS 1.3 refuses a client
  // certificate only here).
  const failures: readonly (readonly [number, string])[] = [
    [0x80090308, 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE'],
    [0x80090310, 'ERR_SCHANNEL_PEER_CORRUPT_RECORD'],
    [0x80090326, 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE'],
    [0x80090327, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'],
    [0x80090325, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE'],
    [0x80090317, 'ERR_SCHANNEL_USAGE_CLOSED'],
    [0x80090318, 'ERR_SCHANNEL_SYSTEM_FAILURE'],
  ];
  for (const [status, code] of failures) {
    it(`fails on 0x${status.toString(16)} of DecryptMessage with ${code}`, () => {
      const play = open([expects.decrypt(one, { status })]);
      play.feed(one);
      assert.deepEqual(play.takeEffects(), [`fail ${code}`]);
    });
  }

  describe('bytes that are no record', () => {
    it('are refused behind the data before them', () => {
      const play = open([expects.decrypt(one, { plaintext: '1' }), expects.alert(10, { token: 'alert' })]);
      play.feed(one, Buffer.from('HTTP/1.1 500'));
      play.completeStep();
      assert.deepEqual(play.takeEffects(), [
        'plaintext 1',
        'write alert',
        'fail ERR_SCHANNEL_PEER_RECORD_INVALID',
      ]);
    });

    it('are refused as soon as the header shows it, wherever it is cut', () => {
      for (const cut of [1, 2]) {
        const play = open([expects.alert(10)]);
        const bad = Buffer.of(23, 9, 3, 0, 1, 0);
        play.feed(bad.subarray(0, cut));
        play.feed(bad.subarray(cut));
        play.completeStep();
        assert.deepEqual(play.takeEffects(), ['fail ERR_SCHANNEL_PEER_RECORD_INVALID']);
      }
    });

    it('are refused when a record is longer than its version allows', () => {
      const length = 16384 + 256 + 1;
      for (const cut of [0, 1, 4]) {
        const play = open([expects.alert(22)]);
        play.feed(headerOf(23, length).subarray(0, cut));
        play.feed(headerOf(23, length).subarray(cut));
        play.completeStep();
        assert.deepEqual(play.takeEffects(), ['fail ERR_SCHANNEL_PEER_RECORD_OVERFLOW']);
      }
      open([], {}, connectionOf('1.2')).feed(headerOf(23, length));
    });

    it('are no matter of trust: TLS 1.3 shows in either structure of Windows', () => {
      const info = {
        cipher: 0,
        cipherStrength: 0,
        hash: 0,
        hashStrength: 0,
        exchange: 0,
        exchangeStrength: 0,
      };
      for (const [protocol, effects] of [
        [0x2000, ['fail ERR_SCHANNEL_PEER_RECORD_OVERFLOW']],
        [0x0800, []],
      ] as const) {
        const connection = { ...connectionOf('1.3'), cipher: null, info: { ...info, protocol } };
        const play = open(effects.length > 0 ? [expects.alert(22)] : [], {}, connection);
        play.feed(headerOf(23, 16384 + 257));
        play.completeSteps();
        assert.deepEqual(play.takeEffects(), effects);
      }
    });
  });

  describe('encrypt', () => {
    it('puts records where it is told to and says how long they are', () => {
      const play = open([expects.encrypt('bcd', { ciphertext: '<bcd>' })]);
      const output = Buffer.alloc(20, '.');
      assert.equal(play.engine.encrypt(Buffer.from('abcde'), 1, 4, output, 3), 5);
      assert.equal(output.toString(), '...<bcd>............');
      assert.deepEqual(play.takeEffects(), []);
    });

    it('says how much room it needs', () => {
      const play = open([], {}, connectionOf('1.2'));
      const overhead = 13 + 16;
      assert.equal(play.engine.ciphertextRoom(0), 0);
      assert.equal(play.engine.ciphertextRoom(1), 1 + overhead);
      assert.equal(play.engine.ciphertextRoom(16384), 16384 + overhead);
      assert.equal(play.engine.ciphertextRoom(16385), 16385 + 2 * overhead);
    });

    it('throws what Windows says, and the connection is dead', () => {
      const play = open([expects.encrypt('x', { status: 0x80090304 })]);
      assert.throws(() => play.engine.encrypt(Buffer.from('x'), 0, 1, Buffer.alloc(100), 0), {
        code: 'ERR_SCHANNEL_SYSTEM_FAILURE',
        syscall: 'EncryptMessage',
        phase: 'data',
        status: 0x80090304,
      });
      assert.ok(play.session.closed);
      assert.deepEqual(play.engine.phase, { name: 'closed' });
      assert.deepEqual(play.takeEffects(), []);
      play.feed(one);
    });

    it('says so if Windows sends nothing behind the close_notify of the peer', () => {
      const refusal = { status: Status.ContextExpiredError };
      const play = open([
        expects.decrypt(one, { status: Status.ContextExpired }),
        expects.encrypt('x', refusal),
      ]);
      play.feed(one);
      assert.ok(play.engine.canEncrypt);
      assert.throws(() => play.engine.encrypt(Buffer.from('x'), 0, 1, Buffer.alloc(100), 0), {
        code: 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED',
        syscall: 'EncryptMessage',
        ...refusal,
      });
      assert.ok(play.session.closed);
    });

    it('is refused once close_notify was sent, and reading goes on', () => {
      const play = open([expects.shutdown({ token: 'bye' }), expects.decrypt(one, { plaintext: '1' })]);
      play.engine.shutdown();
      play.completeStep();
      assert.ok(!play.engine.canEncrypt);
      assert.throws(() => play.engine.encrypt(Buffer.from('x'), 0, 1, Buffer.alloc(100), 0), {
        code: 'ERR_SCHANNEL_USAGE_PHASE',
      });
      play.feed(one);
      assert.deepEqual(play.takeEffects(), ['write bye', 'shutdown', 'plaintext 1']);
    });
  });

  it('fails on a status that only a handshake may have', () => {
    const play = open([expects.decrypt(one, { status: Status.ContinueNeeded })]);
    play.feed(one);
    assert.deepEqual(play.takeEffects(), ['fail ERR_SCHANNEL_SYSTEM_FAILURE']);
  });
});
