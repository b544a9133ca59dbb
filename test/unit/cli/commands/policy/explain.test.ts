import assert from 'node:assert/strict';
import type { Decision } from '#lib/apps/decide/decision.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { POLICY_SUITES_KEY, PROTOCOLS_KEY } from '#lib/windows/policy/keys.js';
import { PolicyMachine } from '../../../../support/policy-command.js';

const explain = (...args: string[]) => new PolicyMachine().run(['explain', ...args]);

describe('cli/commands/policy/explain', () => {
  it('lists versions and suites of each role, and who decides', async () => {
    const machine = new PolicyMachine({ build: 17763, server: 0x540, client: 0xa80 });
    machine.registry.put(POLICY_SUITES_KEY, 'Functions', ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']);
    const { code, output } = await machine.run(['explain']);
    assert.equal(code, 0);
    assert.match(output(), /^for a client\n[\s\S]*\n\nfor a server\n/);
    assert.match(output(), /TLS 1\.3 +no +this Windows +Windows 10 1809 or Server 2019 has no TLS 1\.3\./);
    assert.match(output(), /TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 +yes +It is number 1 of 1\./);
    assert.match(output(), /TLS_RSA_WITH_AES_128_CBC_SHA +no +group policy +A group policy lists 1 suites/);
  });

  it('shows all that is known about one version', async () => {
    const machine = new PolicyMachine({ server: 0x1000 });
    machine.registry.put(`${PROTOCOLS_KEY}\\TLS 1.2\\Server`, 'Enabled', 0);
    for (const name of ['TLS 1.2', 'tls1.2', 'TLSv1.2']) {
      const { code, output } = await machine.run(['explain', name, '--server']);
      assert.equal(code, 0);
      assert.match(output(), /^TLS 1\.2 for a server: no\n {2}decided by +version setting\n/);
      assert.match(
        output(),
        /key +HKLM\\SYSTEM.*TLS 1\.2\\Server\n {2}value +Enabled=0\n {2}written +2026-01-02T/,
      );
      assert.match(output(), /to do +Run: schannel policy set protocol "TLS 1\.2" server on/);
      assert.doesNotMatch(output(), /client/);
    }
  });

  for (const [flags, suite, rule] of [
    [['--certificate-key', 'rsa:2048'], 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'certificate'],
    [['--certificate-key', 'ec:NistP521'], 'tls_aes_128_gcm_sha256', 'certificate'],
    [['--binding-flags', '0x40'], 'TLS_AES_128_GCM_SHA256', 'binding'],
    [['--max-version', 'TLSv1.2'], 'TLS_AES_128_GCM_SHA256', 'library'],
    [['--min-version', 'TLSv1.3'], 'TLS_RSA_WITH_AES_128_CBC_SHA', 'library'],
  ] as const) {
    it(`counts ${flags.join(' ')}`, async () => {
      const { output } = await explain(suite, '--server', '--json', ...flags);
      const { decisions } = JSON.parse(output()) as { decisions: Decision[] };
      assert.deepEqual(
        decisions.map(({ role, answer, rule: by }) => [role, answer, by]),
        [['server', 'no', rule]],
      );
    });
  }

  it('counts the flags of a binding', async () => {
    const machine = new PolicyMachine();
    machine.http.add('*:443', { flags: 0x40 });
    const ruleOf = async (...args: string[]): Promise<string | undefined> => {
      const { output } = await machine.run([
        'explain',
        'TLS_AES_128_GCM_SHA256',
        '--server',
        '--json',
        ...args,
      ]);
      return (JSON.parse(output()) as { decisions: Decision[] }).decisions[0]?.rule;
    };
    assert.equal(await ruleOf('--binding', '*:443'), 'binding');
    assert.notEqual(await ruleOf(), 'binding');
    const absent = await machine.run(['explain', '--binding', '*:444']);
    assert.equal(absent.code, EXIT_CODES.failure);
    assert.match(absent.errors(), /ERR_SCHANNEL_BINDING_NOT_FOUND/);
    const both = ['explain', '--binding', '*:443', '--binding-flags', '0x40'];
    assert.equal((await machine.run(both)).code, EXIT_CODES.usage);
  });

  for (const args of [
    ['TLS 1.4'],
    ['--certificate-key', 'dsa:1024'],
    ['--certificate-key', 'rsa:many'],
    ['--binding-flags', '-1'],
    ['--binding-flags', ''],
  ]) {
    it(`refuses ${args.join(' ')}`, async () => {
      assert.equal((await explain(...args)).code, EXIT_CODES.usage);
    });
  }
});
