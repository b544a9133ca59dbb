import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { checkedChain } from '#lib/apps/acme/order/checked-certificate.js';
import type { Chain } from '#lib/apps/acme/protocol/client.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { daysFromNow, TestAuthority, type TestCertificate } from '../../../../support/certificates.js';

const chainOf = (...certificates: readonly TestCertificate[]): Chain =>
  certificates.map(({ der }) => new CertificateContents(der));

describe('apps/acme/order/checked-certificate', () => {
  const names = [
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '::1' },
  ] as const;
  let [first, second]: TestAuthority[] = [];
  let leaf: TestCertificate;
  let chains: readonly Chain[];

  before(async () => {
    [first, second] = await Promise.all(
      ['CN=first root', 'CN=second root'].map((each) => TestAuthority.create(each)),
    );
    assert.ok(first && second);
    const [one, other] = await Promise.all([first.authority('CN=issuer'), second.authority('CN=issuer')]);
    leaf = await one.issue();
    chains = [chainOf(leaf, one.certificate), chainOf(leaf, other.certificate)];
  });

  const checked = (certificate: TestCertificate, more: object = {}): Chain =>
    checkedChain([chainOf(certificate)], {
      publicKey: new X509Certificate(Buffer.from(certificate.cert)).publicKey,
      names,
      now: new Date(),
      ...more,
    });

  it('takes the first chain, or the one with the preferred top', () => {
    const { publicKey } = new X509Certificate(Buffer.from(leaf.cert));
    const top = (preferredChain?: string): string | undefined =>
      checkedChain(chains, { publicKey, names, now: new Date(), preferredChain }).at(-1)?.issuer;
    assert.equal(top(), 'CN=first root');
    assert.equal(top('second root'), 'CN=second root');
    assert.equal(top('another root'), 'CN=first root');
  });

  it('takes a certificate that begins in a moment, for clocks that differ', async () => {
    const soon = await first?.issue({ notBefore: new Date(Date.now() + 60_000) });
    assert.ok(soon);
    assert.equal(checked(soon).length, 1);
  });

  it('refuses a time that no calendar has', () => {
    const der = Buffer.from(leaf.der);
    // The end of its validity is the second UTCTime.
    const time = der.indexOf('170d', der.indexOf('170d', 'hex') + 1, 'hex') + 2;
    der.write('13', time + 2, 'latin1');
    const { publicKey } = new X509Certificate(Buffer.from(leaf.cert));
    const chains = [[new CertificateContents(der)]];
    assert.throws(() => checkedChain(chains, { publicKey, names, now: new Date() }), {
      code: 'ERR_SCHANNEL_ACME_CERTIFICATE',
      message: /has a time that no calendar has/,
    });
  });

  it('says which name is missing', () => {
    const missing = [...names, { type: 'dns', value: 'www.example.com' }, { type: 'ip', value: '192.0.2.1' }];
    assert.throws(() => checked(leaf, { names: missing }), {
      code: 'ERR_SCHANNEL_ACME_CERTIFICATE',
      message: /does not have www\.example\.com, 192\.0\.2\.1$/,
    });
  });

  it('says that the clock may be wrong', async () => {
    const later = await first?.issue({ notBefore: daysFromNow(1) });
    assert.ok(later);
    assert.throws(() => checked(later), { message: /not valid before/, advice: /clock/ });
  });

  it('refuses a chain in which the issuer is no authority, and one without certificates', () => {
    const { publicKey } = new X509Certificate(Buffer.from(leaf.cert));
    const expected = { publicKey, names, now: new Date() };
    assert.throws(() => checkedChain([chainOf(leaf, leaf)], expected), { message: /which is no authority/ });
    assert.throws(() => checkedChain([], expected), { code: 'ERR_SCHANNEL_ACME_CERTIFICATE' });
  });
});
