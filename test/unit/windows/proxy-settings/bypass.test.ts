import assert from 'node:assert/strict';
import { isBypassed } from '#lib/windows/proxy-settings/bypass.js';

const bypassed = (list: string, host: string, port = 443): boolean =>
  isBypassed(list, { scheme: 'https', host, port });

describe('windows/proxy-settings/bypass', () => {
  for (const [list, host, expected] of [
    ['*.example', 'www.example', true],
    ['*.example', 'example', false],
    ['*.example', 'www.example.org', false],
    ['example', 'www.example', false],
    ['WWW.example', 'www.EXAMPLE', true],
    ['www.*.example;other', 'www.a.b.example', true],
    ['www.*.example', 'www.example', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['10.*', '10.0.0.7', true],
    ['192.168.1.?', '192.168.1.1', false],
    ['*', 'anything.example', true],
    ['<local>', 'intranet', true],
    ['<local>', 'intranet.example', false],
    ['<local>', '10.0.0.1', false],
    ['<LOCAL>', 'intranet', true],
    ['<local>', 'fd00::1', false],
    ['[fd00::1]', 'fd00::1', true],
    ['https://www.example', 'www.example', true],
    ['http://www.example', 'www.example', false],
    ['www.example:443', 'www.example', true],
    ['www.example:80', 'www.example', false],
    ['a.example, b.example\nc.example', 'b.example', true],
    ['', 'www.example', false],
  ] as const) {
    it(`${JSON.stringify(list)} ${expected ? 'has' : 'does not have'} ${host}`, () => {
      assert.equal(bypassed(list, host), expected);
    });
  }

  it('always has this machine, unless it says otherwise', () => {
    for (const host of ['localhost', 'app.localhost', '127.0.0.1', '127.3.2.1', '::1', 'LOCALHOST']) {
      assert.equal(bypassed('', host), true, host);
      assert.equal(bypassed('<-loopback>', host), false, host);
    }
    assert.equal(bypassed('', 'localhost.example'), false);
  });

  it('needs no more steps for a pattern that tries to make it', () => {
    assert.equal(bypassed(`${'*a'.repeat(5000)}b`, `${'a'.repeat(250)}.example`), false);
  });
});
