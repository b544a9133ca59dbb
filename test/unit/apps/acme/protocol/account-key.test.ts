import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
  dnsAuthorization,
  jwkOf,
  jwsAlgorithmOf,
  keyAuthorization,
  thumbprintOf,
} from '#lib/apps/acme/protocol/account-key.js';

/** The key of RFC 7638 §3.1. */
const RFC7638 = createPublicKey({
  format: 'jwk',
  key: {
    kty: 'RSA',
    n:
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs' +
      'tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn' +
      '1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    e: 'AQAB',
  },
});

describe('apps/acme/protocol/account-key', () => {
  it('has the thumbprint of the example in RFC 7638', () => {
    assert.equal(thumbprintOf(RFC7638), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  it('proves a challenge by token and thumbprint', () => {
    assert.equal(keyAuthorization('abc', RFC7638), 'abc.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
    assert.match(dnsAuthorization('abc', RFC7638), /^[\w-]{43}$/);
  });

  it('has the members of each kind in the order of their names', () => {
    const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).publicKey;
    assert.deepEqual(Object.keys(jwkOf(RFC7638)), ['e', 'kty', 'n']);
    assert.deepEqual(Object.keys(jwkOf(ec('P-256'))), ['crv', 'kty', 'x', 'y']);
    assert.deepEqual(
      [RFC7638, ec('P-256'), ec('P-384')].map((key) => jwsAlgorithmOf(key).name),
      ['RS256', 'ES256', 'ES384'],
    );
  });

  it('refuses keys that no account can have', () => {
    for (const { publicKey } of [
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('ec', { namedCurve: 'P-521' }),
    ]) {
      assert.throws(() => jwkOf(publicKey), { code: 'ERR_SCHANNEL_KEY_UNSUPPORTED' });
    }
  });
});
