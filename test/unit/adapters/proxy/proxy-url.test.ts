import assert from 'node:assert/strict';
import { proxyFromUrl } from '#lib/adapters/proxy/proxy-url.js';

describe('adapters/proxy/proxy-url', () => {
  for (const [url, step] of [
    ['http://proxy.test:3128', { protocol: 'connect', host: 'proxy.test', port: 3128 }],
    ['http://proxy.test', { protocol: 'connect', host: 'proxy.test', port: 80 }],
    ['HTTP://proxy.test:80/', { protocol: 'connect', host: 'proxy.test', port: 80 }],
    ['https://proxy.test', { protocol: 'connect', host: 'proxy.test', port: 443, tls: {} }],
    ['socks5://proxy.test', { protocol: 'socks5', host: 'proxy.test', port: 1080 }],
    ['socks5h://127.0.0.1:9050', { protocol: 'socks5', host: '127.0.0.1', port: 9050 }],
    ['socks5://[::1]:1080', { protocol: 'socks5', host: '::1', port: 1080 }],
    ['http://[::1]:8080', { protocol: 'connect', host: '::1', port: 8080 }],
    ['http://anna@proxy.test', { protocol: 'connect', host: 'proxy.test', port: 80, user: 'anna' }],
    [
      'socks5://an%40na:pass%3Aw%C3%B6rd@proxy.test',
      { protocol: 'socks5', host: 'proxy.test', port: 1080, user: 'an@na', password: 'pass:wörd' },
    ],
  ] as const) {
    it(`reads ${url}`, () => {
      assert.deepEqual(proxyFromUrl(url), step);
    });
  }

  for (const url of [
    '',
    'proxy.test:3128',
    'socks4://proxy.test',
    'ftp://anna:secret@proxy.test',
    'http://anna:secret@proxy.test/path',
    'http://anna:secret@proxy.test/?x',
    'http://anna:secret@proxy.test:99999',
    'http://anna:secret%zz@proxy.test',
    'socks5://:1080',
    'http://anna:secret@',
  ]) {
    it(`refuses ${JSON.stringify(url)} without saying what it was`, () => {
      assert.throws(
        () => proxyFromUrl(url),
        (error: Error) => {
          assert.equal(Reflect.get(error, 'code'), 'ERR_INVALID_ARG_VALUE');
          assert.doesNotMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /secret/);
          return true;
        },
      );
    });
  }
});
