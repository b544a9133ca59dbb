import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PROFILES, commandFor, repeatable, seedsOfRounds } from '../../scripts/suites/double.mjs';
import { inRoot } from '../../scripts/support/paths.mjs';

describe('scripts/suites/double', () => {
  const world = { version: '24', profile: '2019', seed: 17 };

  it('knows the profiles that the double has', () => {
    const source = readFileSync(inRoot('test/double/world.cc'), 'utf8');
    const [table] = /^const Profile kProfiles\[\] = \{$[^]*?^ {4}\{nullptr/m.exec(source);
    const names = [...table.matchAll(/^ {4}\{"([^"]+)"/gm)].map(([, name]) => name);
    assert.deepEqual([...PROFILES].sort(), names.sort());
  });

  it('knows the command that repeats a test', () => {
    const test = { file: 'dist-test\\live\\client\\connect.test.js', title: "connect() isn't [a] test" };
    assert.equal(
      commandFor(world, test),
      'npm test -- --node 24 --double-profile 2019 --double-seed 17' +
        " --grep 'connect\\(\\) isn'\\''t \\[a\\] test' test/live/client/connect.test.ts",
    );
    assert.match(commandFor({ ...world, guarded: true }, test), /^SCHANNEL_DOUBLE_GUARD=1 npm test -- /);
  });

  it('repeats the file of a hook, and everything if a process ends without a test', () => {
    const hook = { file: 'dist-test/live/server/http.test.js', title: 'a "before all" hook for "b"' };
    const command = 'npm test -- --node 24 --double-profile 2019 --double-seed 17';
    assert.equal(commandFor(world, hook), `${command} test/live/server/http.test.ts`);
    assert.equal(commandFor(world, {}), command);
  });

  it('adds the command to what a failure tells', () => {
    const told = [];
    const tally = { fail: (...args) => told.push(args), pass: (title) => told.push(title) };
    const repeated = repeatable(tally, ({ title }) => `run ${title}`);
    repeated.pass('good');
    repeated.fail('bad', 'Error: no\n', { title: 'bad' });
    assert.deepEqual(told, ['good', ['bad', 'Error: no\nagain: run bad', { title: 'bad' }]]);
  });

  it('draws the first seed of rounds unless it is named', () => {
    assert.deepEqual(seedsOfRounds(3, 17), [17, 18, 19]);
    const [first, second, ...others] = seedsOfRounds(2);
    assert.equal(second, first + 1);
    assert.equal(others.length, 0);
    assert.ok(first > 0);
  });
});
