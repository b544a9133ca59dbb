import assert from 'node:assert/strict';
import { lackOf } from '#lib/base/errors/lack.js';

const failure = (status: number): Error =>
  Object.assign(new Error('native'), { status, syscall: 'native failure' });

describe('base/errors/lack', () => {
  it('is E_OUTOFMEMORY, or E_FAIL of a thread', () => {
    for (const status of [0x8007000e, 0x80004005]) {
      assert.deepEqual(lackOf(failure(status)), { status, syscall: 'native failure' });
    }
  });

  it('throws a misuse, and what no native call has thrown', () => {
    const misuse = failure(0x80090301);
    for (const thrown of [misuse, new TypeError('mistake'), 'text', null]) {
      assert.throws(
        () => lackOf(thrown),
        (error: unknown) => error === thrown,
      );
    }
  });
});
