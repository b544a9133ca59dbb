import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FilesWatch, WATCH_FOLDER } from '#lib/apps/tunnel/file/folder-watch.js';
import { deferred } from '#lib/base/async/deferred.js';
import { HastyClock, ScriptedClock } from '../../../../support/scripted-clock.js';

describe('apps/tunnel/file/folder-watch', () => {
  interface Watched {
    readonly changed: (name: string | null) => void;
    readonly failed: (error: Error) => void;
  }

  function scripted() {
    const clock = new ScriptedClock();
    const folders = new Map<string, Watched>();
    const heard: string[] = [];
    const watch = new FilesWatch({
      clock,
      watchFolder: (folder, changed, failed) => {
        folders.set(folder, { changed, failed });
        return { close: () => void folders.delete(folder) };
      },
      settled: () => heard.push('settled'),
      failed: ({ message }) => heard.push(message),
    });
    return { clock, folders, heard, watch };
  }

  const at = (...parts: string[]): string => path.resolve('/c', ...parts);

  it('watches the folder of each file, and no longer those of others', () => {
    const { folders, watch } = scripted();
    watch.watch([at('a', 'x'), at('a', 'y'), at('b', 'z')]);
    assert.deepEqual([...folders.keys()], [at('a'), at('b')]);
    watch.watch([at('b', 'z'), at('c', 'd')]);
    assert.deepEqual([...folders.keys()], [at('b'), at('c')]);
    watch.close();
    assert.equal(folders.size, 0);
  });

  it('reports a change of its files once nothing more happens', async () => {
    const { clock, folders, heard, watch } = scripted();
    watch.watch([at('a', 'x')]);
    const { changed } = folders.get(at('a')) ?? assert.fail();
    changed('other');
    assert.equal(clock.timers, 0);
    changed('x');
    await clock.advance(400);
    changed(null);
    await clock.advance(400);
    assert.deepEqual(heard, []);
    await clock.advance(100);
    assert.deepEqual(heard, ['settled']);
  });

  it('knows a file by its name in other letters', () => {
    const { clock, folders, watch } = scripted();
    watch.watch([at('a', 'Server.PEM')]);
    folders.get(at('a'))?.changed('server.pem');
    assert.equal(clock.timers, 1);
  });

  it('takes any file of a folder for one of its files, if all count', () => {
    const { clock, folders, watch } = scripted();
    watch.watch([at('a'), at('a', 'x')]);
    folders.get(at('a'))?.changed('new');
    assert.equal(clock.timers, 1);
  });

  it('says that a folder can not be watched any more', () => {
    const { folders, heard, watch } = scripted();
    watch.watch([at('a', 'x')]);
    folders.get(at('a'))?.failed(new Error('gone'));
    assert.deepEqual(heard, ['gone']);
    assert.equal(folders.size, 0);
  });

  it('forgets what was to be told when it ends', async () => {
    const { clock, folders, heard, watch } = scripted();
    watch.watch([at('a', 'x')]);
    folders.get(at('a'))?.changed('x');
    watch.close();
    await clock.advance(1000);
    assert.deepEqual(heard, []);
    // What was being read when it ended.
    watch.watch([at('a', 'x')]);
    assert.equal(folders.size, 0);
  });

  it('hears of a file that the system has changed', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-watch-'));
    const settled = deferred();
    const watch = new FilesWatch({
      clock: new HastyClock(),
      watchFolder: WATCH_FOLDER,
      settled: settled.resolve,
      failed: settled.reject,
    });
    try {
      await writeFile(path.join(folder, 'x'), 'a');
      watch.watch([path.join(folder, 'x')]);
      await writeFile(path.join(folder, 'x'), 'b');
      // The watcher does not keep the process alive.
      const alive = setInterval(() => undefined, 1000);
      await settled.promise;
      clearInterval(alive);
    } finally {
      watch.close();
      await rm(folder, { recursive: true });
    }
  });
});
