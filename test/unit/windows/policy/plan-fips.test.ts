import assert from 'node:assert/strict';
import { FIPS_KEY, LOCAL_SUITES_KEY } from '#lib/windows/policy/keys.js';
import { planChange } from '#lib/windows/policy/plan-change.js';
import { readPolicyOf } from '#lib/windows/policy/read-policy.js';
import { ScriptedRegistry, scriptedPolicySystem } from '../../../support/scripted-policy.js';

const plan = async (fips: boolean, registry: ScriptedRegistry) =>
  planChange(await readPolicyOf(scriptedPolicySystem(registry)), { fips });

const fips = (values: Readonly<Record<string, number>>): ScriptedRegistry => {
  const registry = new ScriptedRegistry();
  for (const [name, value] of Object.entries(values)) registry.put(FIPS_KEY, name, value);
  return registry;
};

describe('windows/policy/plan-fips', () => {
  for (const [values, on, changes] of [
    [{}, true, [[null, 1]]],
    [{ Enabled: 0 }, true, [[0, 1]]],
    [{ Enabled: 1 }, true, []],
    // Any number but 0 is on.
    [{ Enabled: 2 }, true, []],
    [{ Enabled: 1 }, false, [[1, 0]]],
    [{ Enabled: 0 }, false, []],
    [{}, false, []],
    [{ Enabled: 1, MDMEnabled: 0 }, false, [[1, 0]]],
  ] as const) {
    it(`plans to switch FIPS mode ${on ? 'on' : 'off'} with ${JSON.stringify(values)}`, async () => {
      const planned = await plan(on, fips(values));
      assert.deepEqual(
        planned.map(({ now, then }) => [now, then]),
        changes,
      );
      for (const change of planned) {
        assert.deepEqual([change.key, change.name, change.takesEffect], [FIPS_KEY, 'Enabled', 'reboot']);
      }
    });
  }

  it('leaves what the device management has switched on', async () => {
    await assert.rejects(plan(false, fips({ Enabled: 1, MDMEnabled: 1 })), {
      code: 'ERR_SCHANNEL_POLICY_DECIDED',
    });
  });

  it('refuses FIPS mode if it would leave no group', async () => {
    const registry = new ScriptedRegistry().put(LOCAL_SUITES_KEY, 'EccCurves', ['curve25519', 'secP256r1']);
    await assert.rejects(plan(true, registry), { code: 'ERR_SCHANNEL_POLICY_UNSAFE' });
    registry.put(LOCAL_SUITES_KEY, 'EccCurves', ['curve25519', 'nistp384']);
    assert.equal((await plan(true, registry)).length, 1);
  });
});
