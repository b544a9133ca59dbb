import assert from 'node:assert/strict';
import { chainEnd } from '#lib/tls/credential/chain-end.js';
import type { NativeVerifyOutcome, NativeVerifyRequest } from '#lib/native/binding.js';
import { daysFromNow, TestAuthority } from '../../../support/certificates.js';
import { chainElement, outcomeOf } from '../../../support/verify-outcome.js';

describe('tls/credential/chain-end', () => {
  let root: TestAuthority;
  let intermediate: TestAuthority;
  let leaf: Uint8Array;
  const asked: NativeVerifyRequest[] = [];

  before(async () => {
    root = await TestAuthority.create('CN=root', { notAfter: daysFromNow(1) });
    intermediate = await root.authority('CN=intermediate', { notAfter: daysFromNow(10) });
    leaf = (await intermediate.issue({ notAfter: daysFromNow(20) })).der;
  });

  const addonOf = (outcome: NativeVerifyOutcome) => ({
    verifyChain: (request: NativeVerifyRequest, callback: (outcome: NativeVerifyOutcome) => void): void => {
      asked.push(request);
      callback(outcome);
    },
  });
  const chain = (): NativeVerifyOutcome =>
    outcomeOf([leaf, intermediate.certificate.der, root.certificate.der].map((der) => chainElement(der)));
  const dayOf = (end: number | null): number | null =>
    end === null ? null : Math.round((end - Date.now()) / 86_400_000);

  it('is when the first certificate that Windows sends expires, without the root', async () => {
    assert.equal(dayOf(await chainEnd(leaf, 'server', addonOf(chain()))), 10);
  });

  it('uses the chain for the side that shows the certificate, and fetches nothing', async () => {
    asked.length = 0;
    await chainEnd(leaf, 'server', addonOf(chain()));
    const [request] = asked;
    assert.equal(request?.role, 'server');
    const CACHE_ONLY_URL_RETRIEVAL = 0x4;
    assert.equal(request.chainFlags, CACHE_ONLY_URL_RETRIEVAL);
  });

  it('ignores certificates that have expired before', async () => {
    const later = daysFromNow(15).getTime();
    assert.equal(dayOf(await chainEnd(leaf, 'server', addonOf(chain()), later)), 20);
    assert.equal(await chainEnd(leaf, 'server', addonOf(chain()), daysFromNow(30).getTime()), null);
  });

  it('is unknown if Windows cannot build a chain, or if the add-on throws', async () => {
    assert.equal(await chainEnd(leaf, 'client', addonOf({ ...chain(), status: 8, elements: [] })), null);
    const refusing = {
      verifyChain: (): never => {
        throw new Error('refused');
      },
    };
    assert.equal(await chainEnd(leaf, 'client', refusing), null);
  });
});
