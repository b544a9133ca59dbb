import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Extension } from '@peculiar/asn1-x509';
import { alternativeNames } from '#lib/formats/x509/alternative-names.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { signCertificate } from '#lib/formats/x509/certificate-writer.js';
import {
  authorityInformation,
  authorityKeyIdentifier,
  basicConstraints,
  type EncodedExtension,
  extendedKeyUsage,
  keyIdentifierIn,
  keyIdentifierOf,
  keyUsage,
  nameConstraints,
  noRevocationCheck,
  revocationListAt,
  subjectAlternativeName,
  subjectKeyIdentifier,
  templateName,
} from '#lib/formats/x509/extension-writer.js';
import { commonName } from '#lib/formats/x509/subject.js';
import { EXTENDED_KEY_USAGES, KEY_USAGES } from '#lib/formats/x509/usages.js';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const issue = (...extensions: readonly EncodedExtension[]): Promise<Buffer> =>
  signCertificate(
    {
      subject: commonName('bar.example'),
      issuer: commonName('issuer'),
      publicKey,
      notBefore: new Date('2030-01-02T03:04:05Z'),
      notAfter: new Date('2031-01-02T03:04:05Z'),
      extensions,
    },
    { publicKey, sign: (digest, data) => Promise.resolve(sign(digest, data, privateKey)) },
  );

/** The only extension, as another library reads it. */
async function written(extension: EncodedExtension): Promise<x509.Extension> {
  const [read] = new x509.X509Certificate(await issue(extension)).extensions;
  assert.ok(read);
  return read;
}

const text = async (extension: EncodedExtension): Promise<string> =>
  (await written(extension)).toString('text');

const read = (extension: EncodedExtension): Extension => AsnConvert.parse(extension, Extension);

const value = (extension: EncodedExtension): string =>
  Buffer.from(read(extension).extnValue.buffer).toString('hex');

describe('formats/x509/extension-writer', () => {
  it('writes whether it is an authority, and how many may be below it', async () => {
    const [leaf, top, last] = await Promise.all(
      [basicConstraints(false), basicConstraints(true), basicConstraints(true, 0)].map(written),
    );
    assert.ok(leaf instanceof x509.BasicConstraintsExtension);
    assert.ok(top instanceof x509.BasicConstraintsExtension);
    assert.ok(last instanceof x509.BasicConstraintsExtension);
    assert.deepEqual([leaf.ca, leaf.pathLength, leaf.critical], [false, undefined, true]);
    assert.deepEqual([top.ca, top.pathLength], [true, undefined]);
    assert.deepEqual([last.ca, last.pathLength], [true, 0]);
  });

  it('writes each use of a key as this library reads it', async () => {
    for (const usage of KEY_USAGES) {
      assert.deepEqual(new CertificateContents(await issue(keyUsage([usage]))).keyUsage, [usage]);
    }
    assert.deepEqual(new CertificateContents(await issue(keyUsage(KEY_USAGES))).keyUsage, KEY_USAGES);
  });

  it('writes purposes', async () => {
    const wanted = [EXTENDED_KEY_USAGES.serverAuth, EXTENDED_KEY_USAGES.smartcardLogon];
    const contents = new CertificateContents(await issue(extendedKeyUsage(wanted)));
    assert.deepEqual(contents.encodedKeyUsage, wanted);
  });

  it('writes names of every kind', async () => {
    const names = alternativeNames({
      dns: ['bar.example'],
      ip: ['192.0.2.7'],
      email: ['anna@bar.example'],
      upn: ['änna@bar.example'],
      uri: ['urn:bar'],
    });
    const contents = new CertificateContents(await issue(subjectAlternativeName(names, true)));
    assert.deepEqual(contents.dnsNames, ['bar.example']);
    assert.deepEqual(contents.ipAddresses, ['192.0.2.7']);
    assert.deepEqual(contents.emailAddresses, ['anna@bar.example']);
    assert.deepEqual(contents.upns, ['änna@bar.example']);
    assert.match(contents.x509.subjectAltName ?? '', /URI:urn:bar/);
    assert.equal((await written(subjectAlternativeName(names, true))).critical, true);
    assert.equal((await written(subjectAlternativeName(names, false))).critical, false);
  });

  it('writes identifiers of keys, and finds them again', async () => {
    const der = await issue(subjectKeyIdentifier(publicKey));
    assert.deepEqual(Buffer.from(keyIdentifierIn(der) ?? []), keyIdentifierOf(publicKey));
    assert.equal(keyIdentifierIn(await issue(basicConstraints(false))), null);
    const issuer = await written(authorityKeyIdentifier(Buffer.of(0xaa, 0xbb)));
    assert.ok(issuer instanceof x509.AuthorityKeyIdentifierExtension);
    assert.equal(issuer.keyId, 'aabb');
  });

  it('writes what an authority may issue for', () => {
    // [0] { dNSName, iPAddress with mask }, [1] { iPAddress 0.0.0.0/0 }
    const permitted = { dns: ['bar.example'], ip: [Buffer.of(10, 0, 0, 0, 255, 0, 0, 0)] };
    assert.equal(
      value(nameConstraints(permitted, { ip: [Buffer.alloc(8)] })),
      '302b' +
        `a01b300d820b${Buffer.from('bar.example').toString('hex')}300a87080a000000ff000000` +
        'a10c300a87080000000000000000',
    );
    assert.equal(value(nameConstraints({ dns: ['a'] })), '3007a00530038201' + '61');
    assert.equal(read(nameConstraints(permitted)).critical, true);
  });

  it('writes where to look further', async () => {
    assert.match(await text(revocationListAt('http://bar.example/a.crl')), /http:\/\/bar\.example\/a\.crl/);
    const information = await text(
      authorityInformation({ issuer: 'http://bar.example/a.crt', ocsp: 'http://bar.example/ocsp' }),
    );
    assert.match(information, /CA Issuers[^]*http:\/\/bar\.example\/a\.crt/);
    assert.match(information, /OCSP[^]*http:\/\/bar\.example\/ocsp/);
  });

  it("writes a responder's mark and the name of a template", () => {
    assert.equal(value(noRevocationCheck()), '0500');
    assert.equal(value(templateName('Web')), '1e06005700650062');
  });
});
