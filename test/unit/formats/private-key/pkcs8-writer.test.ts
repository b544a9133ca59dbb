import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { encryptedKeyPem } from '#lib/formats/private-key/pkcs8-writer.js';
import { toPrivateKey } from '#lib/formats/private-key/private-key.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';

describe('formats/private-key/pkcs8-writer', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const passphrase = 'pässword 1';
  const pem = encryptedKeyPem(privateKey, passphrase, 5000);

  it('writes a key that this library and node:crypto open', () => {
    assert.ok(toPrivateKey(pem, passphrase).equals(privateKey));
    assert.ok(createPrivateKey({ key: pem, passphrase }).equals(privateKey));
    assert.throws(() => toPrivateKey(pem, 'other'), { code: 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG' });
  });

  it('uses as many iterations as asked for', function () {
    needsOpenssl(this);
    const openssl = new Openssl();
    try {
      openssl.write('key.pem', pem);
      const text = openssl.run('asn1parse', '-in', 'key.pem');
      assert.match(text, /PBES2[^]*PBKDF2[^]*INTEGER +:1388\n[^]*hmacWithSHA256[^]*aes-256-cbc/);
    } finally {
      openssl.remove();
    }
  });
});
