import { type KeyObject } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativeImportKeyRequest, NativeKeyLocation } from '../../native/store-binding.js';
import { toBcryptEcBlob, toBcryptRsaBlob, toCapiBlob } from '../../formats/private-key/windows-blobs.js';

/** A key in a form that its provider imports. The bytes are the caller's to wipe. */
export type ImportBlob = Pick<NativeImportKeyRequest, 'type' | 'algorithm' | 'blob'>;

const ECDSA_ALGORITHMS: Readonly<Partial<Record<string, string>>> = {
  prime256v1: 'ECDSA_P256',
  secp384r1: 'ECDSA_P384',
  secp521r1: 'ECDSA_P521',
};

/**
 * A key as a CSP or as CNG takes it. For CNG not PKCS #8: there Windows makes an ECDH key of one on a curve, whereas a
 * blob goes into a key that was made for ECDSA.
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

/** CryptoAPI's own CSPs have RSA alone. */
export const curveInCsp = ({ provider }: NativeKeyLocation): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_UNSUPPORTED',
    `"${provider}" has no keys on elliptic curves: it is a provider of CryptoAPI`,
    { phase: 'key', advice: 'Use a key storage provider ("software"), or an RSA key.' },
  );
