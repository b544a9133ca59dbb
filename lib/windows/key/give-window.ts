import { callNative } from '../../native/promises.js';
import type {
  NativeCertificate,
  NativeKey,
  NativeKeyLocation,
  NativeStores,
} from '../../native/store-binding.js';
import { closeNative } from './stored-keys.js';

/** CRYPT_ACQUIRE_CACHE_FLAG: the certificate keeps the handle, and all who use it get the same. */
const KEEP = 0x1;
/** CRYPT_ACQUIRE_ALLOW_NCRYPT_KEY_FLAG, _PREFER_NCRYPT_KEY_FLAG. */
const CSP_FIRST = 0x10000;
const CNG_FIRST = 0x20000;

/**
 * Names the window that owns the dialogs of a certificate's key, also when Schannel uses it. Windows sets it as
 * CRYPT_ACQUIRE_WINDOW_HANDLE_FLAG says: for a CNG key as NCRYPT_WINDOW_HANDLE_PROPERTY of the handle, which the
 * certificate keeps; for a CSP as PP_CLIENT_HWND, for everything that this process opens later.
 *
 * @param window HWND
 * @throws SchannelError ERR_SCHANNEL_KEY_…
 */
export async function giveWindow(
  stores: Pick<NativeStores, 'acquireKey'>,
  certificate: NativeCertificate,
  { providerType }: NativeKeyLocation,
  window: number,
): Promise<void> {
  const flags = KEEP | (providerType === 0 ? CNG_FIRST : CSP_FIRST);
  const key = await callNative<NativeKey>(
    { phase: 'key', text: 'The private key could not be opened for a window' },
    (callback) => stores.acquireKey(certificate, flags, { silent: false, window }, callback),
  );
  // Not the handle: that is the certificate's.
  await closeNative(key);
}
