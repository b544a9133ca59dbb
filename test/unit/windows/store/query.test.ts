import assert from 'node:assert/strict';
import { Certificate } from '#lib/windows/store/certificate.js';
import { type CertificateQuery, matcherOf } from '#lib/windows/store/query.js';
import {
  altNames,
  craft,
  type Craft,
  keyIdentifier,
  keyUsages,
  purposes,
  rawExtension,
} from '../../../support/crafted-certificate.js';
import { ScriptedSystem } from '../../../support/scripted-system.js';

const FRIENDLY_NAME = 11;
const ENHANCED_KEY_USAGE = 9;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

interface Beside {
  readonly friendlyName?: string;
  readonly location?: boolean;
  /** Hexadecimal. */
  readonly usages?: string;
}

async function certificate(options: Craft, beside: Beside = {}): Promise<Certificate> {
  const native = new ScriptedSystem().createCertificate(await craft(options));
  const { held } = native as unknown as {
    held: { properties: Map<number, Uint8Array>; location: unknown };
  };
  if (beside.friendlyName !== undefined)
    held.properties.set(FRIENDLY_NAME, Buffer.from(`${beside.friendlyName}\0`, 'utf16le'));
  if (beside.usages !== undefined) held.properties.set(ENHANCED_KEY_USAGE, Buffer.from(beside.usages, 'hex'));
  if (beside.location === true)
    held.location = { container: 'c', provider: '', providerType: 0, flags: 0, keySpec: 0 };
  return new Certificate(native, null);
}

