/** Bounds the handshake, and every time that Windows takes the connection for a message after it. */
export class HandshakeTimer {
  readonly #milliseconds: number;
  readonly #expired: () => void;
  #timer: NodeJS.Timeout | null = null;

  /** @param milliseconds 0: no limit */
  constructor(milliseconds: number, expired: () => void) {
    this.#milliseconds = milliseconds;
    this.#expired = expired;
  }

  /** Without effect while it runs. */
  start(): void {
    if (this.#milliseconds === 0 || this.#timer) return;
    this.#timer = setTimeout(this.#expired, this.#milliseconds);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
