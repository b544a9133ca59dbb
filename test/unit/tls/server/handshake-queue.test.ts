import assert from 'node:assert/strict';
import { HandshakeQueue, type QueuedHandshake } from '#lib/tls/server/handshake-queue.js';

const HOUR = 3_600_000;

/** Handshakes that record what happens to them. */
class Log {
  readonly lines: string[] = [];
  #wake: () => void = () => undefined;

  handshake(name: string): QueuedHandshake {
    const note = (what: string) => (): void => {
      this.lines.push(`${name} ${what}`);
      this.#wake();
    };
    return { begin: note('begins'), giveUp: note('is given up') };
  }

  async reaches(count: number): Promise<void> {
    while (this.lines.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

describe('tls/server/handshake-queue', () => {
  let log: Log;
  beforeEach(() => {
    log = new Log();
  });

  const fill = (queue: HandshakeQueue, ...names: readonly string[]): QueuedHandshake[] =>
    names.map((name) => {
      const handshake = log.handshake(name);
      queue.enter(handshake);
      return handshake;
    });

  it('begins as many as allowed, and the others in order', () => {
    const queue = new HandshakeQueue(2, HOUR);
    const [a, b, c, d] = fill(queue, 'a', 'b', 'c', 'd');
    assert.deepEqual(log.lines, ['a begins', 'b begins']);
    for (const one of [b, a, c, d]) if (one) queue.leave(one);
    assert.deepEqual(log.lines, ['a begins', 'b begins', 'c begins', 'd begins']);
    assert.equal(queue.underWay, 0);
  });

  it('forgets a handshake that leaves before its turn', () => {
    const queue = new HandshakeQueue(1, HOUR);
    const [a, b, c] = fill(queue, 'a', 'b', 'c');
    assert.ok(a && b && c);
    queue.leave(b);
    queue.leave(a);
    assert.deepEqual(log.lines, ['a begins', 'c begins']);
  });

  it('counts a handshake once, however often it leaves', () => {
    const queue = new HandshakeQueue(1, HOUR);
    const [a] = fill(queue, 'a', 'b', 'c');
    assert.ok(a);
    queue.leave(a);
    queue.leave(a);
    assert.deepEqual(log.lines, ['a begins', 'b begins']);
    assert.equal(queue.underWay, 1);
  });

  it('gives up handshakes that take too long, one for each that waits', async () => {
    const queue = new HandshakeQueue(2, 20);
    fill(queue, 'a', 'b', 'c');
    await log.reaches(4);
    assert.deepEqual(log.lines, ['a begins', 'b begins', 'a is given up', 'c begins']);
    assert.equal(queue.underWay, 2);
  });

  it('gives up none while none waits', async () => {
    const queue = new HandshakeQueue(1, 20);
    const [, b] = fill(queue, 'a', 'b');
    assert.ok(b);
    queue.leave(b);
    // Another queue, whose time is over later.
    fill(new HandshakeQueue(1, 40), 'x', 'y');
    await log.reaches(4);
    assert.deepEqual(log.lines, ['a begins', 'x begins', 'x is given up', 'y begins']);
  });
});
