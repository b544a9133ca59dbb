import assert from 'node:assert/strict';
import { createPrivateKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { native } from '#lib/native/load.js';
import { parsePfx } from '#lib/formats/pfx/parse.js';
import {
  type Certificate,
  exportPem,
  exportPfx,
  importCertificates,
  importPfx,
  type ImportResult,
} from 'schannel/store';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { Footprint } from '../../support/footprint.js';
import { sha256 } from '../../support/key-material.js';
import { handlesBackTo } from '../../support/native-store.js';

describe('exporting from the stores', () => {
  const id = randomUUID();
  let root: TestCertificate;
  let middle: TestCertificate;
  let leaf: TestCertificate;
  let footprint: Footprint;
  let imported: ImportResult;
  let certificate: Certificate;
  let folder: string;

  before(async () => {
    const anchor = await TestAuthority.create(`CN=root ${id}`);
    const issuing = await anchor.authority(`CN=issuing ${id}`);
    root = anchor.certificate;
    middle = issuing.certificate;
    leaf = await issuing.issue({ subject: `CN=leaf ${id}`, key: 'rsa' });
  });
  beforeEach(async () => {
    footprint = await Footprint.of(root, middle, leaf);
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-export-'));
    const source = leaf.key + leaf.cert + middle.cert;
    imported = await importCertificates(source, { friendlyName: 'Größe', exportable: true });
    const [identity] = imported.identities;
    assert.ok(identity);
    certificate = identity;
  });
  afterEach(async () => {
    imported[Symbol.dispose]();
    rmSync(folder, { recursive: true });
    await footprint.remove();
  });

  const pkcs8 = (key: KeyObject): string => sha256(key.export({ format: 'der', type: 'pkcs8' }));
  const subjects = (certificates: readonly { readonly der: Uint8Array }[]): string[] =>
    certificates.map(({ der }) => new X509Certificate(der).subject);

  for (const [encryption, kinds, mac] of [
    ['aes256', ['PBES2 AES-256-CBC, PBKDF2 with HMAC-SHA-256'], 'HMAC-SHA-256'],
    ['legacy', ['3DES, SHA-1'], 'HMAC-SHA-1'],
  ] as const) {
    it(`a PFX under ${encryption}, with the chain that the stores know`, async () => {
      const pfx = parsePfx(await exportPfx(certificate, { password: 'secret', encryption }), 'secret');
      assert.deepEqual(pfx.encryption, kinds);
      assert.equal(pfx.mac?.name, mac);
      const [identity] = pfx.identities;
      assert.ok(identity);
      assert.equal(pkcs8(identity.key.privateKey), pkcs8(createPrivateKey(leaf.key)));
      assert.equal(identity.certificate.friendlyName, 'Größe');
      // Nobody has trusted the root.
      assert.deepEqual(subjects(pfx.certificates), [`CN=leaf ${id}`, `CN=issuing ${id}`]);
    });
  }

  it('only a PFX, under a given name', async () => {
    const options = { password: '', chain: false, friendlyName: 'other' };
    const pfx = parsePfx(await exportPfx(certificate, options));
    assert.deepEqual(subjects(pfx.certificates), [`CN=leaf ${id}`]);
    assert.equal(pfx.certificates[0]?.friendlyName, 'other');
  });

  it('comes back by an import as it was', async () => {
    const pfx = await exportPfx(certificate, { password: 'secret' });
    using again = await importPfx(pfx, { password: 'secret', onExisting: 'replace', exportable: true });
    const pem = await exportPem(again.identities[0] ?? certificate, { key: true });
    assert.equal(pkcs8(createPrivateKey(pem)), pkcs8(createPrivateKey(leaf.key)));
    assert.equal(sha256(new X509Certificate(pem).raw), sha256(leaf.der));
  });

  it('PEM: the certificate, its chain without the root, its key', async () => {
    assert.equal(await exportPem(certificate), certificate.pem);
    const chain = (await exportPem(certificate, { chain: true })).match(/-----BEGIN[^]*?-----END.*/g) ?? [];
    assert.deepEqual(
      chain.map((pem) => new X509Certificate(pem).subject),
      [`CN=leaf ${id}`, `CN=issuing ${id}`],
    );
    const encrypted = await exportPem(certificate, { key: true, passphrase: 'secret' });
    assert.match(encrypted, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    const key = createPrivateKey({ key: encrypted, passphrase: 'secret' });
    assert.equal(pkcs8(key), pkcs8(createPrivateKey(leaf.key)));
  });

  it('into a file, which replaces no other unless told', async () => {
    const file = path.join(folder, 'leaf.pem');
    const pem = await exportPem(certificate, { path: file, key: true });
    assert.equal(readFileSync(file, 'utf8'), pem);
    await assert.rejects(exportPem(certificate, { path: file }), { code: 'EEXIST' });
    assert.equal(readFileSync(file, 'utf8'), pem);
    await exportPem(certificate, { path: file, overwrite: true });
    assert.equal(readFileSync(file, 'utf8'), certificate.pem);
    const pfx = await exportPfx(certificate, { path: path.join(folder, 'leaf.pfx'), password: 'secret' });
    assert.deepEqual(readFileSync(path.join(folder, 'leaf.pfx')), pfx);
    assert.deepEqual(readdirSync(folder).sort(), ['leaf.pem', 'leaf.pfx']);
  });

  it('refuses a key that is not exportable, and explains', async () => {
    const other = await TestAuthority.create(`CN=other ${id}`);
    const stays = await other.issue({ subject: `CN=stays ${id}`, key: 'rsa' });
    const left = await Footprint.of(stays);
    try {
      using result = await importCertificates(stays.key + stays.cert);
      const [identity] = result.identities;
      assert.ok(identity);
      await assert.rejects(exportPfx(identity, { password: 'secret' }), {
        code: 'ERR_SCHANNEL_KEY_NOT_EXPORTABLE',
        advice: /./,
      });
      await assert.rejects(exportPem(identity, { key: true, path: path.join(folder, 'never.pem') }), {
        code: 'ERR_SCHANNEL_KEY_NOT_EXPORTABLE',
      });
      assert.ok(!readdirSync(folder).includes('never.pem'));
      assert.equal(await exportPem(identity), identity.pem);
    } finally {
      await left.remove();
    }
  });

  it('says that there is no key', async () => {
    using result = await importCertificates(middle.cert);
    const [authority] = result.authorities;
    assert.ok(authority);
    await assert.rejects(exportPfx(authority, { password: 'secret' }), { code: 'ERR_SCHANNEL_KEY_MISSING' });
  });

  it('refuses wrong options by name', async () => {
    const wrong = (options: object): Promise<unknown> =>
      exportPfx(certificate, options as { password: string });
    await assert.rejects(wrong({}), { code: 'ERR_INVALID_ARG_TYPE', message: /"password"/ });
    await assert.rejects(wrong({ password: '', encryption: 'rc4' }), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(exportPem(certificate, { passphrase: 'secret' }), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(exportPem(null as unknown as Certificate), { code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('gives every handle back', async () => {
    const before = native().handleCounts();
    await exportPfx(certificate, { password: 'secret' });
    await exportPem(certificate, { key: true, chain: true });
    await handlesBackTo(before);
  });
});
