import assert from 'node:assert/strict';
import { readMarker, writeMarker } from '#lib/apps/acme/manager/marker.js';

const MARKER = { manager: '0123456789abcdef', set: 'web', directory: 'https://acme.test/directory' };

describe('apps/acme/manager/marker', () => {
  it('reads what it has written', () => {
    assert.deepEqual(readMarker(writeMarker(MARKER)), MARKER);
  });

  for (const [title, bytes] of [
    ['nothing', null],
    ['an empty property', Buffer.alloc(0)],
    ['text of another program', Buffer.from('schannel-owners-1\nx')],
    ['what was cut off', writeMarker(MARKER).subarray(0, -5)],
    ['a list', Buffer.from('schannel-acme-1[]')],
    ['a set that is a number', Buffer.from('schannel-acme-1{"manager":"a","set":7,"directory":"b"}')],
  ] as const) {
    it(`finds none in ${title}`, () => {
      assert.equal(readMarker(bytes), null);
    });
  }
});
