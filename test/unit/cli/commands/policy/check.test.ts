import assert from 'node:assert/strict';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { SCHANNEL_KEY } from '#lib/windows/policy/keys.js';
import { PolicyMachine } from '../../../../support/policy-command.js';

const stranger = { thumbprint: 'AA', subject: 'CN=\u001b[2J', selfIssued: false, nameLength: 20 };

describe('cli/commands/policy/check', () => {
  it('says when nothing is wrong', async () => {
    const { code, output } = await new PolicyMachine({ fips: false }).run(['check']);
    assert.deepEqual([code, output()], [0, 'nothing breaks connections\n']);
  });

  it('shows what was found, its cause and the command, and nothing that a terminal obeys', async () => {
    const machine = new PolicyMachine({ fips: false, server: 0x10 });
    machine.roots.push(stranger);
    const { code, output } = await machine.run(['check']);
    assert.equal(code, EXIT_CODES.expiring);
    assert.match(output(), /^error A server on Schannel has no version of TLS/);
    assert.match(output(), /command +schannel policy set protocol "TLS 1\.2" server on --undo before\.reg/);
    assert.match(output(), /cause +LocalMachine\\Root\\AA/);
    assert.match(output(), /1 of these break connections\n$/);
    assert.ok(!output().includes('\u001b'));
  });

  it('exits by the severity that is asked for', async () => {
    const machine = new PolicyMachine({ fips: false });
    const exits = async (): Promise<number[]> => {
      const codes: number[] = [];
      for (const flags of [[], ['--fail-on', 'error'], ['--fail-on', 'warning'], ['--fail-on', 'note']]) {
        codes.push((await machine.run(['check', ...flags])).code);
      }
      return codes;
    };
    const { ok, expiring } = EXIT_CODES;
    assert.deepEqual(await exits(), [ok, ok, ok, ok]);
    machine.registry.put(SCHANNEL_KEY, 'EventLogging', 0);
    assert.deepEqual(await exits(), [ok, ok, ok, expiring]);
    machine.roots.push(stranger);
    assert.deepEqual(await exits(), [ok, ok, expiring, expiring]);
    assert.match((await machine.run(['check'])).output(), /nothing breaks connections; 1 to look at\n$/);
    assert.equal((await machine.run(['check', '--fail-on', 'x'])).code, EXIT_CODES.usage);
  });

  it('writes JSON', async () => {
    const machine = new PolicyMachine({ fips: false, server: 0x1000 });
    const { output } = await machine.run(['check', '--json']);
    const { ok, build, findings } = JSON.parse(output()) as {
      ok: boolean;
      build: number;
      findings: { code: string; severity: string }[];
    };
    assert.deepEqual([ok, build], [true, 22631]);
    assert.deepEqual(
      findings.map(({ code, severity }) => [code, severity]),
      [['TLS12_OFF', 'warning']],
    );
  });
});
