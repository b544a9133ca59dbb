import { numberWithin } from '../../base/errors/argument-error.js';
import type { NativeCertificate } from '../../native/store-binding.js';
import { type ChangeSignal, signalOf, type SignalledStore } from './change-signal.js';
import { type Clock, LONGEST_TIMER_MS, type Pause, pauseFor, SYSTEM_CLOCK } from '../../base/async/clock.js';
import { PulledIterator } from './pulled-iterator.js';
import { differenceOf, type Remembered, type Snapshot, snapshotOf, thumbprintOf } from './snapshot.js';

/** A change of a store. */
export interface StoreChange<Watched> {
  /** 'changed' means what Windows keeps with a certificate: friendly name, key, purposes, archived or not. */
  readonly type: 'added' | 'changed' | 'removed';
  /** SHA-1, 40 upper-case hexadecimal digits. */
  readonly thumbprint: string;
  /** 'CurrentUser\\MY\\<thumbprint>'; null for a store without a name. */
  readonly reference: string | null;
  /** The certificate as it is now, or a copy of what was removed. Close it, or let its store close it. */
  readonly certificate: Watched;
}

export interface WatchOptions {
  /** Stops watching: the loop then throws an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds between two polls, if Windows does not report changes. Default 2,000. */
  readonly interval?: number | undefined;
  /** Milliseconds in which changes are collected before they are reported, since they come in bursts. Default 100. */
  readonly debounce?: number | undefined;
}

/** A certificate as the caller gets it. */
export interface WatchedCertificate {
  readonly thumbprint: string;
  readonly reference: string | null;
  close(): void;
}

/** The parts of a store that watching needs. */
export interface WatchedStore<Watched extends WatchedCertificate> {
  readonly native: SignalledStore;
  /** Whether Windows reports changes ({@link Capabilities.storeNotifications}). */
  readonly notified: boolean;
  /** The watchers that end with the store. */
  readonly watchers: Set<{ end(): void }>;
  /** All certificates, as the store is now. */
  list(): Promise<readonly NativeCertificate[]>;
  /** Takes ownership of a certificate for the caller. */
  give(certificate: NativeCertificate): Watched;
  /** A certificate that is no longer in the store. */
  copy(remembered: Remembered): Promise<Watched>;
}

const INTERVAL_MS = 2000;
const DEBOUNCE_MS = 100;

/**
 * An async iterator of the changes of a store, including those by other processes. Windows says only that something
 * changed, so the store is compared with its former state. A certificate that was added and removed in between is not
 * reported.
 *
 * It starts immediately. A loop that waits keeps the process alive; an iterator that nobody waits for does not. It
 * ends with its store, or by `break`, `return()` or the signal.
 */
export class StoreWatcher<Watched extends WatchedCertificate> extends PulledIterator<StoreChange<Watched>> {
  /** Fulfilled when every later change will be reported; rejected if the store cannot be read. */
  readonly started: Promise<void>;
  readonly #store: WatchedStore<Watched>;
  readonly #clock: Clock;
  readonly #debounce: number;
  #snapshot: Snapshot = new Map();
  #signal: ChangeSignal | null = null;
  #pause: Pause | null = null;
  #stopped = false;

  constructor(store: WatchedStore<Watched>, options: WatchOptions = {}, clock: Clock = SYSTEM_CLOCK) {
    const interval = numberWithin('options.interval', options.interval ?? INTERVAL_MS, 1, LONGEST_TIMER_MS);
    const debounce = numberWithin('options.debounce', options.debounce ?? DEBOUNCE_MS, 0, LONGEST_TIMER_MS);
    super(options.signal ?? null);
    this.#store = store;
    this.#clock = clock;
    this.#debounce = debounce;
    this.started = this.#start(interval);
    // next() also throws the failure, so nobody has to await `started`.
    this.started.catch(() => undefined);
    store.watchers.add(this);
    this.begin();
  }

  protected override async produce(): Promise<readonly StoreChange<Watched>[]> {
    await this.started;
    await this.#signal?.wait();
    if (this.#debounce > 0 && !this.#stopped) {
      this.#pause = pauseFor(this.#clock, this.#debounce);
      await this.#pause.over;
    }
    return this.#stopped ? [] : this.#compare();
  }

  protected override stop(): void {
    this.#stopped = true;
    this.#store.watchers.delete(this);
    this.#signal?.close();
    this.#pause?.end();
  }

  protected override discard({ certificate }: StoreChange<Watched>): void {
    certificate.close();
  }

  async #start(interval: number): Promise<void> {
    const { native, notified } = this.#store;
    // Before the first read, so that no change is lost between the two.
    this.#signal = await signalOf(native, { notified, interval, clock: this.#clock });
    if (this.#stopped) {
      this.#signal.close();
      return;
    }
    const certificates = await this.#store.list();
    try {
      this.#snapshot = snapshotOf(certificates);
    } finally {
      closeAll(certificates);
    }
  }

  async #compare(): Promise<readonly StoreChange<Watched>[]> {
    const certificates = await this.#store.list();
    const given = new Set<NativeCertificate>();
    const changes: StoreChange<Watched>[] = [];
    try {
      const before = this.#snapshot;
      const after = snapshotOf(certificates);
      const { added, changed, removed } = differenceOf(before, after);
      for (const type of ['added', 'changed'] as const) {
        for (const thumbprint of type === 'added' ? added : changed) {
          const certificate = certificates.find(({ encoded }) => thumbprintOf(encoded) === thumbprint);
          if (certificate === undefined) continue;
          given.add(certificate);
          changes.push(changeOf(type, this.#store.give(certificate)));
        }
      }
      for (const thumbprint of removed) {
        const remembered = before.get(thumbprint);
        if (remembered !== undefined) changes.push(changeOf('removed', await this.#store.copy(remembered)));
      }
      this.#snapshot = after;
      return changes;
    } catch (error) {
      for (const change of changes) this.discard(change);
      throw error;
    } finally {
      closeAll(certificates.filter((each) => !given.has(each)));
    }
  }
}

const changeOf = <Watched extends WatchedCertificate>(
  type: StoreChange<Watched>['type'],
  certificate: Watched,
): StoreChange<Watched> => ({
  type,
  thumbprint: certificate.thumbprint,
  reference: certificate.reference,
  certificate,
});

const closeAll = (certificates: Iterable<NativeCertificate>): void => {
  for (const certificate of certificates) certificate.close();
};
