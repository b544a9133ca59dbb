import assert from 'node:assert/strict';
import {
  MalformedDns,
  OPCODE,
  readAnswer,
  readName,
  TYPE,
  writeMessage,
  writeName,
} from '#lib/formats/dns/message.js';
import { signMessage, verifyAnswer } from '#lib/formats/dns/transaction-signature.js';
import { instances, outcomeOf, valueOf } from '../outcome.js';

export const what = 'the answer of a DNS server to a signed update';
export const longest = 1024;

const KEY = { name: 'key.example', algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 7) } as const;
const QUESTION = { name: 'a.example', type: TYPE.SOA };
const QUERY = writeMessage({ id: 7, opcode: OPCODE.update, question: QUESTION });
const REQUEST = signMessage(QUERY, KEY, 1_700_000_000);

export const seeds = (): readonly Uint8Array[] => {
  const answer = Buffer.from(REQUEST.message);
  answer.writeUInt16BE(0x8000 | answer.readUInt16BE(2), 2);
  const pointing = Buffer.concat([answer.subarray(0, 12), Buffer.from('0161c00c0000', 'hex')]);
  return [answer, pointing, REQUEST.message];
};

const MALFORMED = instances(MalformedDns);

/** Its names are names, its records lie within it, and nobody is believed who lacks the key. */
export function fuzz(data: Buffer): void {
  const answer = valueOf(outcomeOf(() => readAnswer(data), MALFORMED));
  for (const { name, data: content, start } of answer?.records ?? []) {
    assert.ok(name.length <= 255 && start < data.length && content.length < data.length);
    const again = valueOf(outcomeOf(() => readName(writeName(name), 0), instances(RangeError)));
    if (again !== null && !name.endsWith('.')) assert.equal(again.name, name);
  }
  const believed = outcomeOf(() => verifyAnswer(data, REQUEST, KEY), MALFORMED);
  // A refusal needs no key.
  assert.notEqual(valueOf(believed), 'NOERROR', 'an answer without the key was believed');
}
