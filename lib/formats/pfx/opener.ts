import { readElement } from '../asn1/element.js';
import { type ReadBudget } from '../asn1/read-budget.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { wipe } from '../asn1/wipe.js';
import { damagedFile } from '../asn1/damaged-file.js';
import { type WorkBudget } from '../pbe/limits.js';
import { type Password, type PasswordForms } from '../pbe/password.js';
import { isWholeSequence } from '../private-key/pkcs8.js';
import { type Bag, type BagReader } from './bags.js';
import { type Envelope } from './envelope.js';
import { type Safe } from './safes.js';

/** An encrypted item: null if the password is wrong. */
type Locked = (password: Password, budget: WorkBudget) => Buffer | null;

/** Decrypts the encrypted parts, and keeps the plaintext until {@link wipe}: bags are views on it. */
export class Opener {
  readonly #forms: PasswordForms;
  readonly #budget: WorkBudget;
  readonly #given: boolean;
  readonly #plaintexts: Buffer[] = [];
  #proved = false;

  /** @param given whether there is a password at all; decides which error reports a wrong one */
  constructor(forms: PasswordForms, budget: WorkBudget, given: boolean) {
    this.#forms = forms;
    this.#budget = budget;
    this.#given = given;
  }

  /**
   * Finds the form of the password that matches the MAC.
   *
   * A MAC that does not match means a wrong password or changed bytes. If the password still decrypts a part of the
   * file, the bytes were changed.
   *
   * @throws SchannelError ERR_SCHANNEL_IMPORT_PASSWORD_MISSING, ERR_SCHANNEL_IMPORT_PASSWORD_WRONG,
   *   ERR_SCHANNEL_IMPORT_DAMAGED
   */
  checkMac({ content, mac }: Envelope, safes: readonly Safe[]): void {
    if (mac === null) return;
    for (const form of this.#forms) {
      if (!mac.matches(form, content, this.#budget)) continue;
      this.#forms.prefer(form);
      this.#proved = true;
      return;
    }
    const locked = lockedIn(safes);
    if (locked !== null && this.#opens(locked)) {
      throw damagedFile('been changed: the password is right, and the MAC does not fit');
    }
    throw this.#refused();
  }

  /** The plaintext, zeroed by {@link wipe}. @throws as {@link checkMac} */
  open(locked: Locked): Buffer {
    const plaintext = this.#tryAll(locked);
    if (plaintext === null) throw this.#refused();
    return plaintext;
  }

  /** Zeroes all plaintext. */
  wipe(): void {
    wipe(...this.#plaintexts);
  }

  /** Whether the password decrypts something; false if the remaining budget is too small to find out. */
  #opens(locked: Locked): boolean {
    try {
      return this.#tryAll(locked) !== null;
    } catch (error) {
      if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_IMPORT_ITERATIONS') return false;
      throw error;
    }
  }

  #tryAll(locked: Locked): Buffer | null {
    for (const form of this.#forms) {
      const plaintext = locked(form, this.#budget);
      if (plaintext === null) continue;
      this.#plaintexts.push(plaintext);
      this.#forms.prefer(form);
      return plaintext;
    }
    return null;
  }

  #refused(): SchannelError {
    if (this.#proved) {
      return new SchannelError(
        'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
        'The password matches the MAC of the file but not its content: they have different passwords',
        { advice: 'Export it again with one password.' },
      );
    }
    if (!this.#given) {
      return new SchannelError('ERR_SCHANNEL_IMPORT_PASSWORD_MISSING', 'The file needs a password', {
        advice: 'Give its password.',
      });
    }
    return new SchannelError('ERR_SCHANNEL_IMPORT_PASSWORD_WRONG', 'The password does not fit the file', {
      advice: 'Check the password; a file that was damaged can look the same.',
    });
  }
}

/** Decrypts an encrypted part. */
const lockedSafe =
  ({ encryption, ciphertext }: Extract<Safe, { kind: 'encrypted' }>): Locked =>
  (password, budget) => {
    const plaintext = encryption.open(password, ciphertext, budget);
    if (plaintext === null || isWholeSequence(plaintext)) return plaintext;
    wipe(plaintext);
    return null;
  };

/** The encrypted items of the file. */
function lockedIn(safes: readonly Safe[]): Locked | null {
  for (const safe of safes) {
    if (safe.kind === 'encrypted') return lockedSafe(safe);
    const bag = safe.bags.find(({ kind }) => kind === 'encrypted-key');
    if (bag?.kind === 'encrypted-key') return (password, budget) => bag.key.open(password, budget);
  }
  return null;
}

/** The bags of a part, decrypted if it is encrypted. */
export function bagsOf(safe: Safe, opener: Opener, reader: BagReader, budget: ReadBudget): readonly Bag[] {
  if (safe.kind === 'plain') return safe.bags;
  return reader.read(readElement(opener.open(lockedSafe(safe)), budget));
}
