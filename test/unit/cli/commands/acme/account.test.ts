import assert from 'node:assert/strict';
import type { StoredAccount, StoredAccountOptions } from '#lib/acme.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { acmeCommand } from '../../../../support/acme-command.js';
import type { CapturedIOOptions } from '../../../../support/captured-io.js';
import type { Outcome } from '../../../../support/cert-command.js';

const ACCOUNT = 'https://acme.test/account/1';

describe('cli/commands/acme/account', () => {
  const calls: unknown[] = [];
  let opened: StoredAccountOptions | undefined;
  const stored = {
    url: ACCOUNT,
    key: { name: 'old key', provider: 'tpm', machine: true },
    file: 'account.json',
    facts: () => Promise.resolve({ status: 'valid', contact: ['mailto:anna@bar.example'], orders: '' }),
    changeKey: (options: unknown) => {
      calls.push(['key', options]);
      return Promise.resolve({ name: 'new key' });
    },
    deactivate: () => {
      calls.push(['deactivate']);
      return Promise.resolve();
    },
  };

  function account(args: readonly string[], options: CapturedIOOptions = {}): Promise<Outcome> {
    calls.splice(0);
    const withStoredAccount = <Value>(
      given: StoredAccountOptions,
      task: (account: StoredAccount) => Promise<Value>,
    ): Promise<Value> => {
      opened = given;
      return task(stored as unknown as StoredAccount);
    };
    const forgetAccount = (): Promise<string> => {
      calls.push(['forget']);
      return Promise.resolve(ACCOUNT);
    };
    return acmeCommand(['account', ...args], { ...options, instead: { withStoredAccount, forgetAccount } });
  }

  it('shows the account of a server, and where its key is', async () => {
    const { code, output } = await account(['show', '--directory', 'https://acme.test/', '--state', 's']);
    assert.equal(code, EXIT_CODES.ok);
    assert.deepEqual([opened?.directory, opened?.state], ['https://acme.test/', 's']);
    assert.deepEqual(output().split('\n').slice(0, 5), [
      `account  ${ACCOUNT}`,
      'server   https://acme.test/',
      'status   valid',
      'contact  mailto:anna@bar.example',
      'key      old key, tpm, of the machine',
    ]);
  });

  it('shows it as JSON', async () => {
    const { json } = await account(['show', '--json']);
    const { url, status, key } = json() as { url: string; status: string; key: unknown };
    assert.deepEqual([url, status, key], [ACCOUNT, 'valid', stored.key]);
  });

  it('gives it a new key once that is confirmed', async () => {
    assert.equal((await account(['key'])).code, EXIT_CODES.usage);
    assert.deepEqual(calls, []);
    const { code, json } = await account(['key', '--yes', '--key-provider', 'tpm', '--json']);
    assert.equal(code, EXIT_CODES.ok);
    assert.deepEqual((json() as { key: unknown }).key, { name: 'new key' });
    assert.deepEqual(calls, [
      ['key', { algorithm: undefined, modulusLength: undefined, namedCurve: undefined, provider: 'tpm' }],
    ]);
  });

  it('ends it once that is confirmed', async () => {
    assert.equal((await account(['deactivate'])).code, EXIT_CODES.usage);
    assert.deepEqual(calls, []);
    assert.equal((await account(['deactivate', '--yes'])).output(), `ended ${ACCOUNT}\n`);
    assert.deepEqual(calls, [['deactivate']]);
  });

  it('forgets one whose key is gone once that is confirmed', async () => {
    assert.equal((await account(['forget'])).code, EXIT_CODES.usage);
    assert.match((await account(['forget', '--dry-run'])).output(), /^would forget/);
    assert.deepEqual(calls, []);
    assert.equal((await account(['forget', '--yes'])).output(), `forgot ${ACCOUNT}\n`);
    assert.deepEqual(calls, [['forget']]);
  });

  it('changes nothing in a dry run', async () => {
    assert.equal((await account(['key', '--dry-run'])).output(), `would give ${ACCOUNT} a new key\n`);
    assert.equal((await account(['deactivate', '--dry-run'])).output(), `would end ${ACCOUNT}\n`);
    assert.deepEqual(calls, []);
  });
});
