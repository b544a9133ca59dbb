import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { native } from '#lib/native/load.js';
import { importPfx, importPfxFolder } from 'schannel/store';
import { selfSigned, type TestCertificate } from '../../support/certificates.js';
import { Footprint } from '../../support/footprint.js';
import { hostileFiles } from '../../support/hostile-pfx.js';
import { handlesBackTo } from '../../support/native-store.js';

describe('damaged and hostile PFX files', () => {
  let leaf: TestCertificate;
  let footprint: Footprint;
  let files: ReadonlyMap<string, Uint8Array>;
  before(async () => {
    leaf = await selfSigned({ subject: `CN=hostile ${randomUUID()}`, key: 'rsa' });
    footprint = await Footprint.of(leaf);
    files = hostileFiles(leaf);
  });
  after(() => footprint.remove());

  it('are each refused by a code, and leave nothing', async () => {
    assert.ok(files.size >= 30);
    const handles = native().handleCounts();
    for (const [title, bytes] of files) {
      await assert.rejects(
        importPfx(bytes, { password: 'secret', trustRoot: true }),
        (error: NodeJS.ErrnoException) => {
          assert.match(error.code ?? 'no code', /^ERR_SCHANNEL_IMPORT_/, `${title}: ${error.message}`);
          return true;
        },
        title,
      );
    }
    assert.deepEqual(await footprint.certificates(), []);
    assert.equal(await footprint.keys(), 0);
    await handlesBackTo(handles);
  });

  it('are each reported from a folder', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'schannel-hostile-'));
    try {
      for (const [index, bytes] of [...files.values()].entries()) {
        writeFileSync(path.join(folder, `${index}.pfx`), bytes);
      }
      const reports = await importPfxFolder(folder, { password: 'secret', trustRoot: true });
      assert.equal(reports.length, files.size);
      for (const report of reports) {
        assert.ok(report.outcome === 'failed' && report.code?.startsWith('ERR_SCHANNEL_IMPORT_') === true);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.deepEqual(await footprint.certificates(), []);
    assert.equal(await footprint.keys(), 0);
  });
});
