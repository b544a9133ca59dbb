import { type CertificateStore, openStore } from '../../windows/store/store.js';
import type { CheckContext } from './check.js';
import { newName } from './names.js';

/** CERT_SYSTEM_STORE_CURRENT_USER with CERT_STORE_DELETE_FLAG: opening deletes the store, and returns none. */
const DELETE_OF_USER = 0x10000 | 0x10;
const SYSTEM_PROVIDER = 10;
const KEY_OF_STORES = 'HKCU\\Software\\Microsoft\\SystemCertificates';

/** A store of the user that is deleted with the check. */
export async function ownStore(context: CheckContext): Promise<CertificateStore> {
  const { cleanup } = context;
  const name = newName();
  cleanup.add('a store', () => deleteStore(context, name));
  const store = await openStore(name, { create: true, archived: true });
  cleanup.add('a handle', () => {
    store.close();
  });
  return store;
}

type Deleting = Pick<CheckContext, 'native' | 'run'>;

/** Deletes a store of the user with what is in it. @throws Error if it is still there */
export async function deleteStore({ native, run }: Deleting, name: string): Promise<void> {
  await new Promise<void>((resolve) => {
    native.openStore({ provider: SYSTEM_PROVIDER, flags: DELETE_OF_USER, name }, () => {
      resolve();
    });
  });
  // Wine 10 empties a store instead.
  if (await isThere(name)) await run('reg', ['delete', `${KEY_OF_STORES}\\${name}`, '/f']);
  if (await isThere(name)) throw new Error('Windows did not delete it');
}

/** The names of the user's stores. */
export async function storesOfUser({ run }: Pick<CheckContext, 'run'>): Promise<string[]> {
  const listing = await run('reg', ['query', KEY_OF_STORES]);
  return listing
    .split(/\r?\n/)
    .filter((line) => line.includes('\\SystemCertificates\\'))
    .map((line) => line.slice(line.lastIndexOf('\\') + 1).trim());
}

const isThere = (name: string): Promise<boolean> =>
  openStore(name, { readOnly: true }).then(
    (store) => {
      store.close();
      return true;
    },
    () => false,
  );
