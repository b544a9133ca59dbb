import assert from 'node:assert/strict';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { AcmeCommand, CONFIG } from '../../../../support/acme-manager-command.js';

interface Facts {
  readonly dryRun: boolean;
  readonly task: { readonly args: readonly string[]; readonly account: string; readonly minute: number };
}

describe('cli/commands/acme/task', () => {
  let command: AcmeCommand;
  beforeEach(() => {
    command = new AcmeCommand();
  });

  const installed = async (): Promise<Facts> => {
    const { output, errors, code } = await command.run(['task', 'install', '--dry-run', '--json']);
    assert.equal(code, EXIT_CODES.ok, errors());
    return JSON.parse(output()) as Facts;
  };

  it('would run as SYSTEM for stores of the machine, and renew what this folder has', async () => {
    const { task, dryRun } = await installed();
    assert.deepEqual([dryRun, task.account], [true, 'system']);
    assert.deepEqual(task.args.slice(1, 4), ['acme', 'renew', '--state']);
    assert.ok(task.minute >= 0 && task.minute < 720);
  });

  it('would run as the user if a store is that of the user', async () => {
    const [set] = CONFIG.certificates;
    assert.ok(set !== undefined);
    command.config = { ...CONFIG, certificates: [set, { ...set, id: 'own', store: 'MY' }] };
    assert.equal((await installed()).task.account, 'user');
  });

  it('asks before it changes anything', async () => {
    const { code, errors } = await command.run(['task', 'install']);
    assert.equal(code, EXIT_CODES.usage, errors());
    assert.match(errors(), /as SYSTEM\? .*--yes/);
  });
});
