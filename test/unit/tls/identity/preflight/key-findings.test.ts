import assert from 'node:assert/strict';
import { constants, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { keyFindings, type KeyAccess, type TriedKey } from '#lib/tls/identity/preflight/key-findings.js';
import { rsaPair } from '../../../../support/rsa-pair.js';

type Facts = TriedKey['facts'];
type Sign = TriedKey['sign'];

const rsa = rsaPair();
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const SOFTWARE: Facts = { api: 'cng', algorithm: 'rsa', curve: null, provider: 'Software' };

const refused = (code: string): SchannelError => new SchannelError(code, `because of ${code}`);

/** What Node's own cryptography signs, as a provider would. */
const signer =
  (key: KeyObject): Sign =>
  (digest, data, { padding } = {}) =>
    Promise.resolve(
      padding === 'pss'
        ? sign(digest, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
        : sign(digest, data, key),
    );

interface Scene {
  readonly keys?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly facts?: Partial<Facts>;
  readonly sign?: Sign;
  readonly refused?: string;
  readonly isLinked?: boolean;
}

async function codes({ keys = rsa, facts = {}, isLinked = true, ...scene }: Scene): Promise<string[]> {
  const access: KeyAccess = {
    isLinked,
    publicKey: keys.publicKey,
    withKey: (use) => {
      if (scene.refused !== undefined) return Promise.reject(refused(scene.refused));
      return use({ facts: { ...SOFTWARE, ...facts }, sign: scene.sign ?? signer(keys.privateKey) });
    },
  };
  const findings = await keyFindings(access);
  for (const { meaning, remedy } of findings) assert.match(`${meaning} ${remedy}`, /^\S.*\. \S.*\.$/);
  return findings.map(({ severity, code }) => `${severity} ${code}`);
}

describe('tls/identity/preflight/key-findings', () => {
  it('is nothing to complain of when it signs as both versions of TLS need it', async () => {
    const asked: unknown[] = [];
    const watched: Sign = (digest, data, options) => {
      asked.push(options?.padding);
      return signer(rsa.privateKey)(digest, data, options);
    };
    assert.deepEqual(await codes({ sign: watched }), []);
    assert.deepEqual(asked, ['pkcs1', 'pss']);
    assert.deepEqual(await codes({ keys: ec, facts: { algorithm: 'ec', curve: 'P-256' } }), []);
  });

  it('may be missing, elsewhere, forbidden, of another certificate, or behind a dialog', async () => {
    assert.deepEqual(await codes({ refused: 'ERR_SCHANNEL_KEY_MISSING', isLinked: false }), [
      'error KEY_MISSING',
    ]);
    // Wine says "none" for a key that is not where the certificate says.
    assert.deepEqual(await codes({ refused: 'ERR_SCHANNEL_KEY_MISSING' }), ['error KEY_NOT_FOUND']);
    for (const [code, found] of [
      ['ERR_SCHANNEL_KEY_NOT_FOUND', 'error KEY_NOT_FOUND'],
      ['ERR_SCHANNEL_KEY_ACCESS_DENIED', 'error KEY_ACCESS_DENIED'],
      ['ERR_SCHANNEL_KEY_MISMATCH', 'error KEY_MISMATCH'],
      ['ERR_SCHANNEL_KEY_DIALOG', 'warning KEY_NEEDS_DIALOG'],
      ['ERR_SCHANNEL_SYSTEM_FAILURE', 'error KEY_UNUSABLE'],
    ] as const) {
      assert.deepEqual(await codes({ refused: code }), [found]);
    }
  });

  it('may not sign, or sign wrongly', async () => {
    const fails =
      (code: string): Sign =>
      () =>
        Promise.reject(refused(code));
    assert.deepEqual(await codes({ sign: fails('ERR_SCHANNEL_SYSTEM_FAILURE') }), ['error KEY_SIGNATURE']);
    assert.deepEqual(await codes({ sign: fails('ERR_SCHANNEL_KEY_DIALOG') }), ['warning KEY_NEEDS_DIALOG']);
    const { privateKey: another } = rsaPair('another');
    assert.deepEqual(
      await codes({ sign: signer(createPrivateKey(another.export({ format: 'pem', type: 'pkcs8' }))) }),
      ['error KEY_SIGNATURE'],
    );
  });

  it('may be in a TPM that has no PSS', async () => {
    const tpm: Sign = (digest, data, options) =>
      options?.padding === 'pss'
        ? Promise.reject(refused('ERR_SCHANNEL_KEY_UNSUPPORTED'))
        : signer(rsa.privateKey)(digest, data, options);
    assert.deepEqual(await codes({ sign: tpm }), ['warning KEY_NO_PSS']);
  });

  it('may be with a provider of the old kind, which is not asked for PSS', async () => {
    const csp: Sign = (digest, data, options) => {
      assert.equal(options?.padding, 'pkcs1');
      return signer(rsa.privateKey)(digest, data, options);
    };
    assert.deepEqual(await codes({ facts: { api: 'capi' }, sign: csp }), ['warning KEY_IN_CSP']);
  });
});
