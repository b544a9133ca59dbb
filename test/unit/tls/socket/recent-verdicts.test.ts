import assert from 'node:assert/strict';
import type { NativeTrust, NativeVerifyRequest } from '#lib/native/binding.js';
import { RecentVerdicts } from '#lib/tls/socket/recent-verdicts.js';
import { storeWrites } from '#lib/windows/store/store-writes.js';
import { type Verdict, verifyRequest, type VerifySubject } from '#lib/windows/trust/verify.js';
import { sharedRoot, type TestCertificate } from '../../../support/certificates.js';

const NOW = Date.now();

describe('tls/socket/recent-verdicts', () => {
  let root: TestCertificate;
  let leaf: TestCertificate;
  let other: TestCertificate;
  before(async () => {
    const authority = await sharedRoot();
    root = authority.certificate;
    leaf = await authority.issue();
    other = await authority.issue();
  });

  const requestOf = (options: Partial<VerifySubject> = {}) =>
    verifyRequest({
      session: null,
      certificates: [],
      trust: null,
      role: 'server',
      revocation: 'off',
      urlTimeout: 0,
      ...options,
    });
  const accepted = (chain: readonly Uint8Array[], options: Partial<Verdict> = {}): Verdict => ({
    authorized: true,
    error: null,
    chain,
    revocation: 'not-checked',
    ignored: [],
    ...options,
  });
  /** Verdicts and a clock. */
  function recent() {
    const clock = { now: NOW };
    return { clock, verdicts: new RecentVerdicts(() => clock.now) };
  }

  it('has a verdict for the same chain and request, for a second', () => {
    const { clock, verdicts } = recent();
    const sent = [leaf.der, root.der];
    assert.equal(verdicts.find(requestOf(), sent), null);
    verdicts.begin(requestOf(), sent)(accepted(sent));
    const copy = [Buffer.from(leaf.der), Buffer.from(root.der)];
    assert.deepEqual(verdicts.find(requestOf(), copy), accepted(copy));
    clock.now = NOW + 999;
    assert.notEqual(verdicts.find(requestOf(), sent), null);
    clock.now = NOW + 1000;
    assert.equal(verdicts.find(requestOf(), sent), null);
  });

  it('counts the second from when the verification began', () => {
    const { clock, verdicts } = recent();
    const keep = verdicts.begin(requestOf(), [leaf.der]);
    clock.now = NOW + 1000;
    keep(accepted([leaf.der, root.der]));
    assert.equal(verdicts.find(requestOf(), [leaf.der]), null);
  });

  it('has none after the clock was set back', () => {
    const { clock, verdicts } = recent();
    verdicts.begin(requestOf(), [leaf.der])(accepted([leaf.der, root.der]));
    clock.now = NOW - 1;
    assert.equal(verdicts.find(requestOf(), [leaf.der]), null);
  });

  it('has none for other certificates, nor for the same ones with others behind them', () => {
    const { verdicts } = recent();
    verdicts.begin(requestOf(), [leaf.der])(accepted([leaf.der, root.der]));
    for (const sent of [[other.der], [leaf.der, root.der], [leaf.der.subarray(0, -1)], []])
      assert.equal(verdicts.find(requestOf(), sent), null);
  });

  it('has none for another request', () => {
    const { verdicts } = recent();
    const [trust, another] = [{} as NativeTrust, {} as NativeTrust];
    verdicts.begin(requestOf({ trust }), [leaf.der])(accepted([leaf.der, root.der]));
    assert.notEqual(verdicts.find(requestOf({ trust }), [leaf.der]), null);
    for (const request of [
      requestOf(),
      requestOf({ trust: another }),
      requestOf({ trust, role: 'client' }),
      requestOf({ trust, revocation: 'soft' }),
      requestOf({ trust, fetchIssuers: false }),
      requestOf({ trust, urlTimeout: 1 }),
    ])
      assert.equal(verdicts.find(request, [leaf.der]), null);
  });

  it('has none for a request that differs in any one thing', () => {
    const request = { ...requestOf(), trust: {} as NativeTrust };
    const others: Record<keyof NativeVerifyRequest, unknown> = {
      session: null,
      certificates: [],
      trust: {},
      usage: '1.2.3',
      role: 'client',
      chainFlags: request.chainFlags ^ 1,
      policyFlags: request.policyFlags ^ 1,
      urlTimeout: request.urlTimeout + 1,
    };
    const { verdicts } = recent();
    verdicts.begin(request, [leaf.der])(accepted([leaf.der, root.der]));
    const isKnown = (key: string, value: unknown): boolean =>
      verdicts.find({ ...request, [key]: value }, [leaf.der]) !== null;
    const shared = Object.keys(others).filter((key) => isKnown(key, Reflect.get(others, key)));
    // These hold what the peer has sent, which is compared by itself.
    assert.deepEqual(shared, ['session', 'certificates']);
    assert.deepEqual(Object.keys(request).sort(), Object.keys(others).sort());
  });

  it('has none for the same certificates in another order, nor with one byte changed anywhere', () => {
    const { verdicts } = recent();
    const sent = [leaf.der, other.der, root.der];
    verdicts.begin(requestOf(), sent)(accepted([leaf.der, root.der]));
    assert.notEqual(verdicts.find(requestOf(), sent), null);
    assert.equal(verdicts.find(requestOf(), [leaf.der, root.der, other.der]), null);
    assert.equal(verdicts.find(requestOf(), [other.der, leaf.der, root.der]), null);
    for (const [index, der] of sent.entries()) {
      for (const at of [0, der.length >> 1, der.length - 1]) {
        const changed = Buffer.from(der);
        changed[at] = (changed[at] ?? 0) ^ 1;
        assert.equal(
          verdicts.find(
            requestOf(),
            sent.map((each, place) => (place === index ? changed : each)),
          ),
          null,
        );
      }
    }
  });

  it('keeps no refusal, and nothing that revocation was checked for', () => {
    const { verdicts } = recent();
    const chain = [leaf.der, root.der];
    for (const verdict of [
      accepted(chain, { authorized: false }),
      accepted(chain, { revocation: 'good' }),
      accepted(chain, { revocation: 'unknown' }),
    ]) {
      verdicts.begin(requestOf(), [leaf.der])(verdict);
      assert.equal(verdicts.find(requestOf(), [leaf.der]), null);
    }
  });

  it('forgets a chain when a certificate in it expires, and keeps none whose end is unknown', async () => {
    const { clock, verdicts } = recent();
    const authority = await sharedRoot();
    const end = new Date(Math.ceil(NOW / 1000) * 1000);
    const short = await authority.issue({ notAfter: end });
    clock.now = end.getTime() - 500;
    verdicts.begin(requestOf(), [short.der])(accepted([short.der, root.der]));
    clock.now = end.getTime() - 1;
    assert.notEqual(verdicts.find(requestOf(), [short.der]), null);
    clock.now = end.getTime();
    assert.equal(verdicts.find(requestOf(), [short.der]), null);
    const unreadable = Buffer.from('unreadable');
    verdicts.begin(requestOf(), [unreadable])(accepted([unreadable]));
    assert.equal(verdicts.find(requestOf(), [unreadable]), null);
  });

  it('forgets all that a write to a store may have changed, before its end and after it', async () => {
    const { verdicts } = recent();
    const keep = (): void => verdicts.begin(requestOf(), [leaf.der])(accepted([leaf.der, root.der]));
    const isKept = (): boolean => verdicts.find(requestOf(), [leaf.der]) !== null;
    keep();
    let during = true;
    await storeWrites.counted(async () => {
      during = isKept();
      keep();
      await Promise.resolve();
    });
    assert.deepEqual([during, isKept()], [false, false]);
    const late = verdicts.begin(requestOf(), [leaf.der]);
    await assert.rejects(storeWrites.counted(() => Promise.reject(new Error('refused'))));
    late(accepted([leaf.der, root.der]));
    assert.equal(isKept(), false);
  });

  it('shares no memory, neither with whom it is from nor among those that get it', () => {
    const { verdicts } = recent();
    const [sent, chain] = [[Buffer.from(leaf.der)], [Buffer.from(leaf.der), Buffer.from(root.der)]];
    verdicts.begin(requestOf(), sent)(accepted(chain));
    sent[0]?.fill(0);
    for (const der of chain) der.fill(0);
    for (let time = 0; time < 2; time++) {
      const found = verdicts.find(requestOf(), [Buffer.from(leaf.der)]);
      assert.deepEqual(found?.chain, [Buffer.from(leaf.der), Buffer.from(root.der)]);
      for (const der of found.chain) der.fill(0);
    }
  });

  it('gives what the peer sent itself, and the rest in memory that holds nothing else', () => {
    const { verdicts } = recent();
    verdicts.begin(requestOf(), [leaf.der])(accepted([leaf.der, root.der]));
    const sent = Buffer.from(leaf.der);
    const [first, second] = verdicts.find(requestOf(), [sent])?.chain ?? [];
    assert.equal(first, sent);
    assert.equal(second?.buffer.byteLength, root.der.length);
  });

  it('keeps the 32 newest', () => {
    const { verdicts } = recent();
    const chain = [leaf.der, root.der];
    const sent = (number: number): Uint8Array[] => [leaf.der, Buffer.from([number])];
    for (let number = 0; number < 40; number++) verdicts.begin(requestOf(), sent(number))(accepted(chain));
    const kept = Array.from({ length: 40 }, (_, number) => verdicts.find(requestOf(), sent(number)) !== null);
    assert.deepEqual(kept, [...Array<boolean>(8).fill(false), ...Array<boolean>(32).fill(true)]);
  });
});
