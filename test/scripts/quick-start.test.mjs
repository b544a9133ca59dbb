import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inRoot } from '../../scripts/support/paths.mjs';

describe('scripts/suites/quick-start', () => {
  let folder;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-start-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs a program between these modules, each of which exports its name. @returns what it prints, as JSON */
  const run = (modules, program, env = {}) => {
    for (const name of modules) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(
        path.join(folder, name),
        name.endsWith('.json') ? `"${name}"` : `module.exports = '${name}'`,
      );
    }
    const main = path.join(folder, 'main.js');
    writeFileSync(main, `console.log(JSON.stringify(${program}))`);
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--preserve-symlinks', '--require', inRoot('scripts/suites/quick-start.cjs'), main],
      { encoding: 'utf8', env: { ...process.env, ...env } },
    );
    return JSON.parse(stdout || JSON.stringify(stderr));
  };

  it('finds what Node finds', () => {
    const modules = ['a.js', 'b', 'b.js', 'c.json', 'd.js', 'd/index.js', 'e/index.js', 'e/f.js'];
    const requests = ['./a.js', './a', './b', './c', './d', './d/', './e', './e/f', './e/../a'];
    assert.deepEqual(run(modules, `${JSON.stringify(requests)}.map((name) => require(name))`), [
      ...['a.js', 'a.js', 'b', 'c.json', 'd.js'],
      ...['d/index.js', 'e/index.js', 'e/f.js', 'a.js'],
    ]);
  });

  it('leaves to Node what is not there, is elsewhere, or came later', () => {
    assert.match(String(run([], `require('./absent.js')`)), /Cannot find module '\.\/absent\.js'/);
    assert.match(String(run([], `require('./absent/a.js')`)), /Cannot find module '\.\/absent\/a\.js'/);
    const later = `require('./a'), require('fs').writeFileSync(__dirname + '/b.js', 'module.exports = 1'), require('./b')`;
    assert.equal(run(['a.js'], `(${later})`), 1);
    const elsewhere = `require.resolve('./b', { paths: [__dirname + '/e'] })`;
    assert.equal(run(['b.js', 'e/b.js'], elsewhere), path.join(folder, 'e', 'b.js'));
  });

  it('lists a folder once, however many of its files are asked for', () => {
    const count = `let lists = 0; const { readdirSync } = fs; fs.readdirSync = (...args) => { lists++; return readdirSync(...args); };`;
    writeFileSync(
      path.join(folder, 'count.cjs'),
      `const fs = require('fs'); ${count} global.lists = () => lists;`,
    );
    const program = `[require('./a'), require('./b.js'), require('./c'), require('./a.js'), lists()]`;
    const env = { NODE_OPTIONS: `--require ${path.join(folder, 'count.cjs')}` };
    assert.deepEqual(run(['a.js', 'b.js', 'c.js'], program, env), ['a.js', 'b.js', 'c.js', 'a.js', 1]);
  });
});
