import assert from 'node:assert/strict';
import type { NativePlatform } from '#lib/native/binding.js';
import { createSecureContext, type SecureContextOptions } from '#lib/tls/secure-context/secure-context.js';
import { ClientCredential } from '#lib/tls/credential/client-credential.js';

const WINDOWS: NativePlatform = { build: 19045, wine: null };
const WINE: NativePlatform = { build: 19045, wine: '10.0' };

const credentialOf = (options: SecureContextOptions, platform = WINDOWS): ClientCredential =>
  new ClientCredential(createSecureContext(options), 'host.example', platform);

describe('tls/credential/client-credential', () => {
  it('resumes no session if a function chooses the certificate', () => {
    const chosen = { certificate: () => null };
    assert.equal(credentialOf(chosen).resumes, false);
    assert.equal(credentialOf({}).resumes, true);
    assert.equal(credentialOf({ certificate: 'A'.repeat(40) }).resumes, true);
    assert.equal(credentialOf({ certificate: { subject: 'alice' } }).resumes, true);
  });

  it('does not forbid resumption under Wine, which refuses that and never resumes', () => {
    assert.equal(credentialOf({ certificate: () => null }, WINE).resumes, true);
  });
});
