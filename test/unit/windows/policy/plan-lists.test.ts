import assert from 'node:assert/strict';
import { LOCAL_SUITES_KEY, POLICY_SUITES_KEY } from '#lib/windows/policy/keys.js';
import { planChange, type PlanOptions, type WantedPolicy } from '#lib/windows/policy/plan-change.js';
import { readPolicyOf } from '#lib/windows/policy/read-policy.js';
import { defaultSuites } from '#lib/windows/policy/windows-defaults.js';
import {
  ScriptedRegistry,
  scriptedPolicySystem,
  type ScriptedWindows,
} from '../../../support/scripted-policy.js';

const ECDHE = ['ECDSA', 'RSA'].flatMap((key) => [
  `TLS_ECDHE_${key}_WITH_AES_128_GCM_SHA256`,
  `TLS_ECDHE_${key}_WITH_AES_256_GCM_SHA384`,
]);
const TLS13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
const WINDOWS_10: ScriptedWindows = { client: 0x800, server: 0x400 };

const plan = async (
  wanted: WantedPolicy,
  windows: ScriptedWindows = {},
  options: PlanOptions = {},
  registry = new ScriptedRegistry(),
) => planChange(await readPolicyOf(scriptedPolicySystem(registry, windows)), wanted, options);

const unsafe = { code: 'ERR_SCHANNEL_POLICY_UNSAFE' };

describe('windows/policy/plan-lists', () => {
  for (const [template, build, suites] of [
    ['windows-default', 14393, defaultSuites(14393)],
    ['windows-default', 19045, defaultSuites(19045)],
    ['windows-default', 22631, defaultSuites(22631)],
    ['mozilla-intermediate', 19045, ECDHE],
    ['mozilla-intermediate', 22631, [...TLS13, ...ECDHE]],
    ['mozilla-modern', 20348, TLS13],
  ] as const) {
    it(`takes the suites of ${template} that build ${build} has`, async () => {
      const versions = build < 20348 ? WINDOWS_10 : {};
      const [change] = await plan({ suites: template }, { build, ...versions });
      assert.deepEqual([change?.key, change?.name], [LOCAL_SUITES_KEY, 'Functions']);
      assert.deepEqual(change?.then, suites);
    });
  }

  it('refuses templates that leave nothing, that are not documented, and that do not exist', async () => {
    await assert.rejects(plan({ suites: 'mozilla-modern' }, { build: 19045, ...WINDOWS_10 }), unsafe);
    await assert.rejects(plan({ suites: 'windows-default' }, { build: 16299, ...WINDOWS_10 }), unsafe);
    await assert.rejects(plan({ suites: 'none' as 'windows-default' }), { code: 'ERR_OUT_OF_RANGE' });
  });

  it('refuses a template if a group policy decides', async () => {
    const registry = new ScriptedRegistry().put(POLICY_SUITES_KEY, 'Functions', ['TLS_A']);
    await assert.rejects(plan({ suites: 'windows-default' }, {}, {}, registry), {
      code: 'ERR_SCHANNEL_POLICY_DECIDED',
    });
  });

  for (const [what, suites, windows] of [
    ['for a version that the server has not', ECDHE, { server: 0x1000 }],
    ['for a version that the client has not', TLS13, { client: 0x800 }],
    ['that programs have to ask for', ['TLS_RSA_WITH_NULL_SHA', 'TLS_PSK_WITH_AES_128_GCM_SHA256'], {}],
    ['that FIPS mode leaves out', ['TLS_CHACHA20_POLY1305_SHA256'], { fips: true }],
  ] as const) {
    it(`refuses a list of suites ${what}, unless told so`, async () => {
      await assert.rejects(plan({ suites }, windows), unsafe);
      assert.equal((await plan({ suites }, windows, { evenNone: true })).length, 1);
    });
  }

  it('takes any list for a role that has no version anyway', async () => {
    assert.equal((await plan({ suites: ECDHE }, { server: 0x4 })).length, 1);
  });
});
