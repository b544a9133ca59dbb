import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CertificateAuthority } from 'schannel/pki';
import { encryptedKeyPem } from '#lib/formats/private-key/pkcs8-writer.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { skip } from '../../support/skip.js';
import { skipOnDouble } from '../../support/windows.js';

interface Database {
  exec(sql: string): void;
  prepare(sql: string): { run(...values: readonly (string | number)[]): unknown };
  close(): void;
}

/** The tables of XCA 2 that an import reads (lib/database_schema.cpp of XCA). */
const TABLES = `
  CREATE TABLE certs (item INTEGER, hash INTEGER, iss_hash INTEGER, serial VARCHAR(64), issuer INTEGER, ca INTEGER, cert TEXT);
  CREATE TABLE x509super (item INTEGER, subj_hash INTEGER, pkey INTEGER, key_hash INTEGER);
  CREATE TABLE private_keys (item INTEGER, ownPass INTEGER, private TEXT);
  CREATE TABLE authority (item INTEGER, template INTEGER, crlExpire CHAR(15), crlNo INTEGER, crlDays INTEGER, dnPolicy TEXT);
  CREATE TABLE items (id INTEGER PRIMARY KEY, name VARCHAR(128));
  CREATE TABLE crls (item INTEGER, hash INTEGER, num INTEGER, iss_hash INTEGER, issuer INTEGER, crl VARCHAR(8000));
  CREATE TABLE templates (item INTEGER, version INTEGER, template VARCHAR(8000));
  CREATE TABLE revocations (caId INTEGER, serial VARCHAR(64), date CHAR(15), invaldate CHAR(15), crlNo INTEGER, reasonBit INTEGER);`;

const QUICK = { passphrase: 'new', algorithm: 'ec', namedCurve: 'P-256', iterations: 1000 } as const;

/** Here and not among the unit tests: their Node.js may be too old for node:sqlite. */
describe('a database of XCA', () => {
  const sqlite: unknown = process.getBuiltinModule('node:sqlite');
  let folder: string;
  before(function () {
    if (sqlite === undefined) {
      skip(this, `Node.js ${process.versions.node} has no node:sqlite`);
    }
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-xca-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('becomes an authority with all that it has issued and revoked', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = { ...QUICK, existing: privateKey };
    const origin = await CertificateAuthority.init(path.join(folder, 'origin'), {
      subject: 'CN=XCA Root',
      key,
    });
    const certificates: X509Certificate[] = [];
    for (const name of ['one', 'two']) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { pem } = await origin.issue({ publicKey, names: { dns: [`${name}.example`] } });
      certificates.push(new X509Certificate(pem));
    }
    const file = path.join(folder, 'xca.xdb');
    const { DatabaseSync } = sqlite as {
      DatabaseSync: new (file: string) => Database;
    };
    const database = new DatabaseSync(file);
    database.exec(TABLES);
    const root = new X509Certificate(origin.pem);
    const addCertificate = database.prepare('INSERT INTO certs VALUES (?, 0, 0, ?, 1, ?, ?)');
    [root, ...certificates].forEach(({ serialNumber, ca, raw }, index) => {
      addCertificate.run(index + 1, serialNumber, ca ? 1 : 0, raw.toString('base64'));
    });
    const base64 = encryptedKeyPem(privateKey, 'database', 2048).replace(/-----.*-----|\n/g, '');
    database.prepare('INSERT INTO x509super VALUES (1, 0, 9, 0)').run();
    database.prepare('INSERT INTO private_keys VALUES (9, 0, ?)').run(base64);
    database.prepare("INSERT INTO authority VALUES (1, 0, '', 41, 30, '')").run();
    const revoke = database.prepare("INSERT INTO revocations VALUES (1, ?, '20260102030405Z', '', 41, ?)");
    revoke.run(certificates[1]?.serialNumber ?? '', 9);
    revoke.run('7F', 1);
    database.close();

    const target = path.join(folder, 'imported');
    await assert.rejects(CertificateAuthority.importFrom(file, target, { key: QUICK }), {
      code: 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
    });
    const authority = await CertificateAuthority.importFrom(file, target, {
      key: QUICK,
      sourcePassphrase: 'database',
    });
    assert.deepEqual(
      authority.certificates().map(({ subject, revoked }) => [subject, revoked?.reason ?? null]),
      [
        ['CN=one.example', null],
        ['CN=two.example', 'privilegeWithdrawn'],
        ['', 'keyCompromise'],
      ],
    );
    assert.equal((await authority.presentCrl())?.number, 42);
    assert.deepEqual((await authority.verify()).problems, []);
  });

  it('that XCA itself has made is imported with its templates, and goes on with its numbers', async function () {
    skipOnDouble(this, 'it needs nothing of Schannel');
    await needsPeer(this, 'xca');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const origin = await CertificateAuthority.init(path.join(folder, 'for-xca'), {
      subject: 'CN=XCA Root',
      key: { ...QUICK, existing: privateKey },
    });
    const issue = async (name: string): Promise<string> => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return (await origin.issue({ publicKey, names: { dns: [`${name}.example`] } })).pem;
    };
    const [one, two] = [await issue('one'), await issue('two')];
    for (let number = 2; number < 9; number += 1) await origin.crl();
    const { list } = await origin.revoke('two.example', { reason: 'keyCompromise' });
    assert.ok(list);
    const files = {
      'ca.pem': origin.pem,
      'ca.key': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'one.pem': one,
      'two.pem': two,
      'crl.pem': list.pem,
    };
    const templates = ['CA', 'TLS_client', 'TLS_server'].map((name) => `/usr/share/xca/${name}.xca`);
    const args = ['database', ...Object.keys(files).map((name) => `{file:${name}}`), ...templates];
    const peer = await startPeer('xca', args, { files });
    const [, database = ''] = await peer.waitFor(/^database (\S+)\n/m);
    await peer.exited;
    const file = path.join(folder, 'real.xdb');
    writeFileSync(file, Buffer.from(database, 'base64'));

    const half = path.join(folder, 'half.xdb');
    writeFileSync(half, Buffer.from(database, 'base64').subarray(0, 20_000));
    await assert.rejects(
      CertificateAuthority.importFrom(half, path.join(folder, 'from-half'), { key: QUICK }),
      {
        code: 'ERR_SCHANNEL_IMPORT_DAMAGED',
      },
    );
    const authority = await CertificateAuthority.importFrom(file, path.join(folder, 'from-xca'), {
      key: QUICK,
      sourcePassphrase: 'database',
    });
    assert.deepEqual(
      authority.certificates().map(({ subject, revoked }) => [subject, revoked?.reason ?? null]),
      [
        ['CN=one.example', null],
        ['CN=two.example', 'keyCompromise'],
      ],
    );
    const present = await authority.presentCrl();
    assert.equal(present?.number, list.number + 1, 'XCA has this list, and its own ones have lower numbers');
    assert.deepEqual((await authority.verify()).problems, []);
    assert.deepEqual(
      [await authority.ownTemplates(), authority.leftOut],
      [['ca', 'tls-client', 'tls-server'], []],
    );
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const next = await authority.issue(
      { publicKey, names: { dns: ['three.example'] } },
      { template: 'tls-server' },
    );
    assert.deepEqual(next.certificate?.encodedKeyUsage, ['1.3.6.1.5.5.7.3.1']);
  });
});
