import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { spanAt, spansIn } from '#lib/formats/asn1/der-spans.js';
import { extensionValues, outlineOf } from '#lib/formats/x509/outline.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import {
  altNames,
  constraints,
  craft,
  type Craft,
  keyIdentifier,
  keyUsages,
  purposes,
  rawExtension,
} from '../../../support/crafted-certificate.js';
import { selfSigned, sharedRoot } from '../../../support/certificates.js';
import { element } from '../../../support/pfx-builder.js';

const read = async (options: Craft): Promise<CertificateContents> =>
  new CertificateContents(await craft(options));

/** A value as '#' and its DER, which no parser of names changes. */
const utf8 = (text: string): string =>
  `#0c${Buffer.of(Buffer.byteLength(text)).toString('hex')}${Buffer.from(text).toString('hex')}`;

describe('formats/x509/certificate-contents', () => {
  it('agrees with Node about what both know', async () => {
    const authority = await sharedRoot();
    for (const { der } of [
      await authority.issue(),
      authority.certificate,
      await selfSigned({ key: 'rsa' }),
    ]) {
      const contents = new CertificateContents(der);
      const x509 = new X509Certificate(der);
      assert.equal(contents.serialNumber, x509.serialNumber);
      assert.equal(contents.validFrom.getTime(), Date.parse(x509.validFrom));
      assert.equal(contents.validTo.getTime(), Date.parse(x509.validTo));
      assert.equal(contents.thumbprint, x509.fingerprint.replaceAll(':', ''));
      assert.equal(contents.thumbprint256, x509.fingerprint256.replaceAll(':', ''));
      assert.equal(contents.isAuthority, x509.ca);
      assert.equal(contents.pem, x509.toString());
      assert.deepEqual(
        contents.publicKey.export({ format: 'jwk' }),
        x509.publicKey.export({ format: 'jwk' }),
      );
      assert.deepEqual(contents.encodedKeyUsage, (x509.keyUsage as string[] | undefined) ?? null);
    }
  });

  it('writes names as Windows does: the most specific part first, quotes where they are needed', async () => {
    const { subject, commonName } = await read({
      subject: [
        { C: ['DE'] },
        { ST: ['Bayern'] },
        { O: [utf8('Müller, Söhne & "Co"')] },
        { OU: ['Ü 漢字'] },
        { CN: ['a b'] },
      ],
    });
    assert.equal(subject, 'CN=a b, OU=Ü 漢字, O="Müller, Söhne & ""Co""", S=Bayern, C=DE');
    assert.equal(commonName, 'a b');
  });

  it('keeps the attributes of one part together, and the identifiers it does not know', async () => {
    const { subject, commonName } = await read({
      subject: [{ O: ['one'], OU: ['two'] }, { '1.2.3.4': ['three'] }],
    });
    assert.match(subject, /^OID\.1\.2\.3\.4=three, O(U)?=\w+ \+ O(U)?=\w+$/);
    assert.equal(commonName, null);
  });

  it('reads extensions next to one with an absurd identifier', async () => {
    const plain = await craft({ extensions: [keyUsages(0x01), rawExtension('1.2.3.4', '0500')] });
    const identifier = element(0x06, Buffer.concat([Buffer.alloc(120_000, 0xff), Buffer.of(1)]));
    const absurd = element(0x30, identifier, element(0x04, Buffer.from('0500', 'hex')));
    const outline = outlineOf(plain);
    const { extensions } = outline;
    assert.ok(extensions);
    const list = element(0x30, absurd, ...spansIn(spanAt(extensions, 0).content).map(({ raw }) => raw));
    assert.deepEqual([...extensionValues({ ...outline, extensions: list }).keys()], ['2.5.29.15', '1.2.3.4']);
  });

  it('lists alternative names exactly', async () => {
    const contents = await read({
      extensions: [
        altNames(
          { type: 'dns', value: 'www.example.com' },
          { type: 'dns', value: '*.xn--bcher-kva.example' },
          { type: 'ip', value: '192.0.2.1' },
          { type: 'ip', value: '2001:db8:0:0:0:0:0:1' },
          { type: 'email', value: 'a@example.com' },
          { type: 'upn', value: 'jürgen@contoso.com' },
          { type: 'url', value: 'https://example.com/' },
        ),
      ],
    });
    assert.deepEqual(contents.dnsNames, ['www.example.com', '*.xn--bcher-kva.example']);
    assert.deepEqual(contents.ipAddresses, ['192.0.2.1', '2001:db8::1']);
    assert.deepEqual(contents.emailAddresses, ['a@example.com']);
    assert.deepEqual(contents.upns, ['jürgen@contoso.com']);
  });

  it('finds an address with non-ASCII characters (RFC 9598)', async () => {
    const address = Buffer.from('jürgen@example.com');
    const text = Buffer.concat([Buffer.of(0x0c, address.length), address]);
    const oid = Buffer.from('06082b06010505070809', 'hex');
    const other = Buffer.concat([oid, Buffer.of(0xa0, text.length), text]);
    const name = Buffer.concat([Buffer.of(0xa0, other.length), other]);
    const value = Buffer.concat([Buffer.of(0x30, name.length), name]);
    const { emailAddresses } = await read({ extensions: [rawExtension('2.5.29.17', value.toString('hex'))] });
    assert.deepEqual(emailAddresses, ['jürgen@example.com']);
  });

  it('reads key usage and purposes', async () => {
    // digitalSignature, keyCertSign and decipherOnly: bits 0, 5 and 8.
    const contents = await read({ extensions: [rawExtension('2.5.29.15', '0303078480')] });
    assert.deepEqual(contents.keyUsage, ['digitalSignature', 'keyCertSign', 'decipherOnly']);
    const server = await read({ extensions: [keyUsages(1), purposes('1.3.6.1.5.5.7.3.1', '1.2.3')] });
    assert.deepEqual(server.keyUsage, ['digitalSignature']);
    assert.deepEqual(server.encodedKeyUsage, ['1.3.6.1.5.5.7.3.1', '1.2.3']);
  });

  it('says null where a certificate says nothing', async () => {
    const { keyUsage, encodedKeyUsage, keyIdentifier: identifier, template, dnsNames } = await read({});
    assert.deepEqual([keyUsage, encodedKeyUsage, identifier, template], [null, null, null, null]);
    assert.deepEqual(dnsNames, []);
  });

  it('knows the templates of a Windows authority', async () => {
    const name = Buffer.from('WebServer', 'utf16le').swap16();
    const first = rawExtension(
      '1.3.6.1.4.1.311.20.2',
      `1e${name.length.toString(16)}${name.toString('hex')}`,
    );
    assert.equal((await read({ extensions: [first] })).template, 'WebServer');
    // { 1.3.6.1.4.1.311.21.8.1.2, 100, 4 }
    const second = rawExtension('1.3.6.1.4.1.311.21.7', '3013060b2b06010401823715080102020164020104');
    assert.equal((await read({ extensions: [second] })).template, '1.3.6.1.4.1.311.21.8.1.2');
  });

  it('gives the key identifier', async () => {
    assert.equal((await read({ extensions: [keyIdentifier('00ab12')] })).keyIdentifier, '00AB12');
  });

  it('recognizes authorities, and distinguishes self-signed from self-issued', async () => {
    assert.equal((await read({ extensions: [constraints(true)] })).isAuthority, true);
    assert.equal((await read({ extensions: [constraints(false)] })).isAuthority, false);
    assert.equal((await read({})).isSelfSigned, true);
    assert.equal((await read({ issuer: 'CN=another' })).isSelfSigned, false);
    const der = Buffer.from(await craft());
    der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
    assert.equal(new CertificateContents(der).isSelfSigned, false);
  });

  it('reads dates of every century', async () => {
    const { validFrom, validTo } = await read({
      notBefore: new Date('1950-01-02T03:04:05Z'),
      notAfter: new Date('9999-12-31T23:59:59Z'),
    });
    assert.equal(validFrom.toISOString(), '1950-01-02T03:04:05.000Z');
    assert.equal(validTo.toISOString(), '9999-12-31T23:59:59.000Z');
  });

  it('is valid from its first moment to its last', async () => {
    const [notBefore, notAfter] = [new Date('2025-01-01T00:00:00Z'), new Date('2026-01-01T00:00:00Z')];
    const contents = await read({ notBefore, notAfter });
    assert.equal(contents.isValid(notBefore), true);
    assert.equal(contents.isValid(notAfter), true);
    assert.equal(contents.isValid(new Date(notBefore.getTime() - 1)), false);
    assert.equal(contents.isValid(new Date(notAfter.getTime() + 1)), false);
  });

  it('writes serial numbers without the leading zero', async () => {
    assert.equal((await read({ serialNumber: 'ff00' })).serialNumber, 'FF00');
    assert.equal((await read({ serialNumber: '7f' })).serialNumber, '7F');
  });

  it('treats a malformed extension as one that names and allows nothing', async () => {
    const damaged = ['2.5.29.14', '2.5.29.15', '2.5.29.17', '2.5.29.37', '1.3.6.1.4.1.311.21.7'];
    const contents = await read({ extensions: damaged.map((oid) => rawExtension(oid, '307f01')) });
    assert.deepEqual(contents.keyUsage, []);
    assert.deepEqual(contents.encodedKeyUsage, []);
    assert.deepEqual(contents.dnsNames, []);
    assert.equal(contents.keyIdentifier, null);
    assert.equal(contents.template, null);
  });

  for (const [what, bytes] of [
    ['nothing', ''],
    ['a length that is too long', '308400000010'],
    ['an indefinite length', '3080300000000000'],
    ['an empty certificate', '3000'],
    ['a certificate of two fields', '30083006020101020101'],
    ['a tag of many octets', '3004bf810100'],
  ] as const) {
    it(`refuses ${what}`, () => {
      const contents = new CertificateContents(Buffer.from(bytes, 'hex'));
      assert.throws(() => contents.subject, { code: 'ERR_SCHANNEL_OPTION_CERTIFICATE' });
      assert.throws(() => contents.x509, { code: 'ERR_SCHANNEL_OPTION_CERTIFICATE' });
    });
  }
});
