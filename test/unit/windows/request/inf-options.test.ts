import assert from 'node:assert/strict';
import { readRequestInf } from '#lib/windows/request/inf-options.js';
import { checkRequestOptions, wishesOf } from '#lib/windows/request/parse-options.js';
import type { RequestOptions } from '#lib/windows/request/request-options.js';

const inf = (...lines: readonly string[]): string =>
  ['[Version]', 'Signature = "$Windows NT$"', '[NewRequest]', ...lines].join('\r\n');
const named = (...lines: readonly string[]): string => inf('Subject = "CN=a"', ...lines);

/** As on the pages of Microsoft and in blogs. */
const WHOLE = `
;----------------- request.inf -----------------
[Version]
Signature="$Windows NT$"
[NewRequest]
Subject = "CN=www.bar.example, O=""Bar, Inc."", C=DE" ; replace it
FriendlyName = "shop"
KeySpec = 1
KeyLength = 3072
Exportable = TRUE
MachineKeySet = TRUE
SMIME = False
PrivateKeyArchive = FALSE
UseExistingKeySet = FALSE
ProviderName = "Microsoft RSA SChannel Cryptographic Provider"
ProviderType = 12
RequestType = PKCS10
KeyUsage = 0xa0
HashAlgorithm = SHA256
[EnhancedKeyUsageExtension]
OID=1.3.6.1.5.5.7.3.1 ; this is for Server Authentication
[Strings]
szOID_SUBJECT_ALTERNATIVE_NAME2 = "2.5.29.17"
[Extensions]
%szOID_SUBJECT_ALTERNATIVE_NAME2% = "{text}"
_continue_ = "dns=www.bar.example&"
_continue_ = "ipaddress=192.0.2.1&upn=anna@ad.example&email=anna@bar.example&URL=https://bar.example/&"
[RequestAttributes]
CertificateTemplate = WebServer
`;

