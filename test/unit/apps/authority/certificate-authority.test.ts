import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { signCertificate } from '#lib/formats/x509/certificate-writer.js';
import { signerOf } from '#lib/formats/x509/key-signer.js';
import { parseSubject } from '#lib/formats/x509/subject.js';
import { parseRevocationLists } from '#lib/formats/x509/revocation-list.js';
import { skip } from '../../../support/skip.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';
import { AuthorityFolders, DAY_MS, newKey, QUICK_KEY, setClock } from '../../../support/authority-folder.js';

const FIVE_MINUTES_MS = 300_000;

describe('apps/authority/certificate-authority', () => {
  const folders = new AuthorityFolders();
  after(() => folders.remove());

  it('has a request that OpenSSL verifies, until it is completed', async function () {
    needsOpenssl(this);
    const openssl = new Openssl();
    const root = await folders.root();
    const issuing = await folders.root({ subject: 'CN=Offline', template: 'issuing' });
    openssl.write('ca.csr', (await issuing.request()) ?? '');
    openssl.run('req', '-in', 'ca.csr', '-verify', '-noout');
    openssl.remove();
    assert.equal(issuing.pem, '');
    await assert.rejects(issuing.issue({ publicKey: newKey(), names: { dns: ['x.example'] } }), {
      code: 'ERR_SCHANNEL_CA_INCOMPLETE',
    });
    await assert.rejects(issuing.complete(root.pem), {
      code: 'ERR_SCHANNEL_CA_REFUSED',
      reasons: ['the file has no certificate for the key of this authority'],
    });
    const { pem } = await root.issue((await issuing.request()) ?? '', { template: 'issuing' });
    await issuing.complete(pem + root.pem);
    assert.equal(issuing.certificate?.issuer, 'CN=Test Root');
    assert.equal(readFileSync(path.join(issuing.folder, 'ca.pem'), 'utf8'), issuing.pem);
  });

  it('is there again when it is opened', async () => {
    const root = await folders.root();
    const { certificate } = await root.issue({ publicKey: newKey(), names: { dns: ['a.example'] } });
    await root.revoke('a.example', { reason: 'certificateHold' });
    await root.close();
    const again = await CertificateAuthority.open(root.folder, { passphrase: 'secret' });
    assert.equal(again.subject, 'CN=Test Root');
    const [record] = again.certificates();
    assert.equal(record?.serialNumber, certificate?.serialNumber);
    assert.equal(record?.thumbprint256, certificate?.thumbprint256);
    assert.equal(record?.revoked?.reason, 'certificateHold');
    await again.release('a.example');
    assert.equal(again.find('a.example').revoked, null);
    assert.deepEqual((await again.verify()).problems, []);
  });

  for (const [what, options, code] of [
    ['a wrong passphrase', { passphrase: 'other' }, 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG'],
    ['no passphrase', {}, 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING'],
    ['no key', { passphrase: 'secret', keyFile: '/nowhere/ca.key' }, 'ERR_SCHANNEL_CA_KEY_MISSING'],
  ] as const) {
    it(`is not opened with ${what}`, async () => {
      const { folder } = await folders.root();
      await assert.rejects(CertificateAuthority.open(folder, options), { code });
    });
  }

  it('is not opened with the key of another authority', async () => {
    const [one, other] = [await folders.root(), await folders.root()];
    const keyFile = path.join(other.folder, 'ca.key');
    await assert.rejects(CertificateAuthority.open(one.folder, { passphrase: 'secret', keyFile }), {
      code: 'ERR_SCHANNEL_KEY_MISMATCH',
    });
  });

  it('is not opened where there is none, and not made where there is something', async () => {
    await assert.rejects(CertificateAuthority.open(folders.next()), { code: 'ERR_SCHANNEL_CA_NOT_FOUND' });
    const { folder } = await folders.root();
    await assert.rejects(CertificateAuthority.init(folder, { subject: 'CN=x', key: QUICK_KEY }), {
      code: 'ERR_SCHANNEL_CA_EXISTS',
    });
  });

  it('leaves nothing behind if it cannot begin, and replaces no key', async () => {
    const folder = folders.next();
    const keyFile = `${folder}.key`;
    writeFileSync(keyFile, 'of somebody else');
    const init = { subject: 'CN=x', key: { ...QUICK_KEY, file: keyFile } };
    await assert.rejects(CertificateAuthority.init(folder, init), { code: 'ERR_SCHANNEL_CA_EXISTS' });
    assert.equal(readFileSync(keyFile, 'utf8'), 'of somebody else');
    assert.deepEqual(readdirSync(folder), []);
    const weak = { ...QUICK_KEY, algorithm: 'rsa', modulusLength: 2048, file: `${keyFile}.2` } as const;
    await assert.rejects(CertificateAuthority.init(folder, { subject: 'CN=x', key: weak }), {
      code: 'ERR_SCHANNEL_CA_REFUSED',
    });
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(existsSync(`${keyFile}.2`), false);
  });

  it('signs nothing without its key, but can be read', async () => {
    const { folder } = await folders.root();
    const reader = await CertificateAuthority.open(folder, { withoutKey: true });
    await assert.rejects(reader.issue({ publicKey: newKey(), names: { dns: ['a.example'] } }), {
      code: 'ERR_SCHANNEL_CA_KEY_MISSING',
    });
    assert.deepEqual(reader.certificates(), []);
    const events = await reader.events();
    assert.deepEqual(
      events.map(({ event }) => event),
      ['init', 'authority', 'crl'],
    );
  });

  it('shows what a dry run would issue, and records nothing', async () => {
    const root = await folders.root();
    const { head } = root;
    const names = { dns: ['a.example'] };
    const tried = await root.issue({ publicKey: newKey(), names, subject: 'O=x' }, { dryRun: true });
    assert.equal(tried.certificate, null);
    assert.deepEqual(tried.decisions[0], {
      what: 'subject',
      asked: 'O=x',
      given: 'CN=a.example',
      why: 'server has the first name as subject',
    });
    assert.equal(root.head, head);
  });

  it('records why it refused', async () => {
    const root = await folders.root();
    await assert.rejects(root.issue({ publicKey: newKey() }), { code: 'ERR_SCHANNEL_CA_REFUSED' });
    const event = (await root.events()).at(-1);
    assert.equal(event?.event, 'refused');
  });

  it('makes a list only if one is due, and says until when it is', async () => {
    const clock = setClock();
    const root = await folders.root({}, clock);
    const first = await root.crl({ ifDue: true });
    assert.deepEqual([first.isNew, first.number], [false, 1]);
    assert.equal(first.nextUpdate.getTime() - first.thisUpdate.getTime(), 7 * DAY_MS + FIVE_MINUTES_MS);
    clock.advance(DAY_MS + 1000);
    const second = await root.crl({ ifDue: true });
    assert.deepEqual([second.isNew, second.number], [true, 2]);
  });

  it('makes lists for peers whose clocks are slow', async () => {
    const clock = setClock();
    const root = await folders.root({}, clock);
    const { der } = await root.crl();
    const [list] = parseRevocationLists(der);
    assert.ok((list?.thisUpdate.getTime() ?? Infinity) <= clock.clock.now() - FIVE_MINUTES_MS);
  });

  it('goes on after the number of the list that is there, even if its log is an older copy', async () => {
    const root = await folders.root();
    const log = path.join(root.folder, 'log.jsonl');
    const older = readFileSync(log);
    for (let number = 2; number < 5; number += 1) await root.crl();
    writeFileSync(log, older);
    const restored = await CertificateAuthority.open(root.folder, { passphrase: 'secret' });
    assert.equal((await restored.crl()).number, 5);
    // Anyone could have put another one there.
    const other = await folders.root();
    for (let number = 2; number < 10; number += 1) await other.crl();
    writeFileSync(path.join(root.folder, 'crl', 'test-root.crl'), (await other.crl()).der);
    assert.equal((await restored.crl()).number, 6);
  });

  it('does not take the certificate of another authority for its own, whatever its serial number is', async () => {
    const root = await folders.root();
    const { certificate } = await root.issue({ publicKey: newKey(), names: { dns: ['a.example'] } });
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const foreign = await signCertificate(
      {
        serialNumber: Buffer.from(certificate?.serialNumber ?? '', 'hex'),
        subject: parseSubject('CN=other'),
        issuer: parseSubject('CN=Test Root'),
        publicKey,
        notBefore: new Date(),
        notAfter: new Date(Date.now() + DAY_MS),
        extensions: [],
      },
      signerOf(privateKey),
    );
    assert.equal(root.find(certificate?.raw ?? '').serialNumber, certificate?.serialNumber);
    const code = 'ERR_SCHANNEL_CA_CERTIFICATE_NOT_FOUND';
    assert.throws(() => root.find(foreign), { code });
    await assert.rejects(root.revoke(foreign), { code });
  });

  it('owes a list after a revocation without its key', async () => {
    const root = await folders.root();
    await root.issue({ publicKey: newKey(), names: { dns: ['a.example'] } });
    const reader = await CertificateAuthority.open(root.folder, { withoutKey: true });
    const { list } = await reader.revoke('a.example');
    assert.equal(list, null);
    assert.equal((await root.crl({ ifDue: true })).isNew, true);
    assert.equal((await root.crl({ ifDue: true })).isNew, false);
  });

  it('keeps an entry until a list was made after its certificate had expired', async () => {
    const clock = setClock();
    const root = await folders.root({}, clock);
    await root.issue({ publicKey: newKey(), names: { dns: ['a.example'] } }, { days: 1 });
    await root.revoke('a.example');
    const entries = async (): Promise<number> => {
      await root.crl();
      const event = (await root.events()).at(-1);
      return event?.event === 'crl' ? event.entries : -1;
    };
    assert.equal(await entries(), 1);
    clock.advance(2 * DAY_MS);
    assert.equal(await entries(), 1);
    assert.equal(await entries(), 0);
  });

  it('refuses to revoke twice, in the future, or what it has not issued', async () => {
    const root = await folders.root();
    await root.issue({ publicKey: newKey(), names: { dns: ['a.example'] } });
    await assert.rejects(root.revoke('a.example', { at: new Date(Date.now() + DAY_MS) }), {
      reasons: ['a certificate cannot be revoked in the future'],
    });
    await assert.rejects(root.release('a.example'), { code: 'ERR_SCHANNEL_CA_REFUSED' });
    await root.revoke('a.example', { reason: 'certificateHold' });
    await root.revoke('a.example', { reason: 'superseded' });
    await assert.rejects(root.revoke('a.example'), { code: 'ERR_SCHANNEL_CA_REFUSED' });
    await assert.rejects(root.revoke('b.example'), { code: 'ERR_SCHANNEL_CA_CERTIFICATE_NOT_FOUND' });
  });

  it('renews with a new key or the same one, and links the two', async () => {
    const root = await folders.root();
    const first = await root.issue({ publicKey: newKey(), names: { dns: ['a.example'] } });
    const { serialNumber = '' } = first.certificate ?? {};
    const same = await root.renew(serialNumber, { sameKey: true });
    assert.ok(same.certificate !== null && first.certificate !== null);
    assert.ok(same.certificate.publicKey.equals(first.certificate.publicKey));
    assert.equal(root.find(same.certificate.serialNumber).renews, serialNumber);
    const other = await root.renew(serialNumber, { request: { publicKey: newKey() }, revoke: 'superseded' });
    assert.deepEqual(other.certificate?.dnsNames, ['a.example']);
    assert.equal(root.find(serialNumber).revoked?.reason, 'superseded');
  });

  it('does not renew a key that somebody else has', async () => {
    const root = await folders.root();
    const { certificate } = await root.issue({ publicKey: newKey(), names: { dns: ['a.example'] } });
    const { serialNumber = '' } = certificate ?? {};
    await root.revoke(serialNumber, { reason: 'keyCompromise' });
    await assert.rejects(root.renew(serialNumber, { sameKey: true }), {
      reasons: ['the key was revoked because somebody else has it'],
    });
  });

  it('signs nothing while the clock is wrong', async () => {
    const clock = setClock();
    const root = await folders.root({}, clock);
    clock.advance(-DAY_MS);
    await assert.rejects(root.issue({ publicKey: newKey(), names: { dns: ['a.example'] } }), {
      code: 'ERR_SCHANNEL_CA_CLOCK',
    });
    assert.equal((await root.events()).length, 3);
  });

  it('is not opened in a folder that others can write to, and says how that ends', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has permissions instead of file modes');
    const { folder } = await folders.root();
    const log = path.join(folder, 'log.jsonl');
    for (const [target, mode, right, who] of [
      [folder, 0o777, 0o700, /: its group, everyone$/],
      [log, 0o602, 0o600, /: everyone$/],
    ] as const) {
      chmodSync(target, mode);
      await assert.rejects(CertificateAuthority.open(folder, { passphrase: 'secret' }), {
        code: 'ERR_SCHANNEL_CA_FOLDER_OPEN',
        message: who,
        advice: `Take that right away: chmod go-w '${target}'`,
      });
      const reader = await CertificateAuthority.open(folder, { withoutKey: true });
      const { problems } = await reader.verify();
      assert.ok(problems.some((problem) => problem.endsWith(`chmod go-w '${target}'`)));
      chmodSync(target, right);
    }
    await (await CertificateAuthority.open(folder, { passphrase: 'secret' })).close();
  });

  it('does not begin in a folder that others can write to', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has permissions instead of file modes');
    const folder = folders.next();
    mkdirSync(folder);
    chmodSync(folder, 0o770);
    await assert.rejects(CertificateAuthority.init(folder, { subject: 'CN=Open', key: QUICK_KEY }), {
      code: 'ERR_SCHANNEL_CA_FOLDER_OPEN',
    });
    assert.deepEqual(readdirSync(folder), []);
  });
});
