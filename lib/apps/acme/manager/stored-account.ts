import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import * as https from '../../../adapters/https/index.js';
import { type Clock, SYSTEM_CLOCK } from '../../../base/async/clock.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { type AcmeTransport, checkedUrl, httpsTransport } from '../http/transport.js';
import type { CertificateKey, CertificateKeys, KeyPlan } from '../order/keys.js';
import { type WindowsKeyOptions, windowsKeys } from '../order/windows-keys.js';
import type { AccountKey } from '../protocol/account-key.js';
import { type AccountFacts, AcmeClient } from '../protocol/client.js';
import { type AccountFile, keyGone, readAccount, settleKeys, writeAccount } from './account.js';
import { type MachineLock, machineLock } from './machine-lock.js';
import { defaultState, requireOwn, StateFolder } from './state-folder.js';

export interface StoredAccountOptions {
  /** URL of the directory of the ACME server. */
  readonly directory: string;
  /** The folder of the manager that has the account. Default %ProgramData%\schannel\acme. */
  readonly state?: string | undefined;
  /** How requests are sent. Default: over Schannel, trusting what Windows trusts. */
  readonly transport?: AcmeTransport | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where its new key is made. Default: software, and the machine's if the old one is. */
export type AccountKeyOptions = Omit<WindowsKeyOptions, 'readers'>;

/** What an account needs of the system. */
export interface AccountSystem<Key extends CertificateKey & AccountKey> {
  readonly keysFor: (options: WindowsKeyOptions) => CertificateKeys<Key>;
  readonly lockFor: (folder: string, clock: Clock) => MachineLock;
  readonly clock: Clock;
  readonly transport: AcmeTransport;
}

/** The account that a manager has at an ACME server. It can't be used when the task has ended. */
export interface StoredAccount {
  readonly client: AcmeClient;
  /** URL of the account. */
  readonly url: string;
  /** Where its key is. */
  readonly key: KeyPlan;
  /** The file that says so. */
  readonly file: string;
  /** What the server knows of it. */
  facts(): Promise<AccountFacts>;
  /**
   * Gives it a new key, and deletes the old one. If the process is killed meanwhile, the next use of the account finds
   * out which of the two the server knows.
   */
  changeKey(options?: AccountKeyOptions): Promise<KeyPlan>;
  /** Ends it for good, and deletes its key. Certificates stay valid. */
  deactivate(): Promise<void>;
}

/**
 * Lets a task use the account that a manager has registered. No manager works meanwhile.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_ACCOUNT if there is none, or if its key is gone; ERR_SCHANNEL_ACME_STATE,
 *   ERR_SCHANNEL_ACME_BUSY, ERR_SCHANNEL_KEY_…; errors of the server; what the task throws
 */
export const withStoredAccount = <Value>(
  options: StoredAccountOptions,
  task: (account: StoredAccount) => Promise<Value>,
): Promise<Value> =>
  withAccountOf(
    options,
    {
      keysFor: windowsKeys,
      lockFor: machineLock,
      clock: SYSTEM_CLOCK,
      transport: options.transport ?? httpsTransport(https),
    },
    task,
  );

/** As {@link withStoredAccount}, with any keys. */
export async function withAccountOf<Key extends CertificateKey & AccountKey, Value>(
  { directory, state = defaultState(), signal }: StoredAccountOptions,
  system: AccountSystem<Key>,
  task: (account: StoredAccount) => Promise<Value>,
): Promise<Value> {
  const { href } = checkedUrl(directory);
  const folder = new StateFolder(state, href);
  // Its files say which keys are deleted. A new folder is made by a manager, with its rights.
  await requireOwn(state);
  if (!existsSync(folder.account)) throw noAccount(directory, folder);
  return system.lockFor(state, system.clock)(async () => {
    const account = await OpenStoredAccount.open(href, folder, system, signal);
    try {
      return await task(account);
    } finally {
      await account.close();
    }
  }, signal);
}

/**
 * Forgets an account whose key is gone: after a TPM was cleared, for example. The next certificate registers another
 * one. No server is asked.
 *
 * @returns its URL
 * @throws SchannelError ERR_SCHANNEL_ACME_ACCOUNT if there is none, or if its key is still there;
 *   ERR_SCHANNEL_ACME_STATE, ERR_SCHANNEL_ACME_BUSY, ERR_SCHANNEL_KEY_…
 */
export const forgetAccount = (options: Omit<StoredAccountOptions, 'transport'>): Promise<string> =>
  forgetAccountOf(options, { keysFor: windowsKeys, lockFor: machineLock, clock: SYSTEM_CLOCK });

/** As {@link forgetAccount}, with any keys. */
export async function forgetAccountOf<Key extends CertificateKey & AccountKey>(
  { directory, state = defaultState(), signal }: Omit<StoredAccountOptions, 'transport'>,
  { keysFor, lockFor, clock }: Omit<AccountSystem<Key>, 'transport'>,
): Promise<string> {
  const { href } = checkedUrl(directory);
  const folder = new StateFolder(state, href);
  return lockFor(state, clock)(async () => {
    const stored = await readAccount(folder, () => undefined);
    if (stored === null) throw noAccount(href, folder);
    for (const plan of [stored.key, stored.nextKey]) {
      const key = plan === null ? null : await keysFor({}).open(plan);
      await key?.close();
      if (key !== null) throw keyIsThere(href);
    }
    await rm(folder.account, { force: true });
    return stored.url;
  }, signal);
}

class OpenStoredAccount<Key extends CertificateKey & AccountKey> implements StoredAccount {
  readonly client: AcmeClient;
  readonly #directory: string;
  readonly #folder: StateFolder;
  readonly #keys: CertificateKeys<Key>;
  readonly #keysFor: AccountSystem<Key>['keysFor'];
  readonly #signal: AbortSignal | undefined;
  #stored: AccountFile;
  #key: Key;
  #isOpen = true;

