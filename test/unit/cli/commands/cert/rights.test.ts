import assert from 'node:assert/strict';
import { allowEntry } from '#lib/formats/security-descriptor/access-list.js';
import { readSecurityDescriptor } from '#lib/formats/security-descriptor/security-descriptor.js';
import { type CapturedIOOptions, Keyboard } from '../../../../support/captured-io.js';
import { certCommand, type Outcome } from '../../../../support/cert-command.js';
import { selfSigned, type TestCertificate } from '../../../../support/certificates.js';
import { type FakeEntry, FakeStores, USABLE_KEY } from '../../../../support/fake-stores.js';
import {
  descriptorOf,
  entry as accessEntry,
  FILE_READ,
  MACHINE_KEY,
  NETWORK_SERVICE,
  SYSTEM,
} from '../../../../support/security-descriptors.js';

describe('cli/commands/cert/rights', () => {
  let bar: TestCertificate;
  let stores: FakeStores;
  let entry: FakeEntry;

  before(async () => {
    bar = await selfSigned({ subject: 'CN=bar.example' });
  });
  beforeEach(() => {
    stores = new FakeStores();
    stores.accounts = [
      { sid: SYSTEM, domain: 'NT AUTHORITY', name: 'SYSTEM' },
      { sid: NETWORK_SERVICE, domain: 'NT AUTHORITY', name: 'NETWORK SERVICE' },
    ];
    entry = stores.put('CurrentUser\\MY', bar.der, { key: USABLE_KEY });
    stores.setRights(entry, descriptorOf(MACHINE_KEY));
  });
  afterEach(() => assert.equal(stores.open, 0, 'a store or a key was left open'));

  const cert = (args: readonly string[], options: CapturedIOOptions = {}): Promise<Outcome> =>
    certCommand(stores, args, options);

  const grant = (...args: string[]): Promise<Outcome> => cert(['grant', 'bar.example', ...args]);

  const sids = (): unknown[] =>
    readSecurityDescriptor(stores.rightsOf(entry) ?? Buffer.alloc(0)).dacl?.entries.map(({ sid }) => sid) ??
    [];

  it('shows who may use a key', async () => {
    stores.setRights(entry, descriptorOf([...MACHINE_KEY, accessEntry(0, 0x10, FILE_READ, NETWORK_SERVICE)]));
    const outcome = await cert(['rights', 'bar.example']);
    assert.equal(outcome.code, 0, outcome.errors());
    assert.equal(
      outcome.output(),
      [
        `bar.example (${entry.thumbprint})`,
        'ACCOUNT                       MAY   FROM',
        'NT AUTHORITY\\SYSTEM           full  key',
        'S-1-5-32-544                  full  key',
        'NT AUTHORITY\\NETWORK SERVICE  use   folder',
        '',
      ].join('\n'),
    );
    const { rights } = (await cert(['rights', 'bar.example', '--json'])).json() as {
      rights: { entries: { access: string }[] };
    };
    assert.deepEqual(
      rights.entries.map(({ access }) => access),
      ['full', 'full', 'use'],
    );
  });

  it('warns of a key without a list', async () => {
    stores.setRights(entry, descriptorOf(null));
    assert.match((await cert(['rights', 'bar.example'])).output(), /everyone may do everything/);
  });

  it('grants after --yes', async () => {
    const outcome = await grant('--to', 'network service', '--yes');
    assert.equal(outcome.code, 0, outcome.errors());
    assert.match(
      outcome.output(),
      /^let NT AUTHORITY\\NETWORK SERVICE \(S-1-5-20\) use the private key of bar\.example/,
    );
    assert.match(outcome.output(), /Services need a key of the machine/);
    assert.equal(sids().at(-1), NETWORK_SERVICE);
  });

  it('asks before it changes anything', async () => {
    const refused = await grant('--to', NETWORK_SERVICE);
    assert.equal(refused.code, 2);
    const stdin = new Keyboard();
    stdin.write('n\n');
    const declined = await cert(['grant', 'bar.example', '--to', NETWORK_SERVICE], { stdin, terminal: true });
    assert.equal(declined.code, 1);
    assert.match(
      declined.errors(),
      /Let NT AUTHORITY\\NETWORK SERVICE .* use the private key of bar\.example/,
    );
    assert.equal(sids().length, 2);
  });

  it('shows what would be in a dry run', async () => {
    const outcome = await grant('--to', NETWORK_SERVICE, '--full', '--dry-run', '--json');
    const { dryRun, action, after } = outcome.json() as {
      dryRun: boolean;
      action: string;
      after: { entries: { access: string }[] };
    };
    assert.deepEqual(
      { dryRun, action, last: after.entries.at(-1)?.access },
      {
        dryRun: true,
        action: 'granted',
        last: 'full',
      },
    );
    assert.equal(sids().length, 2);
  });

  it('says when there is nothing to do, without a question', async () => {
    stores.setRights(entry, descriptorOf([...MACHINE_KEY, allowEntry(NETWORK_SERVICE, FILE_READ)]));
    assert.match((await grant('--to', NETWORK_SERVICE)).output(), /^nothing to change/);
    const revoked = await cert(['revoke-grant', 'bar.example', '--from', 'S-1-5-19']);
    assert.match(revoked.output(), /^nothing to change/);
  });

  it('warns of a computed account, and of groups that nearly everyone is in', async () => {
    assert.match(
      (await grant('--to', 'IIS AppPool\\www', '--dry-run')).output(),
      /a wrong spelling would not show/,
    );
    assert.match((await grant('--to', 'everyone', '--dry-run')).output(), /Nearly every account/);
  });

  it('revokes a grant', async () => {
    await grant('--to', NETWORK_SERVICE, '--yes');
    const outcome = await cert(['revoke-grant', 'bar.example', '--from', 'NETWORK SERVICE', '--yes']);
    assert.equal(outcome.code, 0, outcome.errors());
    assert.match(
      outcome.output(),
      /^stopped NT AUTHORITY\\NETWORK SERVICE \(S-1-5-20\) using the private key/,
    );
    assert.equal(sids().length, 2);
  });

  it('reports an unknown account by its code', async () => {
    const outcome = await grant('--to', 'nobody', '--yes', '--json');
    assert.equal(outcome.code, 1);
    const { error } = outcome.json() as { error: { code: string } };
    assert.equal(error.code, 'ERR_SCHANNEL_KEY_ACCOUNT_NOT_FOUND');
  });

  it('ends with 2 without an account', async () => {
    assert.equal((await grant('--yes')).code, 2);
    assert.equal((await cert(['revoke-grant', 'bar.example'])).code, 2);
  });
});
