import assert from 'node:assert/strict';
import type { NativeVerifyOutcome } from '#lib/native/binding.js';
import { chainFindings } from '#lib/tls/identity/preflight/chain-findings.js';
import { TestAuthority } from '../../../../support/certificates.js';

describe('tls/identity/preflight/chain-findings', () => {
  const IS_PARTIAL_CHAIN = 0x10000;
  const IS_UNTRUSTED_ROOT = 0x20;
  const outcome = (errorStatus: number, ...certificates: Uint8Array[]): NativeVerifyOutcome => ({
    status: 0,
    syscall: '',
    errorStatus,
    infoStatus: 0,
    policy: { error: 0, chainIndex: -1, elementIndex: -1 },
    elements: certificates.map((certificate) => ({
      certificate,
      errorStatus: 0,
      infoStatus: 0,
      revocation: null,
    })),
  });

  it('warns if an issuer is missing, and ignores whether the root is trusted', async () => {
    const root = await TestAuthority.create('CN=root');
    const intermediate = await root.authority('CN=intermediate');
    const { der } = await intermediate.issue();
    const whole = outcome(IS_UNTRUSTED_ROOT, der, intermediate.certificate.der, root.certificate.der);
    assert.deepEqual(chainFindings(whole), []);
    const [leafOnly] = chainFindings(outcome(IS_PARTIAL_CHAIN, der));
    assert.equal(leafOnly?.code, 'CHAIN_INCOMPLETE');
    assert.match(leafOnly.meaning, /no certificate of CN=intermediate,/);
    const [rootless] = chainFindings(outcome(IS_PARTIAL_CHAIN, der, intermediate.certificate.der));
    assert.match(rootless?.meaning ?? '', /no certificate of CN=root,/);
  });
});
