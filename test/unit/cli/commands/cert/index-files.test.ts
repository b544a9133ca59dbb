import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certCommand, type Outcome } from '../../../../support/cert-command.js';
import { selfSigned, sharedRoot, type TestCertificate } from '../../../../support/certificates.js';
import { FakeStores, USABLE_KEY, type FakeEntry } from '../../../../support/fake-stores.js';
import { derOf } from '../../../../support/key-material.js';
import { Keyboard, type CapturedIOOptions } from '../../../../support/captured-io.js';
import { buildPfx } from '../../../../support/pfx-builder.js';

const MY = 'CurrentUser\\MY';

/** With few iterations: it is read many times. */
const pfxOf = ({ der, key }: TestCertificate, password: string, ...chain: readonly Uint8Array[]): Buffer =>
  buildPfx({
    parts: [
      { encryption: 'aes256', bags: [der, ...chain].map((certificate) => ({ certificate })) },
      { bags: [{ key: derOf(key), encryption: 'aes256' }] },
    ],
    password,
    mac: 'sha256',
    iterations: 10,
  });

interface Printed {
  readonly ok: boolean;
  readonly dryRun: boolean;
  readonly files: readonly {
    readonly file: string;
    readonly ok: boolean;
    readonly certificates: readonly {
      readonly role: string;
      readonly action: string | null;
      readonly name: string;
    }[];
    readonly error: { readonly code?: string } | null;
  }[];
  readonly error: { readonly code?: string } | null;
}

