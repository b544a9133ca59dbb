import type { Limits } from './limits.js';

/**
 * How many messages after the handshake a peer may still have us work off. Each costs a step of a worker, so that a
 * byte of data must not pay for it: data does by its amount, and time, so that a connection with little to say may
 * live long.
 */
export class MessageAllowance {
  readonly #limits: Limits;
  readonly #now: () => number;
  #left: number;
  #at: number;

  constructor(limits: Limits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#left = limits.postHandshakeMessages;
    this.#at = now();
  }

  /** Application data came. */
  earn(bytes: number): void {
    this.#add(bytes / this.#limits.dataPerMessage);
  }

  /** A message came; false when it is one too many. */
  spend(): boolean {
    const now = this.#now();
    this.#add((now - this.#at) / this.#limits.timePerMessage);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  #add(messages: number): void {
    this.#left = Math.min(this.#left + messages, this.#limits.postHandshakeMessages);
  }
}
