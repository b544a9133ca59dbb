import assert from 'node:assert/strict';
import { isSecretHash, newChallengeSecret, SecretChecker } from '#lib/apps/acme/challenge-server/secret.js';

describe('apps/acme/challenge-server/secret', () => {
  it('makes secrets of 40 characters, and hashes that fit only them', async () => {
    const { secret, hash } = await newChallengeSecret();
    assert.match(secret, /^[\w-]{40}$/);
    assert.ok(isSecretHash(hash) && !hash.includes(secret));
    const checker = new SecretChecker();
    assert.equal(checker.isKnown(hash, secret), false);
    assert.equal(await checker.isRight(hash, `${secret.slice(0, -1)}!`), false);
    assert.equal(checker.isKnown(hash, secret), false);
    assert.equal(await checker.isRight(hash, secret), true);
    assert.deepEqual([checker.isKnown(hash, secret), checker.isKnown(hash, 'other')], [true, false]);
    assert.notEqual((await newChallengeSecret()).secret, secret);
  });

  it('does the same work for a client that is not there, and for a hash that is none', async () => {
    const salts: number[] = [];
    const checker = new SecretChecker((_, salt) => {
      salts.push(salt.length);
      // What nobody's hash is compared with, too: it must not let anybody in.
      return Promise.resolve(Buffer.alloc(32));
    });
    assert.equal(await checker.isRight(null, 'x'), false);
    assert.equal(await checker.isRight('plain', 'x'), false);
    assert.equal(await checker.isRight(`scrypt1:${'A'.repeat(22)}:${'B'.repeat(43)}`, 'x'), false);
    assert.deepEqual(salts, [16, 16, 16]);
  });
});
