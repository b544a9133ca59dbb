import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LogEntry, SettingsLog } from '#lib/web/settings/log.js';

describe('web/settings/log', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-log-'));
    file = path.join(folder, 'log', 'settings.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const NOW = Date.UTC(2026, 10, 30);
  const open = (options: object = {}) => SettingsLog.open({ file, now: () => NOW, ...options });
  const texts = (log: SettingsLog): string[] => log.entries.map(({ text }) => text);
  const inFile = (name = file): LogEntry[] =>
    readFileSync(name, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LogEntry);

  it('keeps the last 500 entries, each with a number and a time', async () => {
    const log = await open({ file: null });
    for (let number = 1; number <= 600; number += 1) log.add({ level: 'info', text: String(number) });
    assert.equal(log.entries.length, 500);
    assert.deepEqual([log.entries[0]?.text, log.entries[0]?.id, log.entries.at(-1)?.id], ['101', 101, 600]);
    assert.deepEqual(log.entries[0]?.time, new Date(NOW));
  });

  it('tells listeners until they end it', async () => {
    const log = await open({ file: null });
    const heard: string[] = [];
    const end = log.listen(({ text }) => heard.push(text));
    log.add({ level: 'info', text: 'one' });
    end();
    log.add({ level: 'info', text: 'two' });
    assert.deepEqual(heard, ['one']);
  });

  it('hides a secret that begins with another one as a whole', async () => {
    const log = await open({ file: null });
    log.hide(['hunter2', 'hunter2-and-more']);
    assert.equal(log.filter('refused: hunter2-and-more, hunter2'), 'refused: •••, •••');
  });

  it('is in a file, one JSON a line, and goes on there after a restart', async () => {
    const log = await open();
    log.add({ level: 'warning', text: 'one', order: 'https://acme.example/order/1', name: 'a.example' });
    await log.flush();
    assert.deepEqual(inFile()[0], {
      id: 1,
      time: '2026-11-30T00:00:00.000Z',
      level: 'warning',
      text: 'one',
      order: 'https://acme.example/order/1',
      name: 'a.example',
      code: null,
      problem: null,
    });
    appendFileSync(file, '{"half a li\n[]\n{"text":7}\n');
    const next = await open();
    next.add({ level: 'info', text: 'two' });
    await next.flush();
    assert.deepEqual(texts(next), ['one', 'two']);
    assert.deepEqual(
      next.entries.map(({ id }) => id),
      [1, 2],
    );
  });

  it('has five files at most, each of a limited size', async () => {
    const log = await open({ fileSize: 1000 });
    for (let number = 0; number < 100; number += 1) log.add({ level: 'info', text: 'x'.repeat(100) });
    await log.flush();
    const names = readdirSync(path.dirname(file)).sort();
    assert.deepEqual(names, ['settings.jsonl', ...[1, 2, 3, 4].map((at) => `settings.jsonl.${at}`)]);
    for (const name of names) assert.ok(statSync(path.join(path.dirname(file), name)).size <= 1000);
    assert.equal(inFile().at(-1)?.id, 100);
    assert.equal(inFile(`${file}.1`).at(-1)?.id, 100 - inFile().length);
  });

  it('has no secret that it knows, wherever it stands', async () => {
    const log = await open();
    log.hide(['hunter22', 'first line\nbar.example=second line', 'abc']);
    log.add({
      level: 'error',
      text: 'hunter22 and second line, abc',
      name: 'hunter22.example',
      problem: {
        type: 'about:hunter22',
        detail: 'hunter22',
        status: 403,
        subproblems: [{ type: 't', detail: 'first line', name: 'hunter22' }],
      },
    });
    await log.flush();
    for (const text of [JSON.stringify(log.entries), readFileSync(file, 'utf8')]) {
      assert.doesNotMatch(text, /hunter22|first line|second line/);
    }
    // Too short to be one: it would make holes into words.
    assert.match(log.entries[0]?.text ?? '', /abc$/);
  });

  for (const [what, secret] of [
    ['Authorization: Bearer AbCdEf0123456789', 'AbCdEf0123456789'],
    ['{"authorization":"Basic dXNlcjpwYXNz"}', 'dXNlcjpwYXNz'],
    ['the header was bearer abc.def.ghi', 'abc.def.ghi'],
    ['https://user:hunter2@acme.example/', 'hunter2'],
    ['{"password": "pa55word", "ok": 1}', 'pa55word'],
    ['secret=s3cr3t&x=1', 's3cr3t'],
    ['X-Api-Key: 0123456789', '0123456789'],
    ['-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END', 'MHcCAQ'],
  ] as const) {
    it(`leaves out what looks like one: ${what.slice(0, 30)}`, async () => {
      const log = await open({ file: null });
      assert.ok(!log.filter(what).includes(secret), log.filter(what));
    });
  }

  it('has one line for an entry, whatever is in it', async () => {
    const log = await open();
    log.add({ level: 'info', text: 'one\ntwo\u001b[31m\u202e', name: 'x'.repeat(5000) });
    await log.flush();
    assert.equal(inFile().length, 1);
    assert.equal(log.entries[0]?.text, 'one / two?[31m?');
    assert.ok(JSON.stringify(log.entries[0]).length < 1300);
  });

  it('goes on if the file cannot be written', async () => {
    const log = await open();
    rmSync(path.dirname(file), { recursive: true });
    log.add({ level: 'info', text: 'one' });
    await log.flush();
    assert.deepEqual(texts(log), ['one']);
  });
});
