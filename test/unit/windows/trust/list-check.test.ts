// @peculiar/x509 needs it first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import assert from 'node:assert/strict';
import { checkLists } from '#lib/windows/trust/list-check.js';
import { parseRevocationLists } from '#lib/formats/x509/revocation-list.js';
import { buildList, listExtension, type ListRecipe } from '../../../support/crl-builder.js';
import { mutated, numbersFrom } from '../../../support/mutations.js';
import { isReadable, oddLeaf } from '../../../support/odd-leaf.js';
import { element } from '../../../support/pfx-builder.js';
import { daysFromNow, pemOfCrl, TestAuthority, type TestCertificate } from '../../../support/certificates.js';

describe('windows/trust/list-check', () => {
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

  it('accept a chain if each certificate has a list of its issuer and is not on it', async () => {
    const other = await intermediate.issue({ subject: 'CN=other' });
    assert.equal(faultBy([await root.crl([]), await intermediate.crl([other])]), null);
  });

  it('name the revoked certificate, from the leaf up', async () => {
    const lists = [await root.crl([intermediate.certificate]), await intermediate.crl([leaf])];
    assert.deepEqual(faultBy(lists), { code: 'CERT_REVOKED', element: 0 });
    assert.deepEqual(faultBy([lists[0] ?? leaf.der, await intermediate.crl([])]), {
      code: 'CERT_REVOKED',
      element: 1,
    });
  });

  it('must exist for every issuer', async () => {
    assert.deepEqual(faultBy([await intermediate.crl([])]), { code: 'UNABLE_TO_GET_CRL', element: 1 });
    assert.deepEqual(faultBy([await root.crl([])]), { code: 'UNABLE_TO_GET_CRL', element: 0 });
  });

  it('must be current; a revocation by an expired one is permanent', async () => {
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

  it("of another authority with the same name don't count", async () => {
    const forger = await TestAuthority.create('CN=intermediate');
    const lists = [await root.crl([]), await forger.crl([])];
    assert.deepEqual(faultBy(lists), { code: 'CRL_SIGNATURE_FAILURE', element: 0 });
    assert.equal(faultBy([...lists, await intermediate.crl([])]), null);
  });

  it("that are partial, or have an unknown critical extension, don't count", async () => {
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

  describe('with serial numbers of octets', () => {
    const faultOf = (authority: TestAuthority, onCertificate: string, onList: string): unknown => {
      const { certificate } = authority;
      const serialNumber = element(0x02, Buffer.from(onCertificate, 'hex'));
      const { der } = oddLeaf(certificate, { serialNumber });
      assert.equal(isReadable(der), true, onCertificate);
      const lists = parseRevocationLists([buildList(certificate, { serialNumbers: ['05', onList] })]);
      return checkLists([der, certificate.der], lists, Date.now());
    };

    for (const [onCertificate, onList] of [
      // Negative ones, as old authorities made them.
      ['80', '80'],
      ['9abc0102030405060708090a0b0c0d0e', '9abc0102030405060708090a0b0c0d0e'],
      ['ff00', 'ff00'],
      ['80', '0080'],
      ['0080', '80'],
      ['009abc01', '009abc01'],
      ['7f', '7f'],
      ['00', '00'],
    ] as const) {
      it(`name the one of ${onCertificate} by ${onList}`, () => {
        assert.deepEqual(faultOf(intermediate, onCertificate, onList), { code: 'CERT_REVOKED', element: 0 });
      });
    }

    it('name no other', () => {
      for (const [onCertificate, onList] of [
        ['80', '81'],
        ['80', 'ff80'],
        ['0100', '01'],
        ['7f', '8f'],
      ] as const)
        assert.equal(faultOf(intermediate, onCertificate, onList), null);
    });
  });

  describe('of a part of what there is', () => {
    /** What holds for a list that has these extensions, when nobody is on it. */
    const faultWith = (recipe: ListRecipe): unknown => {
      const lists = parseRevocationLists([buildList(intermediate.certificate, recipe)]);
      return checkLists([leaf.der, intermediate.certificate.der], lists, Date.now());
    };
    const NONE = { code: 'UNABLE_TO_GET_CRL', element: 0 };

    for (const isCritical of [true, false]) {
      it(`don't count, whether that is critical (${isCritical})`, () => {
        const onlyAuthorities = listExtension('2.5.29.28', '30038201ff', isCritical);
        const changes = listExtension('2.5.29.27', '020101', isCritical);
        assert.deepEqual(faultWith({ extensions: [onlyAuthorities] }), NONE);
        assert.deepEqual(faultWith({ extensions: [changes] }), NONE);
        const ofAnother = listExtension('2.5.29.29', '3000', isCritical);
        assert.deepEqual(faultWith({ serialNumbers: ['05'], entryExtensions: [ofAnother] }), NONE);
      });
    }

    it('count with extensions that limit nothing', () => {
      const number = listExtension('2.5.29.20', '020107');
      const reason = listExtension('2.5.29.21', '0a0101');
      assert.equal(
        faultWith({ extensions: [number], serialNumbers: ['05'], entryExtensions: [reason] }),
        null,
      );
      assert.deepEqual(faultWith({ extensions: [listExtension('1.2.3.4', '0500', true)] }), NONE);
    });
  });

  it('have as many entries as their authority has revoked', () => {
    const count = 100_000;
    const serialNumbers = Array.from({ length: count }, (_, at) => `40${at.toString(16).padStart(30, '0')}`);
    const [list] = parseRevocationLists(buildList(intermediate.certificate, { serialNumbers }));
    assert.ok(list);
    const revoked = serialNumbers.filter((hex) => list.revokes(Buffer.from(hex, 'hex')));
    assert.equal(revoked.length, count);
    assert.equal(list.revokes(Buffer.from('41', 'hex')), false);
  });

  it('that are changed are refused by code, or read', () => {
    const whole = buildList(intermediate.certificate, {
      serialNumbers: [leaf.serialNumber, '80'],
      entryExtensions: [listExtension('2.5.29.21', '0a0101')],
      extensions: [listExtension('2.5.29.20', '020107'), listExtension('2.5.29.28', '3000', true)],
    });
    const below = numbersFrom(20_250_901);
    const ends = { read: 0, refused: 0 };
    for (let round = 0; round < 3000; round += 1) {
      const bytes = mutated(whole, below);
      try {
        const lists = parseRevocationLists(bytes);
        checkLists(chain, lists, Date.now());
        ends.read += 1;
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ERR_SCHANNEL_OPTION_CERTIFICATE');
        ends.refused += 1;
      }
    }
    for (const [end, count] of Object.entries(ends)) assert.ok(count > 150, `${end}: ${count}`);
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
    assert.equal(list?.revokes(Buffer.from(leaf.serialNumber, 'hex')), true);
    assert.equal(list.revokes(Buffer.from(`00${leaf.serialNumber}`, 'hex')), true);
    assert.equal(list.revokes(Buffer.of(1)), false);
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
