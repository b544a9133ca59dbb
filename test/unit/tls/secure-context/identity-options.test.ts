// @peculiar/x509 needs it first.
import 'reflect-metadata';
import { X509CertificateGenerator } from '@peculiar/x509';
import assert from 'node:assert/strict';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  KeyObject,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import tls from 'node:tls';
import { parseIdentityOptions, type IdentityOptions } from '#lib/tls/secure-context/identity-options.js';
import { writePfx } from '#lib/formats/pfx/write.js';
import { selfSigned, TestAuthority, type TestCertificate } from '../../../support/certificates.js';
import { buildPfx } from '../../../support/pfx-builder.js';

const codeOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return null;
};

describe('tls/secure-context/identity-options', () => {
  let root: TestAuthority;
  let intermediate: TestAuthority;
  let rsa: TestCertificate;
  let ec: TestCertificate;
  let other: TestCertificate;
  let issuer: string;

  before(async () => {
    root = await TestAuthority.create('CN=root');
    intermediate = await root.authority('CN=intermediate');
    rsa = await intermediate.issue({ subject: 'CN=rsa', key: 'rsa' });
    ec = await intermediate.issue({ subject: 'CN=ec', key: 'ec' });
    other = await root.issue({ subject: 'CN=other', key: 'rsa' });
    issuer = intermediate.certificate.cert;
  });

  const subjects = (options: IdentityOptions): string[] =>
    parseIdentityOptions(options).materials.map(
      ({ certificate }) => new X509Certificate(certificate).subject,
    );

  const pfxOf = ({ der, key }: TestCertificate, ...chain: TestCertificate[]): Buffer =>
    writePfx({
      key: createPrivateKey(key),
      certificates: [der, ...chain.map((one) => one.der)],
      password: 'secret',
      iterations: 1000,
    });

  it('finds no certificate without options', () => {
    const nothing = { materials: [], authorities: [], lacks: null };
    const empty: IdentityOptions[] = [
      {},
      { cert: null, key: null, pfx: null, passphrase: null },
      { cert: '', key: '' },
      { cert: [], key: [], pfx: [] },
    ];
    for (const options of empty) assert.deepEqual(parseIdentityOptions(options), nothing);
  });

  it('takes certificate and key in every form that node:tls takes', () => {
    const { cert, key } = rsa;
    const encrypted = createPrivateKey(key).export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    }) as string;
    const bytes = Buffer.from(key);
    const forms: tls.SecureContextOptions[] = [
      { cert, key },
      { cert: Buffer.from(cert), key: bytes },
      { cert: [cert], key: [key] },
      { cert, key: encrypted, passphrase: 'secret' },
      { cert, key: [{ pem: encrypted, passphrase: 'secret' }] },
      { cert, key: [{ pem: Buffer.from(encrypted), passphrase: 'secret' }], passphrase: 'another' },
      { cert, key: [{ pem: encrypted }], passphrase: 'secret' },
      { cert, key: createPrivateKey(key).export({ format: 'pem', type: 'pkcs1' }) },
    ];
    for (const options of forms) {
      tls.createSecureContext(options);
      assert.deepEqual(subjects(options), ['CN=rsa']);
    }
  });

  it('also takes DER, KeyObject, JSON Web Key, a single object and a view', () => {
    const { cert, key, der } = rsa;
    const keyObject = createPrivateKey(key);
    const pkcs8 = keyObject.export({ format: 'der', type: 'pkcs8' });
    const view = new DataView(pkcs8.buffer, pkcs8.byteOffset, pkcs8.byteLength);
    const forms: IdentityOptions[] = [
      { cert: der, key: pkcs8 },
      { cert, key: view as unknown as Uint8Array },
      { cert, key: keyObject },
      { cert, key: keyObject.export({ format: 'jwk' }) },
      { cert, key: [{ pem: key }] },
      { cert, key: keyObject.export({ format: 'der', type: 'pkcs1' }) },
      { cert: `${key}\n${cert}`, key: `${cert}\n${key}` },
    ];
    for (const options of forms) assert.deepEqual(subjects(options), ['CN=rsa']);
    const sec1 = createPrivateKey(ec.key).export({ format: 'pem', type: 'sec1' });
    assert.deepEqual(subjects({ cert: ec.cert, key: sec1 }), ['CN=ec']);
  });

  it('refuses a key with its passphrase outside a list, as node:tls does', () => {
    const options = { cert: rsa.cert, key: { pem: rsa.key } };
    const refusal = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return [(error as NodeJS.ErrnoException).code, (error as Error).message];
      }
    };
    const nodes = refusal(() => tls.createSecureContext(options as unknown as tls.SecureContextOptions));
    assert.equal((nodes as string[])[0], 'ERR_INVALID_ARG_TYPE');
    assert.deepEqual(
      refusal(() => subjects(options)),
      nodes,
    );
  });

  it('has one identity for each type of key', () => {
    const options = { cert: [rsa.cert, ec.cert], key: [ec.key, rsa.key] };
    tls.createSecureContext(options);
    assert.deepEqual(subjects(options), ['CN=rsa', 'CN=ec']);
  });

  it('uses the last key, as node:tls does', () => {
    const options = { cert: [rsa.cert, other.cert], key: other.key };
    tls.createSecureContext(options);
    assert.deepEqual(subjects(options), ['CN=other']);
  });

  it('refuses the key of another certificate, as node:tls does', () => {
    const cases = [
      { cert: rsa.cert, key: other.key },
      { cert: [rsa.cert, other.cert], key: [rsa.key, other.key] },
    ];
    for (const options of cases) {
      assert.equal(
        codeOf(() => tls.createSecureContext(options)),
        'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
      );
      assert.equal(
        codeOf(() => parseIdentityOptions(options)),
        'ERR_SCHANNEL_KEY_MISMATCH',
      );
    }
  });

  it('shows nothing with only a certificate or only a key, as node:tls does', () => {
    const halves = [
      { options: { cert: rsa.cert }, lacks: 'key' },
      { options: { key: rsa.key }, lacks: 'cert' },
      { options: { cert: rsa.cert, key: ec.key }, lacks: 'key' },
    ];
    for (const { options, lacks } of halves) {
      tls.createSecureContext(options);
      assert.deepEqual(parseIdentityOptions(options), { materials: [], authorities: [], lacks });
    }
  });

  it('sends the intermediates that come with the certificate, but no root', () => {
    const chain = `${rsa.cert}${issuer}${root.certificate.cert}`;
    const [identity] = parseIdentityOptions({ cert: chain, key: rsa.key }).materials;
    assert.deepEqual(
      identity?.chain.map((der) => Buffer.from(der)),
      [Buffer.from(intermediate.certificate.der)],
    );
    const [leafOnly] = parseIdentityOptions({ cert: rsa.cert, key: rsa.key }).materials;
    assert.deepEqual(leafOnly?.chain, []);
    assert.notEqual(identity.hash, leafOnly.hash, 'what is sent is part of what it is');
    const [again] = parseIdentityOptions({
      cert: Buffer.from(chain),
      key: createPrivateKey(rsa.key),
    }).materials;
    assert.equal(again?.hash, identity.hash);
  });

  it('recognises a root by its signature, not by name or key usage', async () => {
    const plain = { keyIdentifiers: false } as const;
    const rollover = await (await TestAuthority.create('CN=roll', plain)).authority('CN=roll', plain);
    const endEntity = await selfSigned();
    const { cert, key } = await rollover.issue({ subject: 'CN=below', ...plain });
    const chain = `${cert}${rollover.certificate.cert}${endEntity.cert}`;
    const [identity] = parseIdentityOptions({ cert: chain, key }).materials;
    assert.deepEqual(
      identity?.chain.map((der) => new X509Certificate(der).subject),
      ['CN=roll'],
    );
  });

  describe('the authorities of ca', () => {
    const chainOf = (cert: string, known: readonly TestAuthority[]): string[] =>
      parseIdentityOptions(
        { cert, key: rsa.key },
        known.map(({ certificate }) => certificate.der),
      ).materials.flatMap(({ chain }) => chain.map((der) => new X509Certificate(der).subject));

    it('complete the chain of a certificate that comes without one, except for the root', async () => {
      const upper = await root.authority('CN=upper');
      const lower = await upper.authority('CN=lower');
      const stranger = await root.authority('CN=stranger');
      const { cert, key } = await lower.issue({ subject: 'CN=deep', key: 'rsa' });
      const known = [stranger, upper, root, lower].map(({ certificate }) => certificate.der);
      const [identity] = parseIdentityOptions({ cert, key }, known).materials;
      assert.deepEqual(
        identity?.chain.map((der) => new X509Certificate(der).subject),
        ['CN=lower', 'CN=upper'],
      );
    });

    it('are distinguished from others of the same name by their signatures', async () => {
      const plain = { keyIdentifiers: false } as const;
      const [impostor, real] = [
        await root.authority('CN=same', plain),
        await root.authority('CN=same', plain),
      ];
      const { cert, key } = await real.issue({ subject: 'CN=deep', ...plain });
      const known = [impostor, real].map(({ certificate }) => certificate.der);
      const [identity] = parseIdentityOptions({ cert, key }, known).materials;
      assert.deepEqual(
        identity?.chain.map((der) => Buffer.from(der)),
        [Buffer.from(real.certificate.der)],
      );
    });

    it('are not used if it brings its own, or if none is its issuer', async () => {
      const stranger = await root.authority('CN=stranger');
      assert.deepEqual(chainOf(`${rsa.cert}${issuer}`, [stranger]), ['CN=intermediate']);
      assert.deepEqual(chainOf(rsa.cert, [stranger, root]), []);
      assert.deepEqual(chainOf(rsa.cert, [intermediate]), ['CN=intermediate']);
    });
  });

  describe('pfx', () => {
    it('has identity, intermediates and authorities', () => {
      const pfx = pfxOf(rsa, intermediate.certificate, root.certificate);
      const { materials, authorities, lacks } = parseIdentityOptions({ pfx, passphrase: 'secret' });
      assert.deepEqual(
        materials.map(({ certificate }) => Buffer.from(certificate)),
        [Buffer.from(rsa.der)],
      );
      assert.deepEqual(
        createPublicKey(materials[0]?.key ?? '').export({ format: 'jwk' }),
        createPublicKey(rsa.key).export({ format: 'jwk' }),
      );
      assert.equal(materials[0]?.chain.length, 1);
      assert.deepEqual(
        new Set(authorities.map((der) => new X509Certificate(der).subject)),
        new Set(['CN=intermediate', 'CN=root']),
      );
      assert.equal(lacks, null);
    });

    it('is taken in every form of node:tls', () => {
      const pfx = pfxOf(rsa);
      const forms: tls.SecureContextOptions[] = [
        { pfx, passphrase: 'secret' },
        { pfx: [pfx], passphrase: 'secret' },
        { pfx: [{ buf: pfx, passphrase: 'secret' }] },
        { pfx: [{ buf: pfx, passphrase: 'secret' }], passphrase: 'another' },
      ];
      for (const options of forms) {
        tls.createSecureContext(options);
        assert.deepEqual(subjects(options as IdentityOptions), ['CN=rsa']);
      }
      assert.deepEqual(subjects({ pfx: pfx.toString('latin1'), passphrase: 'secret' }), ['CN=rsa']);
      assert.deepEqual(subjects({ pfx: { buf: pfx, passphrase: 'secret' } }), ['CN=rsa']);
    });

    it('is read after cert and key, as in node:tls', () => {
      const options = { cert: other.cert, key: other.key, pfx: pfxOf(rsa), passphrase: 'secret' };
      tls.createSecureContext(options);
      assert.deepEqual(subjects(options), ['CN=rsa']);
      assert.deepEqual(subjects({ ...options, cert: ec.cert, key: ec.key }), ['CN=ec', 'CN=rsa']);
    });

    it('reports what is wrong with it', () => {
      const pfx = pfxOf(rsa);
      assert.equal(
        codeOf(() => parseIdentityOptions({ pfx })),
        'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
      );
      assert.equal(
        codeOf(() => parseIdentityOptions({ pfx, passphrase: 'wrong' })),
        'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
      );
      assert.match(
        String(codeOf(() => parseIdentityOptions({ pfx: Buffer.from('zz') }))),
        /^ERR_SCHANNEL_IMPORT_/,
      );
      const without = buildPfx({ parts: [{ bags: [{ certificate: rsa.der }] }] });
      assert.equal(
        codeOf(() => parseIdentityOptions({ pfx: without, passphrase: 'secret' })),
        'ERR_SCHANNEL_KEY_MISSING',
      );
    });
  });

  it('reports what is wrong with certificate and key', () => {
    const { cert, key } = rsa;
    const encrypted = createPrivateKey(key).export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    });
    const ed25519 = generateKeyPairSync('ed25519').privateKey;
    const cases: [options: object, code: string][] = [
      [{ cert, key: encrypted }, 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING'],
      [{ cert, key: encrypted, passphrase: 'wrong' }, 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG'],
      [{ cert: 'no certificate' }, 'ERR_SCHANNEL_IMPORT_UNRECOGNIZED'],
      [{ cert: key }, 'ERR_SCHANNEL_IMPORT_UNRECOGNIZED'],
      [{ key: cert }, 'ERR_SCHANNEL_IMPORT_UNRECOGNIZED'],
      [{ cert: cert.replace('MII', 'AII'), key }, 'ERR_SCHANNEL_IMPORT_DAMAGED'],
      [{ cert: 5 }, 'ERR_INVALID_ARG_TYPE'],
      [{ key: 5 }, 'ERR_INVALID_ARG_TYPE'],
      [{ pfx: 5 }, 'ERR_INVALID_ARG_TYPE'],
      [{ cert, key, passphrase: 5 }, 'ERR_INVALID_ARG_TYPE'],
      [{ key: { passphrase: 'x' } }, 'ERR_INVALID_ARG_TYPE'],
    ];
    for (const [options, code] of cases)
      assert.equal(
        codeOf(() => parseIdentityOptions(options)),
        code,
      );
    assert.equal(parseIdentityOptions({ key: ed25519 }).lacks, 'cert', 'not used, so not refused');
  });

  it('refuses a key immediately if Windows has no format for it', async () => {
    const algorithm = { name: 'Ed25519' };
    const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
      'sign',
      'verify',
    ])) as webcrypto.CryptoKeyPair;
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: 'CN=ed25519',
      keys,
      signingAlgorithm: algorithm,
    });
    const key = KeyObject.from(keys.privateKey);
    assert.equal(
      codeOf(() => parseIdentityOptions({ cert: certificate.toString('pem'), key })),
      'ERR_SCHANNEL_IMPORT_UNSUPPORTED',
    );
  });
});
