import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { PrivateKey } from '#lib/windows/key/private-key.js';
import type { NativeSignScheme } from '#lib/native/store-binding.js';
import {
  type Answer,
  ScriptedKey,
  ScriptedProvider,
  type KeyScript,
  SOFTWARE_LOCATION,
} from '../../../support/scripted-key.js';
import { rsaPair } from '../../../support/rsa-pair.js';

const NTE_NOT_SUPPORTED = 0x80090029;
const TPM_E_PCP_UNSUPPORTED_PSS_SALT = 0x40290423;

const rsa = rsaPair();
const data = Buffer.from('to be signed');
const digestOf = (algorithm: string): Buffer => createHash(algorithm).update(data).digest();

const noStores = new ScriptedProvider(() => NTE_NOT_SUPPORTED);

const keyOf = (script: KeyScript): PrivateKey =>
  new PrivateKey(noStores, { native: new ScriptedKey(script), location: SOFTWARE_LOCATION });

interface Signing {
  readonly key: PrivateKey;
  /** What the provider was asked last. */
  asked(): { readonly digest: Buffer; readonly scheme: NativeSignScheme } | null;
}

/** A key whose provider answers each signature with this. */
function signing(answer: Answer<Uint8Array>, script: KeyScript = {}): Signing {
  let last: ReturnType<Signing['asked']> = null;
  const key = keyOf({
    ...script,
    sign: (digest, scheme) => {
      last = { digest: Buffer.from(digest), scheme };
      return answer;
    },
  });
  return { key, asked: () => last };
}

const TPM = { provider: 'Microsoft Platform Crypto Provider', implementation: 1 };
const CSP = {
  api: 'capi',
  provider: 'Microsoft Enhanced RSA and AES Cryptographic Provider',
  providerType: 24,
} as const;

