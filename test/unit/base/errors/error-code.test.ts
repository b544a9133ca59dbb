import assert from 'node:assert/strict';
import { errorCode } from '#lib/base/errors/error-code.js';

describe('base/errors/error-code', () => {
  it('is the code, of whatever was thrown', () => {
    assert.equal(errorCode(Object.assign(new Error('gone'), { code: 'ENOENT' })), 'ENOENT');
    assert.equal(errorCode({ code: 'ENOENT' }), 'ENOENT');
  });

  it('is empty where there is none, or none that is text', () => {
    const without = [
      new Error('gone'),
      Object.assign(new Error('gone'), { code: 5 }),
      null,
      undefined,
      'ENOENT',
    ];
    assert.deepEqual(without.map(errorCode), ['', '', '', '', '']);
  });
});
