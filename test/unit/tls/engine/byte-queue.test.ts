import assert from 'node:assert/strict';
import { ByteQueue } from '#lib/tls/engine/byte-queue.js';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('tls/engine/byte-queue', () => {
  it('gives the bytes in the order in which they came', () => {
    const queue = new ByteQueue();
    queue.append(Buffer.from('ab'));
    queue.append(Buffer.from('xcdx'), 1, 3);
    assert.equal(text(queue.view()), 'abcd');
    queue.consume(3);
    assert.equal(text(queue.view()), 'd');
    assert.equal(queue.length, 1);
  });

  it('copies: what the caller does with its bytes afterwards does not matter', () => {
    const queue = new ByteQueue();
    const bytes = Buffer.from('abc');
    queue.append(bytes);
    bytes.fill(0);
    assert.equal(text(queue.view()), 'abc');
  });

  it('grows without losing what is there', () => {
    const queue = new ByteQueue();
    let expected = '';
    for (let round = 0; round < 200; round += 1) {
      const piece = String.fromCharCode(97 + (round % 26)).repeat(round);
      queue.append(Buffer.from(piece));
      expected += piece;
    }
    assert.equal(text(queue.view()), expected);
  });

  it('makes room once for a length that is expected', () => {
    const queue = new ByteQueue();
    queue.append(Buffer.from('a'), 0, 1, 1000);
    const memory = queue.view().buffer;
    queue.append(Buffer.alloc(999));
    assert.equal(queue.view().buffer, memory);
  });

  it('hands its memory over with take() and does not touch it again', () => {
    const queue = new ByteQueue();
    queue.append(Buffer.from('abc'), 0, 3, 100);
    const taken = queue.take();
    queue.append(Buffer.from('xyz'));
    assert.equal(text(taken), 'abc');
    assert.equal(text(queue.view()), 'xyz');
  });

  it('lets its memory go when it is empty', () => {
    const queue = new ByteQueue();
    queue.append(Buffer.alloc(1000));
    queue.consume(1000);
    assert.equal(queue.length, 0);
    assert.equal(queue.view().buffer.byteLength, 0);
  });

  it('gives memory that was recycled to one other queue', () => {
    const [first, second, third] = [new ByteQueue(), new ByteQueue(), new ByteQueue()];
    first.append(Buffer.alloc(20_000, 'a'));
    const { buffer } = first.view();
    first.recycle();
    assert.equal(first.length, 0);
    second.append(Buffer.from('bc'), 0, 2, 18_000);
    third.append(Buffer.from('de'), 0, 2, 18_000);
    assert.equal(second.view().buffer, buffer);
    assert.notEqual(third.view().buffer, buffer);
    assert.equal(text(second.view()) + text(third.view()), 'bcde');
  });

  it('recycles neither what was handed over, nor what is small or large', () => {
    for (const [size, end] of [
      [20_000, 'take'],
      [20_000, 'clear'],
      [1000, 'recycle'],
      [100_000, 'recycle'],
    ] as const) {
      const queue = new ByteQueue();
      queue.append(Buffer.alloc(size));
      const { buffer } = queue.view();
      queue[end]();
      queue.append(Buffer.alloc(size));
      assert.notEqual(queue.view().buffer, buffer, `${size} ${end}`);
    }
  });

  it('forgets everything with clear()', () => {
    const queue = new ByteQueue();
    queue.append(Buffer.from('abc'));
    queue.clear();
    assert.equal(text(queue.view()), '');
  });

  it('needs no more memory than what waits, however much has passed', () => {
    const queue = new ByteQueue();
    queue.append(Buffer.alloc(100));
    for (let round = 0; round < 1000; round += 1) {
      queue.append(Buffer.alloc(100, round & 0xff));
      queue.consume(100);
      assert.equal(queue.view()[99], round & 0xff);
    }
    const size = queue.view().buffer.byteLength;
    assert.ok(size <= 800, `${size} bytes of memory for 100 bytes`);
  });
});
