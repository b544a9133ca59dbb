import assert from 'node:assert/strict';
import { knowsHost, siteNames } from '#lib/web/names/site-names.js';

describe('web/names/site-names', () => {
  it('knows host names, one label for a wildcard, and addresses', () => {
    const names = siteNames(['Bücher.example', '*.bar.example', '192.0.2.7', '[2001:DB8::7]']);
    for (const host of [
      'xn--bcher-kva.example',
      'a.bar.example',
      '192.0.2.7',
      '[2001:db8::7]',
      '[2001:db8:0::7]',
    ]) {
      assert.ok(knowsHost(names, host), host);
    }
    for (const host of ['bar.example', 'a.b.bar.example', 'other.example', '192.0.2.8', '[::1]', '*']) {
      assert.ok(!knowsHost(names, host), host);
    }
  });

  it('have a first one, in its canonical form', () => {
    assert.deepEqual(siteNames(['WWW.bar.example.', '127.0.0.1']).first, { dns: 'www.bar.example' });
    assert.deepEqual(siteNames(['[::0001]', 'bar.example']).first, { ip: '::1' });
  });

  for (const [given, code] of [
    [[], 'ERR_INVALID_ARG_VALUE'],
    [['bar.example:443'], 'ERR_INVALID_ARG_VALUE'],
    [['https://bar.example'], 'ERR_INVALID_ARG_VALUE'],
    ['bar.example', 'ERR_INVALID_ARG_TYPE'],
    [[1], 'ERR_INVALID_ARG_TYPE'],
    [undefined, 'ERR_INVALID_ARG_TYPE'],
  ] as const) {
    it(`refuse ${JSON.stringify(given)}`, () => {
      assert.throws(() => siteNames(given), { code });
    });
  }
});
