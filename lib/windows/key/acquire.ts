import type { KeyObject } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { callNative } from '../../native/promises.js';
import type {
  NativeCertificate,
  NativeKey,
  NativeKeyDialog,
  NativeKeyLocation,
  NativeStores,
} from '../../native/store-binding.js';
import { certificateOf } from '../../formats/x509/certificate-of.js';
import { publicKeyDer } from '../../formats/x509/public-key.js';
import { type KeyNative, PrivateKey } from './private-key.js';
import { closeNative } from './stored-keys.js';

/** CRYPT_ACQUIRE_COMPARE_KEY_FLAG. */
const COMPARE = 0x4;
/** CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG: CNG opens keys of CSPs as well, and signs SHA-2 and PSS with them. */
const PREFER_CNG = 0x20000;

/** The private key of a certificate. */
export async function acquire(
  stores: KeyNative & Pick<NativeStores, 'acquireKey'>,
  certificate: NativeCertificate,
  dialog: NativeKeyDialog,
): Promise<PrivateKey> {
  const publicKey = publicKeyOf(certificate.encoded);
  const native = await callNative<NativeKey>(
    { phase: 'key', text: 'The private key of the certificate could not be opened' },
    (callback) => stores.acquireKey(certificate, PREFER_CNG | COMPARE, dialog, callback),
  );
  // Wine does not compare.
  if (native.publicKey !== null && !publicKeyDer(publicKey).equals(native.publicKey)) {
    await closeNative(native);
    throw mismatch();
  }
  const location = certificate.keyLocation() ?? locationOf(native);
  return new PrivateKey(stores, { native, location, publicKey });
}

/** @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE */
function publicKeyOf(der: Uint8Array): KeyObject {
  try {
    return certificateOf(der).publicKey;
  } catch (cause) {
    throw new SchannelError(
      'ERR_SCHANNEL_OPTION_CERTIFICATE',
      'The certificate, or its public key, cannot be read',
      { phase: 'key', advice: 'Use a certificate with a key on RSA or on an elliptic curve.', cause },
    );
  }
}

const CRYPT_MACHINE_KEYSET = 0x20;

/** The location that the key itself reports: a certificate may have a handle instead of a name. */
const locationOf = ({ facts }: NativeKey): NativeKeyLocation => ({
  container: facts.name ?? '',
  provider: facts.provider ?? '',
  providerType: facts.providerType,
  flags: facts.machine ? CRYPT_MACHINE_KEYSET : 0,
  keySpec: facts.keySpec,
});

const mismatch = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_MISMATCH',
    'The private key that the certificate names belongs to another certificate',
    { phase: 'key', advice: 'Import the certificate again together with its key.' },
  );
