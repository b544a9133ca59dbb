import { type KeyObject } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativeImportKeyRequest, NativeKeyLocation } from '../../native/store-binding.js';
import { toBcryptEcBlob, toBcryptRsaBlob, toCapiBlob } from '../../formats/private-key/windows-blobs.js';

/** A key in a form that its provider imports. The caller wipes the bytes. */
export type ImportBlob = Pick<NativeImportKeyRequest, 'type' | 'algorithm' | 'blob'>;

const ECDSA_ALGORITHMS: Readonly<Partial<Record<string, string>>> = {
  prime256v1: 'ECDSA_P256',
  secp384r1: 'ECDSA_P384',
  secp521r1: 'ECDSA_P521',
};

/**
 * A key in the format of a CSP or of CNG. PKCS #8 is not used for CNG, since Windows makes an ECDH key from an
 * elliptic curve key in PKCS #8; with a blob it is an ECDSA key.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_UNSUPPORTED, ERR_SCHANNEL_KEY_UNSUPPORTED
 */
export function importBlobOf(key: KeyObject, location: NativeKeyLocation): ImportBlob {
  const isEc = key.asymmetricKeyType === 'ec';
  if (location.providerType !== 0) {
    if (isEc) throw curveInCsp(location);
    return { type: 'PRIVATEKEYBLOB', algorithm: '', blob: toCapiBlob(key) };
  }
  if (!isEc) return { type: 'RSAFULLPRIVATEBLOB', algorithm: 'RSA', blob: toBcryptRsaBlob(key) };
  const blob = toBcryptEcBlob(key);
  return {
    type: 'ECCPRIVATEBLOB',
    algorithm: ECDSA_ALGORITHMS[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? '',
    blob,
  };
}

/** CryptoAPI's CSPs support only RSA. */
export const curveInCsp = ({ provider }: NativeKeyLocation): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_UNSUPPORTED',
    `"${provider}" has no keys on elliptic curves: it is a provider of CryptoAPI`,
    { phase: 'key', advice: 'Use a key storage provider ("software"), or an RSA key.' },
  );
