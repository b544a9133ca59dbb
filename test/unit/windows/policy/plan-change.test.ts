import assert from 'node:assert/strict';
import {
  LOCAL_SUITES_KEY,
  POLICY_SUITES_KEY,
  PROTOCOLS_KEY,
  SCHANNEL_KEY,
} from '#lib/windows/policy/keys.js';
import { planChange, type WantedPolicy } from '#lib/windows/policy/plan-change.js';
import { readPolicyOf } from '#lib/windows/policy/read-policy.js';
import {
  ScriptedRegistry,
  scriptedPolicySystem,
  type ScriptedWindows,
} from '../../../support/scripted-policy.js';

const plan = async (
  wanted: WantedPolicy,
  registry = new ScriptedRegistry(),
  windows: ScriptedWindows = {},
  options = {},
) => planChange(await readPolicyOf(scriptedPolicySystem(registry, windows)), wanted, options);

const unsafe = { code: 'ERR_SCHANNEL_POLICY_UNSAFE' };
const server = { role: 'server' } as const;

describe('windows/policy/plan-change', () => {
  it('writes both values of a version', async () => {
    const key = `${PROTOCOLS_KEY}\\TLS 1.0\\Server`;
    const takesEffect = 'new credentials';
    assert.deepEqual(await plan({ protocol: 'TLS 1.0', ...server, state: 'off' }), [
      { key, name: 'Enabled', now: null, then: 0, takesEffect },
      { key, name: 'DisabledByDefault', now: null, then: 1, takesEffect },
    ]);
  });

  it('plans nothing where nothing is to do', async () => {
    const registry = new ScriptedRegistry()
      .put(`${PROTOCOLS_KEY}\\TLS 1.0\\Server`, 'Enabled', 0)
      .put(`${PROTOCOLS_KEY}\\TLS 1.0\\Server`, 'DisabledByDefault', 1)
      .put(SCHANNEL_KEY, 'EventLogging', 7)
      .put(LOCAL_SUITES_KEY, 'Functions', ['TLS_AES_128_GCM_SHA256']);
    assert.deepEqual(await plan({ protocol: 'TLS 1.0', ...server, state: 'off' }, registry), []);
    assert.deepEqual(await plan({ eventLogging: 7 }, registry), []);
    assert.deepEqual(await plan({ suites: ['TLS_AES_128_GCM_SHA256'] }, registry), []);
    assert.deepEqual(await plan({ fips: false }, registry), []);
  });

  it('removes both values for the default', async () => {
    const registry = new ScriptedRegistry().put(`${PROTOCOLS_KEY}\\TLS 1.1\\Client`, 'Enabled', 1);
    const changes = await plan({ protocol: 'TLS 1.1', role: 'client', state: 'default' }, registry);
    assert.deepEqual(
      changes.map(({ name, now, then }) => [name, now, then]),
      [['Enabled', 1, null]],
    );
  });

  it('does not switch TLS 1.3 on below Server 2022', async () => {
    for (const state of ['on', 'by-default-off'] as const) {
      await assert.rejects(
        plan({ protocol: 'TLS 1.3', ...server, state }, undefined, { build: 19045, server: 0x400 }),
        unsafe,
      );
    }
    assert.equal(
      (await plan({ protocol: 'TLS 1.3', ...server, state: 'on' }, undefined, { build: 20348 })).length,
      2,
    );
    assert.equal(
      (await plan({ protocol: 'TLS 1.3', ...server, state: 'off' }, undefined, { build: 19045 })).length,
      2,
    );
  });

  it('leaves a role a version', async () => {
    const wanted = { protocol: 'TLS 1.2', ...server } as const;
    const onlyTls12 = { server: 0x400 };
    for (const state of ['off', 'by-default-off'] as const) {
      await assert.rejects(plan({ ...wanted, state }, undefined, onlyTls12), unsafe);
    }
    assert.equal((await plan({ ...wanted, state: 'off' })).length, 2);
    assert.equal(
      (await plan({ ...wanted, state: 'off' }, undefined, onlyTls12, { evenNone: true })).length,
      2,
    );
  });

  it('says of no other version that it is the last one', async () => {
    const nothing = { client: 0x8, server: 0x4 };
    for (const [protocol, windows] of [
      ['SSL 3.0', { server: 0x10 }],
      // There is none to lose.
      ['TLS 1.0', nothing],
    ] as const) {
      assert.equal((await plan({ protocol, ...server, state: 'off' }, undefined, windows)).length, 2);
    }
  });

  it('goes by registry and documentation where Schannel does not say', async () => {
    const registry = new ScriptedRegistry();
    for (const version of ['TLS 1.0', 'TLS 1.1', 'TLS 1.3']) {
      registry.put(`${PROTOCOLS_KEY}\\${version}\\Server`, 'Enabled', 0);
    }
    const silent = { server: 'refused' } as const;
    await assert.rejects(plan({ protocol: 'TLS 1.2', ...server, state: 'off' }, registry, silent), unsafe);
    registry.put(`${PROTOCOLS_KEY}\\TLS 1.3\\Server`, 'Enabled', 1);
    assert.equal((await plan({ protocol: 'TLS 1.2', ...server, state: 'off' }, registry, silent)).length, 2);
  });

  it('refuses cipher suites that the build does not know, none at all, and one twice', async () => {
    const known = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
    await assert.rejects(plan({ suites: ['TLS_AES_128_GCM_SHA256'] }, undefined, { build: 19045 }), unsafe);
    await assert.rejects(plan({ suites: ['TLS_NEW'] }), unsafe);
    await assert.rejects(plan({ suites: [] }), unsafe);
    await assert.rejects(plan({ groups: [] }), unsafe);
    await assert.rejects(plan({ suites: [known, known] }), RangeError);
    // A suite that Windows lists is one that it knows.
    assert.equal((await plan({ suites: ['TLS_NEW', known] }, undefined, { suites: ['TLS_NEW'] })).length, 1);
  });

  it('refuses what a group policy decides', async () => {
    const registry = new ScriptedRegistry()
      .put(POLICY_SUITES_KEY, 'Functions', ['TLS_A'])
      .put(POLICY_SUITES_KEY, 'EccCurves', ['NistP256']);
    const decided = { code: 'ERR_SCHANNEL_POLICY_DECIDED' };
    await assert.rejects(plan({ suites: ['TLS_AES_128_GCM_SHA256'] }, registry), decided);
    await assert.rejects(plan({ groups: ['NistP384'] }, registry), decided);
  });

  it('plans lists and numbers', async () => {
    assert.deepEqual(await plan({ groups: ['x25519_mlkem768', 'NistP256'] }), [
      {
        ...{ key: LOCAL_SUITES_KEY, name: 'EccCurves', now: null },
        ...{ then: ['x25519_mlkem768', 'NistP256'], takesEffect: 'reboot' },
      },
    ]);
    assert.deepEqual(await plan({ clientAuthTrust: 2 }), [
      {
        key: SCHANNEL_KEY,
        name: 'ClientAuthTrustMode',
        now: null,
        then: 2,
        takesEffect: 'restart of the service',
      },
    ]);
    assert.deepEqual(await plan({ eventLogging: 7 }), [
      { key: SCHANNEL_KEY, name: 'EventLogging', now: null, then: 7, takesEffect: 'reboot' },
    ]);
  });

  it('refuses values that do not exist', async () => {
    for (const wanted of [
      { eventLogging: 8 },
      { eventLogging: 1.5 },
      { clientAuthTrust: 3 as 2 },
      { groups: ['a,b'] },
      { protocol: 'TLS 1.4' as 'TLS 1.3', role: 'client', state: 'on' },
    ] as const) {
      await assert.rejects(plan(wanted), RangeError);
    }
  });
});