  private constructor(
    client: AcmeClient,
    directory: string,
    folder: StateFolder,
    keysFor: AccountSystem<Key>['keysFor'],
    { stored, key }: { readonly stored: AccountFile; readonly key: Key },
    signal: AbortSignal | undefined,
  ) {
    this.client = client;
    this.#directory = directory;
    this.#folder = folder;
    this.#keysFor = keysFor;
    this.#keys = keysFor({});
    this.#stored = stored;
    this.#key = key;
    this.#signal = signal;
  }

  static async open<Key extends CertificateKey & AccountKey>(
    directory: string,
    folder: StateFolder,
    { keysFor, transport, clock }: AccountSystem<Key>,
    signal: AbortSignal | undefined,
  ): Promise<OpenStoredAccount<Key>> {
    const stored = await readAccount(folder, () => undefined);
    if (stored === null) throw noAccount(directory, folder);
    const keys = keysFor({});
    const settled = await settleKeys(stored, { directory, folder, keys, transport, clock, signal });
    const key = await keys.open(settled.key);
    if (key === null) throw keyGone(directory, folder.account);
    try {
      const { url: account } = settled;
      const client = await AcmeClient.open({ directory, accountKey: key, account, transport, clock, signal });
      return new OpenStoredAccount(client, directory, folder, keysFor, { stored: settled, key }, signal);
    } catch (error) {
      await key.close();
      throw error;
    }
  }

  get url(): string {
    return this.client.account;
  }

  get key(): KeyPlan {
    return this.#stored.key;
  }

  get file(): string {
    return this.#folder.account;
  }

  facts(): Promise<AccountFacts> {
    return this.client.accountFacts({ signal: this.#signal });
  }

  async changeKey(options: AccountKeyOptions = {}): Promise<KeyPlan> {
    const { url, key: oldKey } = this.#stored;
    const keys = this.#keysFor({ machine: oldKey['machine'] === true, ...options });
    const nextKey = keys.plan();
    await this.#write({ url, key: oldKey, nextKey });
    const next = await keys.make(nextKey);
    try {
      await this.client.changeKey(next, { signal: this.#signal });
    } catch (error) {
      // The server may have changed it before the connection broke: the next use asks.
      await next.close();
      throw error;
    }
    const old = this.#key;
    this.#key = next;
    await old.close();
    await this.#keys.remove(oldKey);
    await this.#write({ url, key: nextKey, nextKey: null });
    return nextKey;
  }

  async deactivate(): Promise<void> {
    try {
      await this.client.deactivate({ signal: this.#signal });
    } catch (error) {
      if (!hasEnded(error)) throw error;
    }
    await this.close();
    await this.#keys.remove(this.#stored.key);
    await rm(this.file, { force: true });
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#key.close();
  }

  async #write(stored: AccountFile): Promise<void> {
    await writeAccount(this.#folder, this.#directory, stored);
    this.#stored = stored;
  }
}

/** A process was killed after the server had ended it: there is only the key left to delete. */
const hasEnded = (error: unknown): boolean =>
  error instanceof SchannelError && /^ERR_SCHANNEL_ACME_(ACCOUNT|UNAUTHORIZED)$/.test(error.code);

const keyIsThere = (directory: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_ACCOUNT', `The account at ${directory} still has its key`, {
    advice: 'Use it, or end it with `schannel acme account deactivate`.',
  });

const noAccount = (directory: string, { account }: StateFolder): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_ACCOUNT', `There is no account for ${directory}`, {
    advice: `The first certificate registers one. Its file would be ${account}.`,
  });
