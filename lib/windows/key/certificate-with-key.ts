import { callNativeVoid } from '../../native/promises.js';
import type { NativeCertificate, NativeKeyLocation, NativeStores } from '../../native/store-binding.js';

/** A certificate that is in no store and knows where its private key is. @throws SchannelError ERR_SCHANNEL_KEY_… */
export async function certificateWithKey(
  stores: Pick<NativeStores, 'createCertificate'>,
  encoded: Uint8Array,
  location: NativeKeyLocation,
): Promise<NativeCertificate> {
  const certificate = stores.createCertificate(encoded);
  try {
    await callNativeVoid(
      { phase: 'key', text: 'The certificate could not be linked to its private key' },
      (callback) => certificate.setKeyLocation(location, callback),
    );
  } catch (error) {
    certificate.close();
    throw error;
  }
  return certificate;
}
