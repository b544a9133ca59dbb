import assert from 'node:assert/strict';
import { toError } from '#lib/base/errors/to-error.js';

describe('base/errors/to-error', () => {
  it('leaves an error as it is and makes one of anything else', () => {
    const error = new TypeError('no');
    assert.equal(toError(error), error);
    for (const thrown of ['text', 42, null, undefined, { toString: () => 'an object' }]) {
      const made = toError(thrown);
      assert.ok(made instanceof Error);
      assert.equal(made.message, String(thrown));
    }
  });
});