describe('cli/commands/cert/index: schannel cert', () => {
  let bar: TestCertificate;
  let leaf: TestCertificate;
  let authority: Uint8Array;
  let root: TestCertificate;
  let folder: string;
  let stores: FakeStores;

  before(async () => {
    const rootAuthority = await sharedRoot('CN=Bar CA');
    const issuing = await rootAuthority.authority('CN=Issuing CA');
    root = rootAuthority.certificate;
    authority = issuing.certificate.der;
    leaf = await issuing.issue({ subject: 'CN=leaf.example' });
    bar = await selfSigned({ subject: 'CN=bar.example' });
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'schannel-cert-'));
    stores = new FakeStores();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    assert.equal(stores.open, 0, 'a store was left open');
  });

  const cert = (args: readonly string[], options: CapturedIOOptions = {}): Promise<Outcome> =>
    certCommand(stores, args, options);

  const withPassword = (password: string): CapturedIOOptions => ({ env: { SCHANNEL_PASSWORD: password } });

  const typing = (...lines: string[]): CapturedIOOptions => {
    const stdin = new Keyboard();
    stdin.write(lines.map((line) => `${line}\r`).join(''));
    return { stdin, terminal: true };
  };

  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  describe('import', () => {
    const chainFile = (): string => file('x.pfx', pfxOf(leaf, 'geheim', authority, root.der));

    it('imports a PFX by the password of the environment', async () => {
      const path = chainFile();
      const outcome = await cert(['import', path], withPassword('geheim'));
      assert.equal(outcome.code, 0, outcome.errors());
      const [head, ...lines] = outcome.output().split('\n');
      assert.equal(head, path);
      assert.match(
        lines[0] ?? '',
        /^ {2}added leaf\.example \([0-9A-F]{40}\) with its key to CurrentUser\\MY$/,
      );
      assert.match(lines[1] ?? '', /^ {2}added Issuing CA \(.*\), an authority to CurrentUser\\CA$/);
      assert.match(
        lines[2] ?? '',
        /^ {2}left out Bar CA \(.*\), a root: only --trust-root adds it to CurrentUser\\Root$/,
      );
      assert.equal(stores.disposed, 1);
    });

    it('passes its options on', async () => {
      const more = [
        '--exportable',
        '--provider',
        'tpm',
        '--friendly-name',
        'x',
        '--trust-root',
        '--replace',
        '--yes',
      ];
      const path = chainFile();
      const outcome = await cert(['import', path, ...more], withPassword('geheim'));
      assert.equal(outcome.code, 0, outcome.errors());
      assert.deepEqual(stores.imports, [
        {
          password: 'geheim',
          options: {
            store: MY,
            exportable: true,
            provider: 'tpm',
            friendlyName: 'x',
            trustRoot: true,
            onExisting: 'replace',
          },
        },
      ]);
    });

    it('asks for a password only where one is needed', async () => {
      const open = await cert(['import', file('open.pem', root.cert)]);
      assert.equal(open.code, 0, open.errors());
      const asked = await cert(['import', chainFile()], typing('geheim'));
      assert.equal(asked.code, 0, asked.errors());
      assert.equal(asked.errors(), `Password of ${join(folder, 'x.pfx')}: \n`);
      assert.deepEqual(
        stores.imports.map(({ password }) => password),
        [undefined, 'geheim'],
      );
    });

    it('tries a password that was typed on the next file', async () => {
      file('a.pfx', pfxOf(leaf, 'geheim'));
      file('b.p12', pfxOf(bar, 'geheim'));
      file('notes.txt', 'no certificate');
      const outcome = await cert(['import', folder], typing('geheim'));
      assert.equal(outcome.code, 0, outcome.errors());
      assert.equal(outcome.errors().match(/Password of/g)?.length, 1);
      assert.equal(stores.imports.length, 2);
    });

    it('ends with 2 if a password is needed and there is no terminal', async () => {
      const outcome = await cert(['import', chainFile()]);
      assert.equal(outcome.code, 2);
      assert.match(outcome.errors(), /x\.pfx needs a password\. Set SCHANNEL_PASSWORD/);
      assert.deepEqual(stores.imports, []);
    });

    it('ends with 8 for a wrong password, typed or not', async () => {
      const path = chainFile();
      for (const options of [withPassword('wrong'), typing('wrong')]) {
        const outcome = await cert(['import', path, '--json'], options);
        assert.equal(outcome.code, 8);
        const { ok, files, error } = outcome.json() as Printed;
        assert.equal(ok, false);
        assert.equal(files[0]?.ok, false);
        assert.equal(error?.code, 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG');
      }
      assert.deepEqual(stores.imports, []);
    });

    it('imports the other files of a folder when one cannot be read', async () => {
      const damaged = file('a.pfx', 'damaged');
      const good = file('b.pfx', pfxOf(bar, 'geheim'));
      mkdirSync(join(folder, 'deeper'));
      const deep = file(join('deeper', 'c.pfx'), pfxOf(leaf, 'geheim'));
      const outcome = await cert(['import', folder, '--recursive', '--json'], withPassword('geheim'));
      assert.equal(outcome.code, 1);
      assert.equal(stores.imports.length, 2);
      const { files } = outcome.json() as Printed;
      assert.deepEqual(
        files.map(({ file: path, ok }) => [path, ok]),
        [
          [good, true],
          [deep, true],
          [damaged, false],
        ],
      );
      assert.match(outcome.errors(), /a\.pfx\n.*\n {2}code +ERR_SCHANNEL_IMPORT_/);
    });

    it('only says what it would do in a dry run', async () => {
      const outcome = await cert(['import', chainFile(), '--dry-run'], withPassword('geheim'));
      assert.equal(outcome.code, 0, outcome.errors());
      assert.match(outcome.output(), /^would import into CurrentUser\\MY\n.*x\.pfx\n {2}leaf\.example \(/);
      assert.deepEqual(stores.imports, []);
      const json = (
        await cert(['import', chainFile(), '--dry-run', '--json'], withPassword('geheim'))
      ).json();
      const { dryRun, files } = json as Printed;
      assert.equal(dryRun, true);
      assert.deepEqual(
        files[0]?.certificates.map(({ role, action }) => [role, action]),
        [
          ['identity', null],
          ['authority', null],
          ['root', null],
        ],
      );
    });

    it('does not say that a self-signed identity was left out of the roots', async () => {
      const outcome = await cert(['import', file('x.pfx', pfxOf(bar, 'geheim'))], withPassword('geheim'));
      assert.doesNotMatch(outcome.output(), /left out/);
    });

    it('asks before a root is trusted, and before a store of the machine is changed', async () => {
      stores.put('LocalMachine\\MY', bar.der);
      for (const more of [['--trust-root'], ['--location', 'LocalMachine']]) {
        const outcome = await cert(['import', chainFile(), ...more], withPassword('geheim'));
        assert.equal(outcome.code, 2);
        assert.match(outcome.errors(), /--yes/);
      }
      assert.deepEqual(stores.imports, []);
      const asked = await cert(['import', chainFile(), '--trust-root'], typing('geheim', 'y'));
      assert.equal(asked.code, 0, asked.errors());
      assert.match(
        asked.errors(),
        /Every certificate that Bar CA signs will be trusted\. Windows will ask again\. Import .*x\.pfx into CurrentUser\\MY\? \[y\/N\]/,
      );
    });

    it('imports what was confirmed, even if the file has changed since', async () => {
      const path = chainFile();
      stores.onPrepared = () => void file('x.pfx', pfxOf(bar, 'geheim', bar.der));
      const outcome = await cert(['import', path, '--trust-root'], typing('geheim', 'y'));
      assert.equal(outcome.code, 0, outcome.errors());
      assert.match(outcome.errors(), /Every certificate that Bar CA signs will be trusted/);
      assert.match(outcome.output(), /added.* Bar CA .* to CurrentUser\\Root/);
      assert.doesNotMatch(outcome.output(), /bar\.example/);
    });

    it('does not ask about roots where there are none', async () => {
      const path = file('x.pfx', pfxOf(leaf, 'geheim', authority));
      assert.equal((await cert(['import', path, '--trust-root'], withPassword('geheim'))).code, 0);
    });

    for (const args of [[], ['no-such-file.pfx'], ['x.pfx', '--password', 'y']]) {
      it(`ends with 2 for: import ${args.join(' ') || '(nothing)'}`, async () => {
        assert.equal((await cert(['import', ...args])).code, 2);
      });
    }

    it('ends with 2 for a folder without a PFX', async () => {
      assert.equal((await cert(['import', folder])).code, 2);
    });
  });

  describe('export', () => {
    let entry: FakeEntry;
    beforeEach(() => {
      entry = stores.put(MY, bar.der, { key: USABLE_KEY });
    });

    const exporting = (
      out: string,
      more: readonly string[] = [],
      options = withPassword('geheim'),
    ): Promise<Outcome> => cert(['export', 'bar.example', '--out', join(folder, out), ...more], options);

    it('writes a PFX with the password of the environment', async () => {
      const outcome = await exporting('x.pfx');
      assert.equal(outcome.code, 0, outcome.errors());
      assert.equal(readFileSync(join(folder, 'x.pfx'), 'utf8'), `PFX of ${entry.thumbprint}`);
      assert.deepEqual(stores.exports, [{ password: 'geheim', encryption: 'aes256', chain: true }]);
      assert.match(outcome.output(), /^wrote bar\.example \([0-9A-F]{40}\) with its key to /);
    });

    it('asks twice for the password', async () => {
      const outcome = await exporting('x.pfx', ['--legacy', '--no-chain'], typing('geheim', 'geheim'));
      assert.equal(outcome.code, 0, outcome.errors());
      assert.deepEqual(stores.exports, [{ password: 'geheim', encryption: 'legacy', chain: false }]);
      const differing = await exporting('y.pfx', [], typing('geheim', 'gehiem'));
      assert.equal(differing.code, 2);
      assert.ok(!existsSync(join(folder, 'y.pfx')));
    });

    it('writes nothing if it needs a password and there is no terminal', async () => {
      const outcome = await exporting('x.pfx', [], {});
      assert.equal(outcome.code, 2);
      assert.match(outcome.errors(), /x\.pfx needs a password\. Set SCHANNEL_PASSWORD/);
      assert.ok(!existsSync(join(folder, 'x.pfx')));
    });

    it('writes PEM, with the key encrypted, or not, or without it', async () => {
      for (const [more, options] of [
        [[], { chain: true, key: false, passphrase: undefined }],
        [['--with-key'], { chain: true, key: true, passphrase: 'geheim' }],
        [['--with-key', '--unencrypted'], { chain: true, key: true, passphrase: undefined }],
      ] as const) {
        const outcome = await exporting('x.pem', [...more, '--force']);
        assert.equal(outcome.code, 0, outcome.errors());
        assert.deepEqual(stores.exports.pop(), options);
        assert.equal(readFileSync(join(folder, 'x.pem'), 'utf8'), bar.cert);
      }
    });

    it('writes DER, and takes the format from an option', async () => {
      for (const [out, more] of [
        ['x.cer', []],
        ['x.bin', ['--format', 'der']],
      ] as const) {
        assert.equal((await exporting(out, more, {})).code, 0);
        assert.deepEqual(Uint8Array.from(readFileSync(join(folder, out))), Uint8Array.from(bar.der));
      }
    });

    it('says in the JSON what it has written', async () => {
      const { ok, format, withKey, certificate } = (await exporting('x.pfx', ['--json'])).json() as {
        ok: boolean;
        format: string;
        withKey: boolean;
        certificate: { reference: string };
      };
      assert.deepEqual({ ok, format, withKey }, { ok: true, format: 'pfx', withKey: true });
      assert.equal(certificate.reference, entry.reference);
    });

    it('replaces a file only with --force', async () => {
      const path = file('x.pfx', 'old');
      const outcome = await exporting('x.pfx', [], typing());
      assert.equal(outcome.code, 2);
      assert.match(outcome.errors(), /x\.pfx exists\. Choose another name, or replace it with --force/);
      assert.equal(readFileSync(path, 'utf8'), 'old');
      assert.equal((await exporting('x.pfx', ['--force'])).code, 0);
      assert.notEqual(readFileSync(path, 'utf8'), 'old');
    });

    for (const [out, ...more] of [
      ['x'],
      ['x.txt'],
      ['x.pem', '--legacy'],
      ['x.cer', '--with-key'],
      ['x.pem', '--unencrypted'],
      ['x.pfx', '--format', 'p7b'],
      ['x.pfx', '--password', 'y'],
    ]) {
      it(`ends with 2 for: export --out ${[out, ...more].join(' ')}`, async () => {
        assert.equal((await exporting(out ?? '', more)).code, 2);
        assert.deepEqual(stores.exports, []);
      });
    }

    it('ends with 2 without --out', async () => {
      assert.equal((await cert(['export', 'bar.example'])).code, 2);
    });
  });
});
