import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { preparePrivate } from '#lib/web/settings/private-file.js';
import { skip } from '../../../support/skip.js';

describe('web/settings/private-file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'schannel-private-')), 'settings');
    file = path.join(folder, 'settings.json');
  });
  afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

  it('makes a folder that only this user can write to', async () => {
    await preparePrivate(file);
    if (process.platform !== 'win32') assert.equal(statSync(folder).mode & 0o777, 0o700);
    await preparePrivate(file);
  });

  it('refuses a folder that others can write to', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has permissions instead of file modes');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    await assert.rejects(preparePrivate(file), {
      code: 'ERR_SCHANNEL_SETTINGS_FILE',
      message: /^Others can write to .*settings: its group, everyone$/,
    });
  });

  it('refuses a folder that somebody else could put another one in place of', async () => {
    const asked: string[] = [];
    const rights = {
      foreignOwnerOf: (place: string) => {
        asked.push(place);
        return Promise.resolve(place === path.dirname(folder) ? 'HOST\\ben' : null);
      },
      strangersIn: () => Promise.resolve(null),
    };
    await assert.rejects(preparePrivate(file, rights), {
      code: 'ERR_SCHANNEL_SETTINGS_FILE',
      message: `${path.dirname(folder)} belongs to HOST\\ben, who could replace any folder in it`,
    });
    assert.equal(asked.includes(file), false);
  });

  it('refuses a file that others can write to', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has permissions instead of file modes');
    mkdirSync(folder, { mode: 0o755 });
    writeFileSync(file, '{}');
    chmodSync(file, 0o666);
    await assert.rejects(preparePrivate(file), {
      code: 'ERR_SCHANNEL_SETTINGS_FILE',
      message: /settings\.json/,
    });
    chmodSync(file, 0o600);
    await preparePrivate(file);
  });
});
