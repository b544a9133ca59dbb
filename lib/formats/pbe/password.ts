import { wipe } from '../asn1/wipe.js';

/** A password in the two forms that key derivations take. */
export interface Password {
  /** For the PKCS #12 derivation: UTF-16, most significant byte first, with its NUL (RFC 7292 §B.1). */
  readonly utf16: Uint8Array;
  /** For PBKDF2. */
  readonly utf8: Uint8Array;
}

/**
 * The forms in which a password may have been used for a file. There are several only for no password and for '',
 * which programs confuse: NULL is no bytes at all, '' is only its NUL, and the PKCS #12 derivation gives different
 * keys for them.
 */
export class PasswordForms implements Iterable<Password> {
  readonly #forms: Password[];

  constructor(password: string | undefined) {
    const given = formOf(password ?? '');
    this.#forms = password === undefined ? [NULL, given] : password === '' ? [given, NULL] : [given];
  }

  [Symbol.iterator](): Iterator<Password> {
    return this.#forms.values();
  }

  /** Tries this form first from now on: it matched a part of the file. */
  prefer(form: Password): void {
    this.#forms.sort((one, other) => Number(other === form) - Number(one === form));
  }

  wipe(): void {
    for (const { utf16, utf8 } of this.#forms) wipe(utf16, utf8);
  }
}

const NULL: Password = { utf16: new Uint8Array(0), utf8: new Uint8Array(0) };

const formOf = (text: string): Password => ({
  utf16: Buffer.from(`${text}\0`, 'utf16le').swap16(),
  utf8: Buffer.from(text, 'utf8'),
});
