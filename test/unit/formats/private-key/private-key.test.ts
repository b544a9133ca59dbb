import assert from 'node:assert/strict';
import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { toPrivateKey } from '#lib/formats/private-key/private-key.js';
import { FileBudget } from '#lib/formats/pbe/file-budget.js';
import { assertSameKey, codeOf } from '../../../support/key-material.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';
import { rsaPair } from '../../../support/rsa-pair.js';

const KEYS = {
  rsa: rsaPair().privateKey,
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
};

describe('formats/private-key/private-key', () => {
  for (const [kind, key] of Object.entries(KEYS)) {
    for (const type of ['pkcs8', kind === 'rsa' ? 'pkcs1' : 'sec1'] as const) {
      it(`reads ${kind} as ${type}, PEM and DER`, () => {
        assertSameKey(toPrivateKey(key.export({ format: 'pem', type })), key);
        assertSameKey(toPrivateKey(Buffer.from(key.export({ format: 'pem', type }))), key);
        assertSameKey(toPrivateKey(new Uint8Array(key.export({ format: 'der', type }))), key);
      });
    }

    it(`reads ${kind} under a passphrase, PEM and DER`, () => {
      const cipher = { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'Pässwort' } as const;
      const pem = key.export({ format: 'pem', ...cipher }) as string;
      const der = key.export({ format: 'der', ...cipher });
      assertSameKey(toPrivateKey(pem, 'Pässwort'), key);
      assertSameKey(toPrivateKey(der, 'Pässwort'), key);
      assertSameKey(toPrivateKey({ pem, passphrase: 'Pässwort' }, 'another'), key);
      assertSameKey(toPrivateKey({ pem }, 'Pässwort'), key);
      assert.equal(
        codeOf(() => toPrivateKey(pem)),
        'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
      );
      assert.equal(
        codeOf(() => toPrivateKey(der, 'x')),
        'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
      );
    });

    it(`takes ${kind} as KeyObject and as JSON Web Key`, () => {
      assert.equal(toPrivateKey(key), key);
      assertSameKey(toPrivateKey(key.export({ format: 'jwk' })), key);
    });
  }

  it('takes the first key of a bundle', () => {
    const [first, second] = [KEYS.ec, KEYS.rsa].map((key) => key.export({ format: 'pem', type: 'pkcs8' }));
    assertSameKey(toPrivateKey(`text\n${String(first)}${String(second)}`), KEYS.ec);
  });

  it('reads the old encryption of OpenSSL', () => {
    const pem = KEYS.rsa.export({
      format: 'pem',
      type: 'pkcs1',
      cipher: 'aes-128-cbc',
      passphrase: 'secret',
    });
    assertSameKey(toPrivateKey(pem, 'secret'), KEYS.rsa);
    assert.equal(
      codeOf(() => toPrivateKey(pem as string)),
      'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
    );
    assert.equal(
      codeOf(() => toPrivateKey(pem as string, 'x')),
      'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
    );
  });

  it('derives no key with more iterations than allowed', function () {
    needsOpenssl(this);
    const openssl = new Openssl();
    openssl.write('key.pem', KEYS.ec.export({ format: 'pem', type: 'pkcs8' }));
    const args = ['pkcs8', '-topk8', '-in', 'key.pem', '-out', 'locked.pem', '-passout', 'pass:secret'];
    openssl.run(...args, '-iter', '5000');
    const pem = openssl.read('locked.pem');
    assertSameKey(toPrivateKey(pem, 'secret'), KEYS.ec);
    assert.equal(
      codeOf(() => toPrivateKey(pem, 'secret', new FileBudget({ iterations: 4999 }))),
      'ERR_SCHANNEL_IMPORT_ITERATIONS',
    );
    openssl.run(...args, '-v1', 'PBE-SHA1-3DES');
    assertSameKey(toPrivateKey(openssl.read('locked.pem'), 'secret'), KEYS.ec);
    openssl.run(...args, '-scrypt');
    assert.equal(
      codeOf(() => toPrivateKey(openssl.read('locked.pem'), 'secret')),
      'ERR_SCHANNEL_IMPORT_UNSUPPORTED',
    );
    openssl.remove();
  });

  it('refuses what is cut at any place, and what holds no key', () => {
    const der = KEYS.ec.export({ format: 'der', type: 'pkcs8' });
    for (let end = 1; end < der.length; end++) {
      assert.match(
        codeOf(() => toPrivateKey(der.subarray(0, end))) ?? 'accepted',
        /^ERR_SCHANNEL_IMPORT_(DAMAGED|UNRECOGNIZED)$/,
      );
    }
    assert.equal(
      codeOf(() => toPrivateKey('')),
      'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
    );
    assert.equal(
      codeOf(() => toPrivateKey(Buffer.from('3003020105', 'hex'))),
      'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
    );
    assert.equal(
      codeOf(() => toPrivateKey({ kty: 'RSA', n: 'AQAB' })),
      'ERR_SCHANNEL_IMPORT_DAMAGED',
    );
  });

  it('refuses wrong types as Node does', () => {
    for (const wrong of [undefined, null, 5, {}, [], { pem: 5 }]) {
      assert.throws(() => toPrivateKey(wrong as never), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    }
    const secret = createSecretKey(Buffer.from('secret'));
    assert.throws(() => toPrivateKey(secret), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
  });
});
