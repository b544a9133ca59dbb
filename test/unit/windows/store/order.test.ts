import assert from 'node:assert/strict';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { newestValidFirst } from '#lib/windows/store/order.js';
import { craft } from '../../../support/crafted-certificate.js';

const NOW = new Date('2030-06-01T00:00:00Z');

const certificate = async (
  name: string,
  from: string,
  to: string,
  issuer = 'CN=authority',
): Promise<CertificateContents> =>
  new CertificateContents(
    await craft({ subject: `CN=${name}`, issuer, notBefore: new Date(from), notAfter: new Date(to) }),
  );

const names = (certificates: readonly CertificateContents[]): (string | null)[] =>
  certificates.map(({ commonName }) => commonName);

describe('windows/store/order', () => {
  it('puts the renewed certificate before the one it replaces, and what is not valid last', async () => {
    const all = [
      await certificate('expired yesterday', '2030-05-01', '2030-05-31'),
      await certificate('long-lived', '2025-01-01', '2045-01-01'),
      await certificate('renewed', '2030-05-15', '2030-08-15'),
      await certificate('begins tomorrow', '2030-06-02', '2031-06-02'),
      await certificate('replaced', '2030-03-15', '2030-06-15'),
      await certificate('renewed for longer', '2030-05-15', '2030-09-15'),
    ];
    const expected = [
      'renewed for longer',
      'renewed',
      'replaced',
      'long-lived',
      'begins tomorrow',
      'expired yesterday',
    ];
    assert.deepEqual(names(newestValidFirst(all, NOW)), expected);
    assert.deepEqual(names(newestValidFirst([...all].reverse(), NOW)), expected);
  });

  it('puts what an authority issued before what is self-signed, however new that is', async () => {
    // A fall-back that was made half an hour before the authority issued its own, which is backdated by an hour.
    const all = [
      await certificate('fall-back', '2030-05-31T22:55:00Z', '2040-05-31', 'CN=fall-back'),
      await certificate('issued', '2030-05-31T22:30:00Z', '2030-08-29'),
      await certificate('issued before', '2030-03-01', '2030-06-15'),
      await certificate('expired too', '2030-03-01', '2030-05-15'),
    ];
    const expected = ['issued', 'issued before', 'fall-back', 'expired too'];
    assert.deepEqual(names(newestValidFirst(all, NOW)), expected);
    assert.deepEqual(names(newestValidFirst([...all].reverse(), NOW)), expected);
  });

  it('gives equal certificates in the same order each time', async () => {
    const twins = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => certificate(name, '2030-01-01', '2031-01-01')),
    );
    const once = names(newestValidFirst(twins, NOW));
    assert.deepEqual(names(newestValidFirst([...twins].reverse(), NOW)), once);
  });
});
