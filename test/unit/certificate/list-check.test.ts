// @peculiar/x509 needs it first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import assert from 'node:assert/strict';
import { checkLists } from '#lib/certificate/list-check.js';
import { parseRevocationLists } from '#lib/certificate/revocation-list.js';
import { daysFromNow, pemOfCrl, TestAuthority, type TestCertificate } from '../../support/certificates.js';

describe('revocation lists', () => {
  let root: TestAuthority;
  let intermediate: TestAuthority;
  let leaf: TestCertificate;
  let chain: Uint8Array[];
  before(async () => {
    root = await TestAuthority.create('CN=root', { key: 'rsa' });
    intermediate = await root.authority('CN=intermediate');
    leaf = await intermediate.issue({ subject: 'CN=leaf' });
    chain = [leaf.der, intermediate.certificate.der, root.certificate.der];
  });

  const faultBy = (crl: readonly Uint8Array[], now = Date.now()): unknown =>
    checkLists(chain, parseRevocationLists(crl), now);

  it('speak for a chain when each has one of its issuer, and is not on it', async () => {
    const other = await intermediate.issue({ subject: 'CN=other' });
    assert.equal(faultBy([await root.crl([]), await intermediate.crl([other])]), null);
  });

  it('name who is on them, from the leaf up', async () => {
    const lists = [await root.crl([intermediate.certificate]), await intermediate.crl([leaf])];
    assert.deepEqual(faultBy(lists), { code: 'CERT_REVOKED', element: 0 });
    assert.deepEqual(faultBy([lists[0] ?? leaf.der, await intermediate.crl([])]), {
      code: 'CERT_REVOKED',
      element: 1,
    });
  });

  it('have to be there for every issuer', async () => {
    assert.deepEqual(faultBy([await intermediate.crl([])]), { code: 'UNABLE_TO_GET_CRL', element: 1 });
    assert.deepEqual(faultBy([await root.crl([])]), { code: 'UNABLE_TO_GET_CRL', element: 0 });
  });

  it('have to be of now; who was revoked by an old one stays so', async () => {
    const old = await intermediate.crl([], daysFromNow(-0.01));
    assert.deepEqual(faultBy([await root.crl([]), old]), { code: 'CRL_HAS_EXPIRED', element: 0 });
    assert.equal(faultBy([await root.crl([]), old, await intermediate.crl([])]), null);
    const early = Date.now() - 7_200_000;
    assert.deepEqual(faultBy([await root.crl([]), await intermediate.crl([])], early), {
      code: 'CRL_NOT_YET_VALID',
      element: 0,
    });
    const naming = await intermediate.crl([leaf], daysFromNow(-0.01));
    assert.deepEqual(faultBy([await root.crl([]), await intermediate.crl([]), naming]), {
      code: 'CERT_REVOKED',
      element: 0,
    });
  });

  it('of another authority with the same name are none', async () => {
    const forger = await TestAuthority.create('CN=intermediate');
    const lists = [await root.crl([]), await forger.crl([])];
    assert.deepEqual(faultBy(lists), { code: 'CRL_SIGNATURE_FAILURE', element: 0 });
    assert.equal(faultBy([...lists, await intermediate.crl([])]), null);
  });

  it('that cover a part only, or say what is not understood, are none', async () => {
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const part = await x509.X509CrlGenerator.create({
      issuer: 'CN=intermediate',
      thisUpdate: daysFromNow(-1),
      nextUpdate: daysFromNow(1),
      signingKey: keys.privateKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      // issuingDistributionPoint, onlyContainsUserCerts
      extensions: [new x509.Extension('2.5.29.28', true, Buffer.from('30038101ff', 'hex'))],
    });
    assert.deepEqual(faultBy([await root.crl([]), new Uint8Array(part.rawData)]), {
      code: 'UNABLE_TO_GET_CRL',
      element: 0,
    });
  });

  it('say nothing of the anchor, nor of a chain of one', async () => {
    assert.equal(
      checkLists(
        [root.certificate.der],
        parseRevocationLists([await root.crl([root.certificate])]),
        Date.now(),
      ),
      null,
    );
  });

  it('say nothing for a certificate that OpenSSL cannot read', async () => {
    const lists = parseRevocationLists([await root.crl([]), await intermediate.crl([])]);
    const [first, ...others] = chain;
    assert.ok(first);
    for (const strange of [
      [Uint8Array.of(1, 2, 3), ...others],
      [first, Uint8Array.of(1, 2, 3)],
    ])
      assert.deepEqual(checkLists(strange, lists, Date.now()), { code: 'UNABLE_TO_GET_CRL', element: 0 });
  });

  it('are read as PEM, any number in one text, and as DER', async () => {
    const [one, two] = [await root.crl([]), await intermediate.crl([leaf])];
    const count = (...args: Parameters<typeof parseRevocationLists>): number =>
      parseRevocationLists(...args).length;
    assert.equal(count(`of root\n${pemOfCrl(one)}\nand ${pemOfCrl(two)}`), 2);
    assert.equal(count(Buffer.from(pemOfCrl(one))), 1);
    assert.equal(count([one, pemOfCrl(two)]), 2);
    const [, list] = parseRevocationLists([one, two]);
    assert.equal(list?.revokes(leaf.serialNumber), true);
    assert.equal(list.revokes(`00${leaf.serialNumber.toLowerCase()}`), true);
    assert.equal(list.revokes('01'), false);
  });

  it('that cannot be read are refused, and so is a text without any', async () => {
    const der = await root.crl([]);
    for (const crl of [
      'no list',
      '',
      leaf.cert,
      pemOfCrl(der.subarray(0, 60)),
      der.subarray(0, 60),
      [pemOfCrl(der), ''],
    ]) {
      assert.throws(() => parseRevocationLists(crl), {
        name: 'SchannelError',
        code: 'ERR_SCHANNEL_OPTION_CERTIFICATE',
      });
    }
    assert.throws(() => parseRevocationLists(7 as never), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
