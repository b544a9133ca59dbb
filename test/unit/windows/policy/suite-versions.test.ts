import assert from 'node:assert/strict';
import { isUsableSuite, suiteNamed, versionsOf } from '#lib/windows/policy/suite-versions.js';

const fips = (effective: boolean) => ({ fips: { effective, enabled: null, mdmEnabled: null } });

describe('windows/policy/suite-versions', () => {
  for (const [name, versions, usable] of [
    ['TLS_AES_128_GCM_SHA256', ['TLS 1.3'], [true, true]],
    ['TLS_CHACHA20_POLY1305_SHA256', ['TLS 1.3'], [true, false]],
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', ['TLS 1.2'], [true, true]],
    ['TLS_RSA_WITH_AES_128_CBC_SHA256', ['TLS 1.2'], [true, true]],
    ['TLS_RSA_WITH_AES_128_CBC_SHA', ['TLS 1.2', 'TLS 1.1', 'TLS 1.0', 'SSL 3.0'], [true, true]],
    ['TLS_RSA_WITH_RC4_128_SHA', ['TLS 1.2', 'TLS 1.1', 'TLS 1.0', 'SSL 3.0'], [true, false]],
    ['TLS_RSA_WITH_NULL_SHA256', ['TLS 1.2'], [false, false]],
    ['TLS_PSK_WITH_AES_128_GCM_SHA256', ['TLS 1.2'], [false, false]],
  ] as const) {
    it(`knows when ${name} can be used`, () => {
      const suite = suiteNamed(name);
      assert.ok(suite);
      assert.deepEqual(versionsOf(suite), versions);
      assert.deepEqual([isUsableSuite(fips(false), suite), isUsableSuite(fips(true), suite)], usable);
    });
  }

  it('knows suites with and without the curve of older names', () => {
    const name = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
    assert.equal(suiteNamed(`${name}_P256`), suiteNamed(name));
    assert.equal(suiteNamed('TLS_NO_SUCH'), null);
  });
});
