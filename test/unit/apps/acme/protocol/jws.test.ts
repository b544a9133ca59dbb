import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { compactVerify, importJWK, type JWK } from 'jose';
import { jwkOf } from '#lib/apps/acme/protocol/account-key.js';
import { bindExternalAccount, signJws } from '#lib/apps/acme/protocol/jws.js';
import { accountKey } from '../../../../support/scripted-acme.js';

const TARGET = { url: 'https://acme.test/order', nonce: 'abc' };

const decoded = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64url').toString());

describe('apps/acme/protocol/jws', () => {
  for (const [kind, alg] of [
    ['rsa', 'RS256'],
    ['P-256', 'ES256'],
    ['P-384', 'ES384'],
  ] as const) {
    it(`is verified by another library (${alg})`, async () => {
      const key = accountKey(kind);
      const jwk = jwkOf(key.publicKey);
      const jws = await signJws(key, { jwk }, TARGET, { a: 'ü' });
      const compact = `${jws.protected}.${jws.payload}.${jws.signature}`;
      const { payload, protectedHeader } = await compactVerify(compact, await importJWK(jwk as JWK, alg));
      assert.deepEqual(JSON.parse(Buffer.from(payload).toString()), { a: 'ü' });
      assert.deepEqual(protectedHeader, { alg, jwk, ...TARGET });
    });
  }

  it('has an empty payload to ask without a change', async () => {
    const jws = await signJws(accountKey(), { kid: 'https://acme.test/1' }, TARGET, null);
    assert.equal(jws.payload, '');
  });

  it('binds an account by the key that the authority gave', () => {
    const { publicKey } = accountKey();
    const macKey = Buffer.alloc(32, 7).toString('base64url');
    const jws = bindExternalAccount({ kid: 'me', macKey }, publicKey, 'https://acme.test/account');
    assert.deepEqual(decoded(jws.protected), { alg: 'HS256', kid: 'me', url: 'https://acme.test/account' });
    assert.deepEqual(decoded(jws.payload), jwkOf(publicKey));
    const expected = createHmac('sha256', Buffer.alloc(32, 7)).update(`${jws.protected}.${jws.payload}`);
    assert.equal(jws.signature, expected.digest('base64url'));
  });
});
