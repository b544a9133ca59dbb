import assert from 'node:assert/strict';
import tls from 'node:tls';
import { invalidType } from '#lib/base/errors/argument-error.js';

describe('invalidType', () => {
  it("has Node's words", () => {
    const values = [true, 'a text that is longer than what Node shows', {}, [], assert, 7n];
    for (const value of values) {
      const options = { handshakeTimeout: value as unknown as number };
      const ours = invalidType('options.handshakeTimeout', 'of type number', value);
      assert.throws(() => tls.createServer(options), { code: 'ERR_INVALID_ARG_TYPE', message: ours.message });
    }
  });

  it('tells an argument from an option, and what is missing', () => {
    assert.equal(
      invalidType('name', 'of type string', undefined).message,
      'The "name" argument must be of type string. Received undefined',
    );
    assert.match(invalidType('options.name', 'of type string', null).message, /property .* Received null$/);
  });
});
