import type { Native } from '../../native/binding.js';
import { namespaceOf } from '../../native/namespace.js';
import type { NativeLock } from '../../native/process-binding.js';
import { callNative, callNativeVoid } from '../../native/promises.js';

/** The mutex is 'Global\\schannel-completions-<SID of this account>'. */
const LOCK = 'schannel-completions';

/** A completion holds the lock while it changes stores, which takes less than a second: it asks nobody anything. */
const LOCK_TIMEOUT_MS = 60_000;

const LOCKING = {
  phase: 'store',
  text: 'The lock that all completions of this account share could not be acquired',
} as const;

/**
 * Runs a completion while no other process of this account runs one. Two that complete the same request would each see
 * what the other has added, and if one of them failed, it would remove what the other has reported as installed.
 *
 * @throws SchannelError ERR_SCHANNEL_STORE_… if others hold the lock too long, and what the completion throws
 */
export async function whileNoOtherCompletes<Value>(
  native: Pick<Native, 'acquireLock' | 'isAppContainer'>,
  complete: () => Promise<Value>,
): Promise<Value> {
  const name = `${namespaceOf(native)}\\${LOCK}`;
  const lock = await callNative<NativeLock>(LOCKING, (callback) =>
    native.acquireLock(name, LOCK_TIMEOUT_MS, callback),
  );
  try {
    return await complete();
  } finally {
    await callNativeVoid(LOCKING, (callback) => lock.release(callback));
  }
}
