import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CertificateAuthority } from 'schannel/pki';
import { encryptedKeyPem } from '#lib/formats/private-key/pkcs8-writer.js';
import { skip } from '../../support/skip.js';

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
  CREATE TABLE revocations (caId INTEGER, serial VARCHAR(64), date CHAR(15), invaldate CHAR(15), crlNo INTEGER, reasonBit INTEGER);`;

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
    const quick = { passphrase: 'new', algorithm: 'ec', namedCurve: 'P-256', iterations: 1000 } as const;
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = { ...quick, existing: privateKey };
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
    await assert.rejects(CertificateAuthority.importFrom(file, target, { key: quick }), {
      code: 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
    });
    const authority = await CertificateAuthority.importFrom(file, target, {
      key: quick,
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
});
