import assert from 'node:assert/strict';
import { formatReference, parseReference } from '#lib/windows/store/reference.js';

const SHA1 = '0123456789ABCDEF0123456789ABCDEF01234567';
const SHA256 = `${SHA1}${SHA1.slice(0, 24)}`;

describe('windows/store/reference', () => {
  it("reads curl's form", () => {
    const { store, thumbprint } = parseReference(`LocalMachine\\My\\${SHA1.toLowerCase()}`);
    assert.equal(store?.path, 'LocalMachine\\MY');
    assert.equal(thumbprint, SHA1);
    assert.deepEqual(parseReference(formatReference('LocalMachine\\MY', SHA1)), { store, thumbprint });
  });

  it('reads a bare thumbprint, SHA-1 or SHA-256', () => {
    assert.deepEqual(parseReference(SHA1), { store: null, thumbprint: SHA1 });
    assert.deepEqual(parseReference(SHA256), { store: null, thumbprint: SHA256 });
  });

  it('ignores what is copied along with a thumbprint', () => {
    const pairs = (separator: string): string => SHA1.match(/../g)?.join(separator) ?? '';
    for (const text of [pairs(':'), pairs(' '), pairs('-'), `\u200e${pairs(' ')}\n`]) {
      assert.equal(parseReference(text).thumbprint, SHA1);
    }
  });

  it('knows the stores of services and of users', () => {
    assert.equal(parseReference(`Services\\W3SVC\\MY\\${SHA1}`).store?.path, 'Services\\W3SVC\\MY');
  });

  for (const text of [
    '',
    'MY',
    'CurrentUser\\MY',
    SHA1.slice(1),
    `${SHA1}0`,
    `CurrentUser\\MY\\${SHA1.slice(1)}g`,
  ]) {
    it(`refuses '${text}'`, () => {
      assert.throws(() => parseReference(text), { code: 'ERR_SCHANNEL_STORE_NAME' });
    });
  }
});
