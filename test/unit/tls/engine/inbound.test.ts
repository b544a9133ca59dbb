import assert from 'node:assert/strict';
import { Inbound } from '#lib/tls/engine/inbound.js';
import { Status } from '#lib/tls/engine/status.js';
import { connectionOf } from '../../../support/connection.js';
import { dataRecord, handshakeRecord } from '../../../support/records.js';
import { ScriptedSession, expects, type Call } from '../../../support/scripted-session.js';

const first = dataRecord('first');
const second = dataRecord('second');
const text = (bytes?: Uint8Array): string => Buffer.from(bytes ?? []).toString('latin1');

/** The input of a session behind its handshake, which has its answers from a script. */
function inboundOf(...script: Call[]): Inbound {
  const flight = handshakeRecord('flight');
  const session = new ScriptedSession([
    expects.handshake([], { status: Status.ContinueNeeded }),
    expects.handshake([flight], { info: connectionOf('1.3') }),
    ...script,
  ]);
  session.handshake([], () => undefined);
  session.completeStep();
  session.handshake([flight], () => undefined);
  session.completeStep();
  const inbound = new Inbound(session, session.result);
  inbound.protectAs(connectionOf('1.3'));
  return inbound;
}

describe('tls/engine/inbound', () => {
  it('waits for the rest of a record', () => {
    const inbound = inboundOf(expects.decrypt(first, { plaintext: 'one' }));
    assert.equal(inbound.decrypt(first.subarray(0, 3), false)?.records, 0);
    assert.equal(inbound.decrypt(first.subarray(3, 8), false), null);
    assert.equal(inbound.length, 8);
    const run = inbound.decrypt(first.subarray(8), false);
    assert.equal(text(run?.plaintext), 'one');
    assert.deepEqual([run?.records, inbound.length], [1, 0]);
  });

  it('decrypts a completed record and those behind it in one run, and keeps the part of another', () => {
    for (const ownsMemory of [false, true]) {
      for (let split = 1; split <= first.length; split += 1) {
        const inbound = inboundOf(
          expects.decrypt(Buffer.concat([first, second]), { plaintext: 'onetwo' }),
          expects.decrypt(first, { plaintext: 'three' }),
        );
        inbound.append(first.subarray(0, split));
        const chunk = Buffer.concat([first.subarray(split), second, first.subarray(0, 7)]);
        const given = Buffer.from(chunk);
        const run = inbound.decrypt(chunk, ownsMemory);
        assert.equal(text(run?.plaintext), 'onetwo');
        assert.deepEqual([run?.records, run?.fault, inbound.length], [2, null, 7]);
        assert.deepEqual(chunk, given);
        assert.equal(text(inbound.decrypt(first.subarray(7), ownsMemory)?.plaintext), 'three');
        assert.equal(inbound.length, 0);
      }
    }
  });

  it('decrypts a record without a body whose header came in parts', () => {
    const bare = Buffer.from('1703030000', 'hex');
    for (let split = 1; split < bare.length; split += 1) {
      const inbound = inboundOf(expects.decrypt(bare));
      inbound.append(bare.subarray(0, split));
      const run = inbound.decrypt(bare.subarray(split), false);
      assert.deepEqual(
        [run?.status, run?.records, text(run?.plaintext), inbound.length],
        [Status.Ok, 1, '', 0],
      );
    }
  });

  it('keeps what lies behind a message whose record came in parts', () => {
    const inbound = inboundOf(
      expects.decrypt(Buffer.concat([first, second]), { status: Status.Renegotiate, took: first.length }),
    );
    inbound.append(first.subarray(0, 9));
    const run = inbound.decrypt(Buffer.concat([first.subarray(9), second, first.subarray(0, 2)]), false);
    assert.equal(run?.status, Status.Renegotiate);
    assert.deepEqual(Buffer.from(inbound.take()), Buffer.concat([second, first.subarray(0, 2)]));
  });

  it('keeps nothing of a record that came in parts and is refused', () => {
    const inbound = inboundOf(
      expects.decrypt(Buffer.concat([first, second]), { status: 0x80090330, took: 0 }),
    );
    inbound.append(first.subarray(0, 9));
    const run = inbound.decrypt(Buffer.concat([first.subarray(9), second]), false);
    assert.deepEqual([run?.status, inbound.length], [0x80090330 | 0, 0]);
  });

  it('keeps what lies behind a message that Windows needs first', () => {
    const inbound = inboundOf(
      expects.decrypt(Buffer.concat([first, second]), { status: Status.Renegotiate, took: first.length }),
    );
    const run = inbound.decrypt(Buffer.concat([first, second]), false);
    assert.equal(run?.status, Status.Renegotiate);
    assert.deepEqual(Buffer.from(inbound.take()), second);
  });

  it('keeps nothing behind the end of the peer', () => {
    const inbound = inboundOf(
      expects.decrypt(Buffer.concat([first, second]), { status: Status.ContextExpired, took: first.length }),
    );
    assert.equal(inbound.decrypt(Buffer.concat([first, second]), false)?.status, Status.ContextExpired);
    assert.equal(inbound.length, 0);
  });

  it('reports bytes that are no record, behind what is one', () => {
    const inbound = inboundOf(expects.decrypt(first, { plaintext: 'one' }));
    const run = inbound.decrypt(Buffer.concat([first, Buffer.from('HTTP')]), false);
    assert.equal(text(run?.plaintext), 'one');
    assert.deepEqual([run?.fault, text(run?.behind), inbound.length], ['not-tls', 'HTTP', 0]);
  });

  it('reports a record that came in parts and is none', () => {
    const inbound = inboundOf();
    assert.equal(inbound.decrypt(Buffer.from([23]), false)?.records, 0);
    const run = inbound.decrypt(Buffer.from('HTTP'), false);
    assert.deepEqual([run?.status, run?.fault, run?.records], [Status.Ok, 'not-tls', 0]);
  });
});
