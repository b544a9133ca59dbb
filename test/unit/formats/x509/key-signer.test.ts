import assert from 'node:assert/strict';
import { constants, verify } from 'node:crypto';
import { signerOf } from '#lib/formats/x509/key-signer.js';
import { SIGNATURES } from '../../../support/signing-authority.js';

const DATA = Buffer.from('what is signed');

describe('formats/x509/key-signer', () => {
  it('signs with a curve, in DER', async () => {
    const signer = signerOf(SIGNATURES['P-384'].key());
    assert.ok(verify('sha384', DATA, signer.publicKey, await signer.sign('sha384', DATA)));
  });

  it('signs with RSA, by PKCS #1 v1.5 or PSS with a salt as long as the digest', async () => {
    const signer = signerOf(SIGNATURES.rsa.key());
    const { publicKey } = signer;
    const pss = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    assert.ok(verify('sha256', DATA, publicKey, await signer.sign('sha256', DATA)));
    assert.ok(verify('sha256', DATA, pss, await signer.sign('sha256', DATA, { padding: 'pss' })));
  });
});
