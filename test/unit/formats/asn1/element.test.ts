import assert from 'node:assert/strict';
import { readElement } from '#lib/formats/asn1/element.js';
import { ReadBudget } from '#lib/formats/asn1/read-budget.js';
import { codeOf } from '../../../support/key-material.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const refusal = (bytes: Uint8Array): string | null => codeOf(() => readElement(bytes));

describe('formats/asn1/element', () => {
  it('reads a SEQUENCE with its parts', () => {
    const { tag, constructed, children } = readElement(hex('3006 020105 0401ff'));
    assert.deepEqual([tag, constructed], [0x10, true]);
    assert.deepEqual(
      children.map((child) => [child.tag, Buffer.from(child.content).toString('hex')]),
      [
        [0x02, '05'],
        [0x04, 'ff'],
      ],
    );
  });

  it('distinguishes context tags from universal ones', () => {
    const { children } = readElement(hex('3006 800101 a1020500'));
    assert.deepEqual(
      children.map(({ tag, constructed }) => [tag, constructed]),
      [
        [0x80, false],
        [0x81, true],
      ],
    );
  });

  it('gives views on the bytes it was given', () => {
    const bytes = hex('3003 0401ff');
    const [octets] = readElement(bytes).children;
    bytes[4] = 0x07;
    assert.equal(octets?.content[0], 0x07);
  });

  it('keeps the whole of an element, tag and length included', () => {
    const bytes = hex('3007 3003 020105 0500 0000');
    assert.equal(Buffer.from(readElement(bytes).raw).toString('hex'), '300730030201050500');
  });

  it('reads indefinite lengths, without their marks', () => {
    const { children } = readElement(hex('3080 020105 2480 0401aa 0401bb 0000 0000'));
    assert.deepEqual(
      children.map(({ tag }) => tag),
      [0x02, 0x04],
    );
    assert.equal(children[1]?.children.length, 2);
  });

  it('ignores what follows', () => {
    assert.equal(readElement(hex('020105 ffff')).raw.length, 3);
  });

  it('refuses what is cut, or has no bytes', () => {
    for (const cut of ['', '30', '3006', '3006020105', '308400', '3080020105']) {
      assert.equal(refusal(hex(cut)), 'ERR_SCHANNEL_IMPORT_DAMAGED', cut);
    }
  });

  it('refuses absurd nesting and absurd numbers of elements by another code', () => {
    assert.equal(refusal(Buffer.alloc(10_000, hex('3080'))), 'ERR_SCHANNEL_IMPORT_TOO_LARGE');
    const many = Buffer.concat([hex('3083030000'), Buffer.alloc(0x030000, hex('0500'))]);
    assert.equal(refusal(many), 'ERR_SCHANNEL_IMPORT_TOO_LARGE');
  });

  it('copies nothing of ten megabytes of pieces', () => {
    const piece = Buffer.concat([hex('0482c350'), Buffer.alloc(50_000)]);
    const pieces = Buffer.alloc(piece.length * 200, piece);
    const whole = Buffer.concat([hex('2480'), pieces, hex('0000')]);
    const budget = new ReadBudget();
    const { children } = readElement(whole, budget);
    assert.equal(children.length, 200);
    assert.ok(children.every(({ content }) => content.buffer === whole.buffer));
    // The string, its pieces, and the mark at its end.
    assert.deepEqual(budget.spent, { elements: 202, identifierBytes: 0, textBytes: 0 });
  });
});
