import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { challengeCertificate, challengeServername } from '#lib/apps/acme/challenge/challenge-certificate.js';
import { outlineOf, extensionValues } from '#lib/formats/x509/outline.js';
import { needsOpenssl, Openssl } from '../../../../support/openssl.js';

describe('apps/acme/challenge/challenge-certificate', () => {
  for (const [what, identifier, san, servername] of [
    ['a name', { type: 'dns', value: 'www.bar.example' }, 'DNS:www.bar.example', 'www.bar.example'],
    ['an IPv4 address', { type: 'ip', value: '192.0.2.1' }, 'IP Address:192.0.2.1', '1.2.0.192.in-addr.arpa'],
    [
      'an IPv6 address',
      { type: 'ip', value: '2001:db8::1' },
      'IP Address:2001:DB8:0:0:0:0:0:1',
      // RFC 8738 §6 by way of RFC 3596 §2.5.
      '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
    ],
  ] as const) {
    it(`is for ${what}, self-signed, with one name and a critical digest`, async () => {
      assert.equal(challengeServername(identifier), servername);
      const { cert } = await challengeCertificate(identifier, 'token.thumbprint');
      const certificate = new X509Certificate(cert);
      assert.equal(certificate.subjectAltName, san);
      assert.ok(certificate.verify(certificate.publicKey));
      const value = extensionValues(outlineOf(certificate.raw)).get('1.3.6.1.5.5.7.1.31');
      const digest = createHash('sha256').update('token.thumbprint').digest();
      assert.deepEqual(Buffer.from(value ?? []), Buffer.concat([Buffer.of(4, 32), digest]));
    });
  }

  it('marks the digest as critical, for OpenSSL', async function () {
    needsOpenssl(this);
    const openssl = new Openssl();
    try {
      const { cert } = await challengeCertificate({ type: 'dns', value: 'a.example' }, 'x');
      openssl.write('cert.pem', cert);
      const text = openssl.run('x509', '-in', 'cert.pem', '-noout', '-text');
      assert.match(text, /1\.3\.6\.1\.5\.5\.7\.1\.31: critical/);
    } finally {
      openssl.remove();
    }
  });

  it('uses one key for all challenges', async () => {
    const keys = await Promise.all(
      ['a.example', 'b.example'].map((value) => challengeCertificate({ type: 'dns', value }, value)),
    );
    assert.equal(new Set(keys.map(({ key }) => key)).size, 1);
    assert.equal(new Set(keys.map(({ cert }) => cert)).size, 2);
  });
});
