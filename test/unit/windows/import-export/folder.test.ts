import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { filesIn, PFX } from '#lib/windows/import-export/folder.js';
import { skip } from '../../../support/skip.js';

describe('windows/import-export/folder', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-folder-'));
    mkdirSync(path.join(folder, 'inner.pfx'));
    for (const file of ['b.PFX', 'a.p12', 'note.txt', 'pfx', 'inner.pfx/c.pfx']) {
      writeFileSync(path.join(folder, file), '');
    }
  });
  after(() => rmSync(folder, { recursive: true }));
  const names = async (recursive: boolean): Promise<string[]> =>
    (await filesIn(folder, PFX, recursive)).map((file) => path.relative(folder, file).replaceAll('\\', '/'));

  it('finds files by their extensions, in order, and no folders', async () => {
    assert.deepEqual(await names(false), ['a.p12', 'b.PFX']);
    assert.deepEqual(await names(true), ['a.p12', 'b.PFX', 'inner.pfx/c.pfx']);
  });

  it('follows links to files, but not to folders', async function () {
    if (process.platform === 'win32') skip(this, 'Windows lets only some make links');
    symlinkSync('a.p12', path.join(folder, 'link.pfx'));
    symlinkSync('nowhere', path.join(folder, 'broken.pfx'));
    symlinkSync('..', path.join(folder, 'inner.pfx', 'round.pfx'));
    assert.deepEqual(await names(true), ['a.p12', 'b.PFX', 'broken.pfx', 'inner.pfx/c.pfx', 'link.pfx']);
  });

  it('says that there is no such folder', async () => {
    await assert.rejects(filesIn(path.join(folder, 'none'), PFX, false), { code: 'ENOENT' });
  });
});
