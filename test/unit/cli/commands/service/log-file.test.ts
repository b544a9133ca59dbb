import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastLines, openLog } from '#lib/cli/commands/service/log-file.js';

const now = (): Date => new Date(0);
const TIME = '1970-01-01T00:00:00.000Z';
const KEEP = { count: 5, size: 100 };

describe('cli/commands/service/log-file', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-log-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  const write = async (count: number): Promise<void> => {
    const log = openLog(folder, now, KEEP);
    for (let at = 0; at < count; at += 1) log.write(`line ${at}\n`);
    await log.close();
  };

  it('keeps five files of a limited size', async () => {
    await write(100);
    const names = await readdir(folder);
    assert.deepEqual(
      names.sort(),
      ['', '.1', '.2', '.3', '.4'].map((end) => `service.log${end}`),
    );
    for (const name of names) assert.ok((await readFile(path.join(folder, name))).length <= KEEP.size);
  });

  it('has the last lines, also of older files', async () => {
    await write(9);
    assert.deepEqual(
      await lastLines(folder, 5),
      [4, 5, 6, 7, 8].map((at) => `${TIME} line ${at}`),
    );
    assert.equal((await lastLines(folder, 99)).length, 9);
  });

  it('has no lines without a log', async () => {
    assert.deepEqual(await lastLines(folder, 5), []);
  });

  it('does not fail if it can not be written', async () => {
    const log = openLog(path.join(folder, 'none'));
    log.write('a line\n');
    await log.close();
    assert.deepEqual(await readdir(folder), []);
  });

  it('leaves out what waits for a slow disk beyond a limit', async () => {
    const log = openLog(folder);
    for (let at = 0; at < 40; at += 1) log.write(`${'x'.repeat(100_000)}\n`);
    await log.close();
    const sizes = await Promise.all(
      (await readdir(folder)).map(async (name) => (await readFile(path.join(folder, name))).length),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(total > 1_000_000 && total < 2_000_000, String(total));
  });
});
