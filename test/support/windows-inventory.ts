import { createHash } from 'node:crypto';
import { native } from '#lib/native/load.js';
import type { NativeStoreRequest } from '#lib/native/store-binding.js';
import { certificatesOf, listContainers, openStore, outcome, Refused } from './native-store.js';

/** What the user has in Windows: names of keys, and hashes of the certificates of two stores. */
export interface Inventory {
  readonly keys: readonly string[];
  readonly MY: readonly string[];
  readonly CA: readonly string[];
}

/** CERT_STORE_PROV_SYSTEM_REGISTRY_W, CERT_SYSTEM_STORE_CURRENT_USER. */
const userStore = (name: string): NativeStoreRequest => ({ provider: 13, flags: 0x10000, name });

async function entriesOf(name: string): Promise<string[]> {
  const store = await openStore(userStore(name));
  const certificates = await certificatesOf(store);
  const entries = certificates.map(({ encoded }) => createHash('sha256').update(encoded).digest('hex'));
  for (const certificate of certificates) certificate.close();
  store.close();
  return entries.sort();
}

const NTE_NOT_SUPPORTED = 0x80090029;

/** Keys of CNG's software provider. Wine keeps none. */
async function cngKeys(): Promise<readonly string[]> {
  const request = { provider: 'Microsoft Software Key Storage Provider', providerType: 0, flags: 0 };
  try {
    return await outcome((callback) => {
      native().listContainers(request, callback);
    });
  } catch (error) {
    if (error instanceof Refused && error.status === NTE_NOT_SUPPORTED) return [];
    throw error;
  }
}

/** In an order, for comparisons. */
export async function inventory(): Promise<Inventory> {
  // Windows may show a key of one kind among the others too.
  const keys = [...new Set([...(await listContainers()), ...(await cngKeys())])].sort();
  return { keys, MY: await entriesOf('MY'), CA: await entriesOf('CA') };
}
