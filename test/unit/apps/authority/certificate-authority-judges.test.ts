import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FileKeyOptions } from '#lib/apps/authority/authority-key.js';
import type { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { networkOctets } from '#lib/formats/x509/ip-address.js';
import { AuthorityFolders, newKey, QUICK_KEY } from '../../../support/authority-folder.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';
import { skip } from '../../../support/skip.js';

/** Made once, since that takes long. */
const rsaKeys = [1, 2, 3].map(() => generateKeyPairSync('rsa', { modulusLength: 3072 }));
const [ROOT_RSA, ISSUING_RSA] = rsaKeys.map(({ privateKey }) => ({ ...QUICK_KEY, existing: privateKey }));
const LEAF_RSA = rsaKeys[2]?.publicKey ?? newKey();

describe('apps/authority/certificate-authority: what others say', () => {
  const folders = new AuthorityFolders();
  const openssl = new Openssl();
  before(function () {
    needsOpenssl(this);
  });
  after(() => {
    openssl.remove();
    folders.remove();
  });

  /** Has OpenSSL judge a certificate below an issuing authority, with the lists of both. */
  async function verify(
    [root, issuing]: readonly [CertificateAuthority, CertificateAuthority],
    pem: string,
    ...options: readonly string[]
  ): Promise<string> {
    openssl.write('root.pem', root.pem);
    openssl.write('chain.pem', issuing.pem);
    openssl.write('leaf.pem', pem);
    const lists = [await root.crl({ ifDue: true }), await issuing.crl({ ifDue: true })];
    openssl.write('lists.pem', lists.map((list) => list.pem).join(''));
    return openssl.run(
      ...['verify', '-x509_strict', '-check_ss_sig', '-crl_check_all', '-CRLfile', 'lists.pem'],
      ...['-CAfile', 'root.pem', '-untrusted', 'chain.pem', ...options, 'leaf.pem'],
    );
  }

  const onCurve = (namedCurve: 'P-384' | 'P-521'): FileKeyOptions => ({ ...QUICK_KEY, namedCurve });
  for (const [kind, [rootKey, issuingKey], padding] of [
    ['RSA', [ROOT_RSA, ISSUING_RSA], 'pkcs1'],
    ['RSA-PSS', [ROOT_RSA, ISSUING_RSA], 'pss'],
    ['P-256', [QUICK_KEY, QUICK_KEY], 'pkcs1'],
    ['P-384', [onCurve('P-384'), onCurve('P-384')], 'pkcs1'],
    ['P-521', [onCurve('P-521'), onCurve('P-521')], 'pkcs1'],
  ] as const) {
    it(`OpenSSL accepts a server until it is revoked (${kind})`, async () => {
      const root = await folders.root({ key: rootKey, padding });
      const issuing = await folders.issuing(root, { key: issuingKey, padding });
      const names = { dns: ['www.example', '*.bar.example'], ip: ['192.0.2.1'] };
      const { pem } = await issuing.issue({ publicKey: LEAF_RSA, names });
      const purpose = ['-purpose', 'sslserver', '-verify_hostname', 'a.bar.example'];
      assert.match(await verify([root, issuing], pem, ...purpose), /leaf\.pem: OK/);
      await issuing.revoke(pem, { reason: 'keyCompromise' });
      await assert.rejects(verify([root, issuing], pem), /certificate revoked/);
      assert.deepEqual((await issuing.verify()).problems, []);
    });
  }

  for (const [template, purpose, names, subject] of [
    ['client', 'sslclient', {}, 'CN=Anna, O=Bar, C=DE'],
    ['email', 'smimesign', { email: ['anna@bar.example'] }, 'CN=Anna'],
    ['code-signing', 'any', {}, 'CN=Bar'],
    ['server-client', 'sslclient', { dns: ['www.example'] }, ''],
  ] as const) {
    it(`OpenSSL accepts a certificate for its purpose (${template})`, async () => {
      const root = await folders.root();
      const issuing = await folders.issuing(root);
      const { pem } = await issuing.issue({ publicKey: LEAF_RSA, names, subject }, { template });
      assert.match(await verify([root, issuing], pem, '-purpose', purpose), /leaf\.pem: OK/);
    });
  }

  it('certtool accepts a chain', async function () {
    if (spawnSync('certtool', ['--version']).error !== undefined) skip(this, 'there is no certtool');
    const root = await folders.root();
    const issuing = await folders.issuing(root);
    const { pem } = await issuing.issue({ publicKey: newKey(), names: { dns: ['www.example'] } });
    const input = pem + root.pem;
    const { stdout, status } = spawnSync('certtool', ['--verify-chain'], { input, encoding: 'utf8' });
    assert.match(stdout, /Chain verification output: Verified\. The certificate is trusted\./);
    assert.equal(status, 0);
  });

  for (const [kind, key, padding] of [
    ['RSA', ROOT_RSA, 'pkcs1'],
    ['RSA-PSS', ROOT_RSA, 'pss'],
    ['P-256', QUICK_KEY, 'pkcs1'],
    ['P-384', onCurve('P-384'), 'pkcs1'],
  ] as const) {
    it(`certtool accepts the revocation list, and refuses what is on it (${kind})`, async function () {
      if (spawnSync('certtool', ['--version']).error !== undefined) skip(this, 'there is no certtool');
      const root = await folders.root({ key, padding });
      const { pem } = await root.issue({ publicKey: newKey(), names: { dns: ['www.example'] } });
      const file = (name: string, content: string): string => {
        const target = path.join(root.folder, name);
        writeFileSync(target, content);
        return target;
      };
      const authority = ['--load-ca-certificate', path.join(root.folder, 'ca.pem')];
      const leaf = file('leaf.pem', pem);
      const certtool = (...args: readonly string[]): string => {
        const { stdout, stderr } = spawnSync('certtool', args, { encoding: 'utf8' });
        return stdout + stderr;
      };
      const judge = (list: string): string =>
        certtool('--verify', ...authority, '--load-crl', list, '--infile', leaf);
      const empty = await root.crl();
      const present = file('empty.pem', empty.pem);
      assert.match(certtool('--verify-crl', ...authority, '--infile', present), /output: Verified\./);
      assert.match(judge(present), /output: Verified\. The certificate is trusted\./);
      const { list } = await root.revoke('www.example', { reason: 'keyCompromise' });
      assert.ok(list);
      const next = file('next.pem', list.pem);
      const text = certtool('--crl-info', '--infile', next);
      assert.match(text, /Revoked certificates \(1\)/);
      assert.match(text, new RegExp(`CRL Number[^]*${list.number.toString(16)}`));
      assert.match(judge(next), /revoked/);
    });
  }

  it('OpenSSL accepts a certificate below a root that was renewed, by the old root and by the new one', async () => {
    const root = await folders.root({ excluded: { dns: ['no.example'] }, days: 1000 });
    const { pem } = await root.issue({ publicKey: newKey(), names: { dns: ['www.example'] } });
    const old = root.pem;
    const { validTo } = await root.renewRoot({ days: 4000 });
    assert.ok(validTo.getTime() > Date.now() + 3999 * 86_400_000);
    assert.deepEqual(root.constraints, ['excluded no.example']);
    openssl.write('leaf.pem', pem);
    for (const authority of [old, root.pem]) {
      openssl.write('root.pem', authority);
      assert.match(openssl.run('verify', '-x509_strict', '-CAfile', 'root.pem', 'leaf.pem'), /leaf\.pem: OK/);
    }
    assert.deepEqual((await root.verify()).problems, []);
    const issuing = await folders.issuing(root);
    await assert.rejects(issuing.renewRoot(), { code: 'ERR_SCHANNEL_CA_REFUSED' });
  });

  it('OpenSSL enforces the constraints that an issuer gave', async () => {
    const root = await folders.root();
    const issuing = await folders.root({ subject: 'CN=Limited', template: 'issuing' });
    const network = networkOctets('10.0.0.0/8');
    assert.ok(network);
    const constraints = { permitted: { dns: ['bar.example'], ip: [network] }, excluded: {} };
    const request = (await issuing.request()) ?? '';
    const { pem } = await root.issue(request, { template: 'issuing', constraints });
    await issuing.complete(pem + root.pem);
    const names = { dns: ['www.bar.example'], ip: ['10.1.2.3'] };
    const good = await issuing.issue({ publicKey: newKey(), names });
    assert.match(await verify([root, issuing], good.pem), /leaf\.pem: OK/);
    await assert.rejects(issuing.issue({ publicKey: newKey(), names: { dns: ['other.example'] } }), {
      code: 'ERR_SCHANNEL_CA_REFUSED',
      reasons: ['other.example is not permitted by the name constraints of the authority'],
    });
  });

  it('OpenSSL accepts the answers of a responder that the authority certifies', async () => {
    const root = await folders.root();
    const one = await root.issue({ publicKey: newKey(), names: { dns: ['one.example'] } });
    const two = await root.issue({ publicKey: newKey(), names: { dns: ['two.example'] } });
    await root.revoke('two.example', { reason: 'superseded' });
    openssl.write('root.pem', root.pem);
    openssl.write('one.pem', one.pem);
    openssl.write('two.pem', two.pem);
    openssl.run(
      ...['ocsp', '-issuer', 'root.pem', '-cert', 'one.pem', '-cert', 'two.pem', '-serial', '0x1234'],
      ...['-reqout', 'request.der'],
    );
    openssl.write('response.der', await root.ocsp(openssl.read('request.der')));
    const judge = (cert: string): string =>
      openssl.run(
        ...['ocsp', '-respin', 'response.der', '-issuer', 'root.pem', '-no_nonce', '-cert', cert],
        ...['-CAfile', 'root.pem'],
      );
    assert.match(judge('one.pem'), /one\.pem: good/);
    assert.match(judge('two.pem'), /two\.pem: revoked[^]*Reason: superseded/);
    const text = openssl.run('ocsp', '-respin', 'response.der', '-noverify', '-resp_text');
    assert.match(text, /Serial Number: 1234\n\s+Cert Status: unknown/);
    assert.match(text, /OCSP No Check/);
  });
});
