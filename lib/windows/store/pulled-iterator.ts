import { SerialQueue } from '../../base/async/serial-queue.js';
import { abortError } from '../../base/errors/abort-error.js';
import { toError } from '../../base/errors/to-error.js';

/**
 * An async iterator that works only while somebody waits for it: next() produces items, one call after another. It
 * ends by return(), a signal, end() or a failure, and then releases its resources.
 */
export abstract class PulledIterator<Item>
  implements AsyncIterableIterator<Item, undefined>, AsyncDisposable
{
  readonly #signal: AbortSignal | null;
  readonly #items: Item[] = [];
  readonly #calls = new SerialQueue();
  #failure: Error | null = null;
  #ended = false;

  /** @param signal ends the iterator: next() then rejects, once, with an AbortError */
  constructor(signal: AbortSignal | null) {
    this.#signal = signal;
  }

  /** Starts to listen to the signal. Call it at the end of a constructor. */
  protected begin(): void {
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    // A signal that was aborted earlier emits no event.
    if (this.#signal?.aborted === true) this.#onAbort();
  }

  /** Waits for items and returns them. Settles soon after {@link stop} was called. */
  protected abstract produce(): Promise<readonly Item[]>;
  /** Releases the resources. Called once. */
  protected abstract stop(): void;
  /** Releases an item that nobody will receive. */
  protected abstract discard(item: Item): void;

  next(): Promise<IteratorResult<Item, undefined>> {
    return this.#calls.run(() => this.#pull());
  }

  /** Ends the iterator. A pending next() resolves as done. Idempotent. */
  return(): Promise<IteratorResult<Item, undefined>> {
    this.end();
    return Promise.resolve(DONE);
  }

  /** As {@link return}. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    for (const item of this.#items.splice(0)) this.discard(item);
    this.stop();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #pull(): Promise<IteratorResult<Item, undefined>> {
    for (;;) {
      if (this.#failure !== null) throw this.#takeFailure(this.#failure);
      const item = this.#items.shift();
      if (item !== undefined) return { done: false, value: item };
      if (this.#ended) return DONE;
      await this.#fill();
    }
  }

  async #fill(): Promise<void> {
    try {
      const items = await this.produce();
      if (this.#ended) for (const item of items) this.discard(item);
      else this.#items.push(...items);
    } catch (error) {
      // A failure after the end is a consequence of stopping.
      if (!this.#ended) this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#failure = toError(error);
    this.end();
  }

  #takeFailure(failure: Error): Error {
    this.#failure = null;
    return failure;
  }

  readonly #onAbort = (): void => {
    this.#fail(abortError(this.#signal?.reason));
  };
}

const DONE = Object.freeze({ done: true, value: undefined });
