import assert from 'node:assert/strict';
import { isExcluded } from '#lib/adapters/proxy/no-proxy.js';

describe('adapters/proxy/no-proxy', () => {
  for (const [list, host, expected] of [
    ['example', 'example', true],
    ['example', 'www.example', true],
    ['.example', 'www.example', true],
    ['*.example', 'www.Example.', true],
    ['example', 'notexample', false],
    ['www.example', 'example', false],
    ['a.example, b.example c.example', 'c.example', true],
    ['*', '10.0.0.1', true],
    ['example:443', 'www.example', true],
    ['example:8443', 'www.example', false],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.1', '10.0.0.1', true],
    ['fd00::1', 'fd00::1', true],
    ['[fd00::1]:443', 'fd00::1', true],
    ['fd00::/8', 'fd12::1', true],
    ['10.0.0.0/99', '10.0.0.1', false],
    ['cafe', '10.0.0.1', false],
    ['.', 'www.example', false],
    ['', 'www.example', false],
  ] as const) {
    it(`${JSON.stringify(list)} ${expected ? 'has' : 'does not have'} ${host}`, () => {
      assert.equal(isExcluded(list, { host, port: 443 }), expected);
    });
  }

  it('takes a list too', () => {
    assert.equal(isExcluded(['a', '.example'], { host: 'www.example', port: 1 }), true);
  });
});
