import assert from 'node:assert/strict';
import path from 'node:path';
import { suiteOptions } from '../../scripts/support/suite-options.mjs';

describe('scripts/support/suite-options', () => {
  const parse = (args, more) => suiteOptions(args, { usage: 'usage: so', switches: ['own'], ...more });

  it('reads what all suites have, and switches of one', () => {
    const { grep, tests, jobs, own, verbose } = parse([
      '--grep',
      'a+',
      '--tests',
      'x',
      '--jobs',
      '3',
      '--own',
    ]);
    assert.ok(grep.test('baa'));
    assert.equal(tests, path.resolve('x'));
    assert.deepEqual([jobs, own, verbose], [3, true, undefined]);
    assert.deepEqual({ ...parse([]) }, { jobs: 2, grep: undefined, tests: undefined });
  });

  it('refuses with the usage below', () => {
    for (const [args, words] of [
      [['--jobs', '0'], '--jobs takes a number from 1 on'],
      [['--jobs', 'x'], '--jobs takes a number from 1 on'],
      [['--other'], '--other'],
      [['--grep', '('], 'Invalid regular expression'],
    ])
      assert.throws(
        () => parse(args),
        (error) =>
          error.exitCode === 2 && error.message.includes(words) && error.message.endsWith('\n\nusage: so'),
      );
    const complaint = ({ own }) => (own ? 'not here' : undefined);
    assert.throws(() => parse(['--own'], { complaint }), /^Refusal: not here/);
    assert.equal(parse([], { complaint }).own, undefined);
  });
});
