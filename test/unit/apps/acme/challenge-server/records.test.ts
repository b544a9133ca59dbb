import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ChallengeRecord, ChallengeRecords } from '#lib/apps/acme/challenge-server/records.js';
import { deferred } from '#lib/base/async/deferred.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { LOCK_SYSTEM, type LockSystem } from '#lib/base/files/lock.js';
import { skip } from '../../../../support/skip.js';
import { MemoryDns } from '../../../../support/memory-dns.js';
import { idle, ScriptedClock } from '../../../../support/scripted-clock.js';

const NAME = '_acme-challenge.bar.example';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const record = (value: string, more: Partial<ChallengeRecord> = {}): ChallengeRecord => ({
  client: 'hulk',
  name: NAME,
  value,
  rolling: false,
  ...more,
});

describe('apps/acme/challenge-server/records', () => {
  let folder: string;
  let dns: MemoryDns;
  let clock: ScriptedClock;
  /** What was removed without being asked: 'value', or 'value: reason'. */
  let expired: string[];
  let open: ChallengeRecords[];
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-records-'));
    dns = new MemoryDns();
    clock = new ScriptedClock(1_900_000_000_000);
    expired = [];
    open = [];
  });
  afterEach(async () => {
    for (const each of open) await each.close();
    rmSync(folder, { recursive: true });
  });

  async function start(more: Partial<LockSystem> = {}): Promise<ChallengeRecords> {
    const records = await ChallengeRecords.open(dns, folder, {
      system: { ...LOCK_SYSTEM, clock, ...more },
      onExpired: ({ value }, error) =>
        expired.push(error === null ? value : `${value}: ${(error as Error).message}`),
    });
    open.push(records);
    return records;
  }

  const journal = (): { client: string; value: string; handle: unknown }[] =>
    (JSON.parse(readFileSync(path.join(folder, 'records.json'), 'utf8')) as { records: never[] }).records;

  /** Lets time pass, and what was begun by it end. */
  async function pass(milliseconds: number): Promise<void> {
    await clock.advance(milliseconds);
    for (const each of open) await each.settled();
    await idle();
  }

  it('adds values and removes each, beside those of others', async () => {
    dns.values.push(`${NAME} foreign`);
    const records = await start();
    await records.present(record('one'));
    await records.present(record('two'));
    await records.present(record('one'));
    assert.deepEqual(dns.values, [`${NAME} foreign`, `${NAME} one`, `${NAME} two`]);
    await records.cleanup(record('one'));
    await records.cleanup(record('one'));
    await records.cleanup(record('foreign'));
    await records.cleanup(record('two', { client: 'other' }));
    assert.deepEqual(dns.values, [`${NAME} foreign`, `${NAME} two`]);
    assert.deepEqual(dns.calls.length, 3);
  });

  it('removes a value after an hour, whatever the client does', async () => {
    const records = await start();
    await records.present(record('one'));
    await pass(HOUR - MINUTE);
    await records.present(record('one'));
    await records.present(record('two'));
    assert.deepEqual([dns.values.length, expired], [2, []]);
    await pass(MINUTE);
    assert.deepEqual([dns.values, expired], [[`${NAME} two`], ['one']]);
    await pass(HOUR);
    assert.deepEqual([dns.values, expired, journal(), clock.timers], [[], ['one', 'two'], [], 0]);
  });

  it('removes it after a restart, by its handle', async () => {
    const records = await start();
    await records.present(record('one'));
    await records.close();
    await pass(HOUR);
    assert.equal(dns.values.length, 1);
    await start();
    await pass(0);
    assert.deepEqual([dns.values, dns.calls.at(-1), expired], [[], `remove ${NAME} one`, ['one']]);
  });

  it('keeps no value longer if the clock was set back', async () => {
    const records = await start();
    await records.present(record('one'));
    await records.close();
    clock = new ScriptedClock(1_800_000_000_000);
    await start();
    await pass(HOUR);
    assert.deepEqual(dns.values, []);
  });

  it('keeps no value longer if the clock is set back meanwhile', async () => {
    let behind = 0;
    const after = clock.after.bind(clock);
    const records = await start({ clock: { now: () => clock.now() - behind, after } });
    await records.present(record('one'));
    behind = 1000 * HOUR;
    await pass(HOUR);
    assert.deepEqual([dns.values, expired], [[], ['one']]);
  });

  it('has name and value in the journal before anything changes', async () => {
    const records = await start();
    let seen: unknown;
    const add = dns.add.bind(dns);
    dns.add = (each) => {
      seen = journal();
      return add(each);
    };
    await records.present(record('one'));
    const { client, name, value } = record('one');
    assert.deepEqual(seen, [{ client, name, value, rolling: false, since: clock.now(), handle: null }]);
    assert.notEqual(journal()[0]?.handle, null);
  });

  it('removes what a process was adding when it was killed', async () => {
    const killed = {
      client: 'hulk',
      name: NAME,
      value: 'one',
      rolling: false,
      since: clock.now(),
      handle: null,
    };
    writeFileSync(path.join(folder, 'records.json'), JSON.stringify({ version: 1, records: [killed] }));
    dns.values.push(`${NAME} one`);
    await start();
    await pass(HOUR);
    assert.deepEqual([dns.values, dns.calls], [[], [`removeValue ${NAME} one`]]);
  });

  it('forgets a value that was refused', async () => {
    const records = await start();
    dns.errors.push(new SchannelError('ERR_SCHANNEL_DNS_REFUSED', 'no right'));
    await assert.rejects(records.present(record('one')), /no right/);
    assert.deepEqual([journal(), clock.timers], [[], 0]);
  });

  it('removes a value soon if nobody knows whether it was added', async () => {
    const records = await start();
    dns.loses = true;
    dns.errors.push(new SchannelError('ERR_SCHANNEL_DNS_CONNECTION', 'lost'));
    await assert.rejects(records.present(record('one')), /lost/);
    assert.deepEqual(dns.values, [`${NAME} one`]);
    await pass(MINUTE);
    assert.deepEqual([dns.values, journal(), dns.calls.at(-1)], [[], [], `removeValue ${NAME} one`]);
  });

  it('adds it again if the client asks again', async () => {
    const records = await start();
    dns.errors.push(new SchannelError('ERR_SCHANNEL_DNS_CONNECTION', 'lost'));
    await assert.rejects(records.present(record('one')), /lost/);
    await records.present(record('one'));
    assert.deepEqual(dns.values, [`${NAME} one`]);
    // It was to be removed soon, and now it has its hour again.
    await pass(HOUR - MINUTE);
    assert.deepEqual(dns.values, [`${NAME} one`]);
    await pass(MINUTE);
    assert.deepEqual(dns.values, []);
  });

  it('tries again if it cannot be removed, less and less often', async () => {
    const records = await start();
    await records.present(record('one'));
    dns.errors.push(new Error('a'), new Error('b'), new Error('c'));
    await pass(HOUR);
    await pass(MINUTE);
    await pass(2 * MINUTE);
    assert.deepEqual([dns.values.length, expired], [1, ['one: a', 'one: b', 'one: c']]);
    await pass(3 * MINUTE);
    assert.equal(dns.values.length, 1);
    await pass(MINUTE);
    assert.deepEqual([dns.values, expired.at(-1)], [[], 'one']);
  });

  it('keeps the last two values of a client of acme-dns', async () => {
    const records = await start();
    for (const value of ['one', 'two', 'three', 'four'])
      await records.present(record(value, { rolling: true }));
    assert.deepEqual(dns.values, [`${NAME} three`, `${NAME} four`]);
    await records.present(record('five', { rolling: true, client: 'other' }));
    assert.equal(dns.values.length, 3);
  });

  it('has a limit of values for a name and for a client, and says until when', async () => {
    const records = await start();
    for (let index = 0; index < 10; index += 1) await records.present(record(`v${index}`));
    await clock.advance(MINUTE);
    await assert.rejects(records.present(record('v10')), { status: 429, wait: HOUR - MINUTE });
    for (let index = 10; index < 200; index += 1)
      await records.present(record('v', { name: `_acme-challenge.n${index}.example` }));
    await assert.rejects(records.present(record('v', { name: '_acme-challenge.more.example' })), {
      status: 429,
    });
    await records.present(record('v', { name: '_acme-challenge.more.example', client: 'other' }));
    assert.equal(dns.values.length, 201);
  });

  it('changes one value of a name after the other, and those of other names meanwhile', async () => {
    const records = await start();
    const steps: string[] = [];
    const meanwhile = deferred();
    dns.add = async ({ name, value }) => {
      steps.push(`begin ${value}`);
      if (value === 'c') meanwhile.resolve();
      else await meanwhile.promise;
      steps.push(`end ${value}`);
      return { name, value };
    };
    const other = record('c', { name: '_acme-challenge.foo.example' });
    await Promise.all([record('a'), record('b'), other].map((each) => records.present(each)));
    assert.deepEqual(
      steps.filter((step) => !step.endsWith('c')),
      ['begin a', 'end a', 'begin b', 'end b'],
    );
  });

  it('sets addresses, if the provider can', async () => {
    const records = await start();
    await records.setAddress('pc.bar.example', '10.0.0.1');
    assert.equal(dns.addresses.get('pc.bar.example'), '10.0.0.1');
    Object.defineProperty(dns, 'setAddress', { value: undefined });
    await assert.rejects(records.setAddress('pc.bar.example', null), { status: 501 });
  });

  it('changes nothing if the journal cannot be written', async () => {
    const records = await start();
    rmSync(path.join(folder, 'records.json'));
    mkdirSync(path.join(folder, 'records.json'));
    await assert.rejects(records.present(record('one')), { status: 503, message: /journal/ });
    assert.deepEqual([dns.calls, clock.timers], [[], 0]);
    rmSync(path.join(folder, 'records.json'), { recursive: true });
    await records.present(record('one'));
    assert.equal(dns.values.length, 1);
  });

  it('lets no second server use the journal, until the first has ended', async () => {
    const records = await start();
    let now = 0;
    const hasty = {
      now: () => now,
      after: (_: number, callback: () => void) => {
        now += MINUTE;
        setImmediate(callback);
        return () => undefined;
      },
    };
    await assert.rejects(start({ clock: hasty }), {
      code: 'ERR_SCHANNEL_ACME_STATE',
      message: new RegExp(`process ${process.pid} on`),
    });
    await records.close();
    await records.close();
    await assert.rejects(records.present(record('one')), { status: 503 });
    await start();
  });

  it('does not begin in a folder that others can write to', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has no modes of files');
    chmodSync(folder, 0o777);
    await assert.rejects(start(), { code: 'ERR_SCHANNEL_ACME_STATE', message: /everyone/, advice: /chmod/ });
  });

  for (const [what, text] of [
    ['half a file', '{ "version": 1, "rec'],
    ['one of a later version', '{ "version": 2, "records": [] }'],
    ['one with a record without a value', '{ "version": 1, "records": [{ "client": "a", "name": "b" }] }'],
    [
      'one with a handle that is none',
      '{ "version": 1, "records": [{ "client": "a", "name": "b", "value": "c", "rolling": false, "since": 1, "handle": [] }] }',
    ],
  ] as const) {
    it(`does not begin with a damaged journal: ${what}`, async () => {
      writeFileSync(path.join(folder, 'records.json'), text);
      await assert.rejects(start(), { code: 'ERR_SCHANNEL_ACME_STATE' });
      assert.equal(readFileSync(path.join(folder, 'records.json'), 'utf8'), text);
      rmSync(path.join(folder, 'records.json'));
      await start();
    });
  }
});
