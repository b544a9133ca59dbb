import assert from 'node:assert/strict';
import type { NativeKeyLocation } from '#lib/native/store-binding.js';
import { placeFindings } from '#lib/tls/identity/preflight/place-findings.js';

const CRYPT_MACHINE_KEYSET = 0x20;
const THUMBPRINT = 'A'.repeat(40);

const keyWith = (flags: number): NativeKeyLocation => ({
  container: 'key',
  provider: 'Microsoft Software Key Storage Provider',
  providerType: 0,
  flags,
  keySpec: 0,
});

describe('tls/identity/preflight/place-findings', () => {
  const codes = (reference: string | null, location: NativeKeyLocation | null): string[] =>
    placeFindings(reference, location).map(({ severity, code }) => `${severity} ${code}`);

  it('warns if the certificate and its key belong to different accounts', () => {
    const [user, machine] = [`CurrentUser\\MY\\${THUMBPRINT}`, `LocalMachine\\MY\\${THUMBPRINT}`];
    assert.deepEqual(codes(user, keyWith(0)), []);
    assert.deepEqual(codes(machine, keyWith(CRYPT_MACHINE_KEYSET)), []);
    assert.deepEqual(codes(user, keyWith(CRYPT_MACHINE_KEYSET)), ['warning KEY_OF_MACHINE']);
    assert.deepEqual(codes(machine, keyWith(0)), ['warning KEY_OF_USER']);
    assert.deepEqual(codes(null, keyWith(CRYPT_MACHINE_KEYSET)), []);
    assert.deepEqual(codes(user, null), []);
  });
});
