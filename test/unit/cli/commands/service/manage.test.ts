import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { ServiceMachine } from '../../../../support/service-command.js';

describe('cli/commands/service/manage', () => {
  let machine: ServiceMachine;

  beforeEach(() => {
    machine = new ServiceMachine();
  });

  for (const change of ['start', 'stop', 'restart']) {
    it(`${change} waits a minute, or as long as it is told, and shows the state`, async () => {
      const { code, output } = await machine.run([change, 'mail']);
      assert.equal(code, 0);
      assert.equal(
        output(),
        [
          'mail  running, process 4711',
          '  starts   with Windows',
          '  account  NT SERVICE\\mail',
          '  command  C:\\node.exe C:\\a b.js',
          '',
        ].join('\n'),
      );
      await machine.run([change, 'mail', '--timeout', '5m']);
      assert.deepEqual(machine.done, [`${change} mail 60000`, `${change} mail 300000`]);
    });
  }

  it('shows how a service has ended', async () => {
    machine.status = { ...machine.status, state: 'stopped', pid: null, exitCode: 14, isOwnExitCode: true };
    assert.match((await machine.run(['status', 'mail'])).output(), /^mail {2}stopped, with exit code 14\n/);
    machine.status = {
      ...machine.status,
      exitCode: 1067,
      isOwnExitCode: false,
      start: 'demand',
      account: '',
    };
    const { output } = await machine.run(['status', 'mail']);
    assert.match(
      output(),
      /^mail {2}stopped, with Windows error 1067\n {2}starts {3}by hand\n {2}account {2}LocalSystem/,
    );
  });

  it('has the state as JSON', async () => {
    const { output } = await machine.run(['status', 'mail', '--json']);
    const facts = JSON.parse(output()) as Record<string, unknown>;
    assert.deepEqual([facts['ok'], facts['state'], facts['pid']], [true, 'running', 4711]);
  });

  it('reloads', async () => {
    const { code } = await machine.run(['reload', 'mail']);
    assert.deepEqual([code, machine.done], [0, ['reload mail']]);
  });

  it('ends with the exit code of the failure', async () => {
    machine.failures.set('startService', new SchannelError('ERR_SCHANNEL_SERVICE_FOREIGN', 'not ours'));
    assert.equal((await machine.run(['start', 'mail'])).code, 1);
    machine.failures.set('startService', new SchannelError('ERR_SCHANNEL_SERVICE_NAME', 'no name'));
    assert.equal((await machine.run(['start', 'a b'])).code, 2);
  });
});
