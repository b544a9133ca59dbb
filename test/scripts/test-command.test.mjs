import assert from 'node:assert/strict';
import { execute } from '../../scripts/support/process.mjs';

describe('scripts/commands/test', () => {
  const run = (...args) => execute(process.execPath, ['scripts/run.mjs', 'test', ...args]);

  it('ends with the counts, whatever else it tells', async () => {
    const { code, stdout } = await run('--times', '--verbose', 'test/scripts/plan.test.mjs');
    const lines = stdout.trimEnd().split('\n');
    assert.match(lines.at(-1), /^[1-9]\d* passed, 0 failed, 0 skipped$/);
    assert.match(stdout, /^ {2}ok scripts\/suites\/plan /m);
    assert.equal(code, 0);
  });

  it('takes a number of suites to run at the same time', async () => {
    const { code, output } = await run('--jobs', '0');
    assert.match(output, /The number of jobs is a number from 1 on/);
    assert.equal(code, 2);
  });

  it('takes one processor besides its own, and nothing that chooses another node', async () => {
    const refused = async (...args) => {
      const { code, output } = await run(...args);
      assert.equal(code, 2, output);
      return output;
    };
    assert.match(await refused('--arch', 'arm64'), /^--arch takes ia32, on Linux\./);
    if (process.platform === 'win32') return;
    for (const other of ['--node=24', '--suite=live', '--double-seed=7', '--on=windows'])
      assert.match(await refused('--arch', 'ia32', other), new RegExp(`Leave out ${other.split('=')[0]}\\.`));
  });

  it('is no success when nothing matches', async () => {
    const { code, stdout } = await run('--grep', 'no such title', 'test/scripts/plan.test.mjs');
    assert.deepEqual([code, stdout.trimEnd()], [1, '0 passed, 0 failed, 0 skipped']);
  });
});
