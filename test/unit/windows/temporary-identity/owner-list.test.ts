import assert from 'node:assert/strict';
import { readOwners, writeOwners } from '#lib/windows/temporary-identity/owner-list.js';

const ONE = `g${'0'.repeat(32)}`;
const TWO = `l${'f'.repeat(32)}`;

describe('windows/temporary-identity/owner-list', () => {
  it('is read as it was written', () => {
    assert.deepEqual(readOwners(writeOwners([ONE, TWO])), [ONE, TWO]);
  });

  for (const [what, property] of [
    ['no property', null],
    ['an empty one', Buffer.alloc(0)],
    ['no owner', writeOwners([])],
    ['another format', Buffer.from(`schannel-owners-2\n${ONE}`)],
    ['an owner in no form of ours', writeOwners([ONE, 'me'])],
    ['a line too many', Buffer.concat([writeOwners([ONE]), Buffer.from('\n')])],
    ['bytes of somebody else', Buffer.from([0x30, 0x82, 0x01, 0x0a])],
  ] as const) {
    it(`is none of ours with ${what}`, () => {
      assert.equal(readOwners(property), null);
    });
  }
});
