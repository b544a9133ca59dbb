import { callNative } from '../../native/promises.js';
import { openKey } from '../../windows/key/keys.js';
import { openStore } from '../../windows/store/store.js';
import { type CheckContext, type Finding, found, works } from './check.js';
import { isAbandoned } from './names.js';
import { deleteStore, storesOfUser } from './own-store.js';
import { ALL_PROVIDERS, type ProviderName } from './providers.js';

/** Stores that checks add certificates to. */
export const STORES = ['CurrentUser\\MY', 'CurrentUser\\CA', 'CurrentUser\\Disallowed'] as const;

type Sweeping = Pick<CheckContext, 'native' | 'run'>;

/** Removes what runs have left that were killed. What runs that are under way have made stays. */
export async function sweepKilledRuns(context: Sweeping): Promise<Finding> {
  const isLeft = (name: string): boolean => isAbandoned(context.native, name);
  const removed: string[] = [];
  const note = (count: number, what: string): void => {
    if (count > 0) removed.push(`${count} ${what}`);
  };
  for (const provider of ALL_PROVIDERS) {
    for (const machine of [false, true])
      note(
        await sweepKeys(context, provider, machine, isLeft),
        `${machine ? 'machine ' : ''}keys in ${provider.provider}`,
      );
  }
  for (const path of STORES) note(await sweepCertificates(path, isLeft), `certificates in ${path}`);
  const stores = (await storesOfUser(context)).filter(isLeft);
  for (const name of stores) await deleteStore(context, name);
  note(stores.length, 'stores');
  return removed.length === 0
    ? works('Nothing.')
    : found(`Removed what a run that was killed had left: ${removed.join(', ')}.`, { removed });
}

/** CRYPT_MACHINE_KEYSET, which is NCRYPT_MACHINE_KEY_FLAG as well. */
export const MACHINE = 0x20;
/** CRYPT_SILENT, which is NCRYPT_SILENT_FLAG as well. */
export const SILENT = 0x40;

async function sweepKeys(
  { native }: Sweeping,
  { provider, providerType }: ProviderName,
  machine: boolean,
  isLeft: (name: string) => boolean,
): Promise<number> {
  // A provider that does not exist has nothing, and not every account may list the machine's keys.
  const names = await callNative<readonly string[]>({ phase: 'key' }, (callback) =>
    native.listContainers({ provider, providerType, flags: SILENT | (machine ? MACHINE : 0) }, callback),
  ).catch(() => []);
  let count = 0;
  for (const name of new Set(names.filter(isLeft))) {
    const key = await openKey({ provider, providerType, name, machine, silent: true }).catch(() => null);
    // CSPs list one key for each of the providers of the same kind.
    if (key === null) continue;
    await key.delete();
    count++;
  }
  return count;
}

async function sweepCertificates(
  path: (typeof STORES)[number],
  isLeft: (name: string) => boolean,
): Promise<number> {
  const store = await openStore(path, { archived: true });
  try {
    const entries = await store.find({ where: ({ commonName }) => isLeft(commonName ?? '') });
    for (const entry of entries) await store.remove(entry);
    return entries.length;
  } finally {
    store.close();
  }
}
