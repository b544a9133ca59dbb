import { createWires, wireKinds } from '../wire.mjs';
import { isIdle, uncounted } from './counters.mjs';

/**
 * A pair of streams in memory whose deliveries depend on no clock: what the far end writes reaches the near end, which
 * is the library's, one write after another, and only while none of its workers has anything to do.
 */
export class Line {
  /** How often the library wrote to the stream, and how many bytes. */
  counts = { writes: 0, sent: 0 };
  #waiting = [];

  /** @param {keyof typeof wireKinds} kind of the near end */
  constructor(kind = 'duplex') {
    [this.near, this.far] = createWires(wireKinds[kind]);
    this.#countWrites();
    this.near.receive = (chunk) => uncounted(() => void this.far.push(Buffer.from(chunk)));
    this.far.receive = (chunk) => uncounted(() => void this.#waiting.push(Buffer.from(chunk)));
  }

  #countWrites() {
    const { counts } = this;
    for (const name of ['_write', '_writev']) {
      const write = this.near[name];
      this.near[name] = (given, ...rest) => {
        counts.writes++;
        counts.sent +=
          name === '_write' ? given.length : given.reduce((sum, { chunk }) => sum + chunk.length, 0);
        write.call(this.near, given, ...rest);
      };
    }
  }

  /** What the far end writes from now on goes to `taken`, and nothing reaches it. */
  separate(taken) {
    this.near.receive = () => undefined;
    this.far.receive = (chunk) => uncounted(() => void taken.push(Buffer.from(chunk)));
  }

  /** Gives the near end bytes as if they came from its peer. */
  deliver(bytes) {
    this.near.push(bytes);
  }

  /** Calls back once both ends have nothing to do any more. */
  settle(done) {
    const turn = (quiet) => {
      if (!isIdle()) return void setImmediate(turn, 0);
      const next = this.#waiting.shift();
      if (next !== undefined) this.deliver(next);
      // A message of the peer takes a few turns of the event loop from its program to the line.
      else if (quiet === QUIET_TURNS) return void done();
      setImmediate(turn, next === undefined ? quiet + 1 : 0);
    };
    turn(0);
  }
}

const QUIET_TURNS = 10;
