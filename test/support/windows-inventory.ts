import { createHash } from 'node:crypto';
import type { NativeStoreRequest } from '#lib/native/store-binding.js';
import { certificatesOf, listContainers, openStore } from './native-store.js';

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

/** In an order, for comparisons. */
export async function inventory(): Promise<Inventory> {
  const keys = [...(await listContainers())].sort();
  return { keys, MY: await entriesOf('MY'), CA: await entriesOf('CA') };
}
