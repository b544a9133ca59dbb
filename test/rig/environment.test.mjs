import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { toWindowsPath } from '../../scripts/rig/index.mjs';
import { useRig } from './support.mjs';

const NAMES = 'ünïcödé €uro 日本 😀';

describe('rig: arguments, variables, directory', () => {
  const context = useRig();
  const evaluate = async (expression, args = [], options = {}) => {
    const script = `console.log(JSON.stringify(${expression}))`;
    const { stdout, stderr } = await context.rig.run(context.node, ['-e', script, '--', ...args], options);
    assert.equal(stderr, '');
    return JSON.parse(stdout);
  };

  it('passes arguments on as they are', async () => {
    const args = [
      '',
      ' ',
      'a b',
      '"',
      'a"b',
      "it's",
      '\\',
      'a\\',
      'a b\\',
      '\\"',
      'a\\\\"b',
      '$HOME',
      '%PATH%',
      '*',
      NAMES,
      '--x=y',
    ];
    assert.deepEqual(await evaluate('process.argv.slice(1)', args), args);
  });

  it("passes the caller's variables on", async () => {
    const env = { SIMPLE: 'value', EMPTYISH: ' ', WITH_EQUALS: 'a=b=c', UNICODE: NAMES };
    const names = JSON.stringify(Object.keys(env));
    assert.deepEqual(
      await evaluate(`Object.fromEntries(${names}.map((name) => [name, process.env[name]]))`, [], { env }),
      env,
    );
  });

  it('keeps variables that mean something else on Windows', async () => {
    const env = { PATH: '/usr/bin', HOME: '/root', TMPDIR: '/tmp', LD_PRELOAD: '/x.so' };
    const seen = await evaluate('process.env', [], { env });
    assert.match(seen.PATH, /^C:\\windows\\system32/i);
    assert.match(seen.USERPROFILE, /^C:\\users\\/i);
    for (const name of ['HOME', 'TMPDIR', 'LD_PRELOAD', 'WINEDEBUG', 'WINEPREFIX'])
      assert.equal(seen[name], undefined, name);
  });

  it('runs in the given directory', async () => {
    const cwd = join(context.directory, NAMES);
    mkdirSync(cwd);
    assert.equal(await evaluate('process.cwd()', [], { cwd }), toWindowsPath(cwd));
  });

  it('resolves localhost', async () => {
    const script = `require('node:dns').lookup('localhost', (error, address) => console.log(error ? error.code : address))`;
    const { stdout } = await context.rig.run(context.node, ['-e', script]);
    assert.match(stdout, /^(127\.0\.0\.1|::1)\n$/);
  });

  it("finds Windows' own programs by name", async () => {
    const { code, stdout } = await context.rig.run('cmd.exe', ['/c', 'ver']);
    assert.equal(code, 0);
    assert.match(stdout, /Microsoft Windows 10\.0/);
  });
});
