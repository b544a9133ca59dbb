import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certCommand, type Outcome } from '../../../../support/cert-command.js';
import { selfSigned, sharedRoot, type TestCertificate } from '../../../../support/certificates.js';
import { type FakeEntry, FakeStores } from '../../../../support/fake-stores.js';
import { Keyboard, type CapturedIOOptions } from '../../../../support/captured-io.js';

const MY = 'CurrentUser\\MY';
const ROOT = 'CurrentUser\\Root';

describe('cli/commands/cert/index: schannel cert', () => {
  let bar: TestCertificate;
  let ca: TestCertificate;
  let leaf: TestCertificate;
  let folder: string;
  let stores: FakeStores;

  before(async () => {
    const root = await sharedRoot('CN=Bar CA');
    ca = root.certificate;
    leaf = await root.issue({ subject: 'CN=leaf.example' });
    bar = await selfSigned({ subject: 'CN=bar.example', altNames: ['DNS:bar.example'] });
    folder = mkdtempSync(join(tmpdir(), 'schannel-cert-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    stores = new FakeStores();
    stores.made = bar.der;
  });
  afterEach(() => assert.equal(stores.open, 0, 'a store was left open'));

  const cert = (args: readonly string[], options: CapturedIOOptions = {}): Promise<Outcome> =>
    certCommand(stores, args, options);

  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  describe('new', () => {
    const NEW = ['new', '--self-signed', '--dns', 'bar.example'];

    it('creates what is asked for', async () => {
      const outcome = await cert([...NEW, '--friendly-name', 'x', '--exportable', '--yes', '--json']);
      assert.equal(outcome.code, 0, outcome.errors());
      const [request] = stores.requests;
      assert.equal(request?.store, MY);
      assert.deepEqual(request.dns, ['bar.example']);
      assert.equal(request.friendlyName, 'x');
      assert.equal(Reflect.get(request.key ?? {}, 'exportable'), true);
      const { certificate } = outcome.json() as { certificate: { reference: string; friendlyName: string } };
      assert.equal(certificate.reference, stores.entries(MY)[0]?.reference);
      assert.equal(certificate.friendlyName, 'x');
    });

    it('accepts several names, and the options of the key', async () => {
      const args = [
        '--dns',
        'www.bar.example',
        '--ip',
        '192.0.2.1',
        '::1',
        '--days',
        '7',
        '--usage',
        'server',
      ];
      const key = ['--algorithm', 'ec', '--curve', 'P-384', '--provider', 'tpm'];
      const outcome = await cert([...NEW, ...args, ...key]);
      assert.equal(outcome.code, 0, outcome.errors());
      const [request] = stores.requests;
      assert.deepEqual(request?.dns, ['bar.example', 'www.bar.example']);
      assert.deepEqual(request.ip, ['192.0.2.1', '::1']);
      assert.deepEqual([request.days, request.usages], [7, ['server']]);
      const { algorithm, namedCurve, provider } = request.key as Record<string, unknown>;
      assert.deepEqual([algorithm, namedCurve, provider], ['ec', 'P-384', 'tpm']);
      assert.match(outcome.output(), /^created bar\.example in CurrentUser\\MY\n[0-9A-F]{40}\n$/);
    });

    it('creates nothing in a dry run', async () => {
      const outcome = await cert([...NEW, '--dry-run']);
      assert.equal(outcome.code, 0, outcome.errors());
      assert.equal(outcome.output(), `would create a self-signed certificate for bar.example in ${MY}\n`);
      assert.deepEqual(stores.requests, []);
    });

    it('asks before it goes into a store of the machine', async () => {
      stores.put('LocalMachine\\MY', ca.der);
      const args = [...NEW, '--location', 'LocalMachine'];
      assert.equal((await cert(args)).code, 2);
      assert.equal(stores.requests.length, 0);
      assert.equal((await cert([...args, '--yes'])).code, 0);
      assert.equal(stores.requests[0]?.store, 'LocalMachine\\MY');
    });

    for (const args of [
      [],
      ['--dns', 'bar.example'],
      ['--self-signed'],
      ['--self-signed', '--dns', 'a b'],
      ['--self-signed', '--ip', 'bar.example'],
      ['--self-signed', '--dns', 'x.example', '--days', '0'],
      ['--self-signed', '--dns', 'x.example', '--curve', 'P-256'],
      ['--self-signed', '--dns', 'x.example', '--algorithm', 'ec', '--bits', '2048'],
      ['--self-signed', '--dns', 'x.example', '--usage', 'mail'],
      ['--self-signed', '--dns', 'x.example', '--password', 'x'],
    ]) {
      it(`ends with 2 for: new ${args.join(' ') || '(nothing)'}`, async () => {
        const outcome = await cert(['new', ...args]);
        assert.equal(outcome.code, 2, outcome.errors());
        assert.deepEqual(stores.requests, []);
      });
    }
  });

  describe('trust', () => {
    it('adds the root of a file after asking, with its thumbprint to compare', async () => {
      const stdin = new Keyboard();
      stdin.write('y\n');
      const outcome = await cert(['trust', file('ca.pem', ca.cert)], { stdin, terminal: true });
      assert.equal(outcome.code, 0, outcome.errors());
      const [added] = stores.entries(ROOT);
      assert.deepEqual(stores.changes, [`add ${added?.reference ?? ''} as trusted root`]);
      assert.ok(outcome.errors().includes(`SHA-256 ${added?.thumbprint256 ?? ''}`));
      assert.match(outcome.errors(), /Windows will ask again/);
    });

    it('does not ask for a certificate that is already there', async () => {
      const { thumbprint } = stores.put(ROOT, ca.der);
      const outcome = await cert(['trust', file('ca.der', ca.der)]);
      assert.equal(outcome.code, 0, outcome.errors());
      assert.equal(outcome.output(), `already in ${ROOT}: Bar CA (${thumbprint})\n`);
      assert.deepEqual(stores.changes, []);
    });

    it('refuses without a terminal, unless --yes is given', async () => {
      const path = file('ca.pem', ca.cert);
      assert.equal((await cert(['trust', path])).code, 2);
      assert.deepEqual(stores.changes, []);
      assert.equal((await cert(['trust', path, '--yes'])).code, 0);
      assert.equal(stores.changes.length, 1);
    });

    it('uses the root of a chain', async () => {
      await cert(['trust', file('chain.pem', `${leaf.cert}${ca.cert}`), '--yes']);
      assert.deepEqual(
        stores.entries(ROOT).map(({ subject }) => subject),
        ['CN=Bar CA'],
      );
    });

    it('accepts a certificate of a store by its name', async () => {
      stores.put(MY, bar.der);
      assert.equal((await cert(['trust', 'bar.example', '--yes'])).code, 0);
      assert.equal(stores.entries(ROOT).length, 1);
    });

    it('refuses what is no root, and a file that holds several', async () => {
      const outcome = await cert(['trust', file('leaf.pem', leaf.cert), '--yes']);
      assert.equal(outcome.code, 2);
      assert.match(outcome.errors(), /leaf\.example is not a root: CN=Bar CA issued it/);
      const several = await cert(['trust', file('several.pem', `${bar.cert}${ca.cert}`), '--yes']);
      assert.equal(several.code, 2);
      assert.match(several.errors(), /\(bar\.example, Bar CA\), and one is needed/);
      assert.deepEqual(stores.changes, []);
    });

    it('adds nothing in a dry run', async () => {
      const outcome = await cert(['trust', file('ca.pem', ca.cert), '--dry-run', '--json']);
      const { dryRun, action, store } = outcome.json() as Record<string, unknown>;
      assert.deepEqual({ dryRun, action, store }, { dryRun: true, action: 'added', store: ROOT });
      assert.deepEqual(stores.changes, []);
    });

    it('ends with 1 for a file that is no certificate', async () => {
      assert.equal((await cert(['trust', file('x.pem', 'hello'), '--yes'])).code, 1);
    });
  });

  describe('untrust', () => {
    it('removes the root, by file or name', async () => {
      for (const name of [file('ca.pem', ca.cert), 'Bar CA']) {
        stores.put(ROOT, ca.der);
        assert.equal((await cert(['untrust', name])).code, 2);
        assert.equal(stores.entries(ROOT).length, 1);
        const outcome = await cert(['untrust', name, '--yes']);
        assert.equal(outcome.code, 0, outcome.errors());
        assert.deepEqual(stores.entries(ROOT), []);
      }
    });

    it('does not look into other stores', async () => {
      stores.put(MY, bar.der);
      assert.equal((await cert(['untrust', 'bar.example', '--yes'])).code, 1);
      assert.deepEqual(stores.changes, []);
    });
  });

  describe('expiring', () => {
    const expiring = async (...args: string[]): Promise<[code: number, names: string[]]> => {
      const outcome = await cert(['expiring', '--json', ...args]);
      const { ok, certificates } = outcome.json() as { ok: boolean; certificates: { subject: string }[] };
      assert.equal(ok, certificates.length === 0);
      return [outcome.code, certificates.map(({ subject }) => subject)];
    };

    it('ends with 10 when something expires, with 0 when nothing does', async () => {
      // Valid for 30 days, less the moments since it was made.
      stores.put(MY, bar.der);
      assert.deepEqual(await expiring(), [10, ['CN=bar.example']]);
      assert.deepEqual(await expiring('--within', '29d'), [0, []]);
      assert.deepEqual(await expiring('--within', '5w', '--has-key'), [0, []]);
      assert.equal(
        (await cert(['expiring', '--within', '29d'])).output(),
        `No certificate in ${MY} expires within 29d\n`,
      );
      assert.match((await cert(['expiring'])).output(), /^bar\.example .* 29 days left/m);
    });

    for (const time of ['30', 'soon', '-1d']) {
      it(`ends with 2 for: expiring --within ${time}`, async () => {
        assert.equal((await cert(['expiring', `--within=${time}`])).code, 2);
      });
    }
  });

  describe('watch', () => {
    beforeEach(() => {
      let entry: FakeEntry;
      stores.coming = [
        () => void (entry = stores.put(MY, bar.der)),
        () => {
          stores.take(MY, entry);
        },
      ];
    });

    it('shows changes until its time is over', async () => {
      const outcome = await cert(['watch', '--for', '2s']);
      assert.equal(outcome.code, 0, outcome.errors());
      assert.equal(outcome.errors(), `Watching ${MY}\n`);
      const lines = outcome.output().trimEnd().split('\n');
      assert.equal(lines.length, 2);
      assert.match(lines[0] ?? '', /^\d{4}-\S+Z added {3}bar\.example \([0-9A-F]{40}\)$/);
      assert.match(lines[1] ?? '', / removed bar\.example /);
    });

    it('stops after the first, one JSON object a line', async () => {
      const outcome = await cert(['watch', '--once', '--json']);
      const lines = outcome.output().trimEnd().split('\n');
      assert.equal(lines.length, 1);
      const { type, certificate } = JSON.parse(lines[0] ?? '') as {
        type: string;
        certificate: { subject: string };
      };
      assert.deepEqual([type, certificate.subject], ['added', 'CN=bar.example']);
    });
  });
});
