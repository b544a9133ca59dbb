import { hostname } from 'node:os';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import { printable } from '../../base/text/printable.js';
import type { Native } from '../../native/binding.js';
import { callNative, callNativeVoid } from '../../native/promises.js';
import type { NativeRegistryKey, NativeRegistryValue } from '../../native/registry-binding.js';
import { keyLocations } from '../key/locations.js';
import { isOwnerAlive } from '../key-journal/owner.js';
import { journalPath, type KeyRecord, readRecord } from '../key-journal/record.js';
import { listNative, withStore } from '../store/store-access.js';
import { parseStoreName } from '../store/store-name.js';
import { runProcedure } from './procedure.js';
import { deleteIfThere } from './temporary-keys.js';

type JournalSweepNative = Pick<
  Native,
  'readRegistry' | 'removeRegistryValue' | 'isAlive' | 'deleteKey' | 'openStore'
>;

/**
 * Deletes the keys that nobody came to want: noted by a process that is dead, and without a certificate in the store
 * for which they were. A record that cannot be read stays, with its key, until somebody looks at it.
 *
 * @returns names of the keys that were deleted, and errors; nothing is thrown
 */
export async function sweepJournal(
  native: JournalSweepNative,
  machine: boolean,
): Promise<{ readonly keys: readonly string[]; readonly failures: readonly Error[] }> {
  const keys: string[] = [];
  const failures: Error[] = [];
  try {
    for (const value of await valuesOf(native, machine)) {
      try {
        const record = readRecord(value, machine);
        if (record === null) throw unreadable(value, machine);
        if (await sweepRecord(native, record, value.name)) keys.push(record.key.container);
      } catch (error) {
        // The records of the machine, and its keys, may be another account's.
        if (!machine || !isAccessDenied(error)) failures.push(toError(error));
      }
    }
  } catch (error) {
    failures.push(toError(error));
  }
  return { keys, failures };
}

/** @returns whether there was a key to delete */
async function sweepRecord(native: JournalSweepNative, record: KeyRecord, name: string): Promise<boolean> {
  const { key, owner, host } = record;
  if (host !== hostname() || isOwnerAlive(native, owner)) return false;
  // Its owner may have ended well since the list was read, and then it removed the record before it died.
  const present = await valuesOf(native, key.machine);
  if (!present.some((each) => each.name === name)) return false;
  const deleted = (await hasCertificate(native, record)) ? [] : await deleteEverywhere(native, record);
  await callNativeVoid(failing('removed'), (callback) => {
    native.removeRegistryValue(journalPath(key.machine), name, callback);
  });
  return deleted.length > 0;
}

async function deleteEverywhere(native: JournalSweepNative, { key }: KeyRecord): Promise<readonly string[]> {
  const deleted: string[] = [];
  for (const location of keyLocations(key, true)) {
    if (await runProcedure(deleteIfThere(native, location))) deleted.push(location.container);
  }
  return deleted;
}

/** Whether a certificate of the store names the key, however its provider is called there. */
async function hasCertificate(native: JournalSweepNative, { key, store }: KeyRecord): Promise<boolean> {
  const access = { readOnly: true, create: false, archived: true };
  try {
    return await withStore(native, parseStoreName(store), access, async (open) => {
      const certificates = await listNative(open);
      try {
        return certificates.some(
          (each) => each.keyLocation()?.container.toLowerCase() === key.container.toLowerCase(),
        );
      } finally {
        for (const each of certificates) each.close();
      }
    });
  } catch (error) {
    if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_STORE_NOT_FOUND') return false;
    throw error;
  }
}

async function valuesOf(
  native: JournalSweepNative,
  machine: boolean,
): Promise<readonly NativeRegistryValue[]> {
  const keys = await callNative<readonly NativeRegistryKey[]>(failing('read'), (callback) => {
    native.readRegistry(journalPath(machine), 0, callback);
  });
  return keys.flatMap(({ values }) => values);
}

const isAccessDenied = (error: unknown): boolean =>
  error instanceof SchannelError &&
  (error.code === 'ERR_SCHANNEL_KEY_ACCESS_DENIED' || error.code === 'ERR_SCHANNEL_STORE_ACCESS_DENIED');

const failing = (what: string): { readonly phase: 'key'; readonly text: string } => ({
  phase: 'key',
  text: `The records of unfinished keys could not be ${what}`,
});

const unreadable = ({ name }: NativeRegistryValue, machine: boolean): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_RECORD_DAMAGED',
    `The record "${printable(name)}" of an unfinished key cannot be read`,
    {
      phase: 'key',
      advice: `Delete the value in ${machine ? 'HKEY_LOCAL_MACHINE\\' : ''}${journalPath(machine)}; if its name begins with that of a key that no certificate has, delete the key first.`,
    },
  );
