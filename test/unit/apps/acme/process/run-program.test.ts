import assert from 'node:assert/strict';
import { runProgram } from '#lib/apps/acme/process/run-program.js';

/** Runs a script of Node's. */
const run = (
  script: string,
  { timeout = 60_000, args = [] as string[], signal = undefined as AbortSignal | undefined } = {},
): Promise<void> => runProgram(process.execPath, ['-e', script, ...args], { timeout, signal });
const FOREVER = 'setInterval(() => {}, 1000)';

describe('apps/acme/process/run-program', () => {
  it('gives a program its arguments as they are, without a shell', async () => {
    const odd = [`"; echo $HOME & '`, '%PATH%', '', 'a b'];
    const script = `process.exitCode = JSON.stringify(process.argv.slice(1)) === ${JSON.stringify(JSON.stringify(odd))} ? 0 : 3`;
    await run(script, { args: odd });
  });

  it('says how a program ended, and what it said at last', async () => {
    const script = 'console.error("x".repeat(3000)); console.error("one\\ntwo"); process.exitCode = 5';
    await assert.rejects(run(script), (error: Error) => {
      assert.match(error.message, /^it ended with 5: x+ …|^it ended with 5: x/);
      return error.message.length < 400;
    });
    await assert.rejects(run('console.error("one\\ntwo"); process.exitCode = 5'), {
      message: 'it ended with 5: one / two',
    });
  });

  it('reports a program that is not there', async () => {
    await assert.rejects(runProgram('no-such-program', [], { timeout: 60_000 }), { code: 'ENOENT' });
  });

  it('ends a program that takes too long', async () => {
    await assert.rejects(run(FOREVER, { timeout: 50 }), { message: /^it took too long/ });
  });

  it('ends a program when it is told to', async () => {
    const end = new AbortController();
    const running = run(FOREVER, { signal: end.signal });
    end.abort();
    await assert.rejects(running, { name: 'AbortError' });
  });
});
