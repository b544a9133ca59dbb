import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openAccount } from '#lib/apps/acme/manager/account.js';
import { StateFolder } from '#lib/apps/acme/manager/state-folder.js';
import {
  type AccountSystem,
  forgetAccountOf,
  type StoredAccount,
  withAccountOf,
} from '#lib/apps/acme/manager/stored-account.js';
import type { CertificateKey } from '#lib/apps/acme/order/keys.js';
import type { AccountKey } from '#lib/apps/acme/protocol/account-key.js';
import { AccountKeys } from '../../../../support/order-parts.js';
import { PlayedAcme } from '../../../../support/played-acme.js';
import { problem } from '../../../../support/scripted-acme.js';
import { HastyClock } from '../../../../support/scripted-clock.js';
import { skip } from '../../../../support/skip.js';

describe('apps/acme/manager/stored-account', () => {
  let state: string;
  let server: PlayedAcme;
  let keys: AccountKeys;
  let system: AccountSystem<CertificateKey & AccountKey>;
  let folder: StateFolder;
  /** How often somebody had the lock. */
  let locked: number;

  beforeEach(async () => {
    state = await mkdtemp(path.join(os.tmpdir(), 'schannel-account-'));
    server = await PlayedAcme.create();
    keys = new AccountKeys();
    locked = 0;
    system = {
      keysFor: () => keys,
      lockFor: () => (task) => {
        locked += 1;
        return task();
      },
      clock: new HastyClock(),
      transport: server.transport,
    };
    folder = new StateFolder(state, server.directory);
  });
  afterEach(() => rm(state, { recursive: true }));

  const using = <Value>(task: (account: StoredAccount) => Promise<Value>): Promise<Value> =>
    withAccountOf({ directory: server.directory, state }, system, task);

  /** As a manager does. */
  async function register(): Promise<string> {
    const { transport, clock } = system;
    const account = await openAccount(
      { directory: server.directory, termsOfServiceAgreed: true },
      {
        folder,
        keys,
        plan: { name: 'first' },
        transport,
        clock,
        signal: undefined,
        warn: (text) => assert.equal(text, null),
      },
    );
    await account.close();
    return account.client.account;
  }
  const stored = async (): Promise<Readonly<Record<string, unknown>>> =>
    JSON.parse(await readFile(folder.account, 'utf8')) as Readonly<Record<string, unknown>>;

  it('is the account of the manager, and nobody else works meanwhile', async () => {
    const url = await register();
    const found = await using(async (account) => ({
      url: account.url,
      key: account.key,
      file: account.file,
      facts: await account.facts(),
    }));
    assert.deepEqual([found.url, found.key, found.file], [url, { name: 'first' }, folder.account]);
    assert.equal(found.facts.status, 'valid');
    assert.equal(locked, 1);
    assert.equal(keys.opened, 0);
  });

  it('registers none', async () => {
    await assert.rejects(
      using(() => Promise.resolve()),
      { code: 'ERR_SCHANNEL_ACME_ACCOUNT' },
    );
    assert.equal(server.count('new-account'), 0);
  });

  it('makes no folder where there is none', async () => {
    const missing = path.join(state, 'missing');
    await assert.rejects(
      withAccountOf({ directory: server.directory, state: missing }, system, () => Promise.resolve()),
      { code: 'ERR_SCHANNEL_ACME_ACCOUNT' },
    );
    assert.equal(locked, 0);
    await assert.rejects(stat(missing), { code: 'ENOENT' });
  });

  it('is not taken from a folder that others can write to', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has no modes of files');
    await register();
    await chmod(state, 0o777);
    await assert.rejects(
      using(() => Promise.resolve()),
      { code: 'ERR_SCHANNEL_ACME_STATE', message: /^Others can write to the folder/ },
    );
    assert.equal(keys.opened, 0);
  });

  it('says that its key is gone', async () => {
    await register();
    keys.kept.clear();
    await assert.rejects(
      using(() => Promise.resolve()),
      { code: 'ERR_SCHANNEL_ACME_ACCOUNT', message: /is gone/ },
    );
  });

  it('gets a new key, and the old one is deleted', async () => {
    const url = await register();
    const key = await using((account) => account.changeKey());
    assert.deepEqual([...keys.kept.keys()], [key['name']]);
    assert.deepEqual((await stored())['key'], key);
    assert.equal(await using(({ url: same }) => Promise.resolve(same)), url);
    assert.equal(await register(), url);
    assert.equal(keys.opened, 0);
  });

  for (const [what, when] of [
    ['before', 'instead'],
    ['after', 'afterwards'],
  ] as const) {
    it(`finds out which key it has if the connection broke ${what} the change`, async () => {
      const url = await register();
      const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      server[when] = ({ kind }) => (kind === 'key-change' ? reset : null);
      await assert.rejects(
        using((account) => account.changeKey()),
        { code: 'ECONNRESET' },
      );
      assert.equal(keys.kept.size, 2);
      assert.ok('nextKey' in (await stored()));
      server[when] = () => null;
      // The manager, too.
      if (when === 'instead') assert.equal(await register(), url);
      assert.equal(await using((account) => Promise.resolve(account.url)), url);
      const [name, ...others] = keys.kept.keys();
      assert.equal(name === 'first', when === 'instead');
      assert.deepEqual(others, []);
      assert.ok(!('nextKey' in (await stored())));
      assert.equal(keys.opened, 0);
    });
  }

  it('finds out which key it has if the process was killed before there was a new one', async () => {
    const url = await register();
    await writeFile(folder.account, JSON.stringify({ ...(await stored()), nextKey: { name: 'never made' } }));
    assert.equal(await using((account) => Promise.resolve(account.url)), url);
    assert.ok(!('nextKey' in (await stored())));
  });

  it('ends for good although the server had ended it before, and not if the server is away', async () => {
    await register();
    server.instead = ({ kind }) => (kind === 'account' ? problem('serverInternal', 500) : null);
    await assert.rejects(
      using((account) => account.deactivate()),
      { code: 'ERR_SCHANNEL_ACME_SERVER' },
    );
    assert.equal(keys.kept.size, 1);
    server.instead = ({ kind }) => (kind === 'account' ? problem('unauthorized', 403) : null);
    await using((account) => account.deactivate());
    assert.equal(keys.kept.size, 0);
    await assert.rejects(stat(folder.account), { code: 'ENOENT' });
  });

  it('is forgotten only if its key is gone', async () => {
    const forget = (): Promise<string> => forgetAccountOf({ directory: server.directory, state }, system);
    await assert.rejects(forget(), { code: 'ERR_SCHANNEL_ACME_ACCOUNT', message: /no account/ });
    const url = await register();
    await assert.rejects(forget(), { code: 'ERR_SCHANNEL_ACME_ACCOUNT', message: /still has its key/ });
    assert.equal(keys.opened, 0);
    const next = await keys.make({ name: 'next' });
    await next.close();
    await writeFile(folder.account, JSON.stringify({ ...(await stored()), nextKey: { name: 'next' } }));
    keys.kept.delete('first');
    await assert.rejects(forget(), { message: /still has its key/ });
    keys.kept.clear();
    assert.equal(await forget(), url);
    assert.notEqual(await register(), url);
  });

  it('ends for good, with its key and its file', async () => {
    await register();
    await using((account) => account.deactivate());
    assert.equal(keys.kept.size, 0);
    assert.equal(keys.opened, 0);
    await assert.rejects(stat(folder.account), { code: 'ENOENT' });
    assert.equal(server.asked.at(-1)?.payload?.['status'], 'deactivated');
  });
});
