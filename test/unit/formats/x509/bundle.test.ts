import assert from 'node:assert/strict';
import { readBundle } from '#lib/formats/x509/bundle.js';
import { type TestAuthority, type TestCertificate, sharedRoot } from '../../../support/certificates.js';
import { codeOf, derOf } from '../../../support/key-material.js';
import { Openssl, needsOpenssl } from '../../../support/openssl.js';
import { element, oid } from '../../../support/pfx-builder.js';

describe('formats/x509/bundle', () => {
  let root: TestAuthority;
  let leaf: TestCertificate;
  before(async () => {
    root = await sharedRoot();
    leaf = await root.issue();
  });
  const ders = (): Buffer[] => [leaf, root.certificate].map(({ der }) => Buffer.from(der));
  const p7b = (certificates: readonly Uint8Array[]): Buffer => {
    const content = element(
      0x30,
      Buffer.of(2, 1, 1),
      element(0x31),
      element(0x30, oid('1.2.840.113549.1.7.1')),
    );
    const inner = element(0x30, content.subarray(2), element(0xa0, ...certificates), element(0x31));
    return element(0x30, oid('1.2.840.113549.1.7.2'), element(0xa0, inner));
  };

  it('sorts the blocks of a PEM text', () => {
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    const bundle = readBundle(`${parameters}${leaf.key}subject=x\n${leaf.cert}${root.certificate.cert}`);
    assert.deepEqual(bundle.certificates, ders());
    assert.equal(bundle.keys.length, 1);
  });

  it('reads text that Notepad saved as UTF-16', () => {
    const bytes = Buffer.from(`\ufeff${leaf.cert}`, 'utf16le');
    assert.deepEqual(readBundle(bytes).certificates, ders().slice(0, 1));
  });

  it('reads the DER of a certificate, of a key, and of a P7B', () => {
    assert.deepEqual(readBundle(leaf.der).certificates, ders().slice(0, 1));
    assert.deepEqual(readBundle(derOf(leaf.key)).keys, [derOf(leaf.key)]);
    assert.deepEqual(readBundle(p7b(ders())).certificates, ders());
  });

  it('takes of a P7B certificates only', () => {
    const extended = element(0xa0, Buffer.from(leaf.der).subarray(4));
    assert.deepEqual(readBundle(p7b([extended, ...ders()])).certificates, ders());
  });

  it('reads a P7B in PEM under each of its names', () => {
    for (const label of ['PKCS7', 'CMS', 'CERTIFICATE CHAIN']) {
      const text = `-----BEGIN ${label}-----\n${p7b(ders()).toString('base64')}\n-----END ${label}-----`;
      assert.deepEqual(readBundle(text).certificates, ders());
    }
  });

  it('ignores trust settings after a certificate', () => {
    const der = Buffer.concat([leaf.der, Buffer.from('300c300a06082b06010505070301', 'hex')]);
    const text = `-----BEGIN TRUSTED CERTIFICATE-----\n${der.toString('base64')}\n-----END TRUSTED CERTIFICATE-----`;
    assert.deepEqual(readBundle(text).certificates, ders().slice(0, 1));
  });

  it('refuses a damaged certificate, and a file with nothing in it', () => {
    const cut = `-----BEGIN CERTIFICATE-----\n${Buffer.from(leaf.der).subarray(0, 100).toString('base64')}\n-----END CERTIFICATE-----`;
    assert.equal(
      codeOf(() => readBundle(cut)),
      'ERR_SCHANNEL_IMPORT_DAMAGED',
    );
    assert.equal(
      codeOf(() => readBundle(leaf.der.subarray(0, 100))),
      'ERR_SCHANNEL_IMPORT_DAMAGED',
    );
    assert.equal(
      codeOf(() => readBundle('nothing')),
      'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
    );
    assert.equal(
      codeOf(() => readBundle(new Uint8Array(0))),
      'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
    );
    const request = '-----BEGIN CERTIFICATE REQUEST-----\nAQID\n-----END CERTIFICATE REQUEST-----';
    assert.throws(() => readBundle(request), /no key: it is a certificate request$/);
  });

  it('reads the P7B that OpenSSL writes', function () {
    needsOpenssl(this);
    const openssl = new Openssl();
    openssl.write('chain.pem', leaf.cert + root.certificate.cert);
    openssl.run('crl2pkcs7', '-nocrl', '-certfile', 'chain.pem', '-outform', 'DER', '-out', 'chain.p7b');
    assert.deepEqual(readBundle(openssl.read('chain.p7b')).certificates, ders());
    openssl.remove();
  });
});
