import type http from 'node:http';
import type { CancelTimer, Clock } from '../../base/async/clock.js';

/** A stream that nobody reads may hold so many bytes. */
const MOST_WAITING = 1_048_576;
const BEAT_MS = 25_000;

/** Server-sent events (HTML Living Standard, "Server-sent events"), over an answer that stays open. */
export class EventStream {
  readonly #response: http.ServerResponse;
  readonly #clock: Clock;
  readonly #isValid: () => boolean;
  #cancel: CancelTimer = () => undefined;

  /** @param isValid asked with each beat; the stream ends if it is false */
  constructor(response: http.ServerResponse, clock: Clock, isValid: () => boolean) {
    this.#response = response;
    this.#clock = clock;
    this.#isValid = isValid;
    response.once('close', () => this.#cancel());
    this.#beat();
  }

  send(event: string, data: unknown, id?: number): void {
    if (this.#response.writableLength > MOST_WAITING) {
      this.end();
      return;
    }
    // JSON has no line ends.
    const lines = [
      `event: ${event}`,
      ...(id === undefined ? [] : [`id: ${id}`]),
      `data: ${JSON.stringify(data)}`,
    ];
    this.#response.write(`${lines.join('\n')}\n\n`);
  }

  end(): void {
    this.#cancel();
    this.#response.destroy();
  }

  #beat(): void {
    this.#cancel = this.#clock.after(BEAT_MS, () => {
      if (!this.#isValid()) {
        this.end();
        return;
      }
      // A comment, by which both sides notice that the other is gone.
      this.#response.write(':\n\n');
      this.#beat();
    });
  }
}
