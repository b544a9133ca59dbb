import assert from 'node:assert/strict';
import { parseProxyList } from '#lib/windows/proxy-settings/proxy-list.js';

const connect = (host: string, port: number): object => ({
  protocol: 'connect',
  host,
  port,
  isSecure: false,
});

describe('windows/proxy-settings/proxy-list', () => {
  for (const [text, expected] of [
    ['proxy.example:3128', [connect('proxy.example', 3128)]],
    ['a:3128;b:81 c', [connect('a', 3128), connect('b', 81), connect('c', 80)]],
    ['http=a:80;https=b:8080;ftp=c:21', [connect('b', 8080)]],
    ['HTTPS=http://b:8080/', [connect('b', 8080)]],
    ['https=[fd00::1]:3128', [connect('fd00::1', 3128)]],
    ['https=https://b', [{ ...connect('b', 443), isSecure: true }]],
    ['socks5://s', [{ ...connect('s', 1080), protocol: 'socks5' }]],
    ['b:8080;socks=s:1080', [connect('b', 8080)]],
    ['http=a:80', []],
    ['', []],
    [' ; ;', []],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseProxyList(text, 'https'), { proxies: expected, unusable: [] });
    });
  }

  it('has another proxy for plain HTTP', () => {
    assert.deepEqual(parseProxyList('http=a:80;https=b:8080', 'http').proxies, [connect('a', 80)]);
  });

  for (const entry of [
    'socks=s:1080',
    'socks4://s:1080',
    'https=a:0',
    'a:70000',
    'https=user@a:80',
    'a:b',
    '[::1',
  ]) {
    it(`says that ${entry} can't be used`, () => {
      assert.deepEqual(parseProxyList(entry, 'https'), { proxies: [], unusable: [entry] });
    });
  }

  it('reads no more entries than a person writes', () => {
    assert.equal(parseProxyList('a;'.repeat(100_000), 'https').proxies.length, 256);
  });
});