describe('windows/store/query', () => {
  let server: Certificate;
  let plain: Certificate;

  before(async () => {
    const template = Buffer.from('WebServer', 'utf16le').swap16().toString('hex');
    server = await certificate(
      {
        subject: [{ C: ['DE'] }, { O: ['Müller, Söhne'] }, { CN: ['www.example.com'] }],
        issuer: 'CN=Test CA, O=Example',
        serialNumber: '00c0ffee',
        notBefore: new Date('2025-01-01T00:00:00Z'),
        notAfter: new Date('2026-01-01T00:00:00Z'),
        extensions: [
          altNames(
            { type: 'dns', value: 'www.example.com' },
            { type: 'dns', value: '*.xn--bcher-kva.example' },
            { type: 'ip', value: '192.0.2.1' },
            { type: 'ip', value: '2001:db8::1' },
          ),
          keyUsages(1 | 4),
          purposes(SERVER_AUTH, CLIENT_AUTH),
          keyIdentifier('0102aabb'),
          rawExtension('1.3.6.1.4.1.311.20.2', `1e12${template}`),
        ],
      },
      { friendlyName: 'Straße 漢字', location: true },
    );
    plain = await certificate({ subject: 'CN=legacy.example.com' });
  });

  /** Each names a query for the server's certificate, and one that differs in what matters. */
  const CASES: readonly (readonly [string, CertificateQuery, CertificateQuery])[] = [
    ['subject text in any case', { subject: 'EXAMPLE.com' }, { subject: 'example.org' }],
    ['subject text in Unicode', { subject: 'SÖHNE' }, { subject: 'Sohne' }],
    ['subject text in another normal form', { subject: 'So\u0308hne' }, { subject: 'So\u0308hnes' }],
    ['subject attributes', { subject: 'cn=www.example.com, C=de' }, { subject: 'CN=example.com' }],
    ['subject attributes with quotes', { subject: 'O="Müller, Söhne"' }, { subject: 'O=Müller' }],
    ['subject expression', { subject: /^CN=www\./ }, { subject: /^CN=example/ }],
    ['issuer', { issuer: 'test ca' }, { issuer: 'www.example.com' }],
    ['issuer attributes', { issuer: 'O=Example' }, { issuer: 'CN=Example' }],
    ['DNS name', { dns: 'WWW.example.com.' }, { dns: 'example.com' }],
    [
      'DNS name under a wildcard, in Unicode',
      { dns: 'shop.bücher.example' },
      { dns: 'a.shop.bücher.example' },
    ],
    ['DNS name that is a wildcard', { dns: '*.bücher.example' }, { dns: 'bücher.example' }],
    ['IPv4 address', { ip: '192.0.2.1' }, { ip: '192.0.2.10' }],
    ['IPv6 address, however written', { ip: '[2001:DB8:0:0::0001]' }, { ip: '2001:db8::2' }],
    [
      'friendly name in any case',
      { friendlyName: 'STRASSE 漢字'.replace('SS', 'ß') },
      { friendlyName: 'Straße' },
    ],
    ['friendly name expression', { friendlyName: /漢字$/g }, { friendlyName: /^漢字/ }],
    ['purpose by name', { eku: 'serverauth' }, { eku: 'codeSigning' }],
    [
      'purposes by identifier, all of them',
      { eku: [SERVER_AUTH, CLIENT_AUTH] },
      { eku: [SERVER_AUTH, '1.2.3'] },
    ],
    ['key usage', { keyUsage: 'keyEncipherment' }, { keyUsage: ['digitalSignature', 'keyCertSign'] }],
    ['template', { template: 'webserver' }, { template: 'Web' }],
    ['serial number', { serialNumber: '00:c0:ff:ee' }, { serialNumber: 'c0ffee00' }],
    ['serial number as number', { serialNumber: 0xc0ffeen }, { serialNumber: 1n }],
    ['key identifier', { keyIdentifier: '01 02 aa bb' }, { keyIdentifier: '0102aabc' }],
    ['key identifier as octets', { keyIdentifier: Buffer.from('0102aabb', 'hex') }, { keyIdentifier: '02' }],
    ['private key', { hasPrivateKey: true }, { hasPrivateKey: false }],
    ['moment', { validAt: new Date('2025-06-01T00:00:00Z') }, { validAt: new Date('2026-06-01T00:00:00Z') }],
    [
      'all together',
      { dns: 'www.example.com', eku: 'clientAuth' },
      { dns: 'www.example.com', ip: '192.0.2.2' },
    ],
    [
      'free predicate',
      { where: ({ commonName }) => commonName === 'www.example.com' },
      { where: () => false },
    ],
    [
      'free predicate that waits',
      { where: () => Promise.resolve(true) },
      { dns: 'www.example.com', where: () => Promise.resolve(false) },
    ],
    ['nothing', {}, { subject: 'nobody' }],
  ];
  for (const [what, fits, differs] of CASES) {
    it(`finds by ${what}`, async () => {
      assert.equal(await matcherOf(fits)(server), true);
      assert.equal(await matcherOf(differs)(server), false);
    });
  }

  it('finds by SHA-1 and SHA-256', async () => {
    for (const thumbprint of [server.thumbprint, server.thumbprint256]) {
      assert.equal(await matcherOf({ thumbprint: thumbprint.toLowerCase() })(server), true);
      assert.equal(await matcherOf({ thumbprint })(plain), false);
    }
  });

  it('finds by now', async () => {
    assert.equal(await matcherOf({ validAt: true })(plain), true);
    assert.equal(await matcherOf({ validAt: true })(server), false);
  });

  it('takes the common name where there are no alternative names', async () => {
    assert.equal(await matcherOf({ dns: 'legacy.example.com' })(plain), true);
    const other = await certificate({
      subject: 'CN=legacy.example.com',
      extensions: [altNames({ type: 'dns', value: 'new.example.com' })],
    });
    assert.equal(await matcherOf({ dns: 'legacy.example.com' })(other), false);
  });

  it('accepts a certificate without purposes or usages for all', async () => {
    assert.equal(await matcherOf({ eku: 'codeSigning', keyUsage: 'keyCertSign' })(plain), true);
  });

  it('respects the purposes that an administrator left', async () => {
    // SEQUENCE OF clientAuth
    const narrowed = await certificate(
      { extensions: [purposes(SERVER_AUTH, CLIENT_AUTH)] },
      { usages: '300a06082b06010505070302' },
    );
    assert.deepEqual(narrowed.extendedKeyUsage, [CLIENT_AUTH]);
    assert.equal(await matcherOf({ eku: 'serverAuth' })(narrowed), false);
    const forNothing = await certificate({}, { usages: '3000' });
    assert.deepEqual(forNothing.extendedKeyUsage, []);
    assert.equal(await matcherOf({ eku: 'serverAuth' })(forNothing), false);
    const forAny = await certificate({ extensions: [purposes('2.5.29.37.0')] });
    assert.equal(forAny.extendedKeyUsage, null);
  });

  it('does not call the predicate for what does not match', async () => {
    const asked: Certificate[] = [];
    const where = (each: Certificate): boolean => asked.push(each) > 0;
    await matcherOf({ subject: 'nobody', where })(server);
    assert.deepEqual(asked, []);
  });

  for (const [what, query] of [
    ['a criterion that does not exist', { tumbprint: 'AB' }],
    ['a criterion without value', { thumbprint: undefined }],
    ['a thumbprint of the wrong length', { thumbprint: 'ABCD' }],
    ['a thumbprint that is not hexadecimal', { thumbprint: 'x'.repeat(40) }],
    ['an empty subject', { subject: '' }],
    ['an IP address that is none', { ip: '192.0.2' }],
    ['a purpose that nobody knows', { eku: 'serverAuthentication' }],
    ['a key usage that nobody knows', { keyUsage: 'signing' }],
    ['a predicate that is none', { where: true }],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => matcherOf(query as CertificateQuery), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  }

  for (const [what, query] of [
    ['a number as text', { subject: 1 }],
    ['a text as truth', { hasPrivateKey: 'yes' }],
    ['a date that is none', { validAt: new Date('never') }],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => matcherOf(query as unknown as CertificateQuery), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  }
});
