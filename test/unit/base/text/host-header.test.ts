import assert from 'node:assert/strict';
import { hostOf } from '#lib/base/text/host-header.js';

describe('base/text/host-header', () => {
  for (const [header, host] of [
    ['www.example', 'www.example'],
    ['WWW.Example.:8443', 'www.example'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['[::1]:443', '[::1]'],
  ] as const) {
    it(`finds ${host} in ${header}`, () => {
      assert.equal(hostOf(header), host);
    });
  }

  for (const header of [
    undefined,
    '',
    '.',
    'a b',
    'www.example/path',
    'anna@www.example',
    '[::1',
    '999.1.1.1',
    'a:b',
  ]) {
    it(`finds none in ${String(header)}`, () => {
      assert.equal(hostOf(header), null);
    });
  }
});
