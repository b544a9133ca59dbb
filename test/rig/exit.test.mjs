import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { useRig, waitFor } from './support.mjs';

/** Says "grown <port>" once it has a child that listens there: the port is free again when that child is gone. */
const parentThat = (then) => `
  const child = require('node:child_process').spawn(process.execPath, ['-e', \`
    const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
      console.log('grown', server.address().port);
      process.send('grown');
    });
  \`], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  ${then}`;
const PARENT = parentThat(`child.on('exit', () => process.exit(99));`);

const isFree = (port) =>
  `require('node:net').createServer().listen(${port}, '127.0.0.1', () => process.exit(0)).on('error', () => process.exit(1))`;

describe('rig: how programs end', () => {
  const context = useRig();

  for (const code of [0, 1, 5, 255, 256, 300, 0x7fffffff]) {
    it(`reports exit code ${code}`, async () => {
      const result = await context.rig.run(context.node, ['-e', `process.exit(${code})`]);
      assert.deepEqual(result, { code, signal: null, crash: null, stdout: '', stderr: '' });
    });
  }

  it('says when a program cannot be started', async () => {
    await assert.rejects(context.rig.run('/no/such/program.exe'), {
      name: 'RigError',
      message: /CreateProcess .* error [23]/,
    });
  });

  it('lets the program handle SIGINT', async () => {
    const script =
      "process.on('SIGINT', () => process.exit(42)); setInterval(() => {}, 1000); console.log('ready')";
    const child = context.rig.spawn(context.node, ['-e', script]);
    await waitFor(child.stdout, /ready/);
    child.kill('SIGINT');
    const { code, signal } = await child.finished;
    assert.deepEqual([code, signal], [42, null]);
  });

  for (const sent of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL']) {
    it(`ends the program and its children on ${sent}`, async () => {
      const child = context.rig.spawn(context.node, ['-e', PARENT]);
      const [, port] = await waitFor(child.stdout, /grown (\d+)/);
      child.kill(sent);
      const { code, signal } = await child.finished;
      assert.deepEqual([code, signal], [null, sent]);
      assert.equal((await context.rig.run(context.node, ['-e', isFree(port)])).code, 0);
    });
  }

  it('ends children that outlive the program', async () => {
    const script = parentThat(`child.on('message', () => process.exit(3));`);
    const child = context.rig.spawn(context.node, ['-e', script]);
    const [, port] = await waitFor(child.stdout, /grown (\d+)/);
    assert.equal((await child.finished).code, 3);
    assert.equal((await context.rig.run(context.node, ['-e', isFree(port)])).code, 0);
  });

  it('ends a program that takes too long', async () => {
    const { signal } = await context.rig.run(context.node, ['-e', 'setInterval(() => {}, 1000)'], {
      timeoutMs: 500,
    });
    assert.equal(signal, 'SIGKILL');
  });

  it('ends the program when its caller is killed', async () => {
    const caller = spawn(
      process.execPath,
      [fileURLToPath(new URL('caller.mjs', import.meta.url)), context.node, PARENT],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [, port] = await waitFor(caller.stdout, /grown (\d+)/);
    caller.kill('SIGKILL');
    // The programs hold the caller's standard output: its end tells that they are gone.
    await once(caller, 'close');
    assert.equal((await context.rig.run(context.node, ['-e', isFree(port)])).code, 0);
  });
});
