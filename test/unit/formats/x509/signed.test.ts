import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { basicConstraints } from '#lib/formats/x509/extension-writer.js';
import { signCertificate } from '#lib/formats/x509/certificate-writer.js';
import type { RsaPadding } from '#lib/formats/x509/signature-algorithm.js';
import { signed, type Signer } from '#lib/formats/x509/signed.js';
import { commonName } from '#lib/formats/x509/subject.js';
import { rsaPair } from '../../../support/rsa-pair.js';

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const PAIRS = {
  rsa: rsaPair(),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
} as const satisfies Record<string, Pair>;

/** Signs as a key of Windows does, and notes what it was asked for. */
function signerOf({ publicKey, privateKey }: Pair, asked: string[] = []): Signer {
  return {
    publicKey,
    sign: (digest, data, options) => {
      asked.push(`${digest}${options === undefined ? '' : ` ${options.padding}`}`);
      const key =
        options === undefined
          ? privateKey
          : {
              key: privateKey,
              padding: constants.RSA_PKCS1_PSS_PADDING,
              saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
            };
      return Promise.resolve(sign(digest, data, key));
    },
  };
}

const issue = (signer: Signer, padding?: RsaPadding): Promise<Buffer> =>
  signCertificate(
    {
      subject: commonName('bar.example'),
      issuer: commonName('issuer'),
      publicKey: PAIRS['P-256'].publicKey,
      notBefore: new Date('2030-01-02T03:04:05Z'),
      notAfter: new Date('2031-01-02T03:04:05Z'),
      extensions: [basicConstraints(false)],
    },
    signer,
    padding,
  );

describe('formats/x509/signed', () => {
  for (const [kind, padding, asked] of [
    ['rsa', undefined, 'sha256'],
    ['rsa', 'pkcs1', 'sha256'],
    ['rsa', 'pss', 'sha256 pss'],
    ['P-256', undefined, 'sha256'],
    ['P-384', 'pss', 'sha384'],
    ['P-521', undefined, 'sha512'],
  ] as const) {
    it(`is verified by OpenSSL (${kind}, ${padding ?? 'default padding'})`, async () => {
      const askedFor: string[] = [];
      const der = await issue(signerOf(PAIRS[kind], askedFor), padding);
      assert.ok(new X509Certificate(der).verify(PAIRS[kind].publicKey));
      assert.deepEqual(askedFor, [asked]);
    });
  }

  it('is not returned if the key that signed it is another one', async () => {
    const wrong = { ...signerOf(PAIRS['P-256']), publicKey: PAIRS.rsa.publicKey };
    await assert.rejects(issue(wrong), { code: 'ERR_SCHANNEL_KEY_MISMATCH' });
    await assert.rejects(issue(wrong, 'pss'), { code: 'ERR_SCHANNEL_KEY_MISMATCH' });
  });

  it('is not returned if the key has signed in another way', async () => {
    const deaf: Signer = {
      publicKey: PAIRS.rsa.publicKey,
      sign: (digest, data) => Promise.resolve(sign(digest, data, PAIRS.rsa.privateKey)),
    };
    await assert.rejects(issue(deaf, 'pss'), { code: 'ERR_SCHANNEL_KEY_MISMATCH' });
  });

  it('passes on why the key did not sign', async () => {
    const error = new Error('no card');
    const silent: Signer = { publicKey: PAIRS.rsa.publicKey, sign: () => Promise.reject(error) };
    await assert.rejects(
      signed(() => Buffer.of(5, 0), silent),
      error,
    );
  });
});
