import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { SCHANNEL_KEY } from '#lib/windows/policy/keys.js';
import { PolicyMachine } from '../../../../support/policy-command.js';

describe('cli/commands/policy/undo', () => {
  let folder: string;
  let undo: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-policy-'));
    undo = path.join(folder, 'undo.reg');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('takes a change back', async () => {
    const machine = new PolicyMachine();
    const before = machine.registry.content();
    await machine.run(['set', 'event-logging', '7', '--yes', '--undo', undo]);
    const { code, output } = await machine.run(['undo', undo, '--yes']);
    assert.equal(code, 0);
    assert.match(output(), /EventLogging +7 +absent/);
    assert.ok(!(`${SCHANNEL_KEY}\\EventLogging` in machine.registry.content()));
    assert.ok(!(`${SCHANNEL_KEY}\\EventLogging` in before));
    assert.match((await machine.run(['undo', undo, '--yes'])).output(), /it is so already/);
  });

  it('leaves alone what was changed since, unless it is forced to', async () => {
    const machine = new PolicyMachine();
    await machine.run(['set', 'event-logging', '7', '--yes', '--undo', undo]);
    machine.registry.put(SCHANNEL_KEY, 'EventLogging', 3);
    const { code, errors } = await machine.run(['undo', undo, '--yes']);
    assert.equal(code, EXIT_CODES.failure);
    assert.match(errors(), /EventLogging is not what it was/);
    assert.equal((await machine.run(['undo', undo, '--yes', '--force'])).code, 0);
  });

  it('refuses other files', async () => {
    await writeFile(undo, 'x');
    assert.equal((await new PolicyMachine().run(['undo', undo, '--yes'])).code, EXIT_CODES.failure);
    assert.notEqual((await new PolicyMachine().run(['undo', path.join(folder, 'none'), '--yes'])).code, 0);
  });
});
