import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { requiring } from '../../scripts/support/node-options.mjs';

describe('scripts/support/node-options', () => {
  let folder;
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'schannel Bücher und '));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('loads modules from a folder with spaces and other letters', () => {
    const files = ['first', 'second one'].map((name) => {
      const file = path.join(folder, `${name}.cjs`);
      writeFileSync(file, `console.log(${JSON.stringify(name)});\n`);
      return file;
    });
    const env = { ...process.env, NODE_OPTIONS: requiring(...files) };
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', ''], { env, encoding: 'utf8' });
    assert.equal(stdout, 'first\nsecond one\n', stderr);
  });
});
