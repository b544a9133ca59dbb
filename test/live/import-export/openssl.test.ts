import assert from 'node:assert/strict';
import { createPrivateKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { exportPfx, importCertificates, importPfx, previewImport } from 'schannel/store';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { Footprint } from '../../support/footprint.js';
import { sha256 } from '../../support/key-material.js';
import { openssl } from '../../support/openssl-peer.js';
import { needsPeer } from '../../support/peers.js';

const PASSWORD = 'Pässwort';

/** Ways in which people call `openssl pkcs12 -export`. */
const EXPORTS = [
  [],
  ['-legacy'],
  ['-certpbe', 'AES-128-CBC', '-keypbe', 'AES-192-CBC', '-macalg', 'SHA512'],
  ['-certpbe', 'NONE', '-keypbe', 'NONE'],
  ['-iter', '300000'],
] as const;

describe('OpenSSL and the stores', () => {
  const id = randomUUID();
  let root: TestCertificate;
  let middle: TestCertificate;
  let leaf: TestCertificate;
  let footprint: Footprint;

  before(async function () {
    await needsPeer(this, 'openssl');
    const anchor = await TestAuthority.create(`CN=root ${id}`);
    const issuing = await anchor.authority(`CN=issuing ${id}`);
    root = anchor.certificate;
    middle = issuing.certificate;
    leaf = await issuing.issue({ subject: `CN=leaf ${id}`, key: 'rsa' });
  });
  beforeEach(async () => {
    footprint = await Footprint.of(root, middle, leaf);
  });
  afterEach(() => footprint.remove());

  const pkcs8 = (key: KeyObject): string => sha256(key.export({ format: 'der', type: 'pkcs8' }));
  const made = (password: string, ...args: readonly string[]): Promise<Buffer> =>
    openssl(
      ['pkcs12', '-export', '-in', '{file:leaf}', '-certfile', '{file:chain}', '-name', 'Größe']
        .concat('-passout', `pass:${password}`)
        .concat(args),
      // What OpenSSL puts first is not what comes first here.
      { leaf: leaf.cert + leaf.key, chain: root.cert + middle.cert },
    );

  for (const args of EXPORTS) {
    it(`imports -export ${args.join(' ')}`, async () => {
      using result = await importPfx(await made(PASSWORD, ...args), { password: PASSWORD, exportable: true });
      const [identity] = result.identities;
      assert.ok(identity);
      assert.equal(identity.friendlyName, 'Größe');
      assert.equal(sha256(identity.raw), sha256(leaf.der));
      assert.deepEqual(
        result.authorities.map(({ raw }) => sha256(raw)),
        [sha256(middle.der)],
      );
      assert.deepEqual(
        result.roots.map(({ certificate, action }) => [sha256(certificate.raw), action]),
        [[sha256(root.der), 'not-added']],
      );
      await using key = await identity.openPrivateKey({ silent: true });
      assert.equal(pkcs8(await key.exportKeyObject()), pkcs8(createPrivateKey(leaf.key)));
    });
  }

  it('imports an empty password by none', async () => {
    using result = await importPfx(await made(''));
    assert.equal(result.identities.length, 1);
  });

  for (const encryption of ['aes256', 'legacy'] as const) {
    it(`opens what is exported as ${encryption}`, async () => {
      using result = await importCertificates(leaf.key + leaf.cert + middle.cert, { exportable: true });
      const [identity] = result.identities;
      assert.ok(identity);
      const pfx = await exportPfx(identity, { password: PASSWORD, encryption, friendlyName: 'Größe' });
      const text = String(await openssl(['pkcs12', '-nodes', '-passin', `pass:${PASSWORD}`], {}, pfx));
      assert.equal(pkcs8(createPrivateKey(text)), pkcs8(createPrivateKey(leaf.key)));
      const certificates = text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
      assert.deepEqual(
        certificates.map((pem) => sha256(new X509Certificate(pem).raw)),
        [sha256(leaf.der), sha256(middle.der)],
      );
      await assert.rejects(openssl(['pkcs12', '-nodes', '-passin', 'pass:wrong'], {}, pfx), /mac verify/i);
    });
  }

  it('imports a P7B', async () => {
    const p7b = await openssl(['crl2pkcs7', '-nocrl', '-certfile', '{file:all}', '-outform', 'DER'], {
      all: root.cert + leaf.cert + middle.cert,
    });
    using result = await importCertificates(p7b);
    assert.deepEqual(
      result.placements.map(({ role, action, certificate }) => `${role} ${action} ${certificate.subject}`),
      [`certificate added CN=leaf ${id}`, `authority added CN=issuing ${id}`, `root not-added CN=root ${id}`],
    );
  });

  it('leaves nothing when one of two keys is of a kind that Windows has not', async () => {
    const request = ['req', '-x509', '-newkey', 'ed25519', '-noenc', '-subj', '/CN=edwards', '-keyout', '-'];
    const edwards = String(await openssl(request));
    await assert.rejects(importCertificates(leaf.key + leaf.cert + middle.cert + edwards), {
      code: 'ERR_SCHANNEL_IMPORT_UNSUPPORTED',
    });
    assert.deepEqual(await footprint.certificates(), []);
    assert.equal(await footprint.keys(), 0);
  });

  describe('files with the habits of other programs', () => {
    const folder = path.join(__dirname, '..', '..', '..', 'test', 'fixtures', 'pfx');
    const expected = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8')) as Readonly<
      Record<string, { password: string | null; identities: readonly { certificate: string; key: string }[] }>
    >;
    for (const [name, { password, identities }] of Object.entries(expected)) {
      it(`${name} is read as an import reads it`, async () => {
        const preview = await previewImport(path.join(folder, `${name}.pfx`), {
          ...(password !== null && { password }),
        });
        assert.deepEqual(
          preview.identities.map(({ certificate }) => sha256(certificate.raw)).sort(),
          identities.map(({ certificate }) => certificate).sort(),
        );
      });
    }

    for (const name of ['xca', 'windows-3des']) {
      it(`${name} is imported`, async () => {
        const { password, identities } = expected[name] ?? { password: null, identities: [] };
        using result = await importPfx(path.join(folder, `${name}.pfx`), {
          password: password ?? '',
          exportable: true,
        });
        const [identity] = result.identities;
        assert.ok(identity);
        assert.equal(sha256(identity.raw), identities[0]?.certificate);
        assert.match(identity.keyLocation?.container ?? '', /^schannel-import-/);
        const key = await identity.openPrivateKey({ silent: true });
        const exported = await key.exportKeyObject();
        assert.equal(pkcs8(exported), identities[0]?.key);
        await key.close();
        const pem = exported.export({ format: 'pem', type: 'pkcs8' }).toString();
        footprint.include(...result.placements.map(({ certificate: { raw } }) => ({ der: raw, key: pem })));
      });
    }
  });
});
