import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { writePfx } from '#lib/formats/pfx/write.js';
import { AuthorityFolders, newKey, QUICK_KEY } from '../../../support/authority-folder.js';
import { wasKilled } from '../../../support/killing.js';
import type { ChildTask } from '../../../support/authority-child.js';
import { skip } from '../../../support/skip.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';

const CHILD = require.resolve('../../../support/authority-child.js');

/** More than an import of three certificates writes. */
const MOST_WRITES = 80;

const CONFIGURATION = `
[ca]
default_ca = this
[this]
database = index.txt
new_certs_dir = newcerts
serial = serial
crlnumber = crlnumber
certificate = cacert.pem
private_key = private/cakey.pem
default_md = sha256
default_days = 30
default_crl_days = 7
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
`;

describe('apps/authority/import', () => {
  const folders = new AuthorityFolders();
  const openssl = new Openssl();
  let source: string;
  before(function () {
    source = mkdtempSync(path.join(tmpdir(), 'schannel-openssl-ca-'));
    needsOpenssl(this);
    const at = (...names: string[]): string => path.join(source, ...names);
    mkdirSync(at('newcerts'));
    mkdirSync(at('private'));
    writeFileSync(at('ca.cnf'), CONFIGURATION);
    writeFileSync(at('index.txt'), '');
    writeFileSync(at('serial'), '0A\n');
    writeFileSync(at('crlnumber'), '1F\n');
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    run(
      'req',
      '-config',
      'ca.cnf',
      '-x509',
      ...curve,
      '-passout',
      'pass:old',
      '-keyout',
      'private/cakey.pem',
      '-out',
      'cacert.pem',
      '-subj',
      '/CN=Old Root',
      '-extensions',
      'root',
    );
    for (const name of ['one', 'two', 'three']) {
      run(
        'req',
        '-config',
        'ca.cnf',
        ...curve,
        '-nodes',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        `/CN=${name}.example`,
      );
      run(
        'ca',
        '-config',
        'ca.cnf',
        '-batch',
        '-passin',
        'pass:old',
        '-in',
        `${name}.csr`,
        '-out',
        `${name}.pem`,
      );
    }
    run(
      'ca',
      '-config',
      'ca.cnf',
      '-passin',
      'pass:old',
      '-revoke',
      'two.pem',
      '-crl_reason',
      'keyCompromise',
    );
    run('ca', '-config', 'ca.cnf', '-passin', 'pass:old', '-gencrl', '-out', 'old.crl');
    rmSync(at('newcerts', '0C.pem'));
  });
  after(() => {
    rmSync(source, { recursive: true, force: true });
    openssl.remove();
    folders.remove();
  });
  const run = (...args: string[]): string => openssl.runIn(source, ...args);

  it('brings in what openssl ca has issued and revoked, and goes on with its numbers', async () => {
    const folder = folders.next();
    const options = { key: QUICK_KEY, sourcePassphrase: 'old', url: 'http://pki.example/' };
    const authority = await CertificateAuthority.importFrom(source, folder, options);
    assert.equal(authority.subject, 'CN=Old Root');
    assert.deepEqual(
      authority
        .certificates()
        .map(({ serialNumber, subject, revoked, thumbprint256 }) => [
          serialNumber,
          subject,
          revoked?.reason ?? null,
          thumbprint256 !== null,
        ]),
      [
        ['0A', 'CN=one.example', null, true],
        ['0B', 'CN=two.example', 'keyCompromise', true],
        ['0C', '/CN=three.example', null, false],
      ],
    );
    assert.equal((await authority.presentCrl())?.number, 0x20);
    assert.deepEqual((await authority.verify()).problems, []);
    const { pem } = await authority.issue({ publicKey: newKey(), names: { dns: ['new.example'] } });
    openssl.write('root.pem', authority.pem);
    openssl.write('list.pem', (await authority.crl()).pem);
    openssl.write('new.pem', pem);
    for (const name of ['one', 'two'])
      openssl.write(`${name}.pem`, readFileSync(path.join(source, `${name}.pem`)));
    const verify = (file: string): string =>
      openssl.run('verify', '-crl_check', '-CRLfile', 'list.pem', '-CAfile', 'root.pem', file);
    assert.match(verify('one.pem'), /OK/);
    assert.match(verify('new.pem'), /OK/);
    assert.throws(() => verify('two.pem'), /certificate revoked/);
  });

  it('cannot be opened if it was killed, after whatever write, and says so', async () => {
    let unfinished = 0;
    let writes = 0;
    for (let ended = false; !ended;) {
      writes += 1;
      assert.ok(writes < MOST_WRITES);
      const folder = folders.next();
      const task: ChildTask = { folder, task: 'import', source, killAfter: writes };
      const child = spawnSync(process.execPath, [CHILD, JSON.stringify(task)], { encoding: 'utf8' });
      ended = !wasKilled(child);
      if (ended) assert.equal(child.status, 0, child.stderr);
      const opened = await CertificateAuthority.open(folder, { passphrase: 'secret' }).catch(
        (error: unknown) => error,
      );
      if (opened instanceof CertificateAuthority) {
        const revoked = opened.certificates().filter((each) => each.revoked !== null);
        assert.deepEqual([opened.certificates().length, revoked.length], [3, 1]);
        assert.notEqual(await opened.presentCrl(), null);
        continue;
      }
      assert.ok(opened instanceof SchannelError);
      assert.equal(opened.code, 'ERR_SCHANNEL_CA_NOT_FOUND');
      if (!opened.message.includes('never finished')) continue;
      unfinished += 1;
      await assert.rejects(
        CertificateAuthority.importFrom(source, folder, { key: QUICK_KEY, sourcePassphrase: 'old' }),
        { code: 'ERR_SCHANNEL_CA_EXISTS', message: /never finished/, advice: /delete the folder/ },
      );
    }
    assert.ok(unfinished > 10, 'otherwise it was never killed where it matters');
  });

  it('exports an index that openssl ca reads', async () => {
    const authority = await CertificateAuthority.importFrom(source, folders.next(), {
      key: QUICK_KEY,
      sourcePassphrase: 'old',
    });
    writeFileSync(path.join(source, 'index.txt'), authority.exportIndex());
    run('ca', '-config', 'ca.cnf', '-passin', 'pass:old', '-gencrl', '-out', 'again.crl');
    assert.match(run('crl', '-in', 'again.crl', '-noout', '-text'), /Serial Number: 0B[^]*Key Compromise/);
  });

  it('brings in what mkcert and minica have', async () => {
    const root = await folders.root();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made = await folders.root({
      key: { ...QUICK_KEY, existing: privateKey },
      subject: 'CN=mkcert someone',
    });
    const caroot = folders.next();
    mkdirSync(caroot);
    writeFileSync(path.join(caroot, 'rootCA.pem'), made.pem);
    writeFileSync(path.join(caroot, 'rootCA-key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const authority = await CertificateAuthority.importFrom(caroot, folders.next(), { key: QUICK_KEY });
    assert.equal(authority.subject, 'CN=mkcert someone');
    writeFileSync(path.join(caroot, 'rootCA.pem'), root.pem);
    await assert.rejects(CertificateAuthority.importFrom(caroot, folders.next(), { key: QUICK_KEY }), {
      code: 'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
    });
  });

  it('brings in what easy-rsa has made, and revokes what it has revoked', async function () {
    const program = '/usr/share/easy-rsa/easyrsa';
    if (!existsSync(program)) skip(this, 'there is no easy-rsa (package easy-rsa)');
    const folder = folders.next();
    const env = {
      ...process.env,
      ...{ EASYRSA_PKI: path.join(folder, 'pki'), EASYRSA_BATCH: '1' },
      ...{ EASYRSA_ALGO: 'ec', EASYRSA_CURVE: 'prime256v1' },
    };
    mkdirSync(folder);
    for (const args of [
      ['init-pki'],
      ['--req-cn=Easy Root', 'build-ca', 'nopass'],
      ['build-server-full', 'one.example', 'nopass'],
      ['build-client-full', 'two', 'nopass'],
      ['revoke', 'two', 'superseded'],
      ['gen-crl'],
    ]) {
      const { status, stderr } = spawnSync(program, args, { env, cwd: folder, encoding: 'utf8' });
      assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
    }
    const authority = await CertificateAuthority.importFrom(env.EASYRSA_PKI, folders.next(), {
      key: QUICK_KEY,
    });
    assert.equal(authority.subject, 'CN=Easy Root');
    assert.deepEqual(
      authority
        .certificates()
        .map(({ subject, revoked, thumbprint256 }) => [
          subject,
          revoked?.reason ?? null,
          thumbprint256 !== null,
        ]),
      [
        ['CN=one.example', null, true],
        ['CN=two', 'superseded', true],
      ],
    );
    assert.deepEqual((await authority.verify()).problems, []);
  });

  it("brings in what Debian's minica has made", async function () {
    const folder = folders.next();
    mkdirSync(folder);
    const args = ['-ca-common-name', 'Mini Root', 'www.example'];
    const { status, error } = spawnSync('minica', args, { cwd: folder, encoding: 'utf8' });
    if (error !== undefined) skip(this, 'there is no minica (package minica)');
    assert.equal(status, 0);
    const authority = await CertificateAuthority.importFrom(folder, folders.next(), { key: QUICK_KEY });
    assert.match(authority.subject, /CN=Mini Root/);
    openssl.write('mini.pem', authority.pem);
    const { pem } = await authority.issue({ publicKey: newKey(), names: { dns: ['next.example'] } });
    openssl.write('next.pem', pem);
    openssl.write('www.pem', readFileSync(path.join(folder, 'www.example.crt')));
    for (const file of ['www.pem', 'next.pem']) {
      assert.match(openssl.run('verify', '-CAfile', 'mini.pem', file), /OK/);
    }
  });

  it('brings in a PFX', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made = await folders.root({ key: { ...QUICK_KEY, existing: privateKey }, subject: 'CN=In a PFX' });
    assert.ok(made.certificate);
    const file = `${folders.next()}.pfx`;
    writeFileSync(
      file,
      writePfx({ key: privateKey, certificates: [made.certificate.raw], password: 'x', iterations: 1000 }),
    );
    const authority = await CertificateAuthority.importFrom(file, folders.next(), {
      key: QUICK_KEY,
      sourcePassphrase: 'x',
    });
    assert.equal(authority.subject, 'CN=In a PFX');
  });

  it('leaves nothing behind if the source cannot be read', async () => {
    const folder = folders.next();
    for (const [from, code] of [
      ['/nowhere', 'ERR_SCHANNEL_IMPORT_UNRECOGNIZED'],
      [source, 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING'],
    ] as const) {
      await assert.rejects(CertificateAuthority.importFrom(from, folder, { key: QUICK_KEY }), { code });
    }
    await assert.rejects(CertificateAuthority.open(folder), { code: 'ERR_SCHANNEL_CA_NOT_FOUND' });
    assert.throws(() => readFileSync(folder), { code: 'ENOENT' });
  });
});
