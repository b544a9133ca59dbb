import type { NativeRegistry } from '../../native/registry-binding.js';
import { callNative, callNativeVoid, type NativeOperation } from '../../native/promises.js';
import type { NativeRegistryKey } from '../../native/registry-binding.js';
import type { RegistryValue } from './registry-value.js';

/** A key of the registry and its values. */
export interface RegistryKey {
  /** Below HKEY_LOCAL_MACHINE, as it is written there. */
  readonly path: string;
  readonly written: Date;
  readonly values: readonly (RegistryValue & { readonly name: string })[];
}

/** HKEY_LOCAL_MACHINE in the 64-bit view; a script in tests. Paths: 'SYSTEM\\CurrentControlSet\\Control\\Lsa'. */
export interface Registry {
  /** A key and those below it. Empty if there is no such key. @param depth default 0: only the key itself */
  read(path: string, depth?: number): Promise<readonly RegistryKey[]>;
  /** @throws SchannelError ERR_SCHANNEL_POLICY_ACCESS_DENIED if a value of this key could not be set */
  checkRights(path: string): Promise<void>;
  /** Makes the key if it is not there. */
  set(path: string, name: string, value: RegistryValue): Promise<void>;
  /** The value may be gone already. */
  remove(path: string, name: string): Promise<void>;
  /** Removes a key if nothing is in it. @returns whether it is gone */
  removeEmptyKey(path: string): Promise<boolean>;
}

const DIR_NOT_EMPTY = 145;

/** The registry of this machine. Errors: ERR_SCHANNEL_POLICY_ACCESS_DENIED, ERR_SCHANNEL_SYSTEM_… */
export const windowsRegistry = (addon: NativeRegistry): Registry => ({
  async read(path, depth = 0) {
    const keys = await callNative<readonly NativeRegistryKey[]>(failing(path, 'read'), (callback) => {
      addon.readRegistry(path, depth, callback);
    });
    return keys.map((key) => ({
      path: key.path === '' ? path : `${path}\\${key.path}`,
      written: new Date(key.written),
      values: key.values,
    }));
  },
  checkRights: (path) =>
    callNativeVoid(failing(path, 'changed'), (callback) => {
      addon.checkRegistryRights(path, callback);
    }),
  set: (path, name, value) =>
    callNativeVoid(failing(path, 'changed'), (callback) => {
      addon.setRegistryValue(path, { name, type: value.type, data: value.data }, callback);
    }),
  remove: (path, name) =>
    callNativeVoid(failing(path, 'changed'), (callback) => {
      addon.removeRegistryValue(path, name, callback);
    }),
  async removeEmptyKey(path) {
    try {
      await callNativeVoid(failing(path, 'removed'), (callback) => {
        addon.removeRegistryKey(path, callback);
      });
      return true;
    } catch (error) {
      if (error instanceof Error && 'status' in error && error.status === DIR_NOT_EMPTY) return false;
      throw error;
    }
  },
});

/** The value of this name; null if there is none. Names have no case. */
export async function readValue(
  registry: Pick<Registry, 'read'>,
  path: string,
  name: string,
): Promise<RegistryValue | null> {
  const [key] = await registry.read(path);
  return valueIn(key, name);
}

export function valueIn(key: RegistryKey | undefined, name: string): RegistryValue | null {
  const found = key?.values.find((value) => value.name.toLowerCase() === name.toLowerCase());
  return found === undefined ? null : { type: found.type, data: found.data };
}

const failing = (path: string, what: string): NativeOperation => ({
  phase: 'policy',
  text: `The key HKLM\\${path} could not be ${what}`,
});
