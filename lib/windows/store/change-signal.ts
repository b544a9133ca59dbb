import { callNativeVoid, callNative } from '../../native/promises.js';
import type { NativeStore, NativeWatch } from '../../native/store-binding.js';
import { type Clock, type Pause, pauseFor } from '../../base/async/clock.js';

/** Says when a store may have changed. */
export interface ChangeSignal {
  /** Waits until the store may have changed. Settles soon after close(). */
  wait(): Promise<void>;
  /** Idempotent. */
  close(): void;
}

/** The parts of a store that are needed. */
export type SignalledStore = Pick<NativeStore, 'watch'>;

export interface SignalOptions {
  /** Whether Windows reports changes. */
  readonly notified: boolean;
  /** Milliseconds between polls, if it does not. */
  readonly interval: number;
  readonly clock: Clock;
}

/** Uses Windows' notifications. Polls if Windows has none for this kind of store. */
export async function signalOf(store: SignalledStore, options: SignalOptions): Promise<ChangeSignal> {
  const watch = options.notified ? await watchOf(store) : null;
  return watch === null ? new PolledSignal(options) : new NotifiedSignal(watch);
}

const watchOf = (store: SignalledStore): Promise<NativeWatch | null> =>
  callNative<NativeWatch>({ phase: 'store' }, (callback) => {
    store.watch(callback);
    // A memory store or another provider without notifications.
  }).catch(() => null);

/** CERT_STORE_CTRL_NOTIFY_CHANGE also remembers changes that happened while nobody waited. */
class NotifiedSignal implements ChangeSignal {
  readonly #watch: NativeWatch;

  constructor(watch: NativeWatch) {
    this.#watch = watch;
  }

  wait(): Promise<void> {
    return callNativeVoid({ phase: 'store', text: 'The store cannot be watched' }, (callback) => {
      this.#watch.next(callback);
    });
  }

  close(): void {
    this.#watch.close();
  }
}

class PolledSignal implements ChangeSignal {
  readonly #options: SignalOptions;
  #pause: Pause | null = null;
  #closed = false;

  constructor(options: SignalOptions) {
    this.#options = options;
  }

  async wait(): Promise<void> {
    if (this.#closed) return;
    this.#pause = pauseFor(this.#options.clock, this.#options.interval);
    await this.#pause.over;
  }

  close(): void {
    this.#closed = true;
    this.#pause?.end();
  }
}
