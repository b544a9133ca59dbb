import { isOurContainer } from '../key/container-name.js';
import type { KeyName } from '../key/locations.js';
import { contentOf, REG } from '../registry/registry-value.js';
import type { NativeRegistryValue } from '../../native/registry-binding.js';
import { isOwnerToken } from './owner.js';

/**
 * What is known of a key that nobody may want: a value in the registry. It is there from before the key is made, or
 * before its certificate loses it, until that has ended well or was undone.
 */
export interface KeyRecord {
  readonly key: KeyName;
  /** The store with the certificate that has the key, if one has it: 'CurrentUser\\MY'. */
  readonly store: string;
  /** {@link Owner}: who is at work. */
  readonly owner: string;
  /** The name of its machine. A profile may roam, and only there can be seen whether the owner is alive. */
  readonly host: string;
}

const PATH = 'Software\\schannel\\Unfinished keys';

/**
 * The user's keys are noted in the user's registry. Those of the machine are in its own, which every user can read and
 * administrators can write, as its stores.
 */
export const journalPath = (machine: boolean): string => (machine ? PATH : `HKEY_CURRENT_USER\\${PATH}`);

/** Each record has another name: nobody writes over that of somebody else. */
export const recordName = ({ key, owner }: Pick<KeyRecord, 'key' | 'owner'>): string =>
  `${key.container} ${owner}`;

export function writeRecord({ key, store, host, owner }: KeyRecord): NativeRegistryValue {
  const { provider = null, providerType = null } = key;
  const text = JSON.stringify({ store, host, provider, providerType });
  return {
    name: recordName({ key, owner }),
    type: REG.text,
    data: Buffer.from(`${text}\0`, 'utf16le'),
  };
}

/**
 * Null for what is no record of ours, or is damaged. It never says that a key goes whose name this library did not
 * choose.
 */
export function readRecord(value: NativeRegistryValue, machine: boolean): KeyRecord | null {
  const [container = '', owner = '', ...more] = value.name.split(' ');
  if (!isOurContainer(container) || !isOwnerToken(owner) || more.length > 0) return null;
  const content = parse(contentOf(value));
  if (content === null) return null;
  const { store, host, provider, providerType } = content;
  if (typeof store !== 'string' || typeof host !== 'string') return null;
  if (provider !== null && typeof provider !== 'string') return null;
  if (providerType !== null && typeof providerType !== 'number') return null;
  return {
    key: {
      container,
      machine,
      ...(provider !== null && { provider }),
      ...(providerType !== null && { providerType }),
    },
    ...{ store, host, owner },
  };
}

function parse(text: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof text !== 'string') return null;
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === 'object' && content !== null ? { ...content } : null;
  } catch {
    return null;
  }
}
