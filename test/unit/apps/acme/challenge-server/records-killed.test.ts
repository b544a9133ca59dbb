import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ChallengeRecords } from '#lib/apps/acme/challenge-server/records.js';
import { LOCK_SYSTEM } from '#lib/base/files/lock.js';
import { type ChallengeTask, valuesIn, zoneIn } from '../../../../support/challenge-child.js';
import { ScriptedClock } from '../../../../support/scripted-clock.js';

const CHILD = path.join(__dirname, '..', '..', '..', '..', 'support', 'challenge-child.js');
/** It makes about fifteen changes of files; anything longer is an endless loop. */
const MOST = 40;
const HOUR_MS = 3_600_000;

describe('apps/acme/challenge-server/records: killed at any moment', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-challenges-'));
    await mkdir(path.join(folder, 'zone'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** @returns whether it came to its end */
  async function run(killAfter: number): Promise<boolean> {
    const task: ChallengeTask = { folder, killAfter };
    const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += String(chunk)));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    // On Windows the parent only sees the code 1.
    const isKilled = process.platform === 'win32' ? code === 1 : signal === 'SIGKILL';
    assert.ok(code === 0 || isKilled, output);
    return code === 0;
  }

  /** The next process, an hour later. */
  async function nextStart(): Promise<void> {
    const clock = new ScriptedClock(Date.now() + HOUR_MS);
    const records = await ChallengeRecords.open(zoneIn(folder), path.join(folder, 'state'), {
      system: { ...LOCK_SYSTEM, clock },
      onExpired: (_, error) => assert.equal(error, null),
    });
    await clock.advance(0);
    await records.settled();
    await records.close();
  }

  it('leaves nothing in the zone once an hour is over', async function () {
    this.timeout(60_000);
    const left: number[] = [];
    let isDone = false;
    for (let change = 1; !isDone; change += 1) {
      assert.ok(change < MOST, 'it has no end');
      isDone = await run(change);
      left.push(valuesIn(folder).length);
      await nextStart();
      assert.deepEqual(valuesIn(folder), [], `after change ${change}`);
      const journal = JSON.parse(
        await readFile(path.join(folder, 'state', 'records.json'), 'utf8'),
      ) as object;
      assert.deepEqual(Reflect.get(journal, 'records'), []);
    }
    // Otherwise there was nothing to remove.
    assert.ok(left.includes(1) && left.includes(2), left.join());
  });
});
