import assert from 'node:assert/strict';
import { CLASS, MalformedDns, OPCODE, TYPE, writeMessage } from '#lib/formats/dns/message.js';
import {
  signMessage,
  type SignedMessage,
  TRANSACTION_ALGORITHMS,
  type TransactionKey,
  verifyAnswer,
} from '#lib/formats/dns/transaction-signature.js';

const KEY: TransactionKey = { name: 'key', secret: Buffer.alloc(32, 1), algorithm: 'hmac-sha256' };

const update = writeMessage({ id: 7, opcode: OPCODE.update, question: { name: 'a.test', type: TYPE.SOA } });

describe('formats/dns/transaction-signature', () => {
  for (const algorithm of TRANSACTION_ALGORITHMS) {
    it(`adds one record (${algorithm})`, () => {
      const { message, mac } = signMessage(update, { ...KEY, algorithm }, 1000);
      assert.equal(message.readUInt16BE(10), 1);
      assert.ok(message.includes(mac));
      // Name, type and class of the record: key. TSIG ANY
      assert.ok(message.includes(Buffer.from('036b657900', 'hex')));
      assert.equal(message.readUInt16BE(update.length + 5), TYPE.TSIG);
      assert.equal(message.readUInt16BE(update.length + 7), CLASS.ANY);
    });
  }

  /** An answer that nobody signed. */
  const unsigned = (code: number): Buffer => {
    const answer = Buffer.from(update);
    answer.writeUInt16BE(0xa800 | code, 2);
    return answer;
  };
  const request: SignedMessage = signMessage(update, KEY, 1000);

  it('believes no success that nobody signed, and every refusal', () => {
    assert.throws(() => verifyAnswer(unsigned(0), request, KEY), MalformedDns);
    assert.equal(verifyAnswer(unsigned(5), request, KEY), 'REFUSED');
  });

  it('believes no success that another key signed', () => {
    const { message } = signMessage(unsigned(0), { ...KEY, secret: Buffer.alloc(32, 2) }, 1000);
    assert.throws(() => verifyAnswer(message, request, KEY), /a wrong signature/);
    // Signed by the right key, but not as the answer to this request.
    assert.throws(
      () => verifyAnswer(signMessage(unsigned(0), KEY, 1000).message, request, KEY),
      /a wrong signature/,
    );
  });

  it('believes no signature that stands among the answers', () => {
    const { message } = signMessage(unsigned(0), KEY, 1000);
    const moved = Buffer.from(message);
    moved.writeUInt16BE(1, 6);
    moved.writeUInt16BE(0, 10);
    assert.throws(() => verifyAnswer(moved, request, KEY), MalformedDns);
  });
});
