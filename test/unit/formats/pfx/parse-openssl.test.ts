import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { parsePfx } from '#lib/formats/pfx/parse.js';
import { type TestCertificate, sharedRoot } from '../../../support/certificates.js';
import { assertSameKey, codeOf, sha256 } from '../../../support/key-material.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';

/** Ways in which people call `openssl pkcs12 -export`, with what there is to find. */
const EXPORTS = [
  { args: [], encryption: ['PBES2 AES-256-CBC, PBKDF2 with HMAC-SHA-256'], mac: 'HMAC-SHA-256' },
  { args: ['-legacy'], encryption: ['RC2-40, SHA-1', '3DES, SHA-1'], mac: 'HMAC-SHA-1' },
  {
    args: ['-certpbe', 'AES-128-CBC', '-keypbe', 'AES-192-CBC', '-macalg', 'SHA512'],
    encryption: [
      'PBES2 AES-128-CBC, PBKDF2 with HMAC-SHA-256',
      'PBES2 AES-192-CBC, PBKDF2 with HMAC-SHA-256',
    ],
    mac: 'HMAC-SHA-512',
  },
  {
    args: ['-legacy', '-certpbe', 'PBE-SHA1-RC2-128', '-keypbe', 'PBE-SHA1-2DES', '-macalg', 'SHA384'],
    encryption: ['RC2-128, SHA-1', '2-key 3DES, SHA-1'],
    mac: 'HMAC-SHA-384',
  },
  { args: ['-certpbe', 'NONE', '-keypbe', 'NONE', '-macalg', 'SHA224'], encryption: [], mac: 'HMAC-SHA-224' },
  {
    args: ['-iter', '600000'],
    encryption: ['PBES2 AES-256-CBC, PBKDF2 with HMAC-SHA-256'],
    mac: 'HMAC-SHA-256',
  },
] as const;

describe('formats/pfx/parse: files of OpenSSL 3', () => {
  const openssl = new Openssl();
  let leaf: TestCertificate;
  before(async function () {
    needsOpenssl(this);
    const root = await sharedRoot();
    leaf = await root.issue({ key: 'rsa' });
    openssl.write('leaf.pem', leaf.cert + leaf.key);
    openssl.write('root.pem', root.certificate.cert);
  });
  after(() => openssl.remove());

  const exported = (password: string, ...args: readonly string[]): Buffer => {
    const files = ['-in', 'leaf.pem', '-certfile', 'root.pem', '-out', 'out.pfx', '-name', 'Größe'];
    openssl.run('pkcs12', '-export', ...files, '-passout', `pass:${password}`, ...args);
    return openssl.read('out.pfx');
  };

  for (const { args, encryption, mac } of EXPORTS) {
    it(`reads -export ${args.join(' ')}`, () => {
      const pfx = parsePfx(exported('Pässwort', ...args), 'Pässwort');
      assert.deepEqual(pfx.encryption, encryption);
      assert.equal(pfx.mac?.name, mac);
      const [identity] = pfx.identities;
      assert.ok(identity);
      assert.equal(identity.certificate.friendlyName, 'Größe');
      assert.equal(sha256(identity.certificate.der), sha256(leaf.der));
      assert.equal(identity.chain().length, 2);
      assertSameKey(identity.key.privateKey, createPrivateKey(leaf.key));
    });
  }

  it('opens an empty password by no password', () => {
    assert.equal(parsePfx(exported('')).identities.length, 1);
    assert.equal(parsePfx(exported('', '-legacy')).identities.length, 1);
  });

  it('says that a file without MAC has none', () => {
    const pfx = parsePfx(exported('secret', '-nomac'), 'secret');
    assert.equal(pfx.mac, null);
    assert.equal(pfx.identities.length, 1);
  });

  it('names RC4', () => {
    const bytes = exported('secret', '-legacy', '-keypbe', 'PBE-SHA1-RC4-128');
    assert.equal(
      codeOf(() => parsePfx(bytes, 'secret')),
      'ERR_SCHANNEL_IMPORT_UNSUPPORTED',
    );
  });

  it('takes the latest of several certificates for one key first', () => {
    openssl.write('key.pem', leaf.key);
    for (const days of ['10', '99', '50']) {
      const request = ['req', '-x509', '-key', 'key.pem', '-subj', `/CN=${days} days`, '-days', days];
      openssl.write(`${days}.pem`, openssl.run(...request));
    }
    openssl.write('all.pem', Buffer.concat(['10', '99', '50'].map((days) => openssl.read(`${days}.pem`))));
    const files = ['-in', 'all.pem', '-inkey', 'key.pem', '-out', 'renewed.pfx'];
    openssl.run('pkcs12', '-export', ...files, '-passout', 'pass:secret');
    const { identities } = parsePfx(openssl.read('renewed.pfx'), 'secret');
    const subjects = identities.map(({ certificate }) => new X509Certificate(certificate.der).subject);
    assert.deepEqual(subjects, ['CN=99 days', 'CN=50 days', 'CN=10 days']);
  });
});
