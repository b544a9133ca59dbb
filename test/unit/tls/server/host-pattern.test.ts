import assert from 'node:assert/strict';
import { hostPattern } from '#lib/tls/server/host-pattern.js';
import { numbersFrom } from '../../../support/mutations.js';

describe('tls/server/host-pattern', () => {
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

  it('matches as the regular expression of node:tls does', () => {
    const below = numbersFrom(20_250_902);
    const text = (letters: string, length: number): string =>
      Array.from({ length: below(length) }, () => letters[below(letters.length)]).join('');
    const seen = { fits: 0, differs: 0 };
    for (let round = 0; round < 20_000; round += 1) {
      const [hostname, name] = [text('ab.**', 9), text('ab.', 9)];
      const nodes = new RegExp(`^${hostname.replaceAll('.', '\\.').replaceAll('*', '[^.]*')}$`);
      assert.equal(hostPattern(hostname).test(name), nodes.test(name), `${hostname} ${name}`);
      seen[nodes.test(name) ? 'fits' : 'differs'] += 1;
    }
    for (const count of Object.values(seen)) assert.ok(count > 500);
  });

  it('does not try every way to match several stars', () => {
    // A regular expression would go through 10^11 ways.
    const pattern = hostPattern(`${'*a'.repeat(8)}*b.example.com`);
    assert.equal(pattern.test(`${'a'.repeat(63)}.example.com`), false);
    assert.equal(pattern.test(`${'a'.repeat(62)}b.example.com`), true);
  });
});
