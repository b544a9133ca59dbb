import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { isCertificateOf } from '#lib/formats/x509/public-key.js';
import { selfSigned, type TestCertificate } from '../../../support/certificates.js';
import { rsaPair } from '../../../support/rsa-pair.js';

const KEYS = {
  rsa: rsaPair().privateKey,
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
};

describe('formats/x509/public-key', () => {
  it('says whether a certificate belongs to a key', async () => {
    const certificate: TestCertificate = await selfSigned();
    assert.ok(isCertificateOf(certificate.der, createPrivateKey(certificate.key)));
    assert.ok(!isCertificateOf(certificate.der, KEYS.ec));
    assert.ok(!isCertificateOf(certificate.der, KEYS.rsa));
  });
});
