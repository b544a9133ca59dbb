import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { AuthorityFolders, DAY_MS, setClock } from '../../../support/authority-folder.js';
import { skip } from '../../../support/skip.js';

describe('apps/authority/publish', () => {
  const folders = new AuthorityFolders();
  after(() => folders.remove());

  it('writes list, certificates and chain under the names in their addresses', async () => {
    const root = await folders.root();
    const issuing = await folders.issuing(root);
    const target = path.join(folders.next(), 'web', 'pki');
    const { files, elsewhere, list } = await issuing.publish(target);
    assert.deepEqual(
      files.map(({ file, url, isNew }) => [path.relative(target, file), url, isNew]),
      [
        ['test-issuing.crt', 'http://pki.example/test-issuing.crt', true],
        ['test-issuing.pem', null, true],
        ['test-root.crt', 'http://pki.example/test-root.crt', true],
        ['test-issuing.crl', 'http://pki.example/test-issuing.crl', true],
      ],
    );
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(
      readdirSync(target).sort(),
      files.map(({ file }) => path.basename(file)).sort(),
      'no temporary files',
    );
    const read = (name: string): Buffer => readFileSync(path.join(target, name));
    assert.deepEqual(read('test-issuing.crl'), list.der);
    assert.deepEqual(new X509Certificate(read('test-root.crt')).raw, root.certificate?.raw);
    assert.equal(read('test-issuing.pem').toString(), issuing.pem);
    // The certificate of a client leads to them.
    const [first] = new X509Certificate(read('test-issuing.crt')).toLegacyObject().infoAccess?.[
      'CA Issuers - URI'
    ] ?? [''];
    assert.ok(files.some(({ url }) => url === first));
  });

  it('leaves what is up to date alone, and replaces the list when one is due', async () => {
    const clock = setClock();
    const root = await folders.root({}, clock);
    const target = folders.next();
    const first = await root.publish(target);
    assert.deepEqual(
      (await root.publish(target)).files.map(({ isNew }) => isNew),
      [false, false, false],
    );
    clock.advance(2 * DAY_MS);
    const { files, list } = await root.publish(target);
    assert.deepEqual(
      files.map(({ file, isNew }) => [path.extname(file), isNew]),
      [
        ['.crt', false],
        ['.pem', false],
        ['.crl', true],
      ],
    );
    assert.equal(list.number, first.list.number + 1);
  });

  it('writes files that a web server of another account can read', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has permissions instead of file modes');
    const root = await folders.root();
    const target = folders.next();
    mkdirSync(target);
    writeFileSync(path.join(target, 'other'), '');
    const { files } = await root.publish(target);
    for (const { file } of files) {
      assert.equal(statSync(file).mode, statSync(path.join(target, 'other')).mode, file);
    }
  });

  it('publishes the present list without the key, and says that it has none', async () => {
    const root = await folders.root();
    const reader = await CertificateAuthority.open(root.folder, { withoutKey: true });
    const target = folders.next();
    assert.equal((await reader.publish(target)).list.number, 1);
    writeFileSync(path.join(root.folder, 'crl', 'test-root.crl'), 'damaged');
    await assert.rejects(reader.publish(target), { code: 'ERR_SCHANNEL_CA_KEY_MISSING' });
  });

  it('leaves a newer list alone, which another process has published meanwhile', async () => {
    const root = await folders.root();
    const copy = folders.next();
    cpSync(root.folder, copy, { recursive: true });
    const target = folders.next();
    await root.crl();
    const { list } = await root.publish(target);
    const older = await (await CertificateAuthority.open(copy, { withoutKey: true })).publish(target);
    assert.deepEqual([older.list.number, list.number], [1, 2]);
    assert.deepEqual(
      older.files.map(({ isNew }) => isNew),
      [false, false, false],
    );
    assert.deepEqual(readFileSync(path.join(target, 'test-root.crl')), list.der);
  });

  it('names issuers whose addresses lead elsewhere', async () => {
    const root = await folders.root({ url: 'http://root.example/' });
    const issuing = await folders.issuing(root);
    const { files, elsewhere } = await issuing.publish(folders.next());
    assert.equal(files.length, 3);
    assert.deepEqual(elsewhere, ['http://root.example/test-root.crt']);
  });

  it('fails for a folder that cannot be written, and says which', async () => {
    const root = await folders.root();
    const target = folders.next();
    writeFileSync(target, 'a file');
    await assert.rejects(root.publish(target), { code: process.platform === 'win32' ? 'ENOENT' : 'ENOTDIR' });
  });
});
