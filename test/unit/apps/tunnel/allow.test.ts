import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { judgeOf } from '#lib/apps/tunnel/allow.js';
import type { Allow } from '#lib/apps/tunnel/options.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { TestAuthority } from '../../../support/certificates.js';

describe('apps/tunnel/allow', () => {
  let certificate: CertificateContents;
  let spki: string;

  before(async () => {
    const authority = await TestAuthority.create('CN=Doors');
    const { der } = await authority.issue({
      subject: 'CN=front door, OU=Houses, OU=Street, O=Example',
      usages: ['clientAuth'],
      altNames: ['DNS:front.doors.example', 'DNS:*.wild.example', 'IP:192.0.2.7'],
    });
    certificate = new CertificateContents(der);
    const key = new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' });
    spki = createHash('sha256').update(key).digest('hex');
  });

  const lets = (allow: Allow | undefined, isVerified = true): boolean =>
    judgeOf('allow', allow)({ certificate, isVerified });

  it('lets everybody in without rules', () => {
    assert.equal(lets(undefined), true);
    assert.equal(judgeOf('allow', undefined)({ certificate: null, isVerified: false }), true);
  });

  it('knows each criterion', () => {
    const fitting: Allow[] = [
      { commonName: 'front door' },
      { organizationalUnit: 'Street' },
      { dns: 'front.doors.example' },
      { dns: '*.doors.example' },
      { ip: '192.0.2.7' },
      { eku: 'clientAuth' },
      { eku: ['codeSigning', '1.3.6.1.5.5.7.3.2'] },
      { issuer: 'Doors' },
      { thumbprint: certificate.thumbprint.toLowerCase() },
      { thumbprint: certificate.thumbprint256.replace(/..(?=.)/g, '$&:') },
      { spki },
      { commonName: ['back door', 'front door'] },
      { commonName: 'front door', issuer: 'Doors' },
      [{ commonName: 'back door' }, { issuer: 'Doors' }],
      (given) => given.commonName === 'front door',
    ];
    for (const allow of fitting) assert.equal(lets(allow), true, JSON.stringify(allow));
    const others: Allow[] = [
      { commonName: 'Front Door' },
      { commonName: 'front' },
      { organizationalUnit: 'Example' },
      { dns: 'doors.example' },
      // Only in a wildcard of the certificate.
      { dns: 'a.wild.example' },
      { uri: 'https://front.doors.example/' },
      { email: 'front@doors.example' },
      { ip: '192.0.2.8' },
      { issuer: 'front door' },
      { eku: 'codeSigning' },
      { thumbprint: '00'.repeat(20) },
      { spki: '00'.repeat(32) },
      { commonName: 'front door', issuer: 'Others' },
      () => false,
    ];
    for (const allow of others) assert.equal(lets(allow), false, JSON.stringify(allow));
  });

  it('believes an unverified certificate only that it is itself', () => {
    assert.equal(lets({ commonName: 'front door' }, false), false);
    assert.equal(lets({ spki }, false), true);
    assert.equal(lets({ commonName: 'front door', spki: undefined }, false), false);
    assert.equal(lets([{ commonName: 'front door' }, { thumbprint: certificate.thumbprint }], false), true);
  });

  it('lets nobody in without a certificate', () => {
    const nobody = { certificate: null, isVerified: false };
    assert.equal(judgeOf('allow', { spki })(nobody), false);
    assert.equal(judgeOf('allow', () => true)(nobody), false);
  });

  for (const [what, allow] of [
    ['an empty rule', {}],
    ['a rule with an undefined criterion only', { commonName: undefined }],
    ['an unknown criterion', { commonname: 'x' }],
    ['an empty list', { commonName: [] }],
    ['an empty value', { commonName: '' }],
    ['an unknown purpose', { eku: 'doors' }],
    ['a short thumbprint', { thumbprint: 'AA' }],
    ['a SHA-1 of a key', { spki: 'AA'.repeat(20) }],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => judgeOf('allow', allow as Allow), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  }

  it('refuses what is no rule', () => {
    for (const allow of ['x', null, [null], { commonName: 5 }]) {
      assert.throws(() => judgeOf('allow', allow as unknown as Allow), { code: 'ERR_INVALID_ARG_TYPE' });
    }
  });
});
