import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { lastLines, LogFile } from '#lib/cli/commands/service/log-file.js';

const CLOCK = { now: (): number => 0 };
const TIME = '1970-01-01T00:00:00.000Z';

describe('cli/commands/service/log-file', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-log-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  const write = async (log: LogFile, ...chunks: readonly string[]): Promise<void> => {
    const stream = log.stream();
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
    await finished(stream);
    await log.flush();
  };

  it('puts the time in front of each line, whatever pieces they come in', async () => {
    await write(new LogFile(folder, CLOCK), 'on', 'e\ntwo', '\n', 'rest');
    assert.equal(
      await readFile(path.join(folder, 'service.log'), 'utf8'),
      `${TIME} one\n${TIME} two\n${TIME} rest\n`,
    );
  });

  it('leaves lines of JSON as they are', async () => {
    await write(new LogFile(folder, CLOCK), '{"event":"open"}\n');
    assert.deepEqual(await lastLines(folder, 9), ['{"event":"open"}']);
  });

  it('keeps five files of a limited size', async () => {
    const log = new LogFile(folder, CLOCK, 100);
    await write(log, ...Array.from({ length: 100 }, (_, index) => `line ${String(index)}\n`));
    const names = await readdir(folder);
    assert.deepEqual(
      names.sort(),
      ['', '.1', '.2', '.3', '.4'].map((end) => `service.log${end}`),
    );
    for (const name of names) assert.ok((await readFile(path.join(folder, name))).length <= 100);
  });

  it('has the last lines, also of older files', async () => {
    await write(
      new LogFile(folder, CLOCK, 100),
      ...Array.from({ length: 9 }, (_, at) => `line ${String(at)}\n`),
    );
    assert.deepEqual(
      await lastLines(folder, 5),
      [4, 5, 6, 7, 8].map((at) => `${TIME} line ${String(at)}`),
    );
    assert.equal((await lastLines(folder, 99)).length, 9);
  });

  it('has no lines without a log', async () => {
    assert.deepEqual(await lastLines(folder, 5), []);
  });

  it('does not fail if it can not be written', async () => {
    await write(new LogFile(path.join(folder, 'none')), 'a line\n');
  });
});
