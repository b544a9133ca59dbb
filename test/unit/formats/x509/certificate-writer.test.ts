import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { alternativeNames } from '#lib/formats/x509/alternative-names.js';
import {
  type SelfSignedFields,
  signSelf,
  unsignedCertificate,
} from '#lib/formats/x509/certificate-writer.js';
import type { Signer } from '#lib/formats/x509/signed.js';
import { parseSubject } from '#lib/formats/x509/subject.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { outlineOf } from '#lib/formats/x509/outline.js';
import { craft, keyIdentifier } from '../../../support/crafted-certificate.js';
import { rsaPair } from '../../../support/rsa-pair.js';

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const PAIRS: Readonly<Record<string, Pair>> = {
  rsa: rsaPair(),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
};

const pairOf = (kind: string): Pair => {
  const pair = PAIRS[kind];
  assert.ok(pair);
  return pair;
};

/** Signs as a key of Windows does, and notes the digest. */
function signerOf({ publicKey, privateKey }: Pair, digests: string[] = []): Signer {
  return {
    publicKey,
    sign: (algorithm, data) => {
      digests.push(algorithm);
      return Promise.resolve(sign(algorithm, data, privateKey));
    },
  };
}

const CONTENT: SelfSignedFields = {
  subject: parseSubject('CN=bar.example, O=Bar'),
  names: alternativeNames({ dns: ['bar.example', '*.bar.example'], ip: ['192.0.2.7', '2001:db8::7'] }),
  usages: ['server', 'client'],
  notBefore: new Date('2030-01-02T03:04:05.678Z'),
  notAfter: new Date('2031-01-02T03:04:05.678Z'),
};

const issue = async (content: Partial<SelfSignedFields> = {}, kind = 'P-256'): Promise<Buffer> =>
  signSelf({ ...CONTENT, ...content }, signerOf(pairOf(kind)));

/** The whole value of an extension, as hexadecimal, by the octets of its identifier. */
function extensionOf(der: Buffer, identifier: string): string | null {
  const at = der.indexOf(Buffer.from(`0603${identifier}`, 'hex'));
  if (at === -1) return null;
  const rest = der.subarray(at + 5);
  const isCritical = rest[0] === 1;
  const octets = isCritical ? rest.subarray(3) : rest;
  return (isCritical ? 'critical ' : '') + octets.subarray(2, 2 + (octets[1] ?? 0)).toString('hex');
}

