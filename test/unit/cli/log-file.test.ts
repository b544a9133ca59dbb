import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { LogFile } from '#lib/cli/log-file.js';
import { capturedIO } from '../../support/captured-io.js';

const TIME = '2026-11-30T12:00:00.000Z';

describe('cli/log-file', () => {
  let folder: string;
  let file: string;
  let failures: Error[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-log-'));
    file = path.join(folder, 'tunnel.log');
    failures = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = (overwrite = false, name = file): LogFile =>
    new LogFile({
      ...{ file: name, overwrite, now: () => new Date(TIME) },
      failed: (error) => failures.push(error),
    });

  const content = (name = file): Promise<string> => readFile(name, 'utf8');

  it('adds whole lines, each with its time', async () => {
    await writeFile(file, 'before\n');
    const log = open();
    log.write('one\ntw');
    log.write('o\nthree');
    await log.close();
    assert.equal(await content(), `before\n${TIME} one\n${TIME} two\n${TIME} three\n`);
  });

  it('leaves lines as they are that have their time', async () => {
    const log = new LogFile({
      ...{ file, overwrite: false, now: () => new Date(TIME), isTimed: true },
      failed: (error) => failures.push(error),
    });
    log.write('2026.11.30 12:00:00 LOG5[ui]: one\n');
    await log.close();
    assert.equal(await content(), '2026.11.30 12:00:00 LOG5[ui]: one\n');
  });

  it('leaves lines of JSON as they are', async () => {
    const log = open();
    log.write('{"event":"open"}\n');
    await log.close();
    assert.equal(await content(), '{"event":"open"}\n');
  });

  it('begins with an empty file if it shall', async () => {
    await writeFile(file, 'before\n');
    const log = open(true);
    log.write('one\n');
    await log.close();
    log.write('two\n');
    await log.close();
    assert.equal(await content(), `${TIME} one\n${TIME} two\n`);
  });

  it('makes a new file after the old one was renamed', async () => {
    const log = open();
    log.write('one\n');
    await log.close();
    await rename(file, `${file}.1`);
    log.write('two\n');
    await log.close();
    assert.deepEqual([await content(`${file}.1`), await content()], [`${TIME} one\n`, `${TIME} two\n`]);
  });

  it('has what goes to the streams, and leaves them as they are', async () => {
    const io = capturedIO();
    const log = open();
    const { stdout, stderr, stdin, env } = log.beside(io);
    assert.deepEqual([stdin, env], [io.stdin, io.env]);
    stdout.write('out\n');
    stderr.write('err\n');
    await log.close();
    assert.deepEqual([io.output(), io.errors()], ['out\n', 'err\n']);
    assert.equal(await content(), `${TIME} out\n${TIME} err\n`);
  });

  it('says once that the file can not be written, and goes on', async () => {
    const log = open(false, path.join(folder, 'none', 'tunnel.log'));
    log.write('one\n');
    await log.close();
    log.write('two\n');
    await log.close();
    assert.equal(failures.length, 1);
    assert.match(failures[0]?.message ?? '', /ENOENT/);
  });

  it('keeps the lines of two streams apart', async () => {
    const log = open();
    const [one, two] = [log.stream(), log.stream()];
    one.write('on');
    two.write('two\nthr');
    one.write('e\n');
    two.end();
    await finished(two);
    await log.close();
    assert.equal(await content(), `${TIME} two\n${TIME} one\n${TIME} thr\n`);
  });

  describe('with a limit', () => {
    const kept = (size: number): LogFile =>
      new LogFile({
        ...{ file, overwrite: false, now: () => new Date(TIME), isTimed: true, keep: { count: 3, size } },
        failed: (error) => failures.push(error),
      });

    it('begins the next file before a line that does not fit', async () => {
      const log = kept(8);
      log.write('one\ntwo\nsix\n');
      await log.close();
      assert.deepEqual([await content(`${file}.1`), await content()], ['one\ntwo\n', 'six\n']);
    });

    it('gives a longer line a separate file', async () => {
      const log = kept(8);
      log.write('a\nmuch longer\nb\n');
      await log.close();
      assert.deepEqual(
        [await content(`${file}.2`), await content(`${file}.1`), await content()],
        ['a\n', 'much longer\n', 'b\n'],
      );
    });

    it('goes on in a file that can not be renamed', async () => {
      await mkdir(`${file}.1`);
      await writeFile(`${file}.1${path.sep}x`, '');
      await mkdir(`${file}.2`);
      await writeFile(`${file}.2${path.sep}x`, '');
      const log = kept(4);
      log.write('one\ntwo\n');
      await log.close();
      assert.deepEqual([await content(), failures], ['one\ntwo\n', []]);
    });
  });
});
