import { createHmac, type KeyObject, randomBytes } from 'node:crypto';
import * as der from '../asn1/der-writer.js';
import { wipe } from '../asn1/wipe.js';
import { argumentError, integerWithin } from '../../base/errors/argument-error.js';
import { PASSWORD_ENCRYPTIONS, type PasswordEncryption } from '../pbe/encrypt.js';
import { type Password, PasswordForms } from '../pbe/password.js';
import { pkcs12Derive, PURPOSE } from '../pbe/pkcs12-kdf.js';
import { isCertificateOf } from '../x509/public-key.js';
import {
  certificateBag,
  dataPart,
  type Encrypt,
  encryptedPart,
  friendlyName,
  keyBag,
  localKeyId,
} from './write-bags.js';

export interface PfxContents {
  /** The private key. It must be exportable as PKCS #8. */
  readonly key: KeyObject;
  /** DER, in any order. The certificate of the key comes first in the file. */
  readonly certificates: readonly Uint8Array[];
  /** The name that Windows shows for the certificate. Default none. */
  readonly friendlyName?: string;
  /** '' is an empty password. */
  readonly password: string;
  /**
   * 'aes256' (default): AES-256 and SHA-256, for Windows 10 1709, Windows Server 2019 or later, and any OpenSSL in
   * use. 'legacy': 3DES and SHA-1, which every system reads.
   */
  readonly encryption?: keyof typeof PASSWORD_ENCRYPTIONS;
  /**
   * Iterations of each key derivation. Default 100,000 for 'aes256', and 10,000 for 'legacy', which needs several
   * derivations. Windows refuses a file with more than 600,000.
   */
  readonly iterations?: number;
}

const DEFAULT_ITERATIONS = { aes256: 100_000, legacy: 10_000 } as const;
const MAX_ITERATIONS = 600_000;

/** Windows imports PBES2 with salts of 8 to 32 bytes. All salts use this length. */
const SALT_BYTES = 20;

/**
 * A PFX (PKCS #12, RFC 7292) with one key and its certificates.
 *
 * The friendly name is set on the certificate and never on the key: Windows uses a key's name for its container, so
 * that two imports of the file would share one key, and deleting one would break the other.
 *
 * @throws RangeError ERR_INVALID_ARG_VALUE if no certificate belongs to the key; ERR_OUT_OF_RANGE for iterations
 */
export function writePfx(contents: PfxContents): Buffer {
  const { key, password, encryption = 'aes256' } = contents;
  const iterations = contents.iterations ?? DEFAULT_ITERATIONS[encryption];
  integerWithin('iterations', iterations, 1, MAX_ITERATIONS);
  const certificates = leafFirst(contents.certificates, key);
  const forms = new PasswordForms(password);
  try {
    const [form] = forms;
    if (form === undefined) throw new TypeError('a password has at least one form');
    return write(key, certificates, contents.friendlyName, {
      encryption: PASSWORD_ENCRYPTIONS[encryption],
      password: form,
      iterations,
    });
  } finally {
    forms.wipe();
  }
}

interface Protection {
  readonly encryption: PasswordEncryption;
  readonly password: Password;
  readonly iterations: number;
}

function leafFirst(certificates: readonly Uint8Array[], key: KeyObject): [Uint8Array, ...Uint8Array[]] {
  const leaf = certificates.find((certificate) => isCertificateOf(certificate, key));
  if (leaf === undefined) {
    throw argumentError('ERR_INVALID_ARG_VALUE', 'None of "certificates" belongs to "key"', RangeError);
  }
  return [leaf, ...certificates.filter((certificate) => certificate !== leaf)];
}

function write(
  key: KeyObject,
  [leaf, ...others]: readonly [Uint8Array, ...Uint8Array[]],
  name: string | undefined,
  { encryption, password, iterations }: Protection,
): Buffer {
  const encrypt: Encrypt = (plaintext) =>
    encryption.encrypt(plaintext, password, randomBytes(SALT_BYTES), iterations);
  const id = localKeyId(leaf);
  const certificates = der.sequence(
    certificateBag(leaf, id, ...(name === undefined ? [] : [friendlyName(name)])),
    ...others.map((certificate) => certificateBag(certificate)),
  );
  const content = der.sequence(
    encryptedPart(encrypt(certificates)),
    dataPart(der.sequence(keyBag(key, encrypt, id))),
  );
  return der.sequence(
    der.integer(3),
    dataPart(content),
    macData(content, { encryption, password, iterations }),
  );
}

function macData(content: Buffer, { encryption, password, iterations }: Protection): Buffer {
  const { macDigest, macIdentifier } = encryption;
  const salt = randomBytes(SALT_BYTES);
  const key = pkcs12Derive(password.utf16, {
    digest: macDigest,
    salt,
    iterations,
    purpose: PURPOSE.mac,
    length: macDigest.size,
  });
  const value = createHmac(macDigest.name, key).update(content).digest();
  wipe(key);
  const algorithm = der.sequence(der.objectIdentifier(macIdentifier), der.nothing());
  return der.sequence(
    der.sequence(algorithm, der.octetString(value)),
    der.octetString(salt),
    der.integer(iterations),
  );
}
