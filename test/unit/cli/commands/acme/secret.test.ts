import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { SecretFile } from '#lib/apps/acme/config/secret-file.js';
import { addSecretCommand } from '#lib/cli/commands/acme/secret.js';
import { type CapturedIO, capturedIO, type CapturedIOOptions } from '../../../../support/captured-io.js';
import { commandLibrary, NO_RUN } from '../../../../support/command-library.js';

describe('cli/commands/acme/secret', () => {
  let state: string;
  let file: SecretFile;
  beforeEach(async () => {
    state = await mkdtemp(path.join(os.tmpdir(), 'schannel-secret-'));
    file = new SecretFile(state, {
      protect: (secret) => Promise.resolve({ dpapi: Buffer.from(secret).toString('base64') }),
      unprotect: ({ dpapi }) => Promise.resolve(Buffer.from(dpapi, 'base64')),
    });
  });
  afterEach(() => rm(state, { recursive: true }));

  async function run(args: readonly string[], options: CapturedIOOptions = {}): Promise<CapturedIO> {
    const io = capturedIO(options);
    const program = new Command('acme').exitOverride().configureOutput({ writeErr: () => undefined });
    addSecretCommand(program, { ...commandLibrary(), io, ...NO_RUN }, () => file);
    await program.parseAsync(['secret', ...args, '--state', state], { from: 'user' });
    return io;
  }

  it('keeps what the variable has, and does not show it', async () => {
    const env = { SCHANNEL_DNSIMPLE_TOKEN: 'hush' };
    const { output, errors } = await run(['set', 'dnsimple', '--json'], { env });
    assert.deepEqual(JSON.parse(output()), { ok: true, name: 'dnsimple', file: file.path, error: null });
    assert.ok(!`${output()}${errors()}`.includes('hush'));
    assert.equal((await file.open())('dnsimple'), 'hush');
  });

  it('names the variable if there is no terminal to ask on', async () => {
    await assert.rejects(run(['set', 'rfc2136']), { name: 'UsageError', message: /SCHANNEL_TSIG_SECRET/ });
    assert.deepEqual(await file.names(), []);
  });

  it('knows no other secrets', async () => {
    await assert.rejects(run(['set', 'toString']), { code: 'commander.invalidArgument' });
  });

  it('removes one', async () => {
    await file.set('httpreq', 'x');
    assert.match((await run(['rm', 'httpreq'])).output(), /was removed/);
    assert.match((await run(['rm', 'httpreq'])).output(), /There was no secret/);
  });
});
