import assert from 'node:assert/strict';
import { TrustCache } from '#lib/windows/trust/trust.js';
import type { Native, NativeTrust, NativeTrustRequest } from '#lib/native/binding.js';
import type { NativeOutcome } from '#lib/native/store-binding.js';

/** An add-on that keeps count of what it made. */
class ScriptedTrust implements Pick<Native, 'createTrust'> {
  readonly requests: NativeTrustRequest[] = [];
  closed = 0;
  failure: NativeOutcome<NativeTrust> | null = null;

  createTrust(request: NativeTrustRequest, callback: (outcome: NativeOutcome<NativeTrust>) => void): void {
    this.requests.push(request);
    const close = (): void => {
      this.closed += 1;
    };
    const outcome = this.failure ?? { value: { close } };
    setImmediate(() => {
      callback(outcome);
    });
  }
}

const A = Uint8Array.of(1);
const B = Uint8Array.of(2);
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('windows/trust/trust', () => {
  let native: ScriptedTrust;
  let cache: TrustCache;
  beforeEach(() => {
    native = new ScriptedTrust();
    cache = new TrustCache(native);
  });

  it('makes one engine for the same certificates, in any order and number, also at the same time', async () => {
    const leases = await Promise.all([cache.lease([A, B], false), cache.lease([B, A, A], false)]);
    assert.equal(native.requests.length, 1);
    assert.equal(leases[0].resource, leases[1].resource);
    assert.deepEqual(native.requests[0], { certificates: [A, B], partialChain: false });
  });

  it('gives an engine that is there at once', async () => {
    const made = cache.lease([A], false);
    assert.ok(made instanceof Promise);
    const { resource } = await made;
    const again = cache.lease([A], false);
    assert.ok(!(again instanceof Promise));
    assert.equal(again.resource, resource);
  });

  it('keeps sets apart that differ in a certificate or in the anchors they allow', async () => {
    await cache.lease([A], false);
    await cache.lease([A, B], false);
    await cache.lease([A], true);
    await cache.lease([], false);
    assert.equal(native.requests.length, 4);
  });

  it('keeps a set after its last use, until others replace it', async () => {
    const first = await cache.lease([A], false);
    first.release();
    const again = await cache.lease([A], false);
    assert.equal(native.requests.length, 1);
    again.release();
    for (let index = 0; index < 4; index += 1)
      (await cache.lease([Uint8Array.of(10, index)], false)).release();
    await settled();
    assert.equal(native.closed, 1);
    await cache.lease([A], false);
    assert.equal(native.requests.length, 6);
  });

  it('never closes a set in use, and counts each release once', async () => {
    const first = await cache.lease([A], false);
    const second = await cache.lease([A], false);
    first.release();
    first.release();
    await cache.clear();
    assert.equal(native.closed, 0);
    second.release();
    await cache.clear();
    assert.equal(native.closed, 1);
  });

  it('reports why Windows refused, and asks again the next time', async () => {
    native.failure = { value: null, status: 0x80070057, syscall: 'CertCreateCertificateChainEngine' };
    await assert.rejects(async () => cache.lease([A], false), {
      code: 'ERR_SCHANNEL_SYSTEM_FAILURE',
      statusName: 'E_INVALIDARG',
      syscall: 'CertCreateCertificateChainEngine',
    });
    native.failure = null;
    const lease = await cache.lease([A], false);
    assert.ok(lease.resource);
    assert.equal(native.requests.length, 2);
  });
});
