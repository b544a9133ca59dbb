import { type KeyObject } from 'node:crypto';
import { readElement } from '../asn1/element.js';
import { bits, explicit, magnitude, octets, sequence } from '../asn1/fields.js';
import { wipe } from '../asn1/wipe.js';
import { damagedFile } from '../asn1/damaged-file.js';
import { SchannelError } from '../../base/errors/schannel-error.js';

/** The numbers of an RSA key (RFC 8017 §A.1.2), most significant byte first, without leading zeros. */
export interface RsaParts {
  readonly modulus: Uint8Array;
  readonly publicExponent: Uint8Array;
  readonly privateExponent: Uint8Array;
  readonly prime1: Uint8Array;
  readonly prime2: Uint8Array;
  readonly exponent1: Uint8Array;
  readonly exponent2: Uint8Array;
  readonly coefficient: Uint8Array;
}

/** The numbers of a key on an elliptic curve, each as long as the field. */
export interface EcParts {
  readonly curve: 'prime256v1' | 'secp384r1' | 'secp521r1';
  readonly x: Uint8Array;
  readonly y: Uint8Array;
  readonly d: Uint8Array;
}

/**
 * Calls a function with the numbers of an RSA key, and zeroes them afterwards. They are read from DER, since a JSON
 * Web Key has them in strings, which cannot be zeroed.
 */
export function withRsaParts<T>(key: KeyObject, use: (parts: RsaParts) => T): T {
  if (key.asymmetricKeyType !== 'rsa') throw unsupportedKey(key);
  const der = key.export({ format: 'der', type: 'pkcs1' });
  try {
    const what = 'the numbers of an RSA key';
    const fields = sequence(readElement(der), what);
    const number = (at: number): Uint8Array => magnitude(fields[at], what);
    // Version 1 has more than two primes, which Windows' formats do not support.
    if (number(0).length > 0) throw unsupportedKey(key);
    return use({
      modulus: number(1),
      publicExponent: number(2),
      privateExponent: number(3),
      prime1: number(4),
      prime2: number(5),
      exponent1: number(6),
      exponent2: number(7),
      coefficient: number(8),
    });
  } finally {
    wipe(der);
  }
}

const FIELD_BYTES = { prime256v1: 32, secp384r1: 48, secp521r1: 66 } as const;

/** As {@link withRsaParts}, for the three curves that Windows' software key storage supports. */
export function withEcParts<T>(key: KeyObject, use: (parts: EcParts) => T): T {
  const curve = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined;
  if (curve !== 'prime256v1' && curve !== 'secp384r1' && curve !== 'secp521r1') throw unsupportedKey(key);
  const der = key.export({ format: 'der', type: 'sec1' });
  try {
    // ECPrivateKey (RFC 5915 §3); Node always writes the public point, uncompressed.
    const fields = sequence(readElement(der), 'a key on a curve');
    const size = FIELD_BYTES[curve];
    const d = octets(fields[1], 'a key on a curve');
    const pointField = fields.find(({ tag }) => tag === 0x81);
    const point = bits(explicit(pointField, 1, 'the point of a key'), 'the point of a key');
    if (d.length !== size || point.length !== 1 + 2 * size || point[0] !== 4) {
      throw damagedFile('a key on a curve of another size than the curve');
    }
    return use({ curve, x: point.subarray(1, 1 + size), y: point.subarray(1 + size), d });
  } finally {
    wipe(der);
  }
}

function unsupportedKey(key: KeyObject): SchannelError {
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  const kind = [key.asymmetricKeyType, namedCurve].filter((part) => part !== undefined).join(' ');
  return new SchannelError(
    'ERR_SCHANNEL_IMPORT_UNSUPPORTED',
    `Windows has no format for this private key (${kind})`,
    { advice: 'Use an RSA key with two primes, or one on the curve P-256, P-384 or P-521.' },
  );
}
