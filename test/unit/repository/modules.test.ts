import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../../..');

/** How many modules were loaded, by floor of this package, and 'dependencies'. */
type Counts = Readonly<Record<string, number>>;

describe('modules that are loaded', () => {
  const loaded = new Map<string, Counts>();
  before(() => {
    const program = path.join(ROOT, 'bench/modules.mjs');
    const { stdout, stderr } = spawnSync(process.execPath, [program, '--json'], { encoding: 'utf8' });
    for (const [name, counts] of Object.entries(JSON.parse(stdout || JSON.stringify(stderr)) as object)) {
      loaded.set(name, counts as Counts);
    }
  });

  const floorsOf = (name: string): string[] => Object.keys(loaded.get(name) ?? assert.fail(`no ${name}`));

  for (const args of ['--version', '--help', 'doctor --help']) {
    it(`schannel ${args} needs nothing of Windows, formats or connections`, () => {
      assert.deepEqual(floorsOf(`schannel ${args}`).sort(), [
        'base',
        'cli',
        'dependencies',
        'native',
        'other',
      ]);
    });
  }

  // What they do is loaded once they do it.
  for (const args of [
    'explain 0x80090325',
    'ca templates',
    'mail --help',
    'connect --help',
    'cert --help',
    'csr --help',
  ]) {
    it(`schannel ${args} loads no engine of TLS`, () => {
      assert.ok(!floorsOf(`schannel ${args}`).includes('tls'));
    });
  }

  it('a program that connects loads no command and no app', () => {
    for (const name of ['', '/https', '/undici', '/starttls']) {
      const floors = floorsOf(`require('schannel${name}')`);
      assert.ok(!floors.includes('cli') && !floors.includes('apps'), `schannel${name}: ${floors.join()}`);
    }
  });

  it('a program that connects loads nothing about the rights of keys', () => {
    const script = 'require("schannel"); process.stdout.write(Object.keys(require.cache).join("\\n"))';
    const { stdout } = spawnSync(process.execPath, ['--eval', script], { cwd: ROOT, encoding: 'utf8' });
    assert.match(stdout, /private-key\.js$/m);
    assert.doesNotMatch(stdout, /rights|security-descriptor/);
  });
});
