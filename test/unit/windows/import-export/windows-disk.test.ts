import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { windowsDisk } from '#lib/windows/import-export/windows-disk.js';
import { temporaryName } from '#lib/windows/import-export/temporary-name.js';
import { writePrivateFile } from '#lib/windows/import-export/write-file.js';

describe('windows/import-export/windows-disk', () => {
  let folder: string;
  let target: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-disk-'));
    target = path.join(folder, 'key.pem');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Writes by name, as Windows would. */
  const system = {
    userSid: () => 'S-1-5-21-1',
    writeWhole: (request: { path: string; content: Uint8Array }, done: (end: never) => void): void => {
      writeFileSync(request.path, request.content);
      done({ status: 0, syscall: '' } as never);
    },
  };
  const write = (fileSystem?: Parameters<typeof windowsDisk>[1]): Promise<void> =>
    writePrivateFile(target, 'new', { overwrite: true, disk: windowsDisk(system, fileSystem) });

  it('removes what earlier writers of the file have left, and nothing else', async () => {
    writeFileSync(temporaryName(target), 'left');
    writeFileSync(temporaryName(target), '');
    const others = [
      path.basename(temporaryName(path.join(folder, 'other.pem'))),
      '.key.pem.tmp',
      'key.pem.bak',
    ];
    for (const other of others) writeFileSync(path.join(folder, other), 'theirs');
    await write();
    assert.deepEqual(readdirSync(folder).sort(), [...others, 'key.pem'].sort());
  });

  it('removes neither a folder nor a link of such a name', async () => {
    const made = temporaryName(target);
    mkdirSync(made);
    const link = temporaryName(target);
    symlinkSync(made, link, 'junction');
    await write();
    assert.ok(existsSync(made));
    assert.ok(existsSync(link));
  });

  it('still writes if a file cannot be removed, or the folder not be listed', async () => {
    const stays = temporaryName(target);
    const goes = temporaryName(target);
    for (const each of [stays, goes]) writeFileSync(each, 'left');
    // What Windows says of a file that its writer has open.
    const busy = Object.assign(new Error('in use'), { code: 'EBUSY' });
    await write({
      readdir: files.readdir,
      unlink: (file) => (file === stays ? Promise.reject(busy) : files.unlink(file)),
    });
    assert.deepEqual(readdirSync(folder).sort(), [path.basename(stays), 'key.pem'].sort());
    rmSync(target);
    await write({ readdir: () => Promise.reject(busy), unlink: files.unlink });
    assert.ok(existsSync(target));
  });
});
