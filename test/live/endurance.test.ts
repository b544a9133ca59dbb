import assert from 'node:assert/strict';
import { connections, startEcho } from '../endurance/connections.js';
import { credentials } from '../endurance/credentials.js';
import { killed } from '../endurance/killed.js';
import type { Output } from '../endurance/part.js';
import { row } from '../endurance/row.js';

/** What `npm run endurance` does for an hour. */
describe('after everything in small numbers', () => {
  let tables: string[];
  const output: Output = {
    say: () => undefined,
    table: (title) => tables.push(title),
  };

  beforeEach(() => {
    tables = [];
  });

  it('a process is as before: connections at once', async () => {
    const echo = await startEcho();
    try {
      assert.deepEqual(await connections({ count: 12, rounds: 2 }, echo, output), []);
    } finally {
      await echo.close();
    }
    assert.deepEqual(tables, ['12 connections at once']);
  });

  it('a process is as before: connections in a row', async () => {
    assert.deepEqual(await row({ count: 16, samples: 2 }, output), []);
    assert.deepEqual(tables, ['16 connections in a row', 'sessions']);
  });

  it('a process is as before: credentials, of which few are kept', async () => {
    assert.deepEqual(await credentials({ count: 32 }, output), []);
    assert.match(tables[0] ?? '', /^32 credentials, at most (1[6-9]|2[0-4]) at once$/);
  });

  // test/live/identity/processes.test.ts kills.
  it('Windows is as before: leases and imports', async () => {
    assert.deepEqual(await killed({ count: 0, mean: 0, samples: 1, seed: 1 }, output), []);
    assert.equal(tables.length, 3);
  });
});
