import assert from 'node:assert/strict';
import { measure } from '#lib/formats/asn1/measure.js';
import { READ_LIMITS } from '#lib/formats/asn1/read-budget.js';

const of = (hex: string, limit = READ_LIMITS): [number, number, number] => {
  const { elements, identifierBytes, textBytes } = measure(
    Buffer.from(hex.replaceAll(' ', ''), 'hex'),
    limit,
  );
  return [elements, identifierBytes, textBytes];
};

describe('formats/asn1/measure', () => {
  it('counts elements at any depth, and bytes of identifiers, texts and times', () => {
    assert.deepEqual(of('300c 06022a03 0d0103 3003 0c0161'), [5, 3, 1]);
    assert.deepEqual(of(`0681c8${'01'.repeat(200)}`), [1, 200, 0]);
  });

  it('counts the marks behind indefinite lengths', () => {
    assert.deepEqual(of('3080 a080 06022a03 0000 17023131 0000'), [6, 2, 2]);
  });

  it('leaves out what is not decoded', () => {
    assert.deepEqual(of('300d 020101 04020600 0301ff 8001ff'), [5, 0, 0]);
  });

  it('ignores what follows the first element', () => {
    assert.deepEqual(of('3003 020101 00000000 06022a03'), [2, 0, 0]);
  });

  it('ends where a limit is passed', () => {
    const many = `300a${'0500'.repeat(5)}`;
    assert.deepEqual(of(many, { ...READ_LIMITS, elements: 3 }), [4, 0, 0]);
    const identifiers = '06022a03'.repeat(5);
    assert.deepEqual(of(`3014${identifiers}`, { ...READ_LIMITS, identifierBytes: 3 }), [3, 4, 0]);
    const texts = '0c026162'.repeat(5);
    assert.deepEqual(of(`3014${texts}`, { ...READ_LIMITS, textBytes: 3 }), [3, 0, 4]);
  });

  it('ends at what is malformed or cut', () => {
    assert.deepEqual(of('30800680 06022a03'), [2, 0, 0]);
    assert.deepEqual(of('0684ffffffff 2a03'), [1, 2, 0]);
    assert.deepEqual(of('06ff'), [1, 0, 0]);
    assert.deepEqual(of('06'), [0, 0, 0]);
  });
});
