import { createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { damagedFile } from '../asn1/damaged-file.js';
import { type Element } from '../asn1/element.js';
import { objectIdentifier, octets, positive, sequence } from '../asn1/fields.js';
import { wipe } from '../asn1/wipe.js';
import { digestName, DIGESTS } from '../pbe/digests.js';
import { type Work, type WorkBudget } from '../pbe/limits.js';
import { type Password } from '../pbe/password.js';
import { pbkdf2Work, readHmac, readPbkdf2 } from '../pbe/pbkdf2.js';
import { type Digest, pkcs12Derive, pkcs12Work, PURPOSE } from '../pbe/pkcs12-kdf.js';
import { unsupported } from '../pbe/unsupported.js';

/** The MAC of a PFX. It proves that the password is right and that nothing was changed. */
export interface Mac {
  /** For messages: 'HMAC-SHA-256', 'PBMAC1 HMAC-SHA-256, PBKDF2 with HMAC-SHA-512'. */
  readonly name: string;
  readonly iterations: number;
  /** What checking it costs with one form of the password. */
  readonly work: Work;
  /** @throws SchannelError ERR_SCHANNEL_IMPORT_ITERATIONS before anything is derived */
  matches(password: Password, content: Uint8Array, budget: WorkBudget): boolean;
}

const PBMAC1 = '1.2.840.113549.1.5.14';

/**
 * MacData (RFC 7292 §4).
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_UNSUPPORTED, ERR_SCHANNEL_IMPORT_DAMAGED
 */
export function readMac(element: Element): Mac {
  const what = 'the MAC';
  const [info, saltField, iterationsField] = sequence(element, what);
  const [algorithm, valueField] = sequence(info, what);
  const [name, parameters] = sequence(algorithm, what);
  const identifier = objectIdentifier(name, what);
  const value = octets(valueField, what);
  if (identifier === PBMAC1) return readPbmac1(parameters, value);

  const digest = DIGESTS.get(identifier);
  if (digest === undefined) throw unsupported('MAC', identifier);
  if (value.length !== digest.size) throw damagedFile('a MAC of the wrong length');
  const salt = octets(saltField, what);
  const iterations = iterationsField === undefined ? 1 : positive(iterationsField, what);
  const derivation = { digest, salt, iterations, purpose: PURPOSE.mac, length: digest.size };
  const work = pkcs12Work(derivation);
  return {
    name: `HMAC-${digestName(digest)}`,
    iterations,
    work,
    matches(password, content, budget) {
      budget.spend(work);
      return isMac(value, digest, pkcs12Derive(password.utf16, derivation), content);
    },
  };
}

/** RFC 9579: the key is derived by PBKDF2, and salt and iterations of MacData are ignored. */
function readPbmac1(parameters: Element | undefined, value: Uint8Array): Mac {
  const [derivation, scheme] = sequence(parameters, 'the parameters of PBMAC1');
  const { digest: prf, salt, iterations, keyLength } = readPbkdf2(derivation);
  const digest = readHmac(scheme);
  // §6: the length is mandatory; more than a block of the digest makes no sense.
  if (keyLength === null || keyLength > digest.block) {
    throw damagedFile('a PBMAC1 without a usable key length');
  }
  if (value.length !== digest.size) throw damagedFile('a MAC of the wrong length');
  const work = pbkdf2Work({ digest: prf, iterations }, keyLength);
  return {
    name: `PBMAC1 HMAC-${digestName(digest)}, PBKDF2 with HMAC-${digestName(prf)}`,
    iterations,
    work,
    matches(password, content, budget) {
      budget.spend(work);
      return isMac(value, digest, pbkdf2Sync(password.utf8, salt, iterations, keyLength, prf.name), content);
    },
  };
}

function isMac(expected: Uint8Array, digest: Digest, key: Buffer, content: Uint8Array): boolean {
  const value = createHmac(digest.name, key).update(content).digest();
  wipe(key);
  return timingSafeEqual(value, expected);
}
