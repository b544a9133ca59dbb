import assert from 'node:assert/strict';
import { MalformedDer } from '#lib/formats/asn1/der-spans.js';
import { integer, octetString, sequence, setOf, tagged, utf8String } from '#lib/formats/asn1/der-writer.js';
import { readStrictDer } from '#lib/formats/asn1/strict-der.js';

const LIMITS = { elements: 10, depth: 4 };
const read = (bytes: Uint8Array, limits = LIMITS): Uint8Array => readStrictDer(bytes, limits).raw;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('formats/asn1/strict-der', () => {
  it('accepts DER of any shape', () => {
    for (const der of [
      sequence(),
      integer(0),
      sequence(integer(127), integer(128), setOf(utf8String('a'), tagged(0, integer(1)))),
      octetString(Buffer.alloc(127)),
      octetString(Buffer.alloc(128)),
      octetString(Buffer.alloc(70_000)),
      sequence(octetString(Buffer.alloc(256))),
    ]) {
      assert.deepEqual(read(der), der);
    }
  });

  for (const [what, bytes, message] of [
    ['nothing', '', /no element/],
    ['an element that does not end', '30 03 02 01', /does not end/],
    ['an element that is longer than the one around it', '30 03 02 05 00', /does not end/],
    ['bytes behind the element', '05 00 00', /behind its end/],
    ['a second element', '05 00 05 00', /behind its end/],
    ['an indefinite length', '30 80 00 00', /does not end/],
    ['a long length of a short element', '04 81 01 00', /length/],
    ['a length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`, /length/],
    ['a string in pieces', '24 03 04 01 00', /in pieces/],
    ['a SEQUENCE without the bit for constructed', '10 00', /in pieces/],
    ['a number without bytes', '02 00', /number/],
    ['a number with a needless zero', '02 02 00 7f', /number/],
    ['a number with needless ones', '02 02 ff 80', /number/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => read(hex(bytes)),
        (error) => error instanceof MalformedDer && message.test(error.message),
      );
    });
  }

  it('keeps to the number of elements', () => {
    const list = (length: number): Buffer => sequence(...Array.from({ length }, () => integer(1)));
    assert.ok(read(list(9)));
    assert.throws(() => read(list(10)), /too many/);
  });

  it('keeps to the depth', () => {
    const nested = (levels: number): Buffer => (levels === 0 ? integer(1) : sequence(nested(levels - 1)));
    assert.ok(read(nested(4)));
    assert.throws(() => read(nested(5)), /nested/);
  });
});
