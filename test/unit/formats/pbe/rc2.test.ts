import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { decryptRc2 } from '#lib/formats/pbe/rc2.js';

interface Bytes {
  getBytes(): string;
}
interface Cipher {
  readonly output: Bytes;
  start(iv: string): void;
  update(input: Bytes): void;
  finish(): void;
}
interface Forge {
  readonly rc2: {
    createEncryptionCipher(key: string, bits: number): Cipher;
    createDecryptionCipher(key: string, bits: number): Cipher;
  };
  readonly util: { createBuffer(bytes: string): Bytes };
}
const forge = createRequire(__filename)('node-forge') as Forge;

const KEY = Buffer.from('88bca90e90', 'hex');
const IV = Buffer.from('0102030405060708', 'hex');

function encrypt(plaintext: Buffer): Buffer {
  const cipher = forge.rc2.createEncryptionCipher(KEY.toString('latin1'), 40);
  cipher.start(IV.toString('latin1'));
  cipher.update(forge.util.createBuffer(plaintext.toString('latin1')));
  cipher.finish();
  return Buffer.from(cipher.output.getBytes(), 'latin1');
}

describe('formats/pbe/rc2', () => {
  it('decrypts across its pieces', () => {
    for (const size of [0, 7, 8, 1015, 1016, 1023, 1024, 5000]) {
      const plaintext = Buffer.alloc(size, 'abcdefg');
      assert.ok(decryptRc2(KEY, IV, encrypt(plaintext))?.equals(plaintext), `${size} bytes`);
    }
  });

  it('is null for wrong padding', () => {
    const ciphertext = encrypt(Buffer.alloc(20));
    const other = Buffer.from('88bca90e91', 'hex');
    assert.equal(decryptRc2(other, IV, ciphertext), null);
  });

  it('gives node-forge pieces of a kilobyte, since it keeps all input', () => {
    const { createDecryptionCipher } = forge.rc2;
    const pieces: number[] = [];
    forge.rc2.createDecryptionCipher = (...args) => {
      const cipher = createDecryptionCipher(...args);
      const { update } = cipher;
      cipher.update = (input) => {
        pieces.push(input.getBytes().length);
        update.call(cipher, input);
      };
      return cipher;
    };
    try {
      decryptRc2(KEY, IV, Buffer.alloc(100 << 10));
    } finally {
      forge.rc2.createDecryptionCipher = createDecryptionCipher;
    }
    assert.deepEqual(pieces, Array<number>(100).fill(1024));
  });
});
