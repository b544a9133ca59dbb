import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import {
  type RevokedCertificate,
  signRevocationList,
} from '#lib/formats/revocation/revocation-list-writer.js';
import { REASON_NAMES } from '#lib/formats/revocation/reasons.js';
import { toPem } from '#lib/formats/pem/pem-writer.js';
import { parseRevocationLists } from '#lib/formats/x509/revocation-list.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';
import { SIGNATURES, type SigningAuthority, signingAuthority } from '../../../support/signing-authority.js';

const NOW = Date.now();
const hoursFromNow = (hours: number): Date => new Date(NOW + hours * 3_600_000);

const listOf = (
  { name, keyIdentifier, signer, padding }: SigningAuthority,
  revoked: readonly RevokedCertificate[],
): Promise<Buffer> =>
  signRevocationList(
    {
      issuer: name,
      keyIdentifier,
      number: 0x1ff,
      thisUpdate: hoursFromNow(0),
      nextUpdate: hoursFromNow(168),
      nextPublish: hoursFromNow(24),
      revoked,
    },
    signer,
    padding,
  );

describe('formats/revocation/revocation-list-writer', () => {
  const openssl = new Openssl();
  before(function () {
    needsOpenssl(this);
  });
  after(() => openssl.remove());

  for (const kind of Object.keys(SIGNATURES) as (keyof typeof SIGNATURES)[]) {
    it(`writes lists by which OpenSSL accepts and refuses certificates (${kind})`, async () => {
      const authority = await signingAuthority(kind);
      const { serialNumber, certificate } = authority.leaf;
      openssl.write('ca.pem', authority.certificate);
      openssl.write('leaf.pem', certificate);
      openssl.write('empty.pem', toPem('X509 CRL', await listOf(authority, [])));
      const entry = { serialNumber, at: hoursFromNow(-1), reason: 'keyCompromise' } as const;
      openssl.write('revoked.pem', toPem('X509 CRL', await listOf(authority, [entry])));
      const verify = (list: string): string =>
        openssl.run(
          ...['verify', '-x509_strict', '-crl_check_all', '-CRLfile', list],
          ...['-CAfile', 'ca.pem', 'leaf.pem'],
        );
      assert.equal(verify('empty.pem'), 'leaf.pem: OK\n');
      assert.throws(() => verify('revoked.pem'), /certificate revoked/);
    });
  }

  it('writes every reason, its number and when the next list comes', async () => {
    const authority = await signingAuthority('P-256');
    const revoked = REASON_NAMES.map((reason, index) => ({
      serialNumber: Buffer.of(0x80, index),
      at: new Date('2030-01-02T03:04:05Z'),
      reason,
    }));
    openssl.write('all.der', await listOf(authority, revoked));
    const text = openssl.run('crl', '-inform', 'DER', '-in', 'all.der', '-noout', '-text');
    assert.match(text, /Version 2/);
    assert.match(text, /X509v3 CRL Number: \n\s+511\n/);
    assert.match(text, /1\.3\.6\.1\.4\.1\.311\.21\.4: \n/);
    assert.match(
      text,
      /Serial Number: 8000\n\s+Revocation Date: Jan {2}2 03:04:05 2030 GMT\n\s+Serial Number: 8001/,
    );
    const reasons = [...text.matchAll(/X509v3 CRL Reason Code: \n\s+(.+)\n/g)].map(([, reason]) => reason);
    assert.deepEqual(reasons, [
      'Key Compromise',
      'CA Compromise',
      'Affiliation Changed',
      'Superseded',
      'Cessation Of Operation',
      'Certificate Hold',
      'Privilege Withdrawn',
      'AA Compromise',
    ]);
  });

  it('writes lists that this library reads', async () => {
    const authority = await signingAuthority('P-256');
    const { serialNumber } = authority.leaf;
    const entry = { serialNumber, at: hoursFromNow(-1), reason: 'superseded' } as const;
    const [list] = parseRevocationLists(await listOf(authority, [entry]));
    assert.ok(list);
    assert.ok(list.isSignedBy(new X509Certificate(authority.certificate).publicKey));
    assert.ok(list.isComplete);
    assert.ok(list.revokes(serialNumber));
    assert.ok(!list.revokes(Buffer.of(1)));
    assert.equal(Buffer.compare(list.issuer, authority.name), 0);
  });
});
