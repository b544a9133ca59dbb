import assert from 'node:assert/strict';
import { addressText, isLoopback, parseEndpoint, parseEndpoints } from '#lib/apps/tunnel/endpoint.js';
import type { Endpoint } from '#lib/apps/tunnel/options.js';

const parse = (value: Endpoint, least: 0 | 1 = 0) =>
  parseEndpoint('accept', value, { host: '127.0.0.1', least });

describe('apps/tunnel/endpoint', () => {
  for (const [given, expected] of [
    [143, { host: '127.0.0.1', port: 143 }],
    ['143', { host: '127.0.0.1', port: 143 }],
    [':143', { host: '127.0.0.1', port: 143 }],
    ['mail.example:993', { host: 'mail.example', port: 993 }],
    ['bücher.example:993', { host: 'bücher.example', port: 993 }],
    ['[::1]:993', { host: '::1', port: 993 }],
    [':::993', { host: '::', port: 993 }],
    [
      { host: '::1', port: 5 },
      { host: '::1', port: 5 },
    ],
    [{ port: 5 }, { host: '127.0.0.1', port: 5 }],
    ['\\\\.\\pipe\\mail', { path: '\\\\.\\pipe\\mail' }],
    ['/run/mail', { path: '/run/mail' }],
    [{ path: 'mail' }, { path: 'mail' }],
  ] as const) {
    it(`reads ${JSON.stringify(given)}`, () => {
      assert.deepEqual(parse(given), expected);
    });
  }

  for (const [given, code] of [
    ['', 'ERR_INVALID_ARG_VALUE'],
    ['mail.example', 'ERR_INVALID_ARG_VALUE'],
    ['mail.example:', 'ERR_INVALID_ARG_VALUE'],
    ['mail.example:65536', 'ERR_INVALID_ARG_VALUE'],
    ['a b:1', 'ERR_INVALID_ARG_VALUE'],
    ['a\r\nb:1', 'ERR_INVALID_ARG_VALUE'],
    [{ host: 'a/b', port: 1 }, 'ERR_INVALID_ARG_VALUE'],
    [{ path: '' }, 'ERR_INVALID_ARG_VALUE'],
    [65_536, 'ERR_OUT_OF_RANGE'],
    [1.5, 'ERR_OUT_OF_RANGE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
    [{ host: 'a' }, 'ERR_INVALID_ARG_TYPE'],
  ] as const) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      assert.throws(() => parse(given as Endpoint), { code });
    });
  }

  it('takes port 0 only where any port will do', () => {
    assert.deepEqual(parse('0'), { host: '127.0.0.1', port: 0 });
    assert.throws(() => parse('0', 1), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(() => parse(0, 1), { code: 'ERR_OUT_OF_RANGE' });
  });

  it('says which one of a list is wrong, and that a list is empty', () => {
    const defaults = { host: '127.0.0.1', least: 1 } as const;
    assert.throws(() => parseEndpoints('connect', [1, 'x'], defaults), /connect\[1\]/);
    assert.throws(() => parseEndpoints('connect', [], defaults), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.equal(parseEndpoints('connect', 1, defaults).length, 1);
  });

  it('writes addresses so that they can be read again', () => {
    for (const text of ['127.0.0.1:143', '[::1]:143', '\\\\.\\pipe\\mail']) {
      assert.equal(addressText(parse(text)), text);
    }
  });

  it('knows what only this machine can reach', () => {
    for (const text of ['1', 'localhost:1', '127.8.9.1:1', '[::1]:1', '\\\\.\\pipe\\x']) {
      assert.equal(isLoopback(parse(text)), true, text);
    }
    for (const text of ['0.0.0.0:1', ':::1', '192.0.2.1:1', 'localhost.example:1', '127.example:1']) {
      assert.equal(isLoopback(parse(text)), false, text);
    }
  });
});
