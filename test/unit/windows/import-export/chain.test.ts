import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chainAbove, type ChainElement } from '#lib/windows/import-export/chain.js';
import { daysFromNow, TestAuthority, type TestCertificate } from '../../../support/certificates.js';

describe('windows/import-export/chain', () => {
  let root: TestAuthority;
  let middle: TestAuthority;
  let leaf: TestCertificate;
  before(async () => {
    root = await TestAuthority.create('CN=root');
    middle = await root.authority('CN=middle');
    leaf = await middle.issue({ subject: 'CN=leaf' });
  });

  const element = ({ der }: TestCertificate): ChainElement => {
    const x509 = new X509Certificate(der);
    const validTo = new Date(x509.validTo);
    return { x509, validTo, isValid: () => validTo > new Date() };
  };
  const above = (certificate: TestCertificate, ...candidates: readonly ChainElement[]): string[] =>
    chainAbove(new X509Certificate(certificate.der), candidates).map(({ x509 }) => x509.subject);

  it('goes from the issuer to the root, whatever the order', () => {
    const all = [root.certificate, leaf, middle.certificate].map(element);
    assert.deepEqual(above(leaf, ...all), ['CN=middle', 'CN=root']);
    assert.deepEqual(above(leaf, ...all.reverse()), ['CN=middle', 'CN=root']);
  });

  it('goes as far as it can', () => {
    assert.deepEqual(above(leaf, element(root.certificate)), []);
    assert.deepEqual(above(leaf, element(middle.certificate)), ['CN=middle']);
    assert.deepEqual(above(root.certificate, element(root.certificate)), []);
  });

  it('does not trust names', async () => {
    for (const keyIdentifiers of [true, false]) {
      const impostor = await TestAuthority.create('CN=middle', { keyIdentifiers });
      assert.deepEqual(above(leaf, element(impostor.certificate)), []);
    }
  });

  it('prefers what is valid, and valid longest', () => {
    const { x509 } = element(middle.certificate);
    const variant = (days: number, validTo = daysFromNow(days)): ChainElement => ({
      x509,
      validTo,
      isValid: () => days > 0,
    });
    const [past, near, far] = [variant(-1), variant(1), variant(9)];
    assert.equal(chainAbove(new X509Certificate(leaf.der), [past, near, far])[0], far);
    assert.equal(chainAbove(new X509Certificate(leaf.der), [far, past, near])[0], far);
    assert.equal(chainAbove(new X509Certificate(leaf.der), [past])[0], past);
  });
});
