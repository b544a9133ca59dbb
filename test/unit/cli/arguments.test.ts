import assert from 'node:assert/strict';
import { duration } from '#lib/cli/arguments.js';

describe('cli/arguments: duration()', () => {
  for (const [text, milliseconds] of [
    ['30d', 2_592_000_000],
    ['12h', 43_200_000],
    ['90m', 5_400_000],
    ['45s', 45_000],
    ['2w', 1_209_600_000],
  ] as const) {
    it(`reads ${text}`, () => {
      assert.deepEqual(duration(text), { text, milliseconds });
    });
  }

  for (const text of ['', '30', 'd', '-1d', '1.5d', '30 d', '30D', '1y', '30d12h', '1234567d']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => duration(text), { code: 'commander.invalidArgument' });
    });
  }
});
