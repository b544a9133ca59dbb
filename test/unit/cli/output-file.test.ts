import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refuseToOverwrite, writeOutput } from '#lib/cli/output-file.js';

describe('cli/output-file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'schannel-output-'));
    file = join(folder, 'x.pfx');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes the file and leaves nothing else', async () => {
    await writeOutput(file, Buffer.from('new'), false);
    assert.equal(readFileSync(file, 'utf8'), 'new');
    assert.deepEqual(readdirSync(folder), ['x.pfx']);
  });

  it('does not replace a file', async () => {
    writeFileSync(file, 'old');
    assert.throws(() => refuseToOverwrite(file, false), { name: 'UsageError', message: /--force/ });
    await assert.rejects(writeOutput(file, 'new', false), { name: 'UsageError', message: /--force/ });
    assert.equal(readFileSync(file, 'utf8'), 'old');
    assert.deepEqual(readdirSync(folder), ['x.pfx']);
  });

  it('replaces a file when told to', async () => {
    writeFileSync(file, 'old');
    refuseToOverwrite(file, true);
    await writeOutput(file, 'new', true);
    assert.equal(readFileSync(file, 'utf8'), 'new');
    assert.deepEqual(readdirSync(folder), ['x.pfx']);
  });

  it('says where it cannot write, and leaves nothing', async () => {
    await assert.rejects(writeOutput(join(folder, 'no', 'x.pfx'), 'new', false), {
      name: 'UsageError',
      message: /^--out: .*ENOENT/,
    });
    mkdirSync(file);
    await assert.rejects(writeOutput(file, 'new', true), { name: 'UsageError' });
    assert.deepEqual(readdirSync(folder), ['x.pfx']);
  });
});
