import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { SHA1, SHA256 } from '#lib/formats/pbe/digests.js';
import { PasswordForms } from '#lib/formats/pbe/password.js';
import { pkcs12Derive, PURPOSE } from '#lib/formats/pbe/pkcs12-kdf.js';

interface Bytes {
  toHex(): string;
}
interface Forge {
  readonly pkcs12: { generateKey(...args: readonly unknown[]): Bytes };
  readonly md: Readonly<Record<'sha1' | 'sha256', { create(): unknown }>>;
  readonly util: { createBuffer(bytes: string): Bytes };
}
const forge = createRequire(__filename)('node-forge') as Forge;

const utf16 = (password: string): Uint8Array => {
  const [form] = new PasswordForms(password);
  assert.ok(form);
  return form.utf16;
};
const derive = (
  password: string,
  salt: string,
  iterations: number,
  purpose: (typeof PURPOSE)[keyof typeof PURPOSE],
  length: number,
): string =>
  pkcs12Derive(utf16(password), {
    digest: SHA1,
    salt: Buffer.from(salt, 'hex'),
    iterations,
    purpose,
    length,
  }).toString('hex');

describe('formats/pbe/pkcs12-kdf', () => {
  // The vectors of RFC 7292's first implementers, which OpenSSL, Bouncy Castle and others test with.
  it('derives the keys that others derive', () => {
    const key = derive('smeg', '0a58cf64530d823f', 1, PURPOSE.key, 24);
    assert.equal(key, '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3');
    assert.equal(derive('smeg', '0a58cf64530d823f', 1, PURPOSE.iv, 8), '79993dfe048d3b76');
    const slow = derive('queeg', '05dec959acff72f7', 1000, PURPOSE.key, 24);
    assert.equal(slow, 'ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4');
  });

  it('agrees with node-forge on any length, password and salt', () => {
    for (const digest of [SHA1, SHA256]) {
      for (const [password, saltBytes, length] of [
        ['', 8, 5],
        ['Pässwort', 20, 24],
        ['x'.repeat(100), 64, 32],
        ['y'.repeat(31), 65, 100],
      ] as const) {
        const salt = Buffer.alloc(saltBytes, 0xfe);
        const ours = pkcs12Derive(utf16(password), {
          digest,
          salt,
          iterations: 7,
          purpose: PURPOSE.key,
          length,
        });
        const theirs = forge.pkcs12.generateKey(
          password,
          forge.util.createBuffer(salt.toString('latin1')),
          PURPOSE.key,
          7,
          length,
          forge.md[digest.name as 'sha1' | 'sha256'].create(),
        );
        assert.equal(ours.toString('hex'), theirs.toHex());
      }
    }
  });
});
