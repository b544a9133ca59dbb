import assert from 'node:assert/strict';
import { checkIdentity } from '#lib/windows/trust/identity.js';
import { legacyPeerCertificate } from '#lib/windows/trust/peer-certificate.js';
import { TrustCache } from '#lib/windows/trust/trust.js';
import { judge, type Verdict, verifyRequest } from '#lib/windows/trust/verify.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import type { NativeVerifyOutcome, NativeVerifyRequest } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { handlesBackTo } from '../../support/native-store.js';
import { CASES, expectedHere, type Scenario, titleOf } from './cases.js';
import { LivePki } from './pki.js';

const verifyChain = (request: NativeVerifyRequest): Promise<NativeVerifyOutcome> =>
  new Promise((resolve) => {
    native().verifyChain(request, resolve);
  });

describe('verify: certificates, directly on the add-on', () => {
  let pki: LivePki;
  let trusts: TrustCache;
  before(async () => {
    pki = await LivePki.create();
    trusts = new TrustCache(native());
  });
  after(async () => {
    pki.close();
    await trusts.clear();
  });

  async function verify(scenario: Scenario): Promise<Verdict & { identity: Error | null }> {
    const { leaf, others = [], ca, host = 'localhost', revocation = 'off', role = 'server' } = scenario;
    const partial = scenario.allowPartialTrustChain ?? false;
    const lease =
      ca === null
        ? null
        : await trusts.lease(
            ca.map(({ der }) => der),
            partial,
          );
    try {
      const certificates = [leaf, ...others].map(({ der }) => der);
      const request = {
        session: null,
        certificates,
        trust: lease?.resource ?? null,
        role,
        revocation,
      } as const;
      const verdict = judge(await verifyChain(verifyRequest({ ...request, urlTimeout: 1000 })), revocation);
      const identity = role === 'server' && verdict.authorized;
      return {
        ...verdict,
        identity: identity ? checkIdentity(host, legacyPeerCertificate([leaf.der])) : null,
      };
    } finally {
      lease?.release();
    }
  }

  for (const row of CASES) {
    it(titleOf(row), async () => {
      const expected = expectedHere(row);
      const verdict = await verify(await row.scenario(pki));
      const error = verdict.error ?? verdict.identity;
      if (expected.code === null) {
        assert.equal(error, null);
      } else {
        assert.ok(error instanceof SchannelError);
        assert.equal(error.code, expected.code, error.message);
        assert.equal(error.statusName, expected.statusName);
        if (expected.element !== undefined) assert.equal(error.trust?.element, expected.element);
      }
      if (expected.revocation !== undefined) assert.equal(verdict.revocation, expected.revocation);
    });
  }

  it('reports the chain that was built, leaf first, up to the root that was not sent', async () => {
    const leaf = await pki.intermediate.issue();
    const { root, intermediate } = pki;
    const { chain } = await verify({ leaf, others: [intermediate.certificate], ca: [root.certificate] });
    const expected = [leaf, intermediate.certificate, root.certificate];
    assert.deepEqual(
      chain.map(hex),
      expected.map(({ der }) => hex(der)),
    );
  });

  it('waits no longer than the limit for a server that never answers', async () => {
    const { root, checked } = pki;
    const leaf = await checked.issue({ crl: pki.silent() });
    const verdict = await verify({
      leaf,
      others: [checked.certificate],
      ca: [root.certificate],
      revocation: 'soft',
    });
    assert.equal(verdict.authorized, true);
    assert.equal(verdict.revocation, 'unknown');
  });

  it('names a certificate that is not one, and stays usable', async () => {
    const outcome = await verifyChain(
      verifyRequest({
        session: null,
        certificates: [Uint8Array.of(0x30, 0x00)],
        trust: null,
        role: 'server',
        revocation: 'off',
        urlTimeout: 0,
      }),
    );
    const { error } = judge(outcome, 'off');
    assert.equal(error?.code, 'ERR_SCHANNEL_SYSTEM_FAILURE');
    assert.equal(error.syscall, 'CertAddEncodedCertificateToStore');
    assert.notEqual(error.status, 0);
  });

  it('refuses a trust that was closed, and objects that are none', async () => {
    const { resource: trust } = await trusts.lease([pki.root.certificate.der], false);
    trust.close();
    trust.close();
    const subject = {
      session: null,
      certificates: [pki.root.certificate.der],
      role: 'server',
      revocation: 'off',
    } as const;
    const request = verifyRequest({ ...subject, trust, urlTimeout: 0 });
    assert.throws(
      () => {
        native().verifyChain(request, () => undefined);
      },
      { syscall: 'trust is closed' },
    );
    assert.throws(
      () => {
        native().verifyChain({ ...request, trust: { close() {} } }, () => undefined);
      },
      {
        syscall: 'object of the wrong class',
      },
    );
  });

  it('gives every handle back', async () => {
    const cache = new TrustCache(native());
    const before = native().handleCounts();
    const der = [pki.root.certificate.der];
    const { intermediate } = pki;
    const certificates = [(await intermediate.issue()).der, intermediate.certificate.der];
    for (let round = 0; round < 3; round += 1) {
      const lease = await cache.lease(der, false);
      const subject = { session: null, certificates, role: 'server', revocation: 'off' } as const;
      const request = verifyRequest({ ...subject, trust: lease.resource, urlTimeout: 0 });
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => verifyChain(request)));
      for (const outcome of outcomes) assert.equal(judge(outcome, 'off').authorized, true);
      lease.release();
      await cache.clear();
    }
    await handlesBackTo(before);
  });
});

const hex = (der: Uint8Array): string => Buffer.from(der).toString('hex');
