import { SchannelError } from '../../../base/errors/schannel-error.js';
import { objectOf, textIn } from '../http/json.js';
import type { AcmeTransport } from '../http/transport.js';
import type { CertificateKey, CertificateKeys, KeyPlan } from '../order/keys.js';
import type { AccountKey } from '../protocol/account-key.js';
import { AcmeClient, type RegisterOptions } from '../protocol/client.js';
import type { Clock } from '../../../base/async/clock.js';
import { readIfThere, setAside, type StateFolder } from './state-folder.js';

/** An ACME server, and who its account belongs to. */
export interface ServerOptions extends Omit<RegisterOptions, 'signal'> {
  /** URL of its directory. */
  readonly directory: string;
}

export interface AccountContext<Key extends CertificateKey & AccountKey> {
  readonly folder: StateFolder;
  readonly keys: CertificateKeys<Key>;
  /** Where the key of a new account will be. It is the same at each start, so that it is found if the file is lost. */
  readonly plan: KeyPlan;
  readonly transport: AcmeTransport;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly warn: (text: string) => void;
}

/** A client with its account. Close it after use. */
export interface OpenAccount {
  readonly client: AcmeClient;
  close(): Promise<void>;
}

/** What is kept of an account. */
export interface AccountFile {
  readonly url: string;
  readonly key: KeyPlan;
  /** A key that it was about to get when its process ended; null if there is none. */
  readonly nextKey: KeyPlan | null;
}

/**
 * Opens the account of a server, or registers one. A server that knows the key already answers with its account, so a
 * lost file costs nothing.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_ACCOUNT if there is an account and its key is gone;
 *   ERR_SCHANNEL_ACME_TERMS, ERR_SCHANNEL_ACME_STATE, ERR_SCHANNEL_KEY_…; errors of the server
 */
export async function openAccount<Key extends CertificateKey & AccountKey>(
  { directory, ...registration }: ServerOptions,
  context: AccountContext<Key>,
): Promise<OpenAccount> {
  const { folder, keys, plan, transport, clock, signal } = context;
  const found = await readAccount(folder, context.warn);
  const stored = found === null ? null : await settleKeys(found, { ...context, directory });
  const known = await keys.open(stored?.key ?? plan);
  if (known === null && stored !== null) throw keyGone(directory, folder.account);
  const key = known ?? (await keys.make(plan));
  try {
    const client = await AcmeClient.open({
      directory,
      accountKey: key,
      transport,
      clock,
      signal,
      ...(stored !== null && { account: stored.url }),
    });
    if (stored === null) {
      const url = await client.register({ ...registration, signal });
      await writeAccount(folder, directory, { url, key: plan, nextKey: null });
    }
    return { client, close: () => key.close() };
  } catch (error) {
    await key.close();
    throw error;
  }
}

/** Null if there is none. @throws SchannelError ERR_SCHANNEL_ACME_STATE */
export async function readAccount(
  folder: StateFolder,
  warn: (text: string) => void,
): Promise<AccountFile | null> {
  const text = await readIfThere(folder.account);
  if (text === null) return null;
  const members = membersOf(text);
  const version = members?.['version'];
  if (typeof version === 'number' && version > 1) throw newer(folder.account);
  const key = objectOf(members?.['key']);
  const url = members === null ? '' : textIn(members, 'url');
  const nextKey = objectOf(members?.['nextKey']) as KeyPlan | null;
  if (key !== null && URL.canParse(url)) return { url, key: key as KeyPlan, nextKey };
  const aside = await setAside(folder.account);
  warn(`The file of the account was damaged. It is ${aside} now, and the account is looked up by its key.`);
  return null;
}

/** @throws SchannelError ERR_SCHANNEL_ACME_STATE */
export const writeAccount = (
  folder: StateFolder,
  directory: string,
  { url, key, nextKey }: AccountFile,
): Promise<void> =>
  folder.writeFile(
    folder.account,
    `${JSON.stringify({ version: 1, directory, url, key, ...(nextKey !== null && { nextKey }) }, null, 2)}\n`,
  );

/**
 * Finds out which key an account has whose process ended while it was changed, and deletes the other one.
 *
 * @throws errors of the server and of keys; SchannelError ERR_SCHANNEL_ACME_STATE
 */
export async function settleKeys<Key extends CertificateKey & AccountKey>(
  stored: AccountFile,
  {
    directory,
    folder,
    keys,
    transport,
    clock,
    signal,
  }: Omit<AccountContext<Key>, 'plan' | 'warn'> & { readonly directory: string },
): Promise<AccountFile> {
  const { url, key, nextKey } = stored;
  if (nextKey === null) return stored;
  const next = await keys.open(nextKey);
  let isNext = false;
  if (next !== null) {
    try {
      const client = await AcmeClient.open({ directory, accountKey: next, transport, clock, signal });
      isNext = (await client.findAccount({ signal })) === url;
    } finally {
      await next.close();
    }
  }
  const settled = { url, key: isNext ? nextKey : key, nextKey: null };
  // A key that can't be found any more would be left over: it is deleted before it is forgotten.
  await keys.remove(isNext ? key : nextKey);
  await writeAccount(folder, directory, settled);
  return settled;
}

function membersOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return null;
  }
}

export const keyGone = (directory: string, file: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_ACCOUNT', `The key of the account at ${directory} is gone`, {
    advice: `Restore it, or have the next certificate register another account: \`schannel acme account forget\` removes ${file}.`,
  });

const newer = (file: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_STATE', `A later version of this program wrote ${file}`, {
    advice: 'Use that version. Nothing was changed.',
  });
