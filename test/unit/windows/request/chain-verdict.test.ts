import assert from 'node:assert/strict';
import type { Native, NativeVerifyOutcome } from '#lib/native/binding.js';
import { chainVerdict } from '#lib/windows/request/chain-verdict.js';
import {
  daysFromNow,
  sharedRoot,
  type TestAuthority,
  type TestCertificate,
} from '../../../support/certificates.js';
import { chainElement, outcomeOf, Trust } from '../../../support/verify-outcome.js';

describe('windows/request/chain-verdict', () => {
  let root: TestAuthority;
  let middle: TestAuthority;
  let leaf: TestCertificate;
  before(async () => {
    root = await sharedRoot();
    middle = await root.authority('CN=schannel test middle');
    leaf = await middle.issue({ subject: 'CN=leaf.test', caIssuers: 'http://pki.example/middle.crt' });
  });

  const asked: Parameters<Native['verifyChain']>[0][] = [];
  const answering = (outcome: NativeVerifyOutcome): Pick<Native, 'verifyChain'> => ({
    verifyChain: (request, callback) => {
      asked.push(request);
      callback(outcome);
    },
  });
  const whole = (faults = 0): NativeVerifyOutcome =>
    outcomeOf(
      [leaf, middle.certificate, root.certificate].map(({ der }) => chainElement(der)),
      { errorStatus: faults },
    );

  it('trusts what Windows trusts, and asks for nothing from the network', async () => {
    const issuer = middle.certificate.der;
    const { verdict, missing } = await chainVerdict(leaf.der, [issuer], answering(whole()));
    assert.deepEqual(verdict, {
      state: 'trusted',
      faults: [],
      chain: ['CN=leaf.test', 'CN=schannel test middle', 'CN=schannel test root'],
    });
    assert.deepEqual(missing, []);
    const request = asked.at(-1);
    // CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL
    assert.deepEqual([request?.chainFlags, request?.role], [0x4, 'server']);
    assert.deepEqual(request?.certificates, [leaf.der, issuer]);
  });

  it('names a root that is not trusted', async () => {
    const { verdict, missing } = await chainVerdict(leaf.der, [], answering(whole(Trust.UNTRUSTED_ROOT)));
    assert.equal(verdict.state, 'untrusted-root');
    assert.deepEqual(
      missing.map(({ code }) => code),
      ['ROOT_UNTRUSTED'],
    );
    assert.match(missing[0]?.meaning ?? '', /CN=schannel test root/);
  });

  it('names an issuer that is missing, and where it can be fetched', async () => {
    const partial = outcomeOf([chainElement(leaf.der)], { errorStatus: Trust.PARTIAL_CHAIN });
    const { verdict, missing } = await chainVerdict(leaf.der, [], answering(partial));
    assert.equal(verdict.state, 'incomplete');
    assert.deepEqual(
      missing.map(({ code }) => code),
      ['ISSUER_MISSING'],
    );
    assert.match(missing[0]?.meaning ?? '', /CN=schannel test middle/);
    assert.match(missing[0]?.remedy ?? '', /http:\/\/pki\.example\/middle\.crt/);
  });

  it('says so of any other fault', async () => {
    const { verdict } = await chainVerdict(leaf.der, [], answering(whole(Trust.NOT_VALID_FOR_USAGE)));
    assert.deepEqual([verdict.state, verdict.faults], ['refused', ['IS_NOT_VALID_FOR_USAGE']]);
  });

  it('does not trust what Windows could not verify', async () => {
    const failed = { ...outcomeOf([]), status: 0x80070005 };
    const { verdict } = await chainVerdict(leaf.der, [], answering(failed));
    assert.equal(verdict.state, 'refused');
    assert.equal(verdict.faults.length, 1);
  });

  it('reports dates', async () => {
    const early = await middle.issue({ notBefore: daysFromNow(1) });
    const late = await middle.issue({ notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) });
    for (const [{ der }, code] of [
      [early, 'NOT_YET_VALID'],
      [late, 'EXPIRED'],
    ] as const) {
      const outcome = outcomeOf([chainElement(der)], { errorStatus: Trust.NOT_TIME_VALID });
      const { missing } = await chainVerdict(der, [], answering(outcome));
      assert.deepEqual(
        missing.map((each) => each.code),
        [code],
      );
    }
  });

  it('verifies for clients what is only for clients', async () => {
    const { der } = await middle.issue({ usages: ['clientAuth'] });
    await chainVerdict(der, [], answering(outcomeOf([chainElement(der)])));
    assert.equal(asked.at(-1)?.role, 'client');
  });
});
