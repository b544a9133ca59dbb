import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
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

  // On Windows, a script that starts a service does that.
  describe('with a child that goes on and keeps its output open', () => {
    /** Writes the number of the child into a file. */
    const parent = (end: string): string =>
      `const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', ${JSON.stringify(FOREVER)}], { stdio: ['ignore', 1, 2], detached: true });
      require('node:fs').writeFileSync(process.argv[1], String(child.pid));
      child.unref();
      ${end}`;
    let folder: string;
    let file: string;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-run-'));
      file = path.join(folder, 'child');
    });
    afterEach(async () => {
      process.kill(Number(await readFile(file, 'utf8')));
      await rm(folder, { recursive: true });
    });

    it('does not wait for it', async () => {
      await run(parent(''), { args: [file] });
    });

    it('says why the program has failed', async () => {
      await assert.rejects(run(parent('console.error("no"); process.exitCode = 4'), { args: [file] }), {
        message: 'it ended with 4: no',
      });
    });
  });

  it('ends a program when it is told to', async () => {
    const end = new AbortController();
    const running = run(FOREVER, { signal: end.signal });
    end.abort();
    await assert.rejects(running, { name: 'AbortError' });
  });
});
