import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { logFolderOf } from '#lib/windows/service/log-folder.js';
import { ServiceMachine } from '../../../../support/service-command.js';

describe('cli/commands/service/logs', () => {
  let machine: ServiceMachine;
  let data: string;

  beforeEach(async () => {
    machine = new ServiceMachine();
    data = await mkdtemp(path.join(tmpdir(), 'schannel-data-'));
    const folder = logFolderOf('mail', { ProgramData: data });
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'service.log'), 'one\ntwo\u001b[2J\nthree\n');
  });

  afterEach(() => rm(data, { recursive: true }));

  const logs = (...flags: string[]) =>
    machine.run(['logs', 'mail', ...flags], { env: { ProgramData: data } });

  it('shows the last lines, which cannot move the cursor', async () => {
    assert.equal((await logs('--lines', '2')).output(), 'two?[2J\nthree\n');
  });

  it('has them as JSON', async () => {
    const { lines } = JSON.parse((await logs('--json')).output()) as { lines: string[] };
    assert.deepEqual(lines, ['one', 'two\u001b[2J', 'three']);
  });

  it('shows events, the newest last', async () => {
    const { output } = await logs('--events');
    assert.deepEqual(machine.done, ['events 50']);
    assert.equal(output(), '1970-01-01T00:00:01.000Z it runs\n1970-01-01T00:00:02.000Z it failed?[2J\n');
  });

  it('reads no logs of services of others', async () => {
    machine.failures.set('serviceStatus', new Error('not ours'));
    const { code, output } = await logs();
    assert.deepEqual([code, output()], [1, '']);
  });
});
