import assert from 'node:assert/strict';
import { constants } from 'node:buffer';
import tls from 'node:tls';
import { integerWithin, invalidType, numberWithin } from '#lib/base/errors/argument-error.js';

describe('base/errors/argument-error', () => {
  it("has Node's words", () => {
    const values = [true, 'a text that is longer than what Node shows', {}, [], assert, 7n];
    for (const value of values) {
      const options = { handshakeTimeout: value as unknown as number };
      const ours = invalidType('options.handshakeTimeout', 'of type number', value);
      assert.throws(() => tls.createServer(options), { code: 'ERR_INVALID_ARG_TYPE', message: ours.message });
    }
  });

  it('distinguishes arguments from options, and names what is missing', () => {
    assert.equal(
      invalidType('name', 'of type string', undefined).message,
      'The "name" argument must be of type string. Received undefined',
    );
    assert.match(invalidType('options.name', 'of type string', null).message, /property .* Received null$/);
  });
});

describe('base/errors/argument-error: numberWithin()', () => {
  it('is the number, the ends of the range included', () => {
    assert.deepEqual(
      [1, 2.5, 9].map((value) => numberWithin('size', value, 1, 9)),
      [1, 2.5, 9],
    );
  });

  it("has Node's words for what lies outside", () => {
    assert.throws(
      () => numberWithin('size', -1, 0, constants.MAX_LENGTH),
      ({ code, message }: NodeJS.ErrnoException) => {
        assert.throws(() => Buffer.alloc(-1), { name: 'RangeError', code, message });
        return true;
      },
    );
    assert.throws(() => numberWithin('size', NaN, 0, 3), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' });
  });

  it('refuses what is no number', () => {
    assert.throws(() => numberWithin('size', '5', 1, 9), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});

describe('base/errors/argument-error: integerWithin()', () => {
  it('is the number, if it is whole', () => {
    assert.equal(integerWithin('days', 9, 1, 9), 9);
    assert.throws(() => integerWithin('days', 2.5, 1, 9), {
      code: 'ERR_OUT_OF_RANGE',
      message: /It must be an integer from 1 to 9\. Received 2\.5$/,
    });
  });
});
