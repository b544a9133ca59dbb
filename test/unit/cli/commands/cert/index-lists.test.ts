import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { certCommand, type Outcome } from '../../../../support/cert-command.js';
import { daysFromNow, selfSigned, type TestCertificate } from '../../../../support/certificates.js';
import { FakeStores, USABLE_KEY } from '../../../../support/fake-stores.js';

const MY = 'CurrentUser\\MY';

/** What these tests look at of the JSON. */
interface Printed {
  readonly ok: boolean;
  readonly store?: string;
  readonly certificates?: Readonly<Record<string, unknown>>[];
  readonly certificate?: Readonly<Record<string, unknown>>;
  readonly error: { readonly code?: string; readonly message: string } | null;
}

const printed = (outcome: Outcome): Printed => outcome.json() as Printed;

describe('cli/commands/cert/index: schannel cert', () => {
  let bar: TestCertificate;
  let old: TestCertificate;
  let stores: FakeStores;

  before(async () => {
    bar = await selfSigned({
      subject: 'O=Bar, CN=bar.example',
      altNames: ['DNS:bar.example', 'IP:192.0.2.1'],
    });
    old = await selfSigned({
      subject: 'CN=old.example',
      altNames: ['DNS:old.example'],
      notBefore: daysFromNow(-9.5),
      notAfter: daysFromNow(-2.5),
    });
  });
  beforeEach(() => {
    stores = new FakeStores();
    stores.put(MY, old.der);
    stores.put(MY, bar.der, { friendlyName: 'the bar', key: USABLE_KEY });
  });
  afterEach(() => assert.equal(stores.open, 0, 'a store was left open'));

  const cert = (...args: string[]): Promise<Outcome> => certCommand(stores, args);

  it('shows its commands and ends with 2 when none is given', async () => {
    const outcome = await cert();
    assert.equal(outcome.code, 2);
    assert.match(outcome.errors(), /ls .*list the certificates/);
  });

  describe('ls', () => {
    it('lists valid certificates first', async () => {
      const outcome = await cert('ls');
      assert.equal(outcome.code, 0, outcome.errors());
      const [head, first, second, ...more] = outcome.output().split('\n');
      assert.match(head ?? '', /^Name +Friendly name +Expires +Time +Key +Thumbprint$/);
      assert.match(first ?? '', /^bar\.example +the bar +\d{4}-\d\d-\d\d +29 days left +yes +[0-9A-F]{40}$/);
      assert.match(second ?? '', /^old\.example +\d{4}-\d\d-\d\d +expired 2 days ago +[0-9A-F]{40}$/);
      assert.deepEqual(more, ['']);
    });

    it('colours what has expired red, and what soon will yellow', async () => {
      const shown = (await certCommand(stores, ['ls'], { terminal: true })).output();
      assert.ok(shown.includes('\u001b[31mexpired 2 days ago\u001b[39m'), shown);
      assert.ok(shown.includes('\u001b[33m29 days left\u001b[39m'), shown);
    });

    it('prints one JSON object', async () => {
      const { store, certificates = [], ok, error } = printed(await cert('ls', '--json'));
      assert.deepEqual({ ok, store, error }, { ok: true, store: MY, error: null });
      const [entry] = stores.entries(MY).filter(({ friendlyName }) => friendlyName !== null);
      assert.deepEqual(certificates[0], {
        reference: `${MY}\\${entry?.thumbprint ?? ''}`,
        subject: 'CN=bar.example, O=Bar',
        issuer: 'CN=bar.example, O=Bar',
        dnsNames: ['bar.example'],
        ipAddresses: ['192.0.2.1'],
        emailAddresses: [],
        validFrom: entry?.validFrom.toISOString(),
        validTo: entry?.validTo.toISOString(),
        serialNumber: bar.serialNumber.toUpperCase(),
        thumbprint: entry?.thumbprint,
        fingerprint256: entry?.thumbprint256,
        publicKey: 'EC prime256v1',
        keyUsage: ['digitalSignature', 'keyEncipherment'],
        extendedKeyUsage: ['serverAuth'],
        isAuthority: false,
        isSelfSigned: true,
        template: null,
        friendlyName: 'the bar',
        archived: false,
        hasPrivateKey: true,
      });
    });

    it('lists another store, by name or by location', async () => {
      stores.put('LocalMachine\\Root', bar.der);
      for (const args of [
        ['--store', 'LocalMachine\\Root'],
        ['--store', 'root', '--location', 'machine'],
      ]) {
        assert.equal(printed(await cert('ls', '--json', ...args)).store, 'LocalMachine\\Root');
      }
    });

    it('says that a store is empty', async () => {
      stores = new FakeStores();
      assert.equal((await cert('ls')).output(), `There is no certificate in ${MY}\n`);
    });

    it('lists archived certificates when asked to', async () => {
      stores = new FakeStores();
      stores.put(MY, bar.der, { archived: true });
      assert.deepEqual(printed(await cert('ls', '--json')).certificates, []);
      assert.match((await cert('ls', '--archived')).output(), /^bar\.example \(archived\) /m);
    });

    it('lets no name of a certificate move the cursor', async () => {
      stores.put(MY, old.der, { friendlyName: 'a\u001b[2Jb' });
      assert.match((await cert('ls')).output(), /a\?\[2Jb/);
    });

    it('ends with 1 for a store that is not there, with the code in the JSON', async () => {
      const outcome = await cert('ls', '--store', 'Missing', '--json');
      assert.equal(outcome.code, 1);
      assert.equal(printed(outcome).error?.code, 'ERR_SCHANNEL_STORE_NOT_FOUND');
    });

    for (const args of [
      ['ls', '--location', 'Mars'],
      ['ls', '--store', 'a\\b\\c'],
      ['ls', 'surplus'],
    ]) {
      it(`ends with 2 for: ${args.join(' ')}`, async () => {
        const outcome = await cert(...args);
        assert.equal(outcome.code, 2);
        assert.notEqual(outcome.errors(), '');
      });
    }
  });

  describe('show', () => {
    it('shows all of a certificate and its key', async () => {
      const shown = (await cert('show', 'bar.example')).output();
      assert.match(shown, /^bar\.example\n/);
      assert.match(shown, /\nfriendly name +the bar\n/);
      assert.match(shown, /\nissuer +itself\n/);
      assert.match(shown, /\nnames +bar\.example, 192\.0\.2\.1\n/);
      assert.match(shown, /\nvalid +\S+ to \S+, 29 days left\n/);
      assert.match(shown, /\npurposes +serverAuth\n/);
      assert.match(
        shown,
        /\nprivate key +Microsoft Software Key Storage Provider, of this account, exportable\n$/,
      );
    });

    it('says why a key cannot be used', async () => {
      const error = new SchannelError('ERR_SCHANNEL_KEY_NOT_FOUND', 'There is no such key', { phase: 'key' });
      stores.put(MY, bar.der, { friendlyName: 'keyless', key: { usable: false, error } });
      const name = 'keyless';
      assert.match(
        (await cert('show', name)).output(),
        /private key +cannot be used: There is no such key\n/,
      );
      const { certificate } = printed(await cert('show', name, '--json'));
      assert.deepEqual(certificate?.['key'], {
        usable: false,
        error: { code: 'ERR_SCHANNEL_KEY_NOT_FOUND', message: 'There is no such key', phase: 'key' },
      });
    });

    it('has the key in the JSON, null for none', async () => {
      assert.deepEqual(printed(await cert('show', 'the bar', '--json')).certificate?.['key'], USABLE_KEY);
      assert.equal(printed(await cert('show', 'old.example', '--json')).certificate?.['key'], null);
    });

    it('prints the certificate itself', async () => {
      assert.equal((await cert('show', 'bar.example', '--pem')).output(), bar.cert);
      assert.equal(
        printed(await cert('show', 'bar.example', '--pem', '--json')).certificate?.['pem'],
        bar.cert,
      );
    });
  });

  describe('find', () => {
    for (const [args, count] of [
      [['--dns', 'bar.example'], 1],
      [['--ip', '192.0.2.1'], 1],
      [['--subject', 'EXAMPLE'], 2],
      [['--subject', 'O=Bar'], 1],
      [['--issuer', 'old'], 1],
      [['--friendly-name', 'The Bar'], 1],
      [['--eku', 'serverAuth', '--key-usage', 'digitalSignature'], 2],
      [['--has-key'], 1],
      [['--valid'], 1],
      [['--has-key', '--dns', 'old.example'], 0],
      [['--template', 'Machine'], 0],
      [['--key-id', '00'], 0],
      [['--serial', '1'], 0],
    ] as const) {
      it(`${args.join(' ')} finds ${count}`, async () => {
        const outcome = await cert('find', '--json', ...args);
        assert.equal(printed(outcome).certificates?.length, count);
        assert.equal(printed(outcome).ok, count > 0);
        assert.equal(outcome.code, count > 0 ? 0 : 1);
      });
    }

    it('finds by either thumbprint', async () => {
      const [, entry] = stores.entries(MY);
      for (const thumbprint of [entry?.thumbprint ?? '', entry?.thumbprint256 ?? '']) {
        assert.equal(
          printed(await cert('find', '--thumbprint', thumbprint, '--json')).certificates?.length,
          1,
        );
      }
    });

    it('says on standard error that there is none', async () => {
      const outcome = await cert('find', '--dns', 'no.example');
      assert.equal(outcome.output(), '');
      assert.equal(outcome.errors(), `No certificate in ${MY} matches\n`);
    });

    for (const args of [
      [],
      ['--ip', 'bar'],
      ['--thumbprint', '12'],
      ['--eku', 'nonsense'],
      ['--key-usage', 'x'],
    ]) {
      it(`ends with 2 for: find ${args.join(' ') || '(nothing)'}`, async () => {
        const outcome = await cert('find', ...args);
        assert.equal(outcome.code, 2, outcome.errors());
      });
    }
  });
});
