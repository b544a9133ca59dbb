import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CertificateFolder, type FolderIdentity } from '#lib/windows/import-export/certificate-folder.js';
import { daysFromNow, TestAuthority, type TestCertificate } from '../../../support/certificates.js';
import { derOf } from '../../../support/key-material.js';
import { buildPfx } from '../../../support/pfx-builder.js';

const encrypted = ({ key }: TestCertificate, passphrase: string): string =>
  createPrivateKey(key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    .toString();

describe('windows/import-export/certificate-folder', () => {
  let root: TestAuthority;
  let issuing: TestAuthority;
  let folder: string;
  before(async () => {
    root = await TestAuthority.create('CN=folder root');
    issuing = await root.authority('CN=folder issuing');
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-folder-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const issue = (name: string, from = -1, to = 30): Promise<TestCertificate> =>
    issuing.issue({
      subject: `CN=${name}`,
      altNames: [`DNS:${name}`],
      notBefore: daysFromNow(from),
      notAfter: daysFromNow(to),
    });
  const put = (file: string, content: string | Uint8Array): Promise<void> =>
    writeFile(path.join(folder, file), content);
  const read = (passwords: Readonly<Record<string, string>> = {}): Promise<CertificateFolder> =>
    CertificateFolder.read(folder, { passwords, recursive: false, limits: undefined, signal: undefined });
  const namesOf = ({ files }: FolderIdentity): string[] => files.map((file) => path.basename(file));
  const pfxOf = ({ der, key }: TestCertificate, password: string): Buffer =>
    buildPfx({
      parts: [{ bags: [{ certificate: der }, { key: derOf(key), encryption: '3des' }] }],
      iterations: 10,
      password,
    });

  it('pairs keys and certificates by public key, whatever the files are called, with the authorities above', async () => {
    const [a, b] = [await issue('a.example'), await issue('b.example')];
    await put('a.example.crt', a.cert);
    await put('b.example.crt', b.cert + issuing.certificate.cert);
    await put('a.example.key', b.key);
    await put('some.key', a.key);
    await put('root.cer', root.certificate.der);
    await put('notes.txt', 'no certificate');
    const found = await read();
    assert.deepEqual(
      found.identities.map((identity) => [identity.contents.commonName, namesOf(identity)]),
      [
        ['a.example', ['a.example.crt', 'some.key']],
        ['b.example', ['b.example.crt', 'a.example.key']],
      ],
    );
    const [plan] = found.identities.map((identity) => identity.plan);
    assert.deepEqual(
      plan?.authorities.map(({ subject }) => subject),
      ['CN=folder issuing'],
    );
    assert.deepEqual(
      plan.roots.map(({ subject }) => subject),
      ['CN=folder root'],
    );
    assert.deepEqual([found.unread, found.loneKeys], [[], []]);
  });

  it('opens each file with the password of its domain, or with another that fits', async () => {
    const [a, b, c] = [await issue('a.example'), await issue('b.example'), await issue('c.example')];
    await put('a.example.crt', a.cert);
    await put('A.example.key', encrypted(a, 'of a'));
    await put('b.example.pfx', pfxOf(b, 'of b'));
    await put('other.pem', c.cert + encrypted(c, 'of c'));
    const found = await read({ 'a.example': 'of a', 'B.example': 'of b', 'c.example': 'of c' });
    assert.deepEqual(found.identities.map(({ contents }) => contents.commonName).sort(), [
      'a.example',
      'b.example',
      'c.example',
    ]);
    assert.deepEqual(found.unread, []);
  });

  it('says which files it could not read, and why', async () => {
    const a = await issue('a.example');
    await put('a.key', encrypted(a, 'secret'));
    await put('b.pfx', pfxOf(a, 'secret'));
    await put('c.crt', 'no certificate');
    const reasons = async (passwords: Readonly<Record<string, string>>): Promise<string[]> =>
      (await read(passwords)).unread.map(
        ({ file, error }) => `${path.basename(file)} ${(error as NodeJS.ErrnoException).code ?? ''}`,
      );
    const rest = 'c.crt ERR_SCHANNEL_IMPORT_UNRECOGNIZED';
    assert.deepEqual(await reasons({}), [
      'a.key ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
      'b.pfx ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
      rest,
    ]);
    assert.deepEqual(await reasons({ a: 'wrong' }), [
      'a.key ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
      'b.pfx ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
      rest,
    ]);
  });

  it('finds the best for each name, and says what is missing', async () => {
    const [old, present, self] = [
      await issue('a.example', -20),
      await issue('a.example', -2),
      await issue('gone.example', -60, -30),
    ];
    const wild = await issue('*.wild.example');
    const keyless = await issue('keyless.example');
    for (const [at, each] of [old, present, self, wild].entries())
      await put(`${at}.pem`, each.cert + each.key);
    await put('keyless.crt', keyless.cert);
    await put('lone.key', (await issue('x')).key);
    const found = await read();
    const outcomes = [
      'A.example.',
      'gone.example',
      'b.wild.example',
      '*.wild.example',
      'keyless.example',
      'none.example',
      '192.0.2.7',
    ];
    assert.deepEqual(
      outcomes.map((name) => found.find(name).outcome),
      ['found', 'expired', 'found', 'found', 'without-key', 'missing', 'missing'],
    );
    const best = found.find('a.example');
    assert.ok(best.outcome === 'found');
    assert.deepEqual(best.identity.contents.raw, Buffer.from(present.der));
    assert.deepEqual(
      found.loneKeys.map((file) => path.basename(file)),
      ['lone.key'],
    );
  });

  it('takes no authority for a certificate of a server, unless it is for a host', async () => {
    const server = await TestAuthority.create('CN=self', { altNames: ['DNS:self.example'] });
    await put('root.pem', root.certificate.cert + root.certificate.key);
    await put('issuing.pem', issuing.certificate.cert + issuing.certificate.key);
    await put('self.pem', server.certificate.cert + server.certificate.key);
    const found = await read();
    assert.deepEqual(
      found.identities.map(({ contents }) => contents.commonName),
      ['self'],
    );
    assert.deepEqual(found.loneKeys, []);
  });

  it('is cancelled, and says that there is no such folder', async () => {
    await put('a.crt', root.certificate.cert);
    const options = { passwords: {}, recursive: false, limits: undefined };
    const signal = AbortSignal.abort();
    await assert.rejects(CertificateFolder.read(folder, { ...options, signal }), { name: 'AbortError' });
    await assert.rejects(
      CertificateFolder.read(path.join(folder, 'none'), { ...options, signal: undefined }),
      {
        code: 'ENOENT',
      },
    );
  });
});
