import assert from 'node:assert/strict';
import { measure } from '#lib/asn1/measure.js';

const of = (hex: string): [number, number] => {
  const { elements, decodedBytes } = measure(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  return [elements, decodedBytes];
};

describe('asn1/measure', () => {
  it('counts elements at any depth, and bytes of identifiers, texts and times', () => {
    assert.deepEqual(of('3009 06022a03 3003 0c0161'), [4, 3]);
    assert.deepEqual(of(`0681c8${'01'.repeat(200)}`), [1, 200]);
  });

  it('counts the marks behind indefinite lengths', () => {
    assert.deepEqual(of('3080 a080 06022a03 0000 17023131 0000'), [6, 4]);
  });

  it('leaves out what is not decoded', () => {
    assert.deepEqual(of('300d 020101 04020600 0301ff 8001ff'), [5, 0]);
  });

  it('leaves alone what stands behind the first element', () => {
    assert.deepEqual(of('3003 020101 00000000 06022a03'), [2, 0]);
  });

  it('ends at what is malformed or cut', () => {
    assert.deepEqual(of('30800680 06022a03'), [2, 0]);
    assert.deepEqual(of('0684ffffffff 2a03'), [1, 2]);
    assert.deepEqual(of('06ff'), [1, 0]);
    assert.deepEqual(of('06'), [0, 0]);
  });
});
