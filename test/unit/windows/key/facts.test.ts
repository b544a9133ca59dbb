import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { factsOf } from '#lib/windows/key/facts.js';
import { SOFTWARE_KEY } from '../../../support/scripted-key.js';

describe('windows/key/facts', () => {
  it('describe what the provider reports', () => {
    assert.deepEqual(factsOf(SOFTWARE_KEY, null), {
      api: 'cng',
      provider: 'Microsoft Software Key Storage Provider',
      container: 'scripted',
      uniqueName: '0f3c_5a1e',
      algorithm: 'rsa',
      bits: 2048,
      curve: null,
      hardware: false,
      removable: false,
      exportable: 'no',
      machine: false,
    });
  });

  for (const [exportPolicy, exportable] of [
    [0, 'no'],
    [1, 'encrypted'],
    [2, 'yes'],
    [3, 'yes'],
    [4, 'no'], // only NCRYPT_ALLOW_ARCHIVING_FLAG
    [5, 'encrypted'],
    [null, null],
  ] as const) {
    it(`tell an export policy of ${String(exportPolicy)}`, () => {
      assert.equal(factsOf({ ...SOFTWARE_KEY, exportPolicy }, null).exportable, exportable);
    });
  }

  for (const [implementation, hardware, removable] of [
    [1, true, false],
    [2, false, false],
    [9, true, true],
    [0x12, false, false], // software with the random numbers of hardware
    [null, null, null],
  ] as const) {
    it(`tell an implementation of ${String(implementation)}`, () => {
      const facts = factsOf({ ...SOFTWARE_KEY, implementation }, null);
      assert.deepEqual([facts.hardware, facts.removable], [hardware, removable]);
    });
  }

  for (const [namedCurve, bits, curve] of [
    ['prime256v1', 256, 'P-256'],
    ['secp384r1', 384, 'P-384'],
    ['secp521r1', 521, 'P-521'],
    ['secp256k1', 256, 'secp256k1'],
  ] as const) {
    it(`tell the curve ${curve}`, () => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve });
      const facts = { ...SOFTWARE_KEY, algorithm: 'ECDSA', bits };
      assert.equal(factsOf(facts, publicKey).curve, curve);
      assert.equal(factsOf(facts, publicKey).algorithm, 'ec');
    });
  }

  it('tell the curve by its bits where the public key is not known, of a key for agreement too', () => {
    const facts = { ...SOFTWARE_KEY, algorithm: 'ECDH', bits: 521 };
    assert.deepEqual(factsOf(facts, null).curve, 'P-521');
    assert.equal(factsOf(facts, null).algorithm, 'ec');
    assert.equal(factsOf({ ...facts, bits: null }, null).curve, null);
  });

  it('name other algorithms as the provider does, in lower case', () => {
    assert.equal(factsOf({ ...SOFTWARE_KEY, algorithm: 'DSA' }, null).algorithm, 'dsa');
    assert.equal(factsOf({ ...SOFTWARE_KEY, algorithm: null }, null).algorithm, 'unknown');
  });
});
