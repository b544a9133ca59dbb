import assert from 'node:assert/strict';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { memoryFor } from '#lib/tls/socket/ciphertext-memory.js';

class TunnelledSocket extends net.Socket {}

describe('tls/socket/ciphertext-memory', () => {
  const forKernel = memoryFor(new net.Socket());
  const forStream = memoryFor(new Duplex());
  const large = forKernel.piece;

  it('uses a large piece again once the transport has passed it on', () => {
    const memory = forKernel.take(large);
    forKernel.giveBack(memory);
    assert.equal(forKernel.take(large), memory);
  });

  it('never hands out the same piece twice before it is given back', () => {
    const pieces = Array.from({ length: 4 }, () => forKernel.take(large));
    assert.equal(new Set(pieces.map(({ buffer }) => buffer)).size, 4);
  });

  it('has room for what protecting a full piece adds', () => {
    assert.ok(forKernel.take(large).length >= large + Math.ceil(large / 16384) * 64);
    assert.ok(forKernel.take(large * 2).length >= large * 2);
  });

  it('keeps eight large pieces at most', () => {
    const pieces = Array.from({ length: 20 }, () => forKernel.take(large));
    for (const piece of pieces) forKernel.giveBack(piece);
    const again = Array.from({ length: 20 }, () => forKernel.take(large));
    assert.equal(again.filter((piece) => pieces.includes(piece)).length, 8);
  });

  it('does not keep small pieces in the place of large ones', () => {
    const pieces = Array.from({ length: 9 }, () => forKernel.take(large));
    for (let count = 0; count < 8; count += 1) forKernel.giveBack(forKernel.take(100));
    for (const piece of pieces.slice(0, 8)) forKernel.giveBack(piece);
    const again = Array.from({ length: 8 }, () => forKernel.take(large));
    assert.equal(again.filter((piece) => pieces.includes(piece)).length, 8);
  });

  it('takes new memory for streams that may keep what they were given', () => {
    for (const stream of [new Duplex(), new TunnelledSocket()]) {
      const memory = memoryFor(stream);
      const first = memory.take(5000).fill(1);
      const kept = memory.fill(first, 5000);
      memory.giveBack(first);
      const second = memory.fill(memory.take(5000).fill(2), 5000);
      assert.ok(kept.every((byte) => byte === 1));
      assert.ok(second.every((byte) => byte === 2));
    }
  });

  it('gives the part that was filled', () => {
    for (const memory of [forKernel, forStream]) {
      assert.equal(memory.fill(memory.take(5000).fill(7), 4321).length, 4321);
    }
  });
});
