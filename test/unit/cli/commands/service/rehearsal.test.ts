import assert from 'node:assert/strict';
import { ServiceMachine } from '../../../../support/service-command.js';

describe('cli/commands/service/rehearsal', () => {
  const install = async (...command: string[]) => {
    const machine = new ServiceMachine();
    const outcome = await machine.run(['install', 'mail', '--yes', '--', ...command]);
    assert.deepEqual(machine.installed, []);
    return outcome;
  };

  for (const command of [
    ['cert', 'rm', 'x', '--yes'],
    ['web', 'settings'],
    ['service', 'run'],
    ['tunnels'],
  ]) {
    it(`does not run "${command.join(' ')}", which can be no service`, async () => {
      const { code, errors } = await install(...command);
      assert.equal(code, 2);
      assert.match(errors(), /can't be a service\n {2}code {4}ERR_SCHANNEL_SERVICE_COMMAND/);
      assert.match(errors(), /"tunnel" and "web serve"/);
    });
  }

  it('shows what is wrong with the command, in its words', async () => {
    const { code, errors } = await install('tunnel', '--accept', '1143');
    assert.equal(code, 2);
    assert.match(errors(), /A file or --connect is required/);
    assert.match(errors(), /The command is wrong \(exit code 2\)/);
    assert.match((await install('tunnel', '--accept', '1', '--connect', 'x:1', '--odd')).errors(), /--odd/);
  });

  it('refuses a command that would end at once', async () => {
    const { errors } = await install('tunnel', '--help');
    assert.match(errors(), /The command would end at once/);
  });

  for (const proxy of [['--proxy', 'http://ben:secret@proxy:3128'], ['--proxy=socks5://ben:secret@proxy']]) {
    it(`refuses a password, which every user could read: ${proxy[0]}`, async () => {
      const { code, output, errors } = await install('tunnel', '--accept', '1', '--connect', 'x:1', ...proxy);
      assert.equal(code, 2);
      assert.match(errors(), /The command has a password/);
      assert.equal(`${output()}${errors()}`.includes('secret'), false);
    });
  }

  it('tries the command without passwords of the environment, which the service does not have', async () => {
    const machine = new ServiceMachine();
    const command = ['tunnel', '--accept', '1', '--connect', 'x:1', '--proxy', 'http://ben@proxy:3128'];
    const { code, errors } = await machine.run(['install', 'mail', '--yes', '--', ...command], {
      env: { SCHANNEL_PROXY_PASSWORD: 'secret' },
    });
    assert.equal(code, 2);
    assert.match(errors(), /It was tried without SCHANNEL_PROXY_PASSWORD/);
    assert.deepEqual(machine.installed, []);
  });
});
