import {
  type AuthorityKey,
  type AuthorityKeyOptions,
  createAuthorityKey,
  discardKey,
} from './authority-key.js';
import { AuthorityContext } from './context.js';
import { AuthorityFolder } from './folder.js';
import { type Change, Ledger } from './ledger.js';
import type { LockSystem } from '../../base/files/lock.js';

/**
 * Begins an authority: its folder, its key, and what a task records first. If anything fails, all of it is removed
 * again. If the process is killed, what is left cannot be opened: an import without its last revocations would sign
 * lists that lack them.
 *
 * @throws SchannelError ERR_SCHANNEL_CA_EXISTS, and what the key and the task throw
 */
export async function beginAuthority(
  folder: string,
  keyOptions: AuthorityKeyOptions,
  task: (context: AuthorityContext, key: AuthorityKey, change: Change) => Promise<void>,
  system: LockSystem,
): Promise<AuthorityContext> {
  const files = new AuthorityFolder(folder);
  const ledger = await Ledger.create(files, system);
  let key: AuthorityKey | null = null;
  try {
    key = await createAuthorityKey(keyOptions, files);
    const made = key;
    const context = new AuthorityContext(ledger, made);
    await ledger.change(async (change) => {
      await task(context, made, change);
      await ledger.finish();
    });
    return context;
  } catch (error) {
    // The first failure is the one to report.
    if (key !== null) await discardKey(key, keyOptions, files).catch(() => undefined);
    await files.empty().catch(() => undefined);
    throw error;
  }
}
