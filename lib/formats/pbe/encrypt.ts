import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import * as der from '../asn1/der-writer.js';
import { wipe } from '../asn1/wipe.js';
import { SHA1, SHA256 } from './digests.js';
import { type Password } from './password.js';
import { type Digest, pkcs12Derive, PURPOSE } from './pkcs12-kdf.js';

/** An encryption with a password, and its MAC. */
export interface PasswordEncryption {
  readonly macDigest: Digest;
  readonly macIdentifier: string;
  encrypt(
    plaintext: Uint8Array,
    password: Password,
    salt: Buffer,
    iterations: number,
  ): {
    /** AlgorithmIdentifier with the parameters. */
    readonly algorithm: Buffer;
    readonly ciphertext: Buffer;
  };
}

/**
 * PBES2 with AES-256-CBC and PBKDF2 with HMAC-SHA-256 (RFC 8018), which Windows reads since 10 1709 and Server 2019.
 */
const aes256: PasswordEncryption = {
  macDigest: SHA256,
  macIdentifier: '2.16.840.1.101.3.4.2.1',
  encrypt(plaintext, password, salt, iterations) {
    const key = pbkdf2Sync(password.utf8, salt, iterations, 32, 'sha256');
    const iv = randomBytes(16);
    const ciphertext = encipher('aes-256-cbc', key, iv, plaintext);
    const hmac = der.sequence(der.objectIdentifier('1.2.840.113549.2.9'), der.nothing());
    const derivation = der.sequence(
      der.objectIdentifier('1.2.840.113549.1.5.12'),
      der.sequence(der.octetString(salt), der.integer(iterations), hmac),
    );
    const scheme = der.sequence(der.objectIdentifier('2.16.840.1.101.3.4.1.42'), der.octetString(iv));
    const algorithm = der.sequence(
      der.objectIdentifier('1.2.840.113549.1.5.13'),
      der.sequence(derivation, scheme),
    );
    return { algorithm, ciphertext };
  },
};

/** 3DES with the derivation of PKCS #12 and SHA-1 (RFC 7292 appendix C), which every system reads. */
const legacy: PasswordEncryption = {
  macDigest: SHA1,
  macIdentifier: '1.3.14.3.2.26',
  encrypt(plaintext, password, salt, iterations) {
    const derive = (purpose: 1 | 2, length: number): Buffer =>
      pkcs12Derive(password.utf16, { digest: SHA1, salt, iterations, purpose, length });
    const ciphertext = encipher('des-ede3-cbc', derive(PURPOSE.key, 24), derive(PURPOSE.iv, 8), plaintext);
    const algorithm = der.sequence(
      der.objectIdentifier('1.2.840.113549.1.12.1.3'),
      der.sequence(der.octetString(salt), der.integer(iterations)),
    );
    return { algorithm, ciphertext };
  },
};

export const PASSWORD_ENCRYPTIONS = { aes256, legacy } as const;

function encipher(algorithm: string, key: Buffer, iv: Buffer, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv(algorithm, key, iv);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  wipe(key);
  return ciphertext;
}
