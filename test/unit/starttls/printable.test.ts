import assert from 'node:assert/strict';
import { printable } from '#lib/starttls/printable.js';

describe('starttls/printable', () => {
  it('keeps letters of any script', () => {
    assert.equal(printable('550 нет, 不'), '550 нет, 不');
  });

  it('joins lines', () => {
    assert.equal(printable('250-a\r\n250 b\n'), '250-a / 250 b / ');
  });

  it('disarms control sequences and direction marks', () => {
    assert.equal(printable('\u001b[31mred\u0007 \u202eltr \u009b0m'), '?[31mred? ?ltr ?0m');
  });

  it('cuts what is too long for a message', () => {
    assert.equal(printable('x'.repeat(301)), `${'x'.repeat(300)} …`);
  });
});
