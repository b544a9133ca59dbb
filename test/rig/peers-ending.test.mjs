import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { endOfGroup, signalGroup } from '../../scripts/peers/ending.mjs';

describe('scripts/peers/ending', () => {
  /** Runs a shell as a peer is run. */
  const shell = (script) =>
    spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const outputOf = (child) => {
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString();
  };

  it('has the end of a program though another one of its group holds its output, and all that it wrote', async () => {
    const child = shell('sleep 1000 & printf "%100000s" end; exit 3');
    const output = outputOf(child);
    assert.deepEqual(await endOfGroup(child), { code: 3, signal: null });
    assert.equal(output().trim(), 'end');
    assert.equal(output().length, 100_000);
  });

  it('has it though one that has left the group holds the output', async () => {
    const child = shell('setsid sleep 1000 & echo $!; exec sleep 1000');
    const output = outputOf(child);
    const ended = endOfGroup(child, 0);
    child.stdout.once('data', () => signalGroup(child, 'SIGTERM'));
    try {
      assert.deepEqual(await ended, { code: null, signal: 'SIGTERM' });
    } finally {
      process.kill(Number(output()));
    }
  });

  it('has that of a program that nobody holds', async () => {
    assert.deepEqual(await endOfGroup(shell('exit 0')), { code: 0, signal: null });
  });
});
