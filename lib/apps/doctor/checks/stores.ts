import { openStore } from '../../../windows/store/store.js';
import { type Check, found, type Json, works } from '../check.js';
import { errorData } from '../failure.js';

const NAMES = ['MY', 'Root', 'CA', 'TrustedPeople', 'Disallowed', 'AuthRoot', 'REQUEST', 'WebHosting'];
const LOCATIONS = [
  'CurrentUser',
  'LocalMachine',
  'CurrentService',
  'CurrentUserGroupPolicy',
  'LocalMachineGroupPolicy',
  'LocalMachineEnterprise',
] as const;

/** How many certificates a store has, and how many of them name a key. */
async function count(path: string): Promise<Json> {
  try {
    const store = await openStore(path, { readOnly: true });
    try {
      const all = await store.all();
      return { certificates: all.length, withKey: all.filter(({ hasPrivateKey }) => hasPrivateKey).length };
    } finally {
      store.close();
    }
  } catch (error) {
    return errorData(error);
  }
}

const isOpen = (counted: Json): boolean =>
  typeof counted === 'object' && counted !== null && 'certificates' in counted;

/** Stores that Windows has, opened for reading. */
export const STORE_CHECKS: readonly Check[] = LOCATIONS.map((location): Check => ({
  id: `stores.${location}`,
  title: `Which stores of ${location} can be read?`,
  writes: false,
  vital: location === 'CurrentUser',
  async run() {
    const counts: Record<string, Json> = {};
    for (const name of NAMES) counts[name] = await count(`${location}\\${name}`);
    const open = NAMES.filter((name) => isOpen(counts[name] ?? null));
    const text = open.length === 0 ? 'None.' : `${open.join(', ')}.`;
    if (location !== 'CurrentUser') return found(text, counts);
    const needed = ['MY', 'Root', 'CA'].every((name) => open.includes(name));
    return needed ? works(text, counts) : { verdict: 'broken', text: `Only ${text}`, data: counts };
  },
}));
