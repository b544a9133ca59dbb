import assert from 'node:assert/strict';
import { MessageCutter } from '#lib/formats/server-flight/message-cutter.js';
import { handshake } from '../../../support/server-flight.js';

const bytes = Buffer.concat([handshake(2, Uint8Array.of(1, 2, 3)), handshake(14, new Uint8Array(0))]);

describe('formats/server-flight/message-cutter', () => {
  it('joins what records have split', () => {
    for (let at = 0; at <= bytes.length; at += 1) {
      const cutter = new MessageCutter(100);
      const messages = [bytes.subarray(0, at), bytes.subarray(at)].flatMap((part) => cutter.push(part) ?? []);
      assert.deepEqual(
        messages.map(({ type, body }) => [type, ...body]),
        [[2, 1, 2, 3], [14]],
      );
    }
  });

  it('refuses a message that is longer than its limit by its header', () => {
    assert.equal(new MessageCutter(100).push(Buffer.from([11, 0xff, 0, 0])), null);
  });
});
