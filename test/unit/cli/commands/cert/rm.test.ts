import assert from 'node:assert/strict';
import { certCommand, type Outcome } from '../../../../support/cert-command.js';
import { selfSigned, type TestCertificate } from '../../../../support/certificates.js';
import { FakeStores, USABLE_KEY, type FakeEntry } from '../../../../support/fake-stores.js';
import { Keyboard, type CapturedIOOptions } from '../../../../support/captured-io.js';

const MY = 'CurrentUser\\MY';

describe('cli/commands/cert/rm', () => {
  let bar: TestCertificate;
  let stores: FakeStores;
  let entry: FakeEntry;

  before(async () => {
    bar = await selfSigned({ subject: 'CN=bar.example' });
  });
  beforeEach(() => {
    stores = new FakeStores();
    entry = stores.put(MY, bar.der, { key: USABLE_KEY });
  });
  afterEach(() => assert.equal(stores.open, 0, 'a store was left open'));

  const rm = (args: readonly string[], options: CapturedIOOptions = {}): Promise<Outcome> =>
    certCommand(stores, ['rm', ...args], options);

  /** Typing this at the question. */
  const answering = (answer: string, ...args: string[]): Promise<Outcome> => {
    const stdin = new Keyboard();
    stdin.write(`${answer}\n`);
    return rm(args, { stdin, terminal: true });
  };

  it("removes from the account's own store without a question, and leaves the key", async () => {
    const outcome = await rm(['bar.example']);
    assert.equal(outcome.code, 0, outcome.errors());
    assert.deepEqual(stores.changes, [`remove ${entry.reference}`]);
    assert.equal(outcome.output(), `removed bar.example (${entry.thumbprint}) from ${MY}\n`);
  });

  it('deletes the key with --with-key --yes', async () => {
    const outcome = await rm(['bar.example', '--with-key', '--yes']);
    assert.equal(outcome.code, 0, outcome.errors());
    assert.deepEqual(stores.changes, [`remove ${entry.reference} with key`]);
    assert.match(outcome.output(), /and its private key from/);
  });

  it('says in the JSON what it has removed', async () => {
    const outcome = await rm(['bar.example', '--with-key', '--yes', '--json']);
    const { ok, dryRun, keyDeleted, certificate } = outcome.json() as {
      ok: boolean;
      dryRun: boolean;
      keyDeleted: boolean;
      certificate: { reference: string };
    };
    assert.deepEqual({ ok, dryRun, keyDeleted }, { ok: true, dryRun: false, keyDeleted: true });
    assert.equal(certificate.reference, entry.reference);
  });

  it('asks before a key is deleted', async () => {
    const outcome = await answering('y', 'bar.example', '--with-key');
    assert.equal(outcome.code, 0, outcome.errors());
    assert.equal(
      outcome.errors(),
      `A deleted key cannot be restored. Remove bar.example (${entry.thumbprint}) and its private key? [y/N] `,
    );
    assert.equal(stores.changes.length, 1);
  });

  it('changes nothing when the answer is no', async () => {
    const outcome = await answering('n', 'bar.example', '--with-key');
    assert.equal(outcome.code, 1);
    assert.match(outcome.errors(), /Nothing was changed/);
    assert.deepEqual(stores.changes, []);
  });

  for (const path of [
    'LocalMachine\\MY',
    'LocalMachine\\Root',
    'CurrentUser\\Root',
    'CurrentUser\\TrustedPeople',
  ]) {
    it(`asks before ${path} is changed`, async () => {
      const other = stores.put(path, bar.der);
      const refused = await rm([other.reference]);
      assert.equal(refused.code, 2);
      assert.match(refused.errors(), /There is no terminal to confirm this on\. Confirm it with --yes/);
      assert.deepEqual(stores.changes, []);
      assert.equal((await rm([other.reference, '--yes'])).code, 0);
      assert.deepEqual(stores.changes, [`remove ${other.reference}`]);
    });
  }

  it('says that Windows will ask too', async () => {
    const other = stores.put('CurrentUser\\Root', bar.der);
    const refused = await rm([other.reference]);
    assert.match(
      refused.errors(),
      /decides what Windows trusts\. Windows will ask again\. Remove bar\.example/,
    );
  });

  it('only says what it would do in a dry run, without a question', async () => {
    const outcome = await rm(['bar.example', '--with-key', '--dry-run']);
    assert.equal(outcome.code, 0, outcome.errors());
    assert.match(outcome.output(), /^would remove bar\.example \([0-9A-F]{40}\) and its private key from /);
    assert.deepEqual(stores.changes, []);
    const json = (await rm(['bar.example', '--dry-run', '--json'])).json() as { dryRun: boolean };
    assert.equal(json.dryRun, true);
  });

  it('does not mention a key if there is none', async () => {
    stores = new FakeStores();
    stores.put(MY, bar.der);
    assert.doesNotMatch((await rm(['bar.example', '--with-key'])).output(), /key/);
  });

  it('ends with 2 without a name', async () => {
    assert.equal((await rm([])).code, 2);
  });
});
