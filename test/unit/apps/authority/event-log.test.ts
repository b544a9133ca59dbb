import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EventLog, FIRST_HASH } from '#lib/apps/authority/event-log.js';
import type { AuthorityEvent } from '#lib/apps/authority/events.js';

const NOW = '2030-01-02T03:04:05.678Z';
const event = (serial: string): AuthorityEvent => ({ event: 'released', serial });

describe('apps/authority/event-log', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-log-'));
    file = path.join(folder, 'log.jsonl');
    writeFileSync(file, '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (): EventLog => new EventLog(file, folder);
  async function read(log = open()): Promise<string[]> {
    const serials: string[] = [];
    await log.read((each) => serials.push(each.event === 'released' ? each.serial : each.event));
    return serials;
  }
  async function write(...serials: readonly string[]): Promise<EventLog> {
    const log = open();
    await read(log);
    for (const serial of serials) await log.append(event(serial), NOW);
    return log;
  }
  const lines = (): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

  it('has what was added, each line with the hash of the one before', async () => {
    const log = await write('AA', 'BB');
    assert.deepEqual(await read(), ['AA', 'BB']);
    const [first = '', second = ''] = lines();
    assert.deepEqual(JSON.parse(first), {
      n: 1,
      time: NOW,
      event: 'released',
      serial: 'AA',
      before: FIRST_HASH,
    });
    const hash = createHash('sha256').update(`${first}\n`).digest('hex');
    assert.equal((JSON.parse(second) as { before: string }).before, hash);
    assert.equal(log.head, createHash('sha256').update(`${second}\n`).digest('hex'));
  });

  it('reads only what was added since', async () => {
    const reader = open();
    await write('AA');
    assert.deepEqual(await read(reader), ['AA']);
    await write('BB', 'CC');
    assert.deepEqual(await read(reader), ['BB', 'CC']);
    assert.deepEqual(await read(reader), []);
  });

  it('reads lines that begin in one piece of the file and end in another', async () => {
    const long = (index: number): AuthorityEvent => ({
      event: 'issued',
      serial: String(index).padStart(4, '0'),
      sha256: FIRST_HASH,
      certificate: 'A'.repeat(70_000),
    });
    const log = open();
    for (let index = 0; index < 9; index += 1) await log.append(long(index), NOW);
    let count = 0;
    await open().read(() => (count += 1));
    assert.equal(count, 9);
  });

  for (const [what, change, message] of [
    [
      'is changed',
      ([one, two, three]: string[]) => [one, two?.replace('BB', 'BC'), three],
      /line 3 .* was changed/,
    ],
    ['is removed', ([one, , three]: string[]) => [one, three], /line 2 .* says that it is line 3/],
    [
      'is put in between',
      ([one, two, three]: string[]) => [one, two, two, three],
      /line 3 .* says that it is line 2/,
    ],
    ['is no JSON', ([one, , three]: string[]) => [one, '{', three], /line 2 .* is not JSON/],
    ['is no object', ([one, , three]: string[]) => [one, '5', three], /line 2 .* is no event/],
    [
      'is of a later version',
      ([one, two, three]: string[]) => [one, two?.replace('released', 'dreamt'), three],
      /line 2 .* later version/,
    ],
    [
      'has a wrong type',
      ([one, two, three]: string[]) => [one, two?.replace('"BB"', '7'), three],
      /line 2 .* is no event/,
    ],
    [
      'names a property of Object',
      ([one, two, three]: string[]) => [one, two?.replace('released', 'constructor'), three],
      /line 2 .* is no event/,
    ],
    ['is empty', ([one, two, three]: string[]) => [one, '', two, three], /line 2 .* is not JSON/],
  ] as const) {
    it(`is damaged if a line ${what}`, async () => {
      await write('AA', 'BB', 'CC');
      const changed = change(lines());
      writeFileSync(file, `${changed.join('\n')}\n`);
      await assert.rejects(read(), (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), 'ERR_SCHANNEL_CA_DAMAGED');
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('is damaged if it becomes shorter', async () => {
    const log = await write('AA', 'BB');
    writeFileSync(file, `${lines()[0] ?? ''}\n`);
    await assert.rejects(read(log), { code: 'ERR_SCHANNEL_CA_DAMAGED' });
  });

  it('leaves out an incomplete last line, which can be removed', async () => {
    await write('AA');
    appendFileSync(file, '{"n":2,"time"');
    const log = open();
    assert.deepEqual(await read(log), ['AA']);
    assert.equal(log.torn, 13);
    await assert.rejects(log.append(event('BB'), NOW), { code: 'ERR_SCHANNEL_CA_DAMAGED' });
    await log.removeTorn();
    await log.append(event('BB'), NOW);
    assert.deepEqual(await read(), ['AA', 'BB']);
  });

  it('adds nothing after lines that it has not read, and leaves those as they are', async () => {
    const [one, other] = [await write('AA'), open()];
    await read(other);
    await other.append(event('BB'), NOW);
    await assert.rejects(one.append(event('CC'), NOW), { code: 'ERR_SCHANNEL_CA_DAMAGED' });
    assert.deepEqual(await read(), ['AA', 'BB']);
  });

  it('adds no event that it could not read', async () => {
    const log = open();
    await assert.rejects(log.append(event('not hexadecimal'), NOW), TypeError);
    assert.equal(readFileSync(file, 'utf8'), '');
  });

  it('reads a line without an end only as far as a line may be', async () => {
    writeFileSync(file, 'x'.repeat(2 << 20));
    await assert.rejects(read(), { code: 'ERR_SCHANNEL_CA_DAMAGED' });
  });
});
