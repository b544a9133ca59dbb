import { SchannelError } from '../../base/errors/schannel-error.js';
import { callNative } from '../../native/promises.js';
import type { NativeKeyLocation, NativeStores } from '../../native/store-binding.js';
import { keyLocations } from './locations.js';

/**
 * The keys of the software providers of Windows, of the user or of the machine. A key of a CSP may be among those of
 * CNG, too.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_ACCESS_DENIED
 */
export async function listKeysOf(
  stores: Pick<NativeStores, 'listContainers'>,
  machine: boolean,
): Promise<readonly NativeKeyLocation[]> {
  const found: NativeKeyLocation[] = [];
  for (const place of keyLocations({ container: '', machine }, true)) {
    const names = await namesAt(stores, place);
    found.push(...names.map((container) => ({ ...place, container })));
  }
  return found;
}

async function namesAt(
  stores: Pick<NativeStores, 'listContainers'>,
  place: NativeKeyLocation,
): Promise<readonly string[]> {
  try {
    return await callNative<readonly string[]>(
      { phase: 'key', text: 'The private keys could not be listed' },
      (callback) => stores.listContainers(place, callback),
    );
  } catch (error) {
    // Wine's CNG provider keeps no keys.
    if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_KEY_UNSUPPORTED') return [];
    throw error;
  }
}
