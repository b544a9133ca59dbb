import assert from 'node:assert/strict';
import { WorkBudget } from '#lib/formats/pbe/limits.js';
import { PasswordForms } from '#lib/formats/pbe/password.js';
import { Opener } from '#lib/formats/pfx/opener.js';
import { codeOf } from '../../../support/key-material.js';

const opener = (password: string | undefined): Opener =>
  new Opener(new PasswordForms(password), new WorkBudget(), password !== undefined);

describe('formats/pfx/opener', () => {
  it('zeroes everything it opened', () => {
    const one = opener('secret');
    const plaintexts = [Buffer.from('first'), Buffer.from('second')];
    for (const plaintext of plaintexts)
      assert.equal(
        one.open(() => plaintext),
        plaintext,
      );
    one.wipe();
    for (const plaintext of plaintexts) assert.ok(plaintext.every((byte) => byte === 0));
  });

  it('tries each form of a password until one fits, and that one first from then on', () => {
    const one = opener(undefined);
    const tried: number[] = [];
    const fitsEmpty = ({ utf16 }: { readonly utf16: Uint8Array }): Buffer | null => {
      tried.push(utf16.length);
      return utf16.length === 2 ? Buffer.from('open') : null;
    };
    one.open(fitsEmpty);
    one.open(fitsEmpty);
    assert.deepEqual(tried, [0, 2, 2]);
  });

  it('says which fault it is that nothing opens', () => {
    assert.equal(
      codeOf(() => opener('x').open(() => null)),
      'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
    );
    assert.equal(
      codeOf(() => opener(undefined).open(() => null)),
      'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
    );
  });
});
