import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { documentedFailures } from '../../scripts/node-suite/documented.mjs';
import { listNodeTests } from '../../scripts/node-suite/tests.mjs';
import { inRoot } from '../../scripts/support/paths.mjs';

describe("Node's own tests", () => {
  for (const platform of ['Wine', 'double']) {
    it(`that do not pass on ${platform} are named once on the page about node:tls`, () => {
      const { within, chance, outside } = documentedFailures(platform);
      assert.equal(within.has('test-tls-exportkeyingmaterial'), platform === 'Wine');
      assert.ok(outside.has('test-tls-cli-max-version-1.3'));
      const names = [...within, ...chance, ...outside];
      assert.deepEqual(
        names.filter((name, at) => names.indexOf(name) !== at),
        [],
      );
    });
  }

  it('that do not pass are named in rows that say where', () => {
    const page = readFileSync(inRoot('docs/node-tls-parity.md'), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| `test-'));
    assert.ok(rows.length > 10);
    for (const row of rows) assert.match(row, /^\| (`test-[\w.-]+`(, )?)+ \| (Wine|double|both) \| \S/);
  });

  it('get modules that are there in the place of tls and https', () => {
    const preload = readFileSync(inRoot('scripts/node-suite/preload.cjs'), 'utf8');
    const files = [...preload.matchAll(/\b(?:tls|https): '([^']+)\.js'/g)].map(
      ([, file]) => `lib/${file}.ts`,
    );
    assert.equal(files.length, 2);
    assert.deepEqual(
      files.filter((file) => !existsSync(inRoot(file))),
      [],
    );
  });

  it('are listed with the options of node that they ask for', () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'schannel-node-tests-'));
    const folder = path.join(directory, 'test/parallel');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'test-tls-b.mjs'), '// Flags: --expose-gc --no-warnings\n');
    writeFileSync(path.join(folder, 'test-tls-a.js'), "'use strict';\n");
    writeFileSync(path.join(folder, 'test-tls-a.txt'), '');
    assert.deepEqual(
      listNodeTests(directory).map(({ name, flags }) => [name, ...flags]),
      [['test-tls-a'], ['test-tls-b', '--expose-gc', '--no-warnings']],
    );
    rmSync(directory, { recursive: true });
  });
});
