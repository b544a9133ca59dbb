import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { writeSecurityDescriptor } from '#lib/formats/security-descriptor/security-descriptor.js';
import { writeSid } from '#lib/formats/security-descriptor/sid.js';
import type { FolderSystem } from '#lib/windows/import-export/folder-rights.js';
import { newState } from '#lib/apps/acme/manager/set-state.js';
import {
  defaultState,
  managerId,
  prepareState,
  requireForSystem,
  requireOwn,
  StateFolder,
} from '#lib/apps/acme/manager/state-folder.js';

const DIRECTORY = 'https://acme.test/directory';
const NAMES = ['bar.example'];

describe('apps/acme/manager/state-folder', () => {
  let state: string;
  let folder: StateFolder;
  beforeEach(async () => {
    state = await mkdtemp(path.join(os.tmpdir(), 'schannel-state-'));
    folder = new StateFolder(state, DIRECTORY);
    await folder.prepare();
  });
  afterEach(() => rm(state, { recursive: true }));

  it('is in ProgramData, which all accounts share', () => {
    assert.equal(defaultState({ ProgramData: '/data' }), path.join('/data', 'schannel', 'acme'));
  });

  it('has a folder for each server, which shows its host', async () => {
    const others = [
      'https://acme.test/directory2',
      'https://other.test/directory',
      'https://acme.test:8443/directory',
    ];
    for (const url of others) await new StateFolder(state, url).prepare();
    const found = await readdir(state);
    assert.equal(found.length, 4);
    assert.equal(found.filter((name) => /^acme\.test-[0-9a-f]{16}$/.test(name)).length, 3);
  });

  it('refuses a folder that others can write to', async () => {
    await prepareState(state);
    if (process.platform !== 'win32') {
      await chmod(state, 0o777);
      await assert.rejects(prepareState(state), {
        code: 'ERR_SCHANNEL_ACME_STATE',
        message: /Others can write/,
      });
      await chmod(state, 0o700);
    }
    const strangers = { names: ['BUILTIN\\Users'], remedy: 'icacls x' };
    await assert.rejects(
      requireOwn(state, {
        strangersIn: () => Promise.resolve(strangers),
        foreignOwnerOf: () => Promise.resolve(null),
      }),
      (error: Error & { advice?: string }) =>
        error.message.includes('BUILTIN') && error.advice?.includes('icacls x') === true,
    );
  });

  it('refuses a folder of another user, who may have waited for it', async () => {
    const rights = {
      strangersIn: () => Promise.resolve(null),
      foreignOwnerOf: () => Promise.resolve('HOST\\ben'),
    };
    await assert.rejects(requireOwn(state, rights), {
      code: 'ERR_SCHANNEL_ACME_STATE',
      message: /belongs to HOST\\ben/,
    });
  });

  it('refuses a folder that the owner of the one above can replace', async () => {
    const above = path.dirname(state);
    const rights = {
      strangersIn: () => Promise.resolve(null),
      foreignOwnerOf: (folder: string) => Promise.resolve(folder === above ? 'HOST\\ben' : null),
    };
    for (const place of [state, path.join(above, 'not there')]) {
      await assert.rejects(requireOwn(place, rights), {
        code: 'ERR_SCHANNEL_ACME_STATE',
        message: /HOST\\ben, who could replace any folder in it/,
      });
    }
    await requireOwn(path.join(state, 'not there'), rights);
  });

  it('refuses for a task of SYSTEM what its maker may use', async () => {
    const system = (owner: string): FolderSystem => ({
      userSid: () => 'S-1-5-18',
      fileRights: (_file, callback) => {
        const bytes = { control: 0, owner: writeSid(owner), group: null, sacl: null, dacl: null };
        setImmediate(() => callback({ value: writeSecurityDescriptor(bytes) }));
      },
      createFolder: () => assert.fail('nothing should be made'),
      accountOfSid: (_sid, callback) => {
        const value = { sid: writeSid(owner), domain: 'HOST', name: 'anna', use: 1 };
        setImmediate(() => callback({ value }));
      },
    });
    await requireForSystem(state, system('S-1-5-32-544'));
    await assert.rejects(requireForSystem(state, system('S-1-5-21-1-2-3-1000')), {
      code: 'ERR_SCHANNEL_ACME_STATE',
      message: /belongs to HOST\\anna/,
    });
  });

  it('makes a folder that only its account can write to', async () => {
    const deep = path.join(state, 'one', 'two');
    await prepareState(deep);
    await prepareState(deep);
    const { mode } = await stat(deep);
    if (process.platform !== 'win32') assert.equal(mode & 0o777, 0o700);
  });

  it('leaves nothing of its probe', async () => {
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('says before an order that the disk is full', async () => {
    const full = new StateFolder(state, DIRECTORY, () =>
      Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })),
    );
    await assert.rejects(full.prepare(), { code: 'ERR_SCHANNEL_ACME_STATE', message: /disk .* full/ });
  });

  it('says before an order that it may not write', async () => {
    const refusing = new StateFolder(state, DIRECTORY, () =>
      Promise.reject(Object.assign(new Error('no'), { code: 'EPERM' })),
    );
    await assert.rejects(refusing.prepare(), {
      code: 'ERR_SCHANNEL_ACME_STATE',
      message: /could not be written/,
    });
  });

  it('begins with an empty state, and keeps what it is told', async () => {
    assert.deepEqual(await folder.read('web', NAMES), { state: newState(NAMES), damaged: null });
    const changed = { ...newState(NAMES), failures: 3 };
    await folder.write('web', changed);
    assert.deepEqual((await folder.read('web', NAMES)).state, changed);
    assert.deepEqual(await folder.look('web', NAMES), changed);
  });

  it('keeps a damaged file for a person, and begins again', async () => {
    await writeFile(path.join(folder.path, 'web.json'), '{"version":1,');
    const { state: fresh, damaged } = await folder.read('web', NAMES);
    assert.deepEqual(fresh, newState(NAMES));
    assert.equal(await readFile(damaged ?? '', 'utf8'), '{"version":1,');
    assert.deepEqual(await readdir(folder.path), ['web.json.damaged']);
  });

  it('only looks at a damaged file for a report', async () => {
    await writeFile(path.join(folder.path, 'web.json'), '{');
    assert.deepEqual(await folder.look('web', NAMES), newState(NAMES));
    assert.deepEqual(await readdir(folder.path), ['web.json']);
  });

  it('touches nothing that a later version has written', async () => {
    const file = path.join(folder.path, 'web.json');
    await writeFile(file, '{"version":2}');
    for (const read of [() => folder.read('web', NAMES), () => folder.look('web', NAMES)]) {
      await assert.rejects(read, { code: 'ERR_SCHANNEL_ACME_STATE', message: /later version/ });
    }
    assert.equal(await readFile(file, 'utf8'), '{"version":2}');
  });

  it('removes what a killed process has left half written', async () => {
    await writeFile(path.join(folder.path, '.web.json.0001.tmp'), 'x');
    await folder.prepare();
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('gives a manager the same number for the same folder', () => {
    assert.equal(managerId(state), managerId(`${state}${path.sep}`));
    assert.notEqual(managerId(state), managerId(`${state}2`));
    assert.match(managerId(state), /^[0-9a-f]{16}$/);
  });
});
