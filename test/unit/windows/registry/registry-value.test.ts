import assert from 'node:assert/strict';
import {
  contentOf,
  listOf,
  listValue,
  numberOf,
  numberValue,
  REG,
  sameValue,
} from '#lib/windows/registry/registry-value.js';

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

describe('windows/registry/registry-value', () => {
  it('reads numbers, texts and lists', () => {
    assert.equal(contentOf(numberValue(0xffffffff)), 0xffffffff);
    assert.equal(
      contentOf({ type: REG.longNumber, data: Buffer.from('0100000001000000', 'hex') }),
      2 ** 32 + 1,
    );
    assert.equal(contentOf({ type: REG.text, data: utf16('a\0b') }), 'a');
    assert.equal(contentOf({ type: REG.expandText, data: utf16('%x%') }), '%x%');
    assert.deepEqual(contentOf(listValue(['a', 'b'])), ['a', 'b']);
    assert.deepEqual(contentOf({ type: REG.list, data: utf16('a\0b') }), ['a', 'b']);
    assert.deepEqual(contentOf(listValue([])), []);
    // An empty text ends a list: what stands behind it is not in it.
    assert.deepEqual(contentOf({ type: REG.list, data: utf16('a\0\0b\0\0') }), ['a']);
    assert.deepEqual(contentOf({ type: REG.list, data: utf16('\0\0') }), []);
  });

  it('has nothing to say about what is absent, short or of another type', () => {
    assert.equal(contentOf(null), null);
    assert.equal(contentOf({ type: REG.binary, data: Buffer.from('x') }), null);
    assert.equal(contentOf({ type: REG.number, data: Buffer.alloc(3) }), null);
    assert.equal(numberOf({ type: REG.text, data: utf16('1\0') }), null);
    assert.equal(listOf(numberValue(1)), null);
  });

  it('reads a list from a text with commas, as the editor of group policies writes it', () => {
    assert.deepEqual(listOf({ type: REG.text, data: utf16('TLS_A, TLS_B,\0') }), ['TLS_A', 'TLS_B']);
    assert.deepEqual(listOf(listValue(['TLS_A', 'TLS_B'])), ['TLS_A', 'TLS_B']);
  });

  it('compares type and bytes', () => {
    assert.ok(sameValue(null, null));
    assert.ok(sameValue(numberValue(1), numberValue(1)));
    assert.ok(!sameValue(numberValue(1), null));
    assert.ok(!sameValue(numberValue(1), numberValue(2)));
    assert.ok(!sameValue(numberValue(1), { ...numberValue(1), type: REG.binary }));
  });
});
