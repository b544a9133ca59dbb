/** A handshake that may have to wait for its turn. */
export interface QueuedHandshake {
  begin(): void;
  /** It took too long while others waited. */
  giveUp(): void;
}

/** How long a handshake may take while others wait. An honest one takes a few round trips. */
const PRESSED_MS = 5000;

/**
 * Limits how many handshakes run at the same time; others wait in order. Clients that never finish can't keep others
 * out: if a handshake waits, those that take too long are given up.
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

  /** How many handshakes have begun and not ended. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** Calls begin() of the handshake now, or when another has ended. */
  enter(handshake: QueuedHandshake): void {
    if (this.#underWay.size < this.#limit) this.#begin(handshake);
    else {
      this.#waiting.add(handshake);
      this.#press();
    }
  }

  /** The handshake has ended, or will never begin. Idempotent. */
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

  /** Checks again when the time of the oldest is over. */
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
