import assert from 'node:assert/strict';
import {
  CLASS,
  MalformedDns,
  OPCODE,
  readAnswer,
  readName,
  TYPE,
  writeMessage,
  writeName,
  writeText,
} from '#lib/formats/dns/message.js';

describe('formats/dns/message', () => {
  it('writes an update as RFC 2136 has it', () => {
    const message = writeMessage({
      id: 0x1234,
      opcode: OPCODE.update,
      question: { name: 'Bar.Example.', type: TYPE.SOA },
      authority: [
        { name: '_a.bar.example', type: TYPE.TXT, class: CLASS.NONE, ttl: 0, data: writeText('hi') },
      ],
    });
    assert.equal(
      message.toString('hex'),
      '12342800000100000001000003626172076578616d706c650000060001' +
        '025f6103626172076578616d706c6500001000fe000000000003026869',
    );
  });

  it('writes names in lower case, and the root', () => {
    assert.equal(writeName('A.b').toString('hex'), '0161016200');
    assert.equal(writeName('.').toString('hex'), '00');
  });

  for (const name of ['a..b', 'a b', 'ä', `${'a'.repeat(64)}.b`, `${'a.'.repeat(128)}b`, 'a\0b']) {
    it(`refuses the name ${JSON.stringify(name.slice(0, 20))}`, () => {
      assert.throws(() => writeName(name), RangeError);
    });
  }

  it('splits long texts', () => {
    const data = writeText('a'.repeat(300));
    assert.deepEqual([data.length, data[0], data[256]], [302, 255, 45]);
  });

  const HEADER = '123484050001000100000000';
  const QUESTION = '03626172076578616d706c650000060001';
  /** A start of authority whose name points to the question. */
  const answer = Buffer.from(`${HEADER}${QUESTION}c00c00060001000000000000`, 'hex');

  it('reads an answer, with names that point back', () => {
    const { id, code, records, answers } = readAnswer(answer);
    assert.deepEqual([id, code, answers], [0x1234, 'REFUSED', 1]);
    assert.deepEqual([records[0]?.name, records[0]?.type], ['bar.example', TYPE.SOA]);
  });

  it('refuses every answer that is cut short', () => {
    for (let length = 0; length < answer.length; length += 1) {
      assert.throws(() => readAnswer(answer.subarray(0, length)), MalformedDns, `${length}`);
    }
  });

  for (const [what, name] of [
    ['points to itself', 'c000'],
    ['points forward', 'c0ff'],
    ['has a label of an unknown kind', '4061'],
    ['never ends', '0161'.repeat(200)],
  ] as const) {
    it(`refuses a name that ${what}`, () => {
      assert.throws(() => readName(Buffer.from(name, 'hex'), 0), MalformedDns);
    });
  }

  it('refuses questions, and answers with too many records', () => {
    const question = Buffer.from(answer);
    question[2] = 0x04;
    assert.throws(() => readAnswer(question), /a question/);
    const long = Buffer.from(answer);
    long.writeUInt16BE(0xffff, 6);
    assert.throws(() => readAnswer(long), /too many/);
  });

  it('reads no more of random bytes than there is', () => {
    let state = 7;
    for (let round = 0; round < 2000; round += 1) {
      const bytes = Buffer.from(answer);
      for (let flips = 0; flips < 4; flips += 1) {
        state = (state * 1103515245 + 12345) % 0x80000000;
        bytes[state % bytes.length] = state >> 8;
      }
      try {
        readAnswer(bytes);
      } catch (error) {
        assert.ok(error instanceof MalformedDns, String(error));
      }
    }
  });
});
