import assert from 'node:assert/strict';
import { PasswordForms } from '#lib/formats/pbe/password.js';

const forms = (password: string | undefined): string[] =>
  [...new PasswordForms(password)].map(({ utf16 }) => Buffer.from(utf16).toString('hex'));

describe('formats/pbe/password', () => {
  it('has one form with its NUL, or both if there may be no password', () => {
    assert.deepEqual(forms('ab'), ['006100620000']);
    assert.deepEqual(forms(undefined), ['', '0000']);
    assert.deepEqual(forms(''), ['0000', '']);
  });

  it('then tries the form first that matched', () => {
    const both = new PasswordForms(undefined);
    const [, second] = both;
    assert.ok(second);
    both.prefer(second);
    assert.equal([...both][0], second);
  });

  it('zeroes its bytes', () => {
    const secret = new PasswordForms('secret');
    const [form] = secret;
    assert.ok(form);
    secret.wipe();
    assert.ok(form.utf16.every((byte) => byte === 0));
    assert.ok(form.utf8.every((byte) => byte === 0));
  });
});
