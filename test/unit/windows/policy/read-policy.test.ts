import assert from 'node:assert/strict';
import {
  FIPS_KEY,
  LOCAL_SUITES_KEY,
  POLICY_SUITES_KEY,
  PROTOCOLS_KEY,
  SCHANNEL_KEY,
} from '#lib/windows/policy/keys.js';
import { OTHER_STACKS, OTHER_VALUES } from '#lib/windows/policy/other-values.js';
import { readPolicyOf } from '#lib/windows/policy/read-policy.js';
import { defaultSuites } from '#lib/windows/policy/windows-defaults.js';
import { REG } from '#lib/windows/registry/registry-value.js';
import { ScriptedRegistry, scriptedPolicySystem } from '../../../support/scripted-policy.js';

const read = (registry: ScriptedRegistry, windows = {}) =>
  readPolicyOf(scriptedPolicySystem(registry, windows));

describe('windows/policy/read-policy', () => {
  it('reports the defaults of a Windows with an empty registry', async () => {
    const policy = await read(new ScriptedRegistry(), { suites: ['TLS_A'], fips: false });
    assert.equal(policy.release, 'Windows 11 23H2');
    const { state, decidedBy, effective, documented, written } = policy.protocols['TLS 1.3'].server;
    assert.deepEqual(
      [state, decidedBy, effective, documented, written],
      ['default', 'windows', true, true, null],
    );
    assert.equal(policy.protocols['TLS 1.1'].client.effective, false);
    assert.deepEqual(policy.suites, {
      ...{ policy: null, local: null, documented: defaultSuites(22631), decidedBy: 'windows' },
      effective: ['TLS_A'],
    });
    assert.deepEqual(policy.groups.documented, ['curve25519', 'NistP256', 'NistP384']);
    assert.deepEqual(policy.fips, { effective: false, enabled: null, mdmEnabled: null });
    assert.deepEqual([policy.clientAuthTrust, policy.eventLogging], [null, null]);
    assert.ok([...policy.others, ...policy.otherStacks].every(({ value }) => value === null));
  });

  it('says who decided, and since when', async () => {
    const registry = new ScriptedRegistry()
      .put(`${PROTOCOLS_KEY}\\TLS 1.2\\Server`, 'Enabled', 0)
      // Names have no case.
      .put(`${PROTOCOLS_KEY}\\tls 1.0\\client`, 'enabled', 1);
    const { protocols } = await read(registry, { server: 0x1000 });
    const { server } = protocols['TLS 1.2'];
    assert.deepEqual([server.state, server.decidedBy, server.effective], ['disabled', 'registry', false]);
    assert.equal(server.written?.toISOString(), '2026-01-02T03:04:05.000Z');
    assert.equal(protocols['TLS 1.0'].client.state, 'allowed');
  });

  it('does not take the one value of a new Windows for a change', async () => {
    const registry = new ScriptedRegistry().put(`${PROTOCOLS_KEY}\\SSL 2.0\\Client`, 'DisabledByDefault', 1);
    const { client } = (await read(registry)).protocols['SSL 2.0'];
    assert.deepEqual([client.state, client.decidedBy], ['disabled by default', 'windows']);
  });

  it('leaves open what Schannel does not say', async () => {
    const { protocols, suites, fips } = await read(new ScriptedRegistry(), { server: 'refused', client: 0 });
    assert.equal(protocols['TLS 1.2'].server.effective, null);
    assert.equal(protocols['TLS 1.2'].client.effective, null);
    assert.deepEqual([suites.effective, fips.effective], [null, null]);
  });

  it('never says that a credential for TLS has no DTLS', async () => {
    const { protocols } = await read(new ScriptedRegistry());
    assert.equal(protocols['DTLS 1.2'].client.effective, null);
  });

  it('closes the credentials that it asks', async () => {
    const system = scriptedPolicySystem(new ScriptedRegistry());
    await readPolicyOf(system);
    assert.equal(system.open(), 0);
  });

  for (const [form, value] of [
    ['a text with commas', { type: REG.text, data: Buffer.from('TLS_B,TLS_A\0', 'utf16le') }],
    ['a list', ['TLS_B', 'TLS_A']],
  ] as const) {
    it(`lets a group policy decide that is ${form}`, async () => {
      const registry = new ScriptedRegistry()
        .put(POLICY_SUITES_KEY, 'Functions', value)
        .put(LOCAL_SUITES_KEY, 'Functions', ['TLS_C']);
      const { suites, groups } = await read(registry);
      assert.deepEqual(
        [suites.policy, suites.local, suites.decidedBy],
        [['TLS_B', 'TLS_A'], ['TLS_C'], 'group policy'],
      );
      assert.deepEqual([groups.policy, groups.decidedBy], [null, 'windows']);
    });
  }

  it('tells the list of Windows from one that was changed', async () => {
    const registry = new ScriptedRegistry()
      .put(LOCAL_SUITES_KEY, 'Functions', defaultSuites(22631) ?? [])
      .put(LOCAL_SUITES_KEY, 'EccCurves', ['NistP256']);
    const { suites, groups } = await read(registry);
    assert.deepEqual([suites.decidedBy, groups.decidedBy], ['windows', 'registry']);
  });

  it('does not call a list changed if its default is not documented', async () => {
    const registry = new ScriptedRegistry().put(LOCAL_SUITES_KEY, 'Functions', ['TLS_A']);
    const { suites } = await read(registry, { build: 16299 });
    assert.deepEqual([suites.documented, suites.local, suites.decidedBy], [null, ['TLS_A'], 'windows']);
  });

  it('reads signature algorithms apart from cipher suites', async () => {
    const windows = { suites: ['TLS_B'], signatures: ['RSA/SHA256', 'ECDSA/SHA256'] };
    const { suites, signatureAlgorithms } = await read(new ScriptedRegistry(), windows);
    assert.deepEqual([suites.effective, signatureAlgorithms], [['TLS_B'], ['RSA/SHA256', 'ECDSA/SHA256']]);
    assert.equal((await read(new ScriptedRegistry())).signatureAlgorithms, null);
  });

  it('reads FIPS mode, client authentication, logging, and every other value', async () => {
    const registry = new ScriptedRegistry()
      .put(FIPS_KEY, 'Enabled', 1)
      .put(FIPS_KEY, 'MDMEnabled', 0)
      .put(SCHANNEL_KEY, 'ClientAuthTrustMode', 2)
      .put(SCHANNEL_KEY, 'EventLogging', 7);
    for (const [at, { key, name }] of [...OTHER_VALUES, ...OTHER_STACKS].entries())
      registry.put(key, name, at);
    const policy = await read(registry, { fips: true });
    assert.deepEqual(policy.fips, { effective: true, enabled: 1, mdmEnabled: 0 });
    assert.deepEqual([policy.clientAuthTrust, policy.eventLogging], [2, 7]);
    assert.deepEqual(
      [...policy.others, ...policy.otherStacks].map(({ value }) => value),
      [...OTHER_VALUES, ...OTHER_STACKS].map((_, at) => at),
    );
  });
});
