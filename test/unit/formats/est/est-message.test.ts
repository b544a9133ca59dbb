import assert from 'node:assert/strict';
import { certsOnly, decodeEst, encodeInLines, encodeOnOneLine } from '#lib/formats/est/est-message.js';
import { readBundle } from '#lib/formats/x509/bundle.js';
import { selfSigned } from '../../../support/certificates.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';

describe('formats/est/est-message', () => {
  it('writes Base64 in lines, and reads it with any white space', () => {
    const bytes = Buffer.alloc(200, 7);
    const text = encodeInLines(bytes);
    assert.ok(text.split('\r\n').every((line) => line.length <= 64));
    assert.deepEqual(decodeEst(encodeOnOneLine(bytes)), bytes);
    assert.doesNotMatch(encodeOnOneLine(bytes), /\s/);
    assert.deepEqual(decodeEst(text), bytes);
    assert.deepEqual(decodeEst(` ${text.replace(/\r\n/g, '\n\t')}\n`), bytes);
  });

  for (const text of ['', ' \r\n', 'AAA', 'A===', 'AA=A', 'ab-_', '<html>', 'AAAA====']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(decodeEst(text), null);
    });
  }

  it('writes certificates that this library and OpenSSL read', async function () {
    const { der } = await selfSigned({ subject: 'CN=one' });
    const other = (await selfSigned({ subject: 'CN=two' })).der;
    const list = certsOnly([der, other]);
    assert.deepEqual(
      readBundle(list).certificates.map((each) => each.length),
      [der.length, other.length],
    );
    needsOpenssl(this);
    const openssl = new Openssl();
    openssl.write('list.p7b', list);
    const shown = openssl.run('pkcs7', '-inform', 'DER', '-in', 'list.p7b', '-print_certs', '-noout');
    openssl.remove();
    assert.match(shown, /CN ?= ?one[^]*CN ?= ?two/);
  });
});
