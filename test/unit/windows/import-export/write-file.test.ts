import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FileSystem, nodeDisk } from '#lib/windows/import-export/node-disk.js';
import { windowsDisk } from '#lib/windows/import-export/windows-disk.js';
import { writePrivateFile } from '#lib/windows/import-export/write-file.js';
import type { NativeFileRequest } from '#lib/native/file-binding.js';
import { skip } from '../../../support/skip.js';

describe('windows/import-export/write-file', () => {
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
    if (process.platform !== 'win32') assert.equal(statSync(target).mode & 0o777, 0o600);
  });

  it('lets others read a file without secrets, as far as the system lets them', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has permissions instead of file modes');
    writeFileSync(path.join(folder, 'other'), '');
    const { mode } = statSync(path.join(folder, 'other'));
    for (const overwrite of [false, true]) {
      await writePrivateFile(target, 'public', { readers: 'folder', overwrite });
      assert.equal(statSync(target).mode, mode);
    }
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
    await assert.rejects(writePrivateFile(target, 'secret', { disk: nodeDisk(full) }), { code: 'ENOSPC' });
    assert.deepEqual(readdirSync(folder), []);
  });

  it('leaves the older file on a full disk', async () => {
    writeFileSync(target, 'older');
    const options = { overwrite: true, disk: nodeDisk(full) };
    await assert.rejects(writePrivateFile(target, 'newer', options), { code: 'ENOSPC' });
    assert.equal(readFileSync(target, 'utf8'), 'older');
    assert.deepEqual(readdirSync(folder), ['key.pem']);
  });

  it('leaves nothing when the file cannot take its name', async () => {
    const fileSystem: FileSystem = {
      ...files,
      rename: () => Promise.reject(Object.assign(new Error('not allowed'), { code: 'EPERM' })),
    };
    await assert.rejects(writePrivateFile(target, 'secret', { disk: nodeDisk(fileSystem) }), {
      code: 'EPERM',
    });
    assert.deepEqual(readdirSync(folder), []);
  });

  describe('on Windows', () => {
    const SID = 'S-1-5-21-1-2-3-1001';
    let requests: (NativeFileRequest & { readonly text: string })[];
    /** Windows' answer to a file: a Win32 error, 0 when it is written. */
    let answer: number;
    beforeEach(() => {
      requests = [];
      answer = 0;
    });
    const disk = windowsDisk({
      userSid: () => SID,
      writeWhole: (request, callback) => {
        requests.push({ ...request, text: Buffer.from(request.content).toString() });
        setImmediate(() => callback({ status: answer, syscall: 'TheCall' }));
      },
    });

    it('creates a file for its user in one call', async () => {
      await writePrivateFile('key.pem', 'secret', { disk });
      const [request] = requests;
      assert.ok(request);
      assert.equal(request.text, 'secret');
      assert.equal(request.path, path.toNamespacedPath(path.resolve('key.pem')));
      assert.equal(path.dirname(request.temporary), path.dirname(request.path));
      assert.match(path.basename(request.temporary), /^\.key\.pem\.[0-9a-f-]{36}\.tmp$/);
      assert.equal(request.security, `D:P(A;;FA;;;${SID})(A;;FA;;;OW)`);
      assert.equal(request.replace, false);
      // What was made of the text.
      assert.ok(request.content.every((byte) => byte === 0));
    });

    it('lets administrators and SYSTEM read a file if told', async () => {
      await writePrivateFile(target, 'secret', { disk, readers: 'administrators' });
      assert.equal(requests[0]?.security, `D:P(A;;FA;;;${SID})(A;;FA;;;OW)(A;;FA;;;SY)(A;;FA;;;BA)`);
    });

    it('lets a file without secrets have the permissions of its folder', async () => {
      await writePrivateFile(target, 'public', { disk, readers: 'folder' });
      assert.equal(requests[0]?.security, '');
    });

    it('gets whether a file is replaced, and the content unchanged', async () => {
      const content = Buffer.from('secret');
      await writePrivateFile(target, content, { disk, overwrite: true });
      assert.equal(requests[0]?.replace, true);
      assert.equal(content.toString(), 'secret');
    });

    for (const [status, code] of [
      [2, 'ENOENT'],
      [5, 'EPERM'],
      [32, 'EBUSY'],
      [80, 'EEXIST'],
      [112, 'ENOSPC'],
      [183, 'EEXIST'],
    ] as const) {
      it(`fails with ${code} for ${status}`, async () => {
        answer = status;
        await assert.rejects(writePrivateFile(target, 'secret', { disk }), {
          code,
          syscall: 'TheCall',
          path: target,
          message: new RegExp(`^${code}: .+, TheCall '`),
        });
      });
    }

    it("fails with Windows' status if Node has no name for it", async () => {
      answer = 1307;
      await assert.rejects(writePrivateFile(target, 'secret', { disk }), {
        code: 'ERR_SCHANNEL_SYSTEM_FAILURE',
        status: 1307,
        message: /key\.pem could not be written/,
      });
    });
  });
});
