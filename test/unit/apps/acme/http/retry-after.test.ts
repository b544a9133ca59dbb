import assert from 'node:assert/strict';
import { retryAfter } from '#lib/apps/acme/http/retry-after.js';

const NOW = new Date('2030-01-01T00:00:00Z');

describe('apps/acme/http/retry-after', () => {
  for (const [header, expected] of [
    ['120', '2030-01-01T00:02:00.000Z'],
    [' 0 ', '2030-01-01T00:00:00.000Z'],
    ['Wed, 02 Jan 2030 03:04:05 GMT', '2030-01-02T03:04:05.000Z'],
    ['Wednesday, 02-Jan-30 03:04:05 GMT', '2030-01-02T03:04:05.000Z'],
  ] as const) {
    it(`reads ${JSON.stringify(header)}`, () => {
      assert.equal(retryAfter(header, NOW)?.toISOString(), expected);
    });
  }

  for (const header of [undefined, '', '-5', '1.5', 'soon', '99999999999999', '2030-01-02', 'Xyz, never']) {
    it(`reads nothing in ${JSON.stringify(header)}`, () => {
      assert.equal(retryAfter(header, NOW), null);
    });
  }
});
