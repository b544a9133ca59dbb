import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, type KeyObject, randomUUID, verify } from 'node:crypto';
import { generateKey, importKey, type PrivateKey } from '#lib/store.js';
import { steer, whileFixed } from '../../support/double.js';
import { skip } from '../../support/skip.js';
import { onDouble } from '../../support/windows.js';

/** A key in the TPM that the double pretends, as long as `body` takes. */
async function withKey(made: Promise<PrivateKey>, body: (key: PrivateKey) => Promise<void>): Promise<void> {
  const key = await made;
  try {
    await body(key);
  } finally {
    await key.delete();
  }
}

const inTpm = { provider: 'tpm', silent: true } as const;
const data = Buffer.from('to be signed');

const verifiesPss = (publicKey: KeyObject, signature: Buffer, saltLength: number): boolean =>
  verify('sha256', data, { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature);

describe('private keys in a TPM', () => {
  before(function () {
    if (!onDouble) skip(this, 'only the double has a TPM for tests');
  });

  it('are in hardware, and never leave it', async () => {
    await withKey(generateKey(inTpm), async (key) => {
      assert.equal(key.facts.hardware, true);
      assert.equal(key.facts.provider, 'Microsoft Platform Crypto Provider');
      const refusal = { code: 'ERR_SCHANNEL_KEY_NOT_EXPORTABLE', message: /hardware/ };
      await assert.rejects(key.export(), refusal);
    });
    await assert.rejects(generateKey({ ...inTpm, exportable: true }), {
      code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
    });
  });

  it('have the sizes and curves of a TPM, and no others', async () => {
    const refusal = { code: 'ERR_SCHANNEL_KEY_UNSUPPORTED' };
    await assert.rejects(generateKey({ ...inTpm, modulusLength: 3072 }), refusal);
    await assert.rejects(generateKey({ ...inTpm, algorithm: 'ec', namedCurve: 'P-521' }), refusal);
    const long = generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey;
    await assert.rejects(importKey(long, inTpm), refusal);
    for (const namedCurve of ['P-256', 'P-384'] as const) {
      await withKey(generateKey({ ...inTpm, algorithm: 'ec', namedCurve }), (key) => {
        assert.equal(key.facts.curve, namedCurve);
        return Promise.resolve();
      });
    }
  });

  it('sign digests that are longer than their curve, which a TPM does not cut', async () => {
    for (const namedCurve of ['P-256', 'P-384'] as const) {
      await withKey(generateKey({ ...inTpm, algorithm: 'ec', namedCurve }), async (key) => {
        for (const digest of ['sha256', 'sha384', 'sha512']) {
          assert.ok(
            verify(digest, data, key.publicKey, await key.sign(digest, data)),
            `${namedCurve} ${digest}`,
          );
        }
      });
    }
  });

  it('sign with PSS and a salt as long as the digest, if they are new enough', async () => {
    await withKey(generateKey(inTpm), async (key) => {
      await whileFixed('tpmSalt', 0, async () => {
        assert.ok(verifiesPss(key.publicKey, await key.sign('sha256', data, { padding: 'pss' }), 32));
      });
    });
  });

  const old = [
    [1, 'refuses it'],
    [2, 'answers zeros'],
  ] as const;
  for (const [choice, what] of old) {
    it(`do not sign with PSS as TLS 1.3 needs it in an old TPM, which ${what}`, async () => {
      await withKey(generateKey(inTpm), async (key) => {
        await whileFixed('tpmSalt', choice, async () => {
          await assert.rejects(key.sign('sha256', data, { padding: 'pss' }), {
            code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
            message: /PSS/,
            advice: /PKCS #1, or for TLS a key on the curve P-256/,
          });
          const longest = await key.sign('sha256', data, { padding: 'pss', saltLength: 222 });
          assert.ok(verifiesPss(key.publicKey, longest, 222), 'the longest salt is what it has');
          assert.ok(verify('sha256', data, key.publicKey, await key.sign('sha256', data)), 'PKCS #1');
        });
      });
    });
  }

  it('do not sign SHA-512 with PSS, and say so', async () => {
    await withKey(generateKey(inTpm), async (key) => {
      await assert.rejects(key.sign('sha512', data, { padding: 'pss' }), {
        code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
      });
    });
  });

  it('are apart from keys of the same name elsewhere', async () => {
    const name = `schannel-test-${randomUUID()}`;
    await withKey(generateKey({ ...inTpm, name }), async (key) => {
      await withKey(generateKey({ name, silent: true }), (other) => {
        assert.ok(!other.publicKey.equals(key.publicKey));
        return Promise.resolve();
      });
      assert.equal(steer().violations().length, 0);
    });
  });
});
