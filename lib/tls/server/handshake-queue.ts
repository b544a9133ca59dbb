/** A handshake that may have to wait for its turn. */
export interface QueuedHandshake {
  begin(): void;
  /** It has had its time, and others wait. */
  giveUp(): void;
}

/** Milliseconds that a handshake has when others wait for it to end; an honest one takes a few round trips. */
const PRESSED_MS = 5000;

/**
 * Lets a number of handshakes go on at once, the others in the order in which they came. So a crowd is served little by
 * little, and clients that never finish can't keep the others out: where somebody waits, they are given up.
 */
export class HandshakeQueue {
  readonly #limit: number;
  readonly #pressed: number;
  /** With the moment of its beginning, oldest first. */
  readonly #underWay = new Map<QueuedHandshake, number>();
  readonly #waiting = new Set<QueuedHandshake>();
  #timer: NodeJS.Timeout | null = null;

  constructor(limit: number, pressed = PRESSED_MS) {
    this.#limit = limit;
    this.#pressed = pressed;
  }

  /** Handshakes that have begun and not ended. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** Calls its begin(), now or when there is room. */
  enter(handshake: QueuedHandshake): void {
    if (this.#underWay.size < this.#limit) this.#begin(handshake);
    else {
      this.#waiting.add(handshake);
      this.#press();
    }
  }

  /** It has ended, or will never begin. Idempotent. */
  leave(handshake: QueuedHandshake): void {
    this.#waiting.delete(handshake);
    if (!this.#underWay.delete(handshake)) return;
    const [next] = this.#waiting;
    if (!next) return;
    this.#waiting.delete(next);
    this.#begin(next);
  }

  #begin(handshake: QueuedHandshake): void {
    this.#underWay.set(handshake, performance.now());
    handshake.begin();
  }

  /** Looks again when the oldest has had its time. */
  #press(): void {
    if (this.#timer || this.#waiting.size === 0) return;
    const [oldest] = this.#underWay.values();
    const left = (oldest ?? 0) + this.#pressed - performance.now();
    this.#timer = setTimeout(() => this.#giveUpOldest(), Math.max(0, left));
    this.#timer.unref();
  }

  #giveUpOldest(): void {
    this.#timer = null;
    const due = performance.now() - this.#pressed;
    for (const [handshake, began] of [...this.#underWay]) {
      if (this.#waiting.size === 0 || began > due) break;
      handshake.giveUp();
      this.leave(handshake);
    }
    this.#press();
  }
}
