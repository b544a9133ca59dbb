import { type KeyObject, randomBytes } from 'node:crypto';
import * as der from '../asn1/der-writer.js';
import { wipe } from '../asn1/wipe.js';
import { PASSWORD_ENCRYPTIONS } from '../pbe/encrypt.js';
import { PasswordForms } from '../pbe/password.js';
import { toPem } from '../pem/pem-writer.js';

const SALT_BYTES = 16;

/**
 * A private key as PKCS #8 with a passphrase (PBES2 with AES-256-CBC and HMAC-SHA-256), PEM. KeyObject.export() does
 * this too, but always with 2048 iterations, which protect a key that is kept for years too little.
 *
 * @param key exportable
 */
export function encryptedKeyPem(key: KeyObject, passphrase: string, iterations: number): string {
  const plaintext = key.export({ type: 'pkcs8', format: 'der' });
  const forms = new PasswordForms(passphrase);
  try {
    const [form] = forms;
    if (form === undefined) throw new TypeError('a passphrase has at least one form');
    const { algorithm, ciphertext } = PASSWORD_ENCRYPTIONS.aes256.encrypt(
      plaintext,
      form,
      randomBytes(SALT_BYTES),
      iterations,
    );
    return toPem('ENCRYPTED PRIVATE KEY', der.sequence(algorithm, der.octetString(ciphertext)));
  } finally {
    forms.wipe();
    wipe(plaintext);
  }
}
