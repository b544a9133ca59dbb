import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execute } from '../../scripts/support/process.mjs';
import { findProgram } from '../../scripts/support/paths.mjs';

const NOBODY = 65534;

describe('scripts/run on a machine that lacks something', () => {
  let folder;

  before(function () {
    if (process.platform !== 'linux') {
      this.test.parent.skipReason = 'only on Linux are packages installed';
      this.skip();
    }
  });

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-path-'));
    chmodSync(folder, 0o755);
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Installs as somebody who is not root and finds nothing but the named programs. */
  const install = async (...programs) => {
    for (const name of programs) symlinkSync(findProgram(name), path.join(folder, name));
    const script = [
      `if (process.getuid() === 0) { process.setgid(${NOBODY}); process.setuid(${NOBODY}); }`,
      `process.env.PATH = ${JSON.stringify(folder)};`,
      `const { installPackages } = await import('./scripts/steps/packages.mjs');`,
      `const { explain } = await import('./scripts/support/refusal.mjs');`,
      `try { await installPackages(() => {}); } catch (error) { process.exitCode = explain(error); }`,
    ];
    return execute(process.execPath, ['--input-type=module', '-e', script.join('\n')]);
  };

  it('names the one command that root has to run', async () => {
    const { code, output } = await install('apt-get', 'dpkg-deb');
    assert.equal(code, 2);
    assert.match(output, /Only root can install them/);
    assert.match(output, /^ {2}sudo apt-get install -y --no-install-recommends .*\bcmake\b.*$/m);
    assert.doesNotMatch(output, /^\s+at /m);
  });

  it('offers a container where there is no apt', async () => {
    const { code, output } = await install();
    assert.equal(code, 2);
    assert.match(output, /These programs are missing: .*\bcmake\b/);
    assert.match(output, /^ {2}docker run .* npm test$/m);
    assert.doesNotMatch(output, /^\s+at /m);
  });
});

describe('scripts/run', () => {
  const run = (...args) => execute(process.execPath, ['scripts/run.mjs', ...args]);

  it('lists its commands to who names none of them', async () => {
    const { code, output } = await run('tset');
    assert.equal(code, 2);
    assert.match(output, /^usage: [^]*\btest\b/);
  });

  for (const [what, args, expected] of [
    ['a suite', ['--suite', 'lunch'], /no suite lunch, only lint, native/],
    ['an option', ['--sweet'], /--sweet[^]*usage: npm test/],
    ['a file', ['test/unit/unheard-of.test.ts'], /No test file matches/],
    ['a node', ['--suite', 'live', '--node', '18'], /no node 18, only/],
  ]) {
    it(`refuses ${what} that it does not know`, async () => {
      const { code, output } = await run('test', ...args);
      assert.equal(code, 2);
      assert.match(output, expected);
      assert.doesNotMatch(output, /^\s+at /m);
    });
  }
});
