import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FileSystem, writePrivateFile } from '#lib/exchange/write-file.js';

describe('exchange/write-file', () => {
  let folder: string;
  let target: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-write-'));
    target = path.join(folder, 'key.pem');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A disk that is full after half of what is written. */
  const full: FileSystem = {
    ...files,
    open: async (...args) => {
      const handle = await files.open(...args);
      handle.writeFile = async () => {
        await handle.write('half');
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      };
      return handle;
    },
  };

  it('writes what only its owner can read', async () => {
    await writePrivateFile(target, 'secret');
    assert.equal(readFileSync(target, 'utf8'), 'secret');
    assert.deepEqual(readdirSync(folder), ['key.pem']);
    // Windows knows no mode.
    if (process.platform !== 'win32') assert.equal(statSync(target).mode & 0o777, 0o600);
  });

  it('replaces no file unless told', async () => {
    writeFileSync(target, 'older');
    await assert.rejects(writePrivateFile(target, 'newer'), { code: 'EEXIST' });
    assert.equal(readFileSync(target, 'utf8'), 'older');
    await writePrivateFile(target, 'newer', { overwrite: true });
    assert.equal(readFileSync(target, 'utf8'), 'newer');
    assert.deepEqual(readdirSync(folder), ['key.pem']);
  });

  it('leaves nothing on a full disk', async () => {
    await assert.rejects(writePrivateFile(target, 'secret', { fileSystem: full }), { code: 'ENOSPC' });
    assert.deepEqual(readdirSync(folder), []);
  });

  it('leaves the older file on a full disk', async () => {
    writeFileSync(target, 'older');
    const options = { overwrite: true, fileSystem: full };
    await assert.rejects(writePrivateFile(target, 'newer', options), { code: 'ENOSPC' });
    assert.equal(readFileSync(target, 'utf8'), 'older');
    assert.deepEqual(readdirSync(folder), ['key.pem']);
  });

  it('leaves nothing when the file cannot take its name', async () => {
    const fileSystem: FileSystem = {
      ...files,
      rename: () => Promise.reject(Object.assign(new Error('not allowed'), { code: 'EPERM' })),
    };
    await assert.rejects(writePrivateFile(target, 'secret', { fileSystem }), { code: 'EPERM' });
    assert.deepEqual(readdirSync(folder), []);
  });
});
