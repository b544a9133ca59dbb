import type { Native } from '../../native/binding.js';
import { callNative } from '../../native/promises.js';
import { openStore } from '../../windows/store/store.js';
import { MACHINE, SILENT, STORES } from './killed-runs.js';
import { isOurs } from './names.js';
import { ALL_PROVIDERS } from './providers.js';

/** Lists what this run left in Windows. */
export async function leftovers(native: Pick<Native, 'listContainers'>): Promise<string[]> {
  const left: string[] = [];
  for (const { provider, providerType } of ALL_PROVIDERS) {
    for (const flags of [SILENT, SILENT | MACHINE]) {
      // A provider that does not exist has nothing, and not every account may list the machine's keys.
      const names = await callNative<readonly string[]>({ phase: 'key' }, (callback) =>
        native.listContainers({ provider, providerType, flags }, callback),
      ).catch(() => []);
      const keys = names.filter(isOurs).length;
      const whose = flags === SILENT ? '' : 'machine ';
      if (keys > 0) left.push(`${keys} ${whose}keys in ${provider}`);
    }
  }
  for (const path of STORES) {
    const store = await openStore(path, { readOnly: true, archived: true });
    try {
      const found = await store.find({ where: ({ commonName }) => isOurs(commonName ?? '') });
      if (found.length > 0) left.push(`${found.length} certificates in ${path}`);
    } finally {
      store.close();
    }
  }
  return left;
}
