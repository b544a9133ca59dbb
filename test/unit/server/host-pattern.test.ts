import assert from 'node:assert/strict';
import { hostPattern } from '#lib/server/host-pattern.js';

describe('hostPattern()', () => {
  const cases: readonly [hostname: string, fits: readonly string[], differs: readonly string[]][] = [
    ['example.com', ['example.com', 'EXAMPLE.com'], ['exampleXcom', 'a.example.com', 'example.com.de', '']],
    ['*.example.com', ['a.example.com', '.example.com'], ['example.com', 'a.b.example.com', 'aXexample.com']],
    ['a*.example.com', ['a.example.com', 'ab.example.com'], ['b.example.com', 'a.b.example.com']],
    ['*', ['localhost', ''], ['a.b']],
    ['a-b_c.test', ['a-b_c.test'], ['axb_c.test']],
    ['(a|b).te$t{1}[x]^?\\+', ['(a|b).te$t{1}[x]^?\\+'], ['a.te', 'b.test']],
  ];
  for (const [hostname, fits, differs] of cases) {
    it(hostname, () => {
      const pattern = hostPattern(hostname);
      assert.deepEqual(
        fits.filter((name) => !pattern.test(name)),
        [],
      );
      assert.deepEqual(
        differs.filter((name) => pattern.test(name)),
        [],
      );
    });
  }
});
