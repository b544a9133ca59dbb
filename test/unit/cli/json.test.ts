import assert from 'node:assert/strict';
import { toJson } from '#lib/cli/json.js';

describe('cli/json', () => {
  it('is JSON of the same data', () => {
    const value = { a: ['б', '\u001b[2J', '\u009b2J', '\u202e', '\u{e0001}', '\u2028', '🙂'], b: null };
    assert.deepEqual(JSON.parse(toJson(value, 2)), value);
    assert.deepEqual(JSON.parse(toJson(value)), value);
  });

  it('has no control characters', () => {
    const all = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code)).join('');
    assert.doesNotMatch(toJson({ all, tag: '\u{e0001}' }), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  it('leaves other characters as they are', () => {
    assert.equal(toJson({ name: 'Ünïcødé 不 🙂' }), '{"name":"Ünïcødé 不 🙂"}');
  });
});
