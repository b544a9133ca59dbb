import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOurs, makeAuthority, makeLeaf, permits } from '#lib/apps/dev-cert/certificates.js';
import { treesFor } from '#lib/apps/dev-cert/names.js';
import { hostNames } from '#lib/formats/x509/alternative-names.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { signerOf } from '#lib/formats/x509/key-signer.js';
import { selfSigned } from '../../../support/certificates.js';
import { needsOpenssl } from '../../../support/openssl.js';
import { rsaPair } from '../../../support/rsa-pair.js';

const NOW = new Date();
const DAY_MS = 86_400_000;
const names = hostNames(['localhost', '*.bar.example', '127.0.0.1', '::1']);
const signer = signerOf(rsaPair().privateKey);
const server = signerOf(rsaPair('another').privateKey);

const authorityOf = (host = 'pc'): ReturnType<typeof makeAuthority> =>
  makeAuthority({ host, id: 'abcd', trees: treesFor(names), now: NOW }, signer);

describe('apps/dev-cert/certificates', () => {
  let root: CertificateContents;
  let issuing: CertificateContents;
  let folder: string;
  before(async () => {
    const made = await authorityOf();
    root = new CertificateContents(made.root);
    issuing = new CertificateContents(made.issuing);
    folder = mkdtempSync(join(tmpdir(), 'schannel-dev-cert-'));
    writeFileSync(join(folder, 'root.pem'), root.pem);
    writeFileSync(join(folder, 'issuing.pem'), issuing.pem);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What OpenSSL says of a chain that ends with this leaf. */
  function verdict(leaf: Buffer): string {
    const file = join(folder, 'leaf.pem');
    writeFileSync(file, new CertificateContents(leaf).pem);
    const args = [
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-CAfile',
      'root.pem',
      '-untrusted',
      'issuing.pem',
      file,
    ];
    try {
      return execFileSync('openssl', ['verify', ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      return String(Reflect.get(error as object, 'stderr'));
    }
  }

  const leafFor = (...given: readonly string[]): Promise<Buffer> =>
    makeLeaf(hostNames(given), server.publicKey, issuing, { signer, now: NOW });

  it('are a root and one authority below it, which OpenSSL accepts', async function () {
    needsOpenssl(this);
    assert.ok(root.isSelfSigned && root.isAuthority && issuing.isAuthority);
    assert.ok(issuing.x509.verify(root.publicKey));
    assert.notEqual(root.commonName, issuing.commonName);
    assert.match(
      verdict(await leafFor('localhost', 'www.bar.example', '127.0.0.1', '10.1.2.3')),
      /leaf\.pem: OK/,
    );
  });

  it('have a root whose key signed nothing else: each has another one', async () => {
    const other = new X509Certificate((await authorityOf()).root);
    assert.ok(!other.publicKey.equals(root.publicKey));
  });

  it('are refused by OpenSSL for names that were not asked for', async function () {
    needsOpenssl(this);
    for (const name of ['bank.example', '192.0.2.7', '2001:db8::1']) {
      assert.match(verdict(await leafFor(name)), /permitted subtree violation/, name);
    }
  });

  it('cover a wildcard that was asked for, and nothing beside it', () => {
    assert.ok(permits(issuing, names));
    assert.ok(permits(issuing, hostNames(['a.b.test', 'x.internal', '192.168.1.2', 'fe80::1'])));
    assert.ok(!permits(issuing, hostNames(['bar.example.org'])));
    assert.ok(!permits(issuing, hostNames(['192.0.2.7'])));
  });

  it('permit nothing if they have no constraints', async () => {
    const { der } = await selfSigned({ authority: {} });
    assert.equal(permits(new CertificateContents(der), names), false);
  });

  it('are servers for 397 days, but no longer than their authority', async () => {
    const leaf = new CertificateContents(await leafFor('localhost'));
    assert.equal(Math.round((leaf.validTo.getTime() - NOW.getTime()) / DAY_MS), 397);
    assert.deepEqual(leaf.encodedKeyUsage, ['1.3.6.1.5.5.7.3.1']);
    const late = new Date(issuing.validTo.getTime() - 10 * DAY_MS);
    const last = await makeLeaf(hostNames(['localhost']), server.publicKey, issuing, { signer, now: late });
    assert.deepEqual(new CertificateContents(last).validTo, issuing.validTo);
  });

  it('are recognised by their organisation', async () => {
    const { der } = await selfSigned({ subject: 'CN=schannel development' });
    assert.ok([root, issuing, new CertificateContents(await leafFor('localhost'))].every(isOurs));
    assert.equal(isOurs(new CertificateContents(der)), false);
  });

  it('have names that fit, whatever the machine is called', async () => {
    const made = await authorityOf(`a"b\\${'c'.repeat(80)}`);
    assert.ok((new CertificateContents(made.root).commonName ?? '').length <= 64);
  });
});
