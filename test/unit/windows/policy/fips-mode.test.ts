import assert from 'node:assert/strict';
import { isFipsGroup, isFipsOn } from '#lib/windows/policy/fips-mode.js';

describe('windows/policy/fips-mode', () => {
  for (const [effective, enabled, mdmEnabled, on] of [
    [true, 0, null, true],
    [false, 1, 1, false],
    [null, null, null, false],
    [null, 0, 0, false],
    [null, 1, null, true],
    [null, null, 1, true],
  ] as const) {
    it(`is ${on ? 'on' : 'off'} with ${effective}, Enabled ${enabled}, MDMEnabled ${mdmEnabled}`, () => {
      assert.equal(isFipsOn({ fips: { effective, enabled, mdmEnabled } }), on);
    });
  }

  it('has the groups of NIST by their names of Windows, and no others', () => {
    for (const name of ['NistP256', 'nistp384', 'nistP521']) assert.ok(isFipsGroup(name), name);
    for (const name of ['curve25519', 'nistP224', 'secP256r1', 'brainpoolP256r1', 'secp256r1_mlkem768']) {
      assert.ok(!isFipsGroup(name), name);
    }
  });
});
