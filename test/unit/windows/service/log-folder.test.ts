import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogFolder, logFolderOf, removeLogFolder } from '#lib/windows/service/log-folder.js';
import { WINDOWS_RIGHTS } from '#lib/windows/service/safe-files.js';
import { skip } from '../../../support/skip.js';

describe('windows/service/log-folder', () => {
  let data: string;

  beforeEach(async () => {
    data = await mkdtemp(path.join(tmpdir(), 'schannel-data-'));
  });

  afterEach(() => rm(data, { recursive: true }));

  it('is below ProgramData, the same for every spelling, and never elsewhere', () => {
    const env = { ProgramData: data };
    assert.equal(logFolderOf('Mail', env), path.join(data, 'schannel', 'services', 'mail'));
    assert.equal(logFolderOf('mail', env), logFolderOf('MAIL', env));
    assert.throws(() => logFolderOf('..', env), { code: 'ERR_SCHANNEL_SERVICE_NAME' });
  });

  it('is made, also if it is there, and removed', async () => {
    const env = { ProgramData: data };
    const folder = await createLogFolder('mail', env);
    assert.equal(await createLogFolder('mail', env), folder);
    await removeLogFolder('mail', env);
    await assert.rejects(stat(folder), { code: 'ENOENT' });
    await removeLogFolder('mail', env);
  });

  it('is refused if others can write to it', async function () {
    if (process.platform === 'win32') skip(this, 'the rights of this test are those of Linux');
    const env = { ProgramData: data };
    await chmod(await createLogFolder('mail', env), 0o777);
    await assert.rejects(createLogFolder('mail', env), { code: 'ERR_SCHANNEL_SERVICE_UNSAFE' });
  });

  it('is neither made nor removed in a folder that somebody else has made before', async () => {
    const env = { ProgramData: data };
    const folder = logFolderOf('mail', env);
    const rights = {
      ...WINDOWS_RIGHTS,
      foreignOwnerOf: (place: string) =>
        Promise.resolve(place === path.join(data, 'schannel') ? 'HOST\\ben' : null),
    };
    await mkdir(path.join(data, 'schannel'));
    await assert.rejects(createLogFolder('mail', env, rights), { code: 'ERR_SCHANNEL_SERVICE_UNSAFE' });
    await assert.rejects(stat(folder), { code: 'ENOENT' });
    await mkdir(folder, { recursive: true });
    await assert.rejects(removeLogFolder('mail', env, rights), { code: 'ERR_SCHANNEL_SERVICE_UNSAFE' });
    await stat(folder);
  });
});
