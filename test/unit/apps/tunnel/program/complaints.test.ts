import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { tellComplaints } from '#lib/apps/tunnel/program/complaints.js';

async function told(...pieces: readonly string[]): Promise<string[]> {
  const stream = Readable.from(pieces.map((piece) => Buffer.from(piece)));
  const lines: string[] = [];
  tellComplaints(stream, (line) => lines.push(line));
  await once(stream, 'end');
  return lines;
}

describe('apps/tunnel/program/complaints', () => {
  it('tells each line, however it arrives, and the last one without its end', async () => {
    assert.deepEqual(await told('on', 'e\r\n\n', 'two\nthr', 'ee'), ['one', 'two', 'three']);
  });

  it('tells the beginning of a long line', async () => {
    assert.deepEqual(await told('x'.repeat(5000), 'y\nz'), ['x'.repeat(300), 'z']);
  });

  it('tells the first lines of many, and reads all of them', async () => {
    const lines = await told('line\n'.repeat(500), 'line\n'.repeat(500));
    assert.equal(lines.length, 20);
    assert.equal(lines.at(-1), 'line … (and more)');
  });
});
