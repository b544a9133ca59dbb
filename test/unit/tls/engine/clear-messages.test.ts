import assert from 'node:assert/strict';
import { ClearMessages } from '#lib/tls/engine/clear-messages.js';
import {
  alertRecord,
  changeCipherSpec,
  dataRecord,
  handshakeMessage,
  record,
} from '../../../support/records.js';

/** These bytes of handshake messages, in records of one byte. */
const inBytes = (bytes: Uint8Array): Buffer[] => Array.from(bytes, (byte) => record(22, [byte]));

/** Which of these records are worth a call, by their numbers. */
function newsOf(records: readonly Buffer[]): number[] {
  const messages = new ClearMessages();
  return records.flatMap((one, index) => (messages.follow(one) ? [index] : []));
}

describe('tls/engine/clear-messages', () => {
  it('has news when a message begins and when it ends', () => {
    const bytes = Buffer.concat([handshakeMessage('12345'), handshakeMessage('123')]);
    assert.deepEqual(newsOf(inBytes(bytes)), [3, 8, 12, 15]);
  });

  it('knows messages without a body, and one that has 65,536 bytes', () => {
    assert.deepEqual(newsOf(inBytes(Buffer.concat([handshakeMessage(''), handshakeMessage('')]))), [3, 7]);
    const large = handshakeMessage(Buffer.alloc(65_536));
    const records = [large.subarray(0, 4), large.subarray(4, -1), large.subarray(-1)];
    assert.deepEqual(newsOf(records.map((part) => record(22, part))), [0, 2]);
  });

  it('sees an end within a record, and what begins behind it', () => {
    const bytes = Buffer.concat([handshakeMessage('12345'), handshakeMessage('123')]);
    const cut = (...at: number[]): Buffer[] =>
      [0, ...at].map((start, index) => record(22, bytes.subarray(start, [...at, bytes.length][index])));
    assert.deepEqual(newsOf(cut(6, 8, 11, 14)), [0, 2, 3, 4]);
  });

  it('takes the records of one call for one', () => {
    const messages = new ClearMessages();
    assert.ok(messages.follow(Buffer.concat(inBytes(handshakeMessage('12345')))));
    assert.ok(!messages.follow(Buffer.concat(inBytes(handshakeMessage('12345').subarray(0, 3)))));
  });

  it('sees nothing in what carries nothing', () => {
    assert.deepEqual(newsOf([record(22, ''), record(22, '')]), []);
  });

  it('has news in whatever is no handshake record, and goes on behind an alert', () => {
    const [first, ...rest] = inBytes(handshakeMessage('12')) as [Buffer, ...Buffer[]];
    assert.deepEqual(newsOf([first, alertRecord(112, 'warning'), ...rest]), [1, 4, 6]);
  });

  it('cannot tell any more behind a change_cipher_spec and behind what is sealed', () => {
    const part = record(22, 'x');
    for (const border of [changeCipherSpec(), dataRecord('sealed')]) {
      assert.deepEqual(newsOf([part, border, part, part]), [1, 2, 3]);
    }
  });
});