describe('windows/key/private-key', () => {
  describe('of RSA', () => {
    it('signs the digest with PKCS #1 where nothing else is said', async () => {
      const { key, asked } = signing(Buffer.of(1, 2, 3));
      assert.deepEqual(await key.sign('RSA-SHA384', data), Buffer.of(1, 2, 3));
      assert.deepEqual(asked(), {
        digest: digestOf('sha384'),
        scheme: { padding: 'pkcs1', hash: 'SHA384', saltLength: 0 },
      });
    });

    it('signs with PSS and a salt as long as the digest', async () => {
      const { key, asked } = signing(Buffer.of(1));
      await key.sign('sha512', data, { padding: 'pss' });
      assert.deepEqual(asked()?.scheme, { padding: 'pss', hash: 'SHA512', saltLength: 64 });
    });

    it('signs with the salt that is asked for, as long as there is room', async () => {
      const { key, asked } = signing(Buffer.of(1));
      await key.sign('sha256', data, { padding: 'pss', saltLength: 222 });
      assert.equal(asked()?.scheme.saltLength, 222);
      const tooLong = key.sign('sha256', data, { padding: 'pss', saltLength: 223 });
      await assert.rejects(tooLong, { code: 'ERR_OUT_OF_RANGE' });
    });

    it('signs a digest that was made elsewhere', async () => {
      const { key, asked } = signing(Buffer.of(1));
      await key.signDigest('sha-256', digestOf('sha256'));
      assert.deepEqual(asked()?.digest, digestOf('sha256'));
      assert.equal(asked()?.scheme.hash, 'SHA256');
    });

    it('ignores options for another type of key, as node:crypto does', async () => {
      const { key } = signing(Buffer.of(7));
      assert.deepEqual(await key.sign('sha256', data, { dsaEncoding: 'ieee-p1363' }), Buffer.of(7));
    });
  });

  describe('on a curve', () => {
    for (const [namedCurve, hash, bits] of [
      ['prime256v1', 'sha256', 256],
      ['secp384r1', 'sha512', 384],
      ['secp521r1', 'sha256', 521],
    ] as const) {
      it(`signs as DER and as r‖s on ${namedCurve}`, async () => {
        const pair = generateKeyPairSync('ec', { namedCurve });
        const raw = sign(hash, data, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
        const facts = { algorithm: 'ECDSA', bits };
        const { key, asked } = signing(raw, { facts, publicKey: pair.publicKey });
        assert.ok(verify(hash, data, pair.publicKey, await key.sign(hash, data)));
        assert.deepEqual(await key.sign(hash, data, { dsaEncoding: 'ieee-p1363' }), raw);
        assert.deepEqual(asked(), {
          digest: digestOf(hash).subarray(0, Math.ceil(bits / 8)),
          scheme: { padding: 'none', hash: '', saltLength: 0 },
        });
      });
    }

    it('has no padding', async () => {
      const { key } = signing(Buffer.alloc(64), { facts: { algorithm: 'ECDSA', bits: 256 } });
      const error = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
      await assert.rejects(key.sign('sha256', data, { padding: 'pss' }), error);
    });

    it('does not decrypt', async () => {
      const key = keyOf({ facts: { algorithm: 'ECDSA', bits: 256 } });
      await assert.rejects(key.decrypt(data), { code: 'ERR_SCHANNEL_KEY_UNSUPPORTED' });
    });
  });

  describe('whose provider refuses', () => {
    for (const status of [NTE_NOT_SUPPORTED, TPM_E_PCP_UNSUPPORTED_PSS_SALT, 0x80090027]) {
      it(`PSS in a TPM (0x${status.toString(16)}), says what to do`, async () => {
        const { key } = signing(status, { facts: TPM });
        await assert.rejects(key.sign('sha256', data, { padding: 'pss' }), {
          code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
          status,
          syscall: 'NCryptSignHash',
          advice: /PKCS #1/,
          message: /PSS .*Microsoft Platform Crypto Provider/,
        });
      });
    }

    it('PSS in a CSP, names the way into CNG', async () => {
      const { key } = signing(NTE_NOT_SUPPORTED, { facts: CSP });
      await assert.rejects(key.sign('sha256', data, { padding: 'pss' }), {
        code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
        advice: /key storage provider/,
      });
    });

    it('a digest (an old CSP with SHA-2), names it', async () => {
      const { key } = signing(0x80090008, { facts: CSP });
      await assert.rejects(key.sign('sha256', data), { message: /does not support signatures with SHA256/ });
    });

    it('OAEP with SHA-256 and a label, names them', async () => {
      const key = keyOf({ facts: CSP, decrypt: () => NTE_NOT_SUPPORTED });
      const attempt = key.decrypt(data, { oaepHash: 'sha256', oaepLabel: Buffer.from('label') });
      await assert.rejects(attempt, {
        code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
        message: /OAEP with SHA256 and a label/,
      });
    });

    it('data that was encrypted for another key, leaves that as it is', async () => {
      const key = keyOf({ decrypt: () => 0x80090027 });
      await assert.rejects(key.decrypt(data), { code: 'ERR_SCHANNEL_SYSTEM_FAILURE', status: 0x80090027 });
    });
  });

  it('decrypts with OAEP and SHA-1 where nothing else is said, as node:crypto', async () => {
    const schemes: unknown[] = [];
    const key = keyOf({
      decrypt: (_, scheme) => {
        schemes.push(scheme);
        return Buffer.from('plain');
      },
    });
    assert.equal((await key.decrypt(data)).toString(), 'plain');
    await key.decrypt(data, { padding: 'pkcs1' });
    const label = Buffer.from('label');
    await key.decrypt(data, { oaepHash: 'sha256', oaepLabel: label });
    const none = new Uint8Array(0);
    assert.deepEqual(schemes, [
      { padding: 'oaep', hash: 'SHA1', label: none },
      { padding: 'pkcs1', hash: '', label: none },
      { padding: 'oaep', hash: 'SHA256', label },
    ]);
  });

  it('refuses arguments with the codes of Node', async () => {
    const { key, asked } = signing(Buffer.of(1));
    const refused = (attempt: Promise<unknown>, code: string): Promise<void> =>
      assert.rejects(attempt, { name: code === 'ERR_OUT_OF_RANGE' ? 'RangeError' : 'TypeError', code });
    await refused(key.sign('sha257', data), 'ERR_CRYPTO_INVALID_DIGEST');
    await refused(key.sign(256 as never, data), 'ERR_INVALID_ARG_TYPE');
    await refused(key.sign('sha256', 'text' as never), 'ERR_INVALID_ARG_TYPE');
    await refused(key.sign('sha256', data, { padding: 'oaep' as never }), 'ERR_INVALID_ARG_VALUE');
    await refused(key.sign('sha256', data, { dsaEncoding: 'raw' as never }), 'ERR_INVALID_ARG_VALUE');
    await refused(
      key.sign('sha256', data, { padding: 'pss', saltLength: '32' as never }),
      'ERR_INVALID_ARG_TYPE',
    );
    await refused(key.sign('sha256', data, { padding: 'pss', saltLength: -1 }), 'ERR_OUT_OF_RANGE');
    await refused(key.signDigest('sha256', Buffer.alloc(20)), 'ERR_INVALID_ARG_VALUE');
    await refused(key.decrypt(data, { padding: 'pss' as never }), 'ERR_INVALID_ARG_VALUE');
    await refused(key.decrypt(data, { oaepHash: 'none' }), 'ERR_CRYPTO_INVALID_DIGEST');
    await refused(key.decrypt(data, { oaepLabel: 'label' as never }), 'ERR_INVALID_ARG_TYPE');
    await refused(key.export({ format: 'jwk' as never }), 'ERR_INVALID_ARG_VALUE');
    await refused(key.export({ passphrase: '' }), 'ERR_INVALID_ARG_VALUE');
    assert.equal(asked(), null);
  });

  it("has the public key that its provider reports, otherwise its certificate's", () => {
    assert.ok(keyOf({ publicKey: rsa.publicKey }).publicKey.equals(rsa.publicKey));
    const native = new ScriptedKey();
    const parts = { native, location: SOFTWARE_LOCATION };
    const known = new PrivateKey(noStores, { ...parts, publicKey: rsa.publicKey });
    assert.ok(known.publicKey.equals(rsa.publicKey));
    assert.throws(() => new PrivateKey(noStores, parts).publicKey, { code: 'ERR_SCHANNEL_KEY_UNSUPPORTED' });
  });

  it('is closed once, and no longer used then', async () => {
    const native = new ScriptedKey();
    const key = new PrivateKey(noStores, { native, location: SOFTWARE_LOCATION });
    await Promise.all([key.close(), key.close()]);
    key[Symbol.dispose]();
    await key[Symbol.asyncDispose]();
    assert.equal(native.closed, 1);
    const closed = { code: 'ERR_SCHANNEL_USAGE_CLOSED' };
    await assert.rejects(key.sign('sha256', data), closed);
    await assert.rejects(key.decrypt(data), closed);
    await assert.rejects(key.exportKeyObject(), closed);
    assert.equal(key.facts.container, 'scripted');
  });

  it('is deleted after it was closed', async () => {
    const order: string[] = [];
    const native = new ScriptedKey();
    const stores = new ScriptedProvider(() => NTE_NOT_SUPPORTED);
    const { close } = native;
    native.close = (callback) => {
      close.call(native, (end) => {
        order.push(`closed, ${stores.calls.length} deletions`);
        callback?.(end);
      });
    };
    await new PrivateKey(stores, { native, location: SOFTWARE_LOCATION }).delete();
    assert.deepEqual(order, ['closed, 0 deletions']);
    assert.deepEqual(stores.calls, [{ call: 'delete', location: SOFTWARE_LOCATION }]);
  });
});
