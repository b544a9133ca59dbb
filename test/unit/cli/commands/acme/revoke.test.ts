import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { AccountKey, AcmeClient, Marker, StoredAccount, StoredAccountOptions } from '#lib/acme.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { acmeCommand } from '../../../../support/acme-command.js';
import type { Outcome } from '../../../../support/cert-command.js';
import { selfSigned, type TestCertificate } from '../../../../support/certificates.js';
import { type FakeEntry, FakeStores, USABLE_KEY } from '../../../../support/fake-stores.js';

const MY = 'CurrentUser\\MY';
const DIRECTORY = 'https://acme.test/directory';

describe('cli/commands/acme/revoke', () => {
  let bar: TestCertificate;
  let stores: FakeStores;
  let entry: FakeEntry;
  let revoked: { readonly certificate: Uint8Array; readonly reason: number | undefined }[];
  let opened: StoredAccountOptions | undefined;
  /** The key of the certificate, if that signed. */
  let signer: AccountKey | undefined;

  before(async () => {
    bar = await selfSigned({ altNames: ['DNS:bar.example'] });
  });
  beforeEach(() => {
    stores = new FakeStores();
    entry = stores.put(MY, bar.der, { key: USABLE_KEY });
    revoked = [];
    opened = undefined;
    signer = undefined;
  });
  afterEach(() => assert.equal(stores.open, 0, 'a store was left open'));

  function revoke(args: readonly string[], directory?: string): Promise<Outcome> {
    const client: Pick<AcmeClient, 'revoke'> = {
      revoke: (certificate, options) => {
        revoked.push({ certificate, reason: options?.reason });
        signer = options?.certificateKey;
        return Promise.resolve();
      },
    };
    const withStoredAccount = <Value>(
      given: StoredAccountOptions,
      task: (account: StoredAccount) => Promise<Value>,
    ): Promise<Value> => {
      opened = given;
      return task({ client } as unknown as StoredAccount);
    };
    const markerOf = (): Marker | null =>
      directory === undefined ? null : { manager: 'm', set: 's', directory };
    // Only open() is used of it.
    const Client = { open: () => Promise.resolve(client) } as unknown as typeof AcmeClient;
    const instead = { withStoredAccount, markerOf, AcmeClient: Client };
    return acmeCommand(['revoke', ...args], { certificates: stores, instead });
  }

  it('asks the server that issued it, which its manager has noted', async () => {
    const { code, output } = await revoke(['bar.example', '--reason', 'superseded', '--yes'], DIRECTORY);
    assert.equal(code, EXIT_CODES.ok);
    assert.equal(opened?.directory, DIRECTORY);
    assert.deepEqual(revoked, [{ certificate: Buffer.from(bar.der), reason: 4 }]);
    assert.match(output(), new RegExp(`^revoked bar\\.example \\(.*${entry.thumbprint}\\)\nIt stays`));
  });

  it('asks another server if that is given', async () => {
    await revoke(['bar.example', '--yes', '--directory', 'https://other.test/'], DIRECTORY);
    assert.equal(opened?.directory, 'https://other.test/');
    assert.equal(revoked[0]?.reason, 0);
  });

  it("has the certificate's own key sign, if the account is lost", async () => {
    const { code, errors } = await revoke(['bar.example', '--by-key', '--yes'], DIRECTORY);
    assert.equal(code, EXIT_CODES.ok, errors());
    assert.equal(opened, undefined);
    assert.ok(signer?.publicKey.equals(new X509Certificate(Buffer.from(bar.cert)).publicKey));
    assert.equal(revoked.length, 1);
  });

  it('does not guess which server issued it', async () => {
    const { code, errors } = await revoke(['bar.example', '--yes']);
    assert.equal(code, EXIT_CODES.usage);
    assert.match(errors(), /--directory/);
    assert.deepEqual(revoked, []);
  });

  it('asks first, and revokes nothing in a dry run', async () => {
    assert.equal((await revoke(['bar.example'], DIRECTORY)).code, EXIT_CODES.usage);
    assert.match(
      (await revoke(['bar.example', '--dry-run'], DIRECTORY)).output(),
      /^would revoke bar\.example/,
    );
    assert.deepEqual(revoked, []);
  });

  it('takes only reasons that authorities take', async () => {
    assert.equal(
      (await revoke(['bar.example', '--reason', 'cACompromise'], DIRECTORY)).code,
      EXIT_CODES.usage,
    );
  });
});
