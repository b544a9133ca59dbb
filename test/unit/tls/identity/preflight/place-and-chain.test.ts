import assert from 'node:assert/strict';
import { chainFindings } from '#lib/tls/identity/preflight/chain-findings.js';
import { placeFindings } from '#lib/tls/identity/preflight/place-findings.js';
import type { NativeVerifyOutcome } from '#lib/native/binding.js';
import type { NativeKeyLocation } from '#lib/native/store-binding.js';
import { TestAuthority } from '../../../../support/certificates.js';

const CRYPT_MACHINE_KEYSET = 0x20;
const THUMBPRINT = 'A'.repeat(40);

const keyWith = (flags: number): NativeKeyLocation => ({
  container: 'key',
  provider: 'Microsoft Software Key Storage Provider',
  providerType: 0,
  flags,
  keySpec: 0,
});

describe('preflight: where certificate and key are', () => {
  const codes = (reference: string | null, location: NativeKeyLocation | null): string[] =>
    placeFindings(reference, location).map(({ severity, code }) => `${severity} ${code}`);

  it('should be in the same hands', () => {
    const [user, machine] = [`CurrentUser\\MY\\${THUMBPRINT}`, `LocalMachine\\MY\\${THUMBPRINT}`];
    assert.deepEqual(codes(user, keyWith(0)), []);
    assert.deepEqual(codes(machine, keyWith(CRYPT_MACHINE_KEYSET)), []);
    assert.deepEqual(codes(user, keyWith(CRYPT_MACHINE_KEYSET)), ['warning KEY_OF_MACHINE']);
    assert.deepEqual(codes(machine, keyWith(0)), ['warning KEY_OF_USER']);
    assert.deepEqual(codes(null, keyWith(CRYPT_MACHINE_KEYSET)), []);
    assert.deepEqual(codes(user, null), []);
  });
});

describe('preflight: the chain that Windows would send', () => {
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

  it('should be whole; its root is of no concern', async () => {
    const root = await TestAuthority.create('CN=root');
    const intermediate = await root.authority('CN=intermediate');
    const { der } = await intermediate.issue();
    const whole = outcome(IS_UNTRUSTED_ROOT, der, intermediate.certificate.der, root.certificate.der);
    assert.deepEqual(chainFindings(whole), []);
    const [alone] = chainFindings(outcome(IS_PARTIAL_CHAIN, der));
    assert.equal(alone?.code, 'CHAIN_INCOMPLETE');
    assert.match(alone.meaning, /no certificate of CN=intermediate,/);
    const [rootless] = chainFindings(outcome(IS_PARTIAL_CHAIN, der, intermediate.certificate.der));
    assert.match(rootless?.meaning ?? '', /no certificate of CN=root,/);
  });
});
