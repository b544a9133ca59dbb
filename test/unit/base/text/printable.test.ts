import assert from 'node:assert/strict';
import { printable, printableList } from '#lib/base/text/printable.js';

describe('base/text/printable', () => {
  it('keeps letters of any script', () => {
    assert.equal(printable('550 нет, 不 🙂'), '550 нет, 不 🙂');
  });

  it('joins lines', () => {
    assert.equal(printable('250-a\r\n250 b\n'), '250-a / 250 b / ');
  });

  it('disarms control sequences, direction marks, separators of lines and half characters', () => {
    assert.equal(printable('\u001b[31mred\u0007 \u202eltr \u009b0m'), '?[31mred? ?ltr ?0m');
    assert.equal(printable('a\u2028b\u2029c\r\ud83d'), 'a?b?c??');
  });

  it('cuts what is too long for a message', () => {
    assert.equal(printable('x'.repeat(300)), 'x'.repeat(300));
    assert.equal(printable('x'.repeat(301)), `${'x'.repeat(300)} …`);
    assert.equal(printable('abcdef', 3), 'abc …');
    assert.equal(printable('ab🙂', 3), 'ab? …');
  });

  it('lists names, of many only the first', () => {
    assert.equal(printableList([]), '');
    assert.equal(printableList(['h2', '\u001b[2J']), 'h2, ?[2J');
    const names = Array.from({ length: 30_000 }, () => 'n'.repeat(255));
    const list = printableList(names);
    assert.match(list, /^n{64} …, .* and 29990 more$/);
    assert.ok(list.length < 1000);
  });
});
