import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Policy, readPolicy } from 'schannel/policy';
import { native } from '#lib/native/load.js';
import { schannel } from '../../support/schannel-process.js';
import { skipOnDouble } from '../../support/windows.js';

const PROTOCOLS = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols';

/** A program that we didn't write. */
const reg = async (...args: readonly string[]): Promise<void> => {
  await promisify(execFile)('reg.exe', [...args]);
};

describe('schannel policy', () => {
  let folder: string;
  let undo: string;

  before(function () {
    skipOnDouble(this, 'the registry and the versions of a credential are those of Wine');
  });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-policy-'));
    undo = path.join(folder, 'undo.reg');
  });

  afterEach(async () => {
    // No test speaks SSL 3.0, so others don't notice while it is off.
    await reg('delete', `${PROTOCOLS}\\SSL 3.0`, '/f').catch(() => undefined);
    await rm(folder, { recursive: true });
  });

  const exported = async (name: string): Promise<Buffer> => {
    const file = path.join(folder, name);
    await reg('export', PROTOCOLS, file, '/y');
    return readFile(file);
  };

  /** What a new process sees: Wine reads the versions once for each. */
  const seen = async (): Promise<Policy> => {
    const { code, stdout, stderr } = await schannel(['policy', 'show', '--json']);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Policy;
  };

  const switchOff = async (...more: readonly string[]): Promise<void> => {
    const args = ['policy', 'set', 'protocol', 'SSL 3.0', 'server', 'off', '--undo', undo, ...more];
    const { code, stderr } = await schannel(args);
    assert.equal(code, 0, stderr);
  };

  it('reads settings, and leaves no handle open', async () => {
    const before = native().handleCounts();
    const policy = await readPolicy();
    assert.deepEqual(native().handleCounts(), before);
    assert.equal(policy.protocols['TLS 1.2'].client.effective, true);
    assert.equal(policy.fips.effective, false);
  });

  it('switches a version off, which a new process sees, and undoes it to the byte', async () => {
    const before = await exported('before.reg');
    assert.equal((await seen()).protocols['SSL 3.0'].server.effective, true);

    await switchOff('--dry-run');
    assert.deepEqual(await exported('dry.reg'), before);

    await switchOff('--yes');
    const { server, client } = (await seen()).protocols['SSL 3.0'];
    assert.deepEqual([server.state, server.decidedBy, server.effective], ['disabled', 'registry', false]);
    assert.deepEqual([client.state, client.effective], ['default', true]);

    const undone = await schannel(['policy', 'undo', undo, '--yes']);
    assert.equal(undone.code, 0, undone.stderr);
    assert.deepEqual(await exported('after.reg'), before);
    assert.equal((await seen()).protocols['SSL 3.0'].server.effective, true);
  });

  it('writes undo files that reg.exe imports', async () => {
    const before = await exported('before.reg');
    await switchOff('--yes');
    assert.notDeepEqual(await exported('between.reg'), before);
    await reg('import', undo);
    assert.deepEqual(await exported('after.reg'), before);
  });
});
