import assert from 'node:assert/strict';
import { proxiesFor } from '#lib/apps/doctor/connection/proxies.js';

const ENV = { HTTPS_PROXY: 'http://anna:secret@proxy.example:3128/' };

describe('apps/doctor/connection/proxies', () => {
  it('names what the environment has, without the account', () => {
    assert.deepEqual(proxiesFor('www.example', 443, ENV), [
      { variable: 'HTTPS_PROXY', url: 'http://proxy.example:3128' },
    ]);
  });

  it('reads small letters, and hosts without a scheme', () => {
    assert.deepEqual(proxiesFor('www.example', 443, { all_proxy: 'proxy:1080', HTTP_PROXY: '  ' }), [
      { variable: 'ALL_PROXY', url: 'http://proxy:1080' },
    ]);
  });

  it('shows nothing of what is no URL', () => {
    assert.deepEqual(proxiesFor('www.example', 443, { HTTPS_PROXY: 'http://anna:se cret@[' }), [
      { variable: 'HTTPS_PROXY', url: '(not a URL)' },
    ]);
  });

  for (const [list, host, port, count] of [
    ['*', 'www.example', 443, 0],
    ['localhost, .example', 'www.example', 443, 0],
    ['example', 'www.example', 443, 0],
    ['*.example', 'www.example', 443, 0],
    ['ample', 'www.example', 443, 1],
    ['www.example:8443', 'www.example', 443, 1],
    ['www.example:443', 'WWW.example', 443, 0],
    ['::1', '::1', 443, 0],
    ['[::1]:8443', '::1', 8443, 0],
    ['', 'www.example', 443, 1],
  ] as const) {
    it(`takes NO_PROXY "${list}" as ${count === 0 ? 'an exception for' : 'none for'} ${host}:${port}`, () => {
      assert.equal(proxiesFor(host, port, { ...ENV, no_proxy: list }).length, count);
    });
  }
});
