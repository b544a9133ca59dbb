import assert from 'node:assert/strict';
import { replaceProperties } from '#lib/adapters/register/replace.js';

describe('adapters/register/replace', () => {
  it('puts values in place, and the first ones back', () => {
    const module: Record<string, unknown> = { one: 1, two: 2 };
    const putBack = replaceProperties([[module, { one: 'I' }]]);
    assert.deepEqual(module, { one: 'I', two: 2 });
    putBack();
    assert.deepEqual(module, { one: 1, two: 2 });
  });

  it('keeps the attributes of a property', () => {
    const module = Object.defineProperty({}, 'hidden', { value: 1, configurable: true, writable: false });
    const before = Object.getOwnPropertyDescriptor(module, 'hidden');
    const putBack = replaceProperties([[module, { hidden: 2 }]]);
    assert.deepEqual(Object.keys(module), []);
    putBack();
    assert.deepEqual(Object.getOwnPropertyDescriptor(module, 'hidden'), before);
  });

  it('adds nothing', () => {
    const module = {};
    replaceProperties([[module, { added: 1 }]])();
    assert.deepEqual(module, {});
  });

  it('leaves what others have replaced since', () => {
    const module: Record<string, unknown> = { one: 1 };
    const putBack = replaceProperties([[module, { one: 'I' }]]);
    module['one'] = 'theirs';
    putBack();
    assert.equal(module['one'], 'theirs');
  });
});
