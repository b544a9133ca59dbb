import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { readSource } from '#lib/windows/import-export/source.js';
import { skip } from '../../../support/skip.js';

describe('windows/import-export/source', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-source-'));
    file = path.join(folder, 'ten.bin');
    writeFileSync(file, Buffer.alloc(10, 1));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('reads a file by its path or URL, and takes bytes as they are', async () => {
    const bytes = Buffer.alloc(10, 1);
    assert.deepEqual(await readSource(file, 10), bytes);
    assert.deepEqual(await readSource(pathToFileURL(file), 10), bytes);
    assert.equal(await readSource(bytes, 10), bytes);
  });

  it('reads nothing beyond the limit', async () => {
    await assert.rejects(readSource(file, 9), { code: 'ERR_SCHANNEL_IMPORT_TOO_LARGE', message: /10 bytes/ });
    await assert.rejects(readSource(Buffer.alloc(10), 9), { code: 'ERR_SCHANNEL_IMPORT_TOO_LARGE' });
  });

  it('looks at the size first', async function () {
    if (process.platform === 'win32') skip(this, 'a file of zeros takes its whole room there');
    const huge = path.join(folder, 'huge.bin');
    writeFileSync(huge, '');
    // More than Node reads at once.
    truncateSync(huge, 2 ** 33);
    await assert.rejects(readSource(huge, 100), { code: 'ERR_SCHANNEL_IMPORT_TOO_LARGE' });
  });

  it('refuses anything but a file', async () => {
    await assert.rejects(readSource(folder, 100), { code: 'ERR_SCHANNEL_IMPORT_UNRECOGNIZED' });
    await assert.rejects(readSource(path.join(folder, 'none'), 100), { code: 'ENOENT' });
  });
});