describe('formats/x509/certificate-writer', () => {
  for (const [kind, digest] of [
    ['rsa', 'sha256'],
    ['P-256', 'sha256'],
    ['P-384', 'sha384'],
    ['P-521', 'sha512'],
  ] as const) {
    it(`is verified by its key (${kind}, ${digest})`, async () => {
      const digests: string[] = [];
      const pair = pairOf(kind);
      const certificate = new X509Certificate(await signSelf(CONTENT, signerOf(pair, digests)));
      assert.ok(certificate.verify(pair.publicKey));
      assert.ok(certificate.checkPrivateKey(pair.privateKey));
      assert.deepEqual(digests, [digest]);
    });
  }

  it('has the requested content', async () => {
    const certificate = new X509Certificate(await issue());
    assert.equal(certificate.subject, 'O=Bar\nCN=bar.example');
    assert.equal(certificate.issuer, certificate.subject);
    assert.equal(certificate.ca, false);
    assert.equal(
      certificate.subjectAltName,
      'DNS:bar.example, DNS:*.bar.example, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7',
    );
    assert.equal(certificate.checkHost('www.bar.example'), '*.bar.example');
    assert.equal(certificate.checkIP('2001:db8::7'), '2001:db8::7');
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    assert.equal(new Date(certificate.validFrom).toISOString(), '2030-01-02T03:04:05.000Z');
    assert.equal(new Date(certificate.validTo).toISOString(), '2031-01-02T03:04:05.000Z');
  });

  it('has the requested content as this library reads it', async () => {
    const contents = new CertificateContents(await issue({}, 'rsa'));
    assert.equal(contents.subject, 'CN=bar.example, O=Bar');
    assert.deepEqual(contents.dnsNames, ['bar.example', '*.bar.example']);
    assert.deepEqual(contents.ipAddresses, ['192.0.2.7', '2001:db8::7']);
    assert.deepEqual(contents.keyUsage, ['digitalSignature', 'keyEncipherment']);
    assert.equal(contents.isAuthority, false);
  });

  it('has key usage to sign, and to decrypt only for RSA', async () => {
    assert.equal(extensionOf(await issue({}, 'P-256'), '551d0f'), 'critical 03020780');
    assert.equal(extensionOf(await issue({}, 'rsa'), '551d0f'), 'critical 030205a0');
  });

  it('is no authority', async () => {
    assert.equal(extensionOf(await issue(), '551d13'), 'critical 3000');
  });

  it('names its key as subject and as authority (RFC 5280, method 1)', async () => {
    const point = pairOf('P-256').publicKey.export({ type: 'spki', format: 'der' }).subarray(-65);
    const identifier = createHash('sha1').update(point).digest('hex');
    const der = await issue();
    assert.equal(extensionOf(der, '551d0e'), `0414${identifier}`);
    assert.equal(extensionOf(der, '551d23'), `30168014${identifier}`);
  });

  it('has a positive serial number of 128 bits, another one each time', async () => {
    const numbers = await Promise.all(
      Array.from({ length: 20 }, async () => new X509Certificate(await issue()).serialNumber),
    );
    assert.equal(new Set(numbers).size, numbers.length);
    for (const number of numbers) assert.match(number, /^[4-7][0-9A-F]{31}$/);
  });

  it('has critical names if it has no subject', async () => {
    const der = await issue({ subject: parseSubject('') });
    const isCritical = (bytes: Buffer): boolean | undefined =>
      extensionOf(bytes, '551d11')?.startsWith('critical ');
    assert.equal(isCritical(der), true);
    assert.equal(isCritical(await issue()), false);
    assert.equal(new CertificateContents(der).subject, '');
  });

  it('has no alternative names if none are given', async () => {
    const der = await issue({ names: alternativeNames({}), usages: ['client'] });
    assert.equal(extensionOf(der, '551d11'), null);
    assert.deepEqual(new X509Certificate(der).keyUsage, ['1.3.6.1.5.5.7.3.2']);
  });

  it('writes the years from 2050 on with four digits', async () => {
    const certificate = new X509Certificate(await issue({ notAfter: new Date('2051-06-07T08:09:10Z') }));
    assert.equal(new Date(certificate.validTo).toISOString(), '2051-06-07T08:09:10.000Z');
    assert.ok(certificate.raw.includes(Buffer.from('20510607080910Z')));
  });

  it('is not returned if its provider signs with another key', async () => {
    const signer: Signer = { ...signerOf(pairOf('P-256')), publicKey: pairOf('rsa').publicKey };
    await assert.rejects(signSelf(CONTENT, signer), { code: 'ERR_SCHANNEL_KEY_MISMATCH' });
  });

  it('is not made for a key that cannot sign one', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('x25519');
    await assert.rejects(signSelf(CONTENT, signerOf({ publicKey, privateKey })), {
      code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
    });
  });
});

describe('formats/x509/certificate-writer: a certificate that an authority signs', () => {
  const fields = {
    subject: parseSubject('CN=leaf'),
    publicKey: pairOf('rsa').publicKey,
    notBefore: CONTENT.notBefore,
    notAfter: CONTENT.notAfter,
  } as const;
  const issuedBy = (issuer: Uint8Array, kind = 'P-384'): Buffer => {
    const { publicKey, privateKey } = pairOf(kind);
    const unsigned = unsignedCertificate({ ...fields, issuer }, publicKey);
    return unsigned.complete(sign(unsigned.digest, unsigned.body, privateKey));
  };

  it('has the name of the authority, byte for byte, and is verified by its key', async () => {
    const der = await issue({ isAuthority: true, subject: parseSubject('C=DE, CN=authority') }, 'P-384');
    const authority = new X509Certificate(der);
    const certificate = new X509Certificate(issuedBy(der));
    assert.ok(authority.ca);
    assert.ok(certificate.checkIssued(authority) && certificate.verify(authority.publicKey));
    assert.ok(certificate.checkPrivateKey(pairOf('rsa').privateKey));
    assert.deepEqual(outlineOf(certificate.raw).issuer, outlineOf(der).subject);
    assert.equal(extensionOf(der, '551d0f'), 'critical 03020106');
    assert.equal(extensionOf(der, '551d13'), 'critical 30030101ff');
  });

  it('refers to the key of the authority as the authority does, whatever the method', async () => {
    assert.equal(
      extensionOf(issuedBy(await craft({ extensions: [keyIdentifier('aabb')] })), '551d23'),
      '30048002aabb',
    );
    assert.equal(extensionOf(issuedBy(await craft()), '551d23'), null);
  });

  it('names no purpose if it is for any', async () => {
    assert.equal(extensionOf(issuedBy(await craft()), '551d25'), null);
  });

  it('is not made by an authority that cannot be read', () => {
    assert.throws(() => issuedBy(Buffer.of(0x30, 0x01)), { code: 'ERR_SCHANNEL_OPTION_CERTIFICATE' });
  });
});