describe('windows/request/inf-options', () => {
  it('reads a whole file', () => {
    const options = readRequestInf(WHOLE);
    assert.deepEqual(options, {
      subject: 'CN=www.bar.example, O="Bar, Inc.", C=DE',
      friendlyName: 'shop',
      location: 'LocalMachine',
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      digest: 'sha256',
      usages: ['1.3.6.1.5.5.7.3.1'],
      template: 'WebServer',
      dns: ['www.bar.example'],
      ip: ['192.0.2.1'],
      upn: ['anna@ad.example'],
      email: ['anna@bar.example'],
      uri: ['https://bar.example/'],
      key: {
        modulusLength: 3072,
        exportable: true,
        provider: 'Microsoft RSA SChannel Cryptographic Provider',
        providerType: 12,
      },
    });
    checkRequestOptions(options);
    assert.equal(wishesOf(options).names.dns[0], 'www.bar.example');
  });

  const key = (text: string): RequestOptions['key'] => readRequestInf(text).key;

  for (const [line, expected] of [
    ['KeyAlgorithm = ECDSA_P256', { algorithm: 'ec', namedCurve: 'P-256' }],
    ['KeyAlgorithm = ecdh_p384', { algorithm: 'ec', namedCurve: 'P-384' }],
    ['KeyAlgorithm = RSA', { algorithm: 'rsa' }],
    ['KeyContainer = "own name"', { name: 'own name' }],
    ['Silent = TRUE', { silent: true }],
    ['Exportable = no', { exportable: false }],
    [
      'ProviderName = "Microsoft Platform Crypto Provider"',
      { provider: 'Microsoft Platform Crypto Provider' },
    ],
    [
      'ProviderName = "Microsoft Software Key Storage Provider"\r\nProviderType = 1',
      { provider: 'Microsoft Software Key Storage Provider' },
    ],
    ['ProviderName = "Own CSP"\r\nProviderType = 24', { provider: 'Own CSP', providerType: 24 }],
    ['SuppressDefaults = TRUE', {}],
    ['KeySpec = AT_KEYEXCHANGE', {}],
  ] as const) {
    it(`reads ${line.replaceAll('\r\n', '; ')}`, () => {
      assert.deepEqual(key(named(line)), expected);
    });
  }

  for (const [value, expected] of [
    ['0x80', ['digitalSignature']],
    ['160', ['digitalSignature', 'keyEncipherment']],
    ['0x8008', ['keyAgreement', 'decipherOnly']],
    ['CERT_DIGITAL_SIGNATURE_KEY_USAGE | CERT_KEY_AGREEMENT_KEY_USAGE', ['digitalSignature', 'keyAgreement']],
    ['0x00', []],
  ] as const) {
    it(`reads KeyUsage = ${value}`, () => {
      assert.deepEqual(readRequestInf(named(`KeyUsage = "${value}"`)).keyUsage, expected);
    });
  }

  it('reads the rest of what requests can be', () => {
    assert.equal(readRequestInf(named('AlternateSignatureAlgorithm = TRUE')).padding, 'pss');
    assert.equal(readRequestInf(named('HashAlgorithm = SHA512')).digest, 'sha512');
    assert.equal(readRequestInf(named('MachineKeySet = FALSE')).location, 'CurrentUser');
    assert.deepEqual(readRequestInf(inf('RenewalCert = "ABCD"', 'UseExistingKeySet = TRUE')), {
      renew: 'ABCD',
      sameKey: true,
    });
    assert.deepEqual(readRequestInf(inf('RenewalCert = ABCD')), { renew: 'ABCD', key: {} });
    assert.deepEqual(
      readRequestInf(named('KeyContainer = own', 'UseExistingKeySet = TRUE', 'MachineKeySet = TRUE'))
        .existingKey,
      { name: 'own', machine: true },
    );
    const attribute = readRequestInf(`${named()}\n[RequestAttributes]\nSAN = "dns=a.example&dns=b.example"`);
    assert.deepEqual(attribute.dns, ['a.example', 'b.example']);
    const purposes = readRequestInf(`${named()}\n[Extensions]\n2.5.29.37 = "{text}1.2.3,1.2.4"`);
    assert.deepEqual(purposes.usages, ['1.2.3', '1.2.4']);
  });

  for (const [what, text, message] of [
    ['a file without a request', '[Version]\nSignature=$Chicago$', /no section \[NewRequest\]/],
    ['a file without a name', inf('KeyLength = 2048'), /neither a subject nor a name/],
    ['an unknown section', `${named()}\n[Other]\nx = 1`, /\[other\] is not supported \(line 6 /],
    ['an unknown setting', named('KeyLenght = 2048'), /'KeyLenght' is not a setting that is known \(line 5 /],
    ['a setting twice', named('Exportable = TRUE', 'exportable = FALSE'), /twice/],
    ['another signature', `[Version]\nSignature = "x"\n${named()}`, /signature of an INF/],
    ['CMC', named('RequestType = CMC'), /only PKCS10/],
    ['a self-signed certificate', named('RequestType = Cert'), /only PKCS10/],
    ['S/MIME', named('SMIME = TRUE'), /SMIME/],
    ['an archived key', named('PrivateKeyArchive = TRUE'), /PrivateKeyArchive/],
    ['a key that is exported encrypted', named('ExportableEncrypted = TRUE'), /encrypted/],
    ['SHA-1', named('HashAlgorithm = SHA1'), /SHA-2/],
    ['DSA', named('KeyAlgorithm = DSA'), /ECDSA_P256/],
    ['a key that only signs', named('KeySpec = AT_SIGNATURE'), /only signs/],
    [
      'protection by a dialog',
      named('KeyProtection = NCRYPT_UI_PROTECT_KEY_FLAG'),
      /not a setting that is known/,
    ],
    ['a security descriptor', named('SecurityDescriptor = "D:P"'), /not a setting that is known/],
    ['a key usage that is none', named('KeyUsage = tea'), /'tea' is no key usage/],
    ['unknown bits', named('KeyUsage = 0x4000'), /unknown bits/],
    ['neither TRUE nor FALSE', named('Exportable = maybe'), /must be TRUE or FALSE/],
    ['no number', named('KeyLength = long'), /must be a number/],
    [
      'a type of a key storage provider',
      named('ProviderName = "Microsoft Platform Crypto Provider"', 'ProviderType = 24'),
      /has no type/,
    ],
    [
      'an existing key without a name',
      named('UseExistingKeySet = TRUE'),
      /needs KeyContainer or RenewalCert/,
    ],
    ['an extension in Base64', `${named()}\n[Extensions]\n2.5.29.17 = MAA=`, /not given as \{text\}/],
    [
      'another extension',
      `${named()}\n[Extensions]\n2.5.29.19 = "{text}ca=1"`,
      /2\.5\.29\.19 is not supported/,
    ],
    ['a critical extension', `${named()}\n[Extensions]\nCritical = 2.5.29.17`, /Critical/],
    ['another kind of name', `${named()}\n[Extensions]\n2.5.29.17 = "{text}guid=1"`, /'guid=1' is no name/],
    ['a purpose that is none', `${named()}\n[EnhancedKeyUsageExtension]\nOID = server`, /no identifier/],
    ['another attribute', `${named()}\n[RequestAttributes]\nCDC = dc`, /'CDC' is not supported/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readRequestInf(text), { code: 'ERR_SCHANNEL_REQUEST_INF', message });
    });
  }
});
