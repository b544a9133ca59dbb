import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type FolderRights,
  openPrivateFolder,
  requirePrivate,
} from '#lib/apps/acme/challenge/private-folder.js';
import { skip } from '../../../../support/skip.js';

describe('apps/acme/challenge/private-folder', () => {
  const nobody: FolderRights = {
    strangersIn: () => Promise.resolve(null),
    foreignOwnerOf: () => Promise.resolve(null),
  };

  it('refuses a folder of another owner, and one that others can write to', async () => {
    await requirePrivate('C:\\answers', nobody);
    await assert.rejects(
      requirePrivate('C:\\answers', { ...nobody, foreignOwnerOf: () => Promise.resolve('HOST\\ben') }),
      { code: 'ERR_SCHANNEL_ACME_STATE', message: /belongs to HOST\\ben/, advice: /\/setowner/ },
    );
    const strangers = { names: ['BUILTIN\\Users'], remedy: 'icacls …' };
    await assert.rejects(
      requirePrivate('C:\\answers', { ...nobody, strangersIn: () => Promise.resolve(strangers) }),
      { code: 'ERR_SCHANNEL_ACME_STATE', message: /BUILTIN\\Users/, advice: /icacls …/ },
    );
  });

  it('creates one that it accepts, and leaves one that is there as it is', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has no modes of files');
    const root = await mkdtemp(path.join(tmpdir(), 'schannel-private-'));
    try {
      const folder = path.join(root, 'a', 'b');
      await openPrivateFolder(folder);
      await openPrivateFolder(folder);
      await chmod(folder, 0o777);
      await assert.rejects(openPrivateFolder(folder), { code: 'ERR_SCHANNEL_ACME_STATE' });
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
