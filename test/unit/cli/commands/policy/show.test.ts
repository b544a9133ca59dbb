import assert from 'node:assert/strict';
import {
  LOCAL_SUITES_KEY,
  POLICY_SUITES_KEY,
  PROTOCOLS_KEY,
  SCHANNEL_KEY,
} from '#lib/windows/policy/keys.js';
import type { Policy } from '#lib/windows/policy/read-policy.js';
import { PolicyMachine } from '../../../../support/policy-command.js';

describe('cli/commands/policy/show', () => {
  it('shows versions by role, lists, and what is set', async () => {
    const machine = new PolicyMachine({ fips: true, signatures: ['RSA/SHA256', 'x\u001b[2J'] });
    machine.registry
      .put(`${PROTOCOLS_KEY}\\TLS 1.1\\Server`, 'Enabled', 1)
      .put(POLICY_SUITES_KEY, 'Functions', ['TLS_A\u001b[2J'])
      .put(LOCAL_SUITES_KEY, 'EccCurves', ['NistP521'])
      .put(SCHANNEL_KEY, 'SendTrustedIssuerList', 1);
    const { code, output } = await machine.run(['show']);
    assert.equal(code, 0);
    assert.match(output(), /^Windows 11 23H2, build 22631\n/);
    assert.match(output(), /TLS 1\.1 +off +allowed +registry +on +Enabled=1, written 2026-01-02/);
    assert.match(output(), /cipher suites \(group policy\)\n +1 {2}TLS_A/);
    assert.match(output(), /groups \(changed on this machine\)\n +1 {2}NistP521/);
    assert.match(output(), /signature algorithms\n +1 {2}RSA\/SHA256\n/);
    assert.match(output(), /FIPS mode +on/);
    assert.match(output(), /SendTrustedIssuerList +1 \(default 0\)/);
    assert.ok(!output().includes('\u001b'));
  });

  it('shows one role', async () => {
    const { output } = await new PolicyMachine().run(['show', '--server']);
    assert.match(output(), /versions for a server/);
    assert.doesNotMatch(output(), /versions for a client/);
  });

  it('writes the whole policy as JSON', async () => {
    const { output } = await new PolicyMachine().run(['show', '--json']);
    const policy = JSON.parse(output()) as Policy & { ok: boolean };
    assert.deepEqual([policy.ok, policy.format, policy.build], [true, 'schannel-policy/1', 22631]);
    assert.equal(policy.protocols['TLS 1.3'].client.effective, true);
  });
});
