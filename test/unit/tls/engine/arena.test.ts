import assert from 'node:assert/strict';

import { Arena } from '#lib/tls/engine/arena.js';

describe('tls/engine/arena', () => {
  it('gives what was kept to nobody else', () => {
    const arena = new Arena();
    const kept = Array.from({ length: 100 }, (_, index) => {
      const reserved = arena.reserve(20_000);
      reserved.fill(index);
      return arena.keep(reserved, 15_000 + index);
    });
    kept.forEach((bytes, index) => {
      assert.equal(bytes.length, 15_000 + index);
      assert.ok(bytes.every((byte) => byte === index));
    });
  });

  it('lets nobody take the memory of others to another thread', () => {
    const arena = new Arena();
    const [mine, others] = Array.from({ length: 2 }, () => arena.keep(arena.reserve(5000).fill(1), 5000));
    assert.ok(mine);
    assert.ok(others);
    assert.equal(mine.buffer, others.buffer);
    try {
      structuredClone(mine, { transfer: [mine.buffer as ArrayBuffer] });
    } catch (error) {
      // Node copies it up to 20, and refuses from 21 on.
      assert.equal((error as Error).name, 'DataCloneError');
    }
    assert.equal(others.length, 5000);
  });

  it('uses again what was not kept', () => {
    const arena = new Arena();
    const first = arena.reserve(20_000);
    const second = arena.reserve(20_000);
    assert.equal(second.byteOffset, first.byteOffset);
    assert.equal(second.buffer, first.buffer);
  });

  it('cuts large pieces from memory that others share, and short ones from that of Node', () => {
    const arena = new Arena();
    const large = arena.keep(arena.reserve(20_000), 20_000);
    assert.equal(arena.reserve(20_000).buffer, large.buffer);
    assert.notEqual(arena.reserve(100).buffer, large.buffer);
  });

  it('gives the ciphertext of four times 64 KiB from one piece', () => {
    const arena = new Arena();
    const memories = Array.from({ length: 4 }, () => {
      const ciphertext = 4 * (13 + 16_384 + 64);
      return arena.keep(arena.reserve(ciphertext), ciphertext).buffer;
    });
    assert.equal(new Set(memories).size, 1);
  });

  it('has room for more than one piece holds', () => {
    const arena = new Arena();
    assert.equal(arena.reserve(1_000_000).length, 1_000_000);
    assert.equal(arena.keep(arena.reserve(1_000_000), 999_999).length, 999_999);
  });
});
