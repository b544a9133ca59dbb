import { argumentError } from '../../base/errors/argument-error.js';
import { type Clock, type Pause, pauseFor, SYSTEM_CLOCK } from '../../base/async/clock.js';
import { type Duration, durationOf } from './duration.js';
import { allOf, type ExpiringCertificate, type ExpiringStore, listed } from './expiring.js';
import { PulledIterator } from './pulled-iterator.js';
import type { StoreChange, WatchOptions } from './watch.js';

/** A certificate is about to expire. */
export interface ExpiryAlarm<Expiring> {
  /** Close it, or let its store close it. */
  readonly certificate: Expiring;
  readonly thumbprint: string;
  readonly reference: string | null;
  readonly expires: Date;
  /** Milliseconds until it expires; negative if it has expired. */
  readonly left: number;
  /** The element of `before` that applies, as it was given. */
  readonly before: Duration;
}

export interface ExpiryAlarmOptions<Expiring> extends Omit<WatchOptions, 'debounce'> {
  /** How long before the end to report, once each: ['30d', '7d', '1d'], or in milliseconds. */
  readonly before: readonly Duration[];
  /** Ignores certificates for which it returns false. */
  readonly where?: ((certificate: Expiring) => boolean) | undefined;
}

/** A store that reports changes, such as CertificateStore. */
export interface AlarmedStore<Expiring extends ExpiringCertificate> extends ExpiringStore<Expiring> {
  watch(options?: WatchOptions): AsyncIterator<StoreChange<Expiring>, undefined>;
}

interface Threshold {
  readonly before: Duration;
  readonly milliseconds: number;
}

/**
 * Clocks can be set, and timers stop while a machine sleeps. So the stores are checked once a day, which also fits a
 * timer.
 */
const LONGEST_WAIT_MS = 86_400_000;

/**
 * An async iterator of certificates that are about to expire. It may wait for days, and keeps the process alive while
 * a loop waits for it. It follows changes of the stores. Certificates that are already due at the start are reported
 * immediately, each for the shortest time that applies.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE
 */
export const expiryAlarms = <Expiring extends ExpiringCertificate>(
  stores: AlarmedStore<Expiring> | readonly AlarmedStore<Expiring>[],
  options: ExpiryAlarmOptions<Expiring>,
): AsyncIterableIterator<ExpiryAlarm<Expiring>, undefined> & AsyncDisposable =>
  new ExpiryAlarms(stores, options);

/** {@link expiryAlarms} with a given clock. */
export class ExpiryAlarms<Expiring extends ExpiringCertificate> extends PulledIterator<
  ExpiryAlarm<Expiring>
> {
  readonly #stores: readonly AlarmedStore<Expiring>[];
  readonly #where: (certificate: Expiring) => boolean;
  readonly #watch: WatchOptions;
  /** Shortest first. */
  readonly #thresholds: readonly Threshold[];
  readonly #clock: Clock;
  /** The time for which each certificate was last reported: milliseconds, by reference or thumbprint. */
  #told = new Map<string, number>();
  #watchers: readonly StoreEvents[] | null = null;
  #pause: Pause | null = null;
  /** When the next certificate is due, as far as it is known; before the first check, now. */
  #due = -Infinity;
  #stopped = false;

  constructor(
    stores: AlarmedStore<Expiring> | readonly AlarmedStore<Expiring>[],
    options: ExpiryAlarmOptions<Expiring>,
    clock: Clock = SYSTEM_CLOCK,
  ) {
    const thresholds = thresholdsOf(options.before);
    super(options.signal ?? null);
    this.#stores = listed(stores);
    this.#where = options.where ?? (() => true);
    this.#watch = { interval: options.interval };
    this.#thresholds = thresholds;
    this.#clock = clock;
    this.begin();
  }

  protected override async produce(): Promise<readonly ExpiryAlarm<Expiring>[]> {
    this.#watchers ??= this.#stores.map((store) => new StoreEvents(store.watch(this.#watch)));
    if (this.#due > this.#clock.now() && !(await this.#wait(this.#watchers))) this.end();
    return this.#stopped ? [] : this.#look();
  }

  protected override stop(): void {
    this.#stopped = true;
    this.#pause?.end();
    for (const watcher of this.#watchers ?? []) watcher.close();
  }

  protected override discard({ certificate }: ExpiryAlarm<Expiring>): void {
    certificate.close();
  }

  /**
   * Until the next certificate is due, a store changes or a day has passed.
   * @returns false when a store is closed
   */
  async #wait(watchers: readonly StoreEvents[]): Promise<boolean> {
    const pause = pauseFor(this.#clock, Math.min(this.#due - this.#clock.now(), LONGEST_WAIT_MS));
    this.#pause = pause;
    try {
      const over = pause.over.then(() => true);
      return await Promise.race([over, ...watchers.map((watcher) => watcher.change())]);
    } finally {
      pause.end();
    }
  }

  async #look(): Promise<readonly ExpiryAlarm<Expiring>[]> {
    const now = this.#clock.now();
    const told = new Map<string, number>();
    const alarms: ExpiryAlarm<Expiring>[] = [];
    this.#due = Infinity;
    for (const certificate of await allOf(this.#stores)) {
      const alarm = this.#where(certificate) ? this.#consider(certificate, now, told) : null;
      if (alarm === null) certificate.close();
      else alarms.push(alarm);
    }
    this.#told = told;
    return alarms.sort((one, other) => one.left - other.left);
  }

  /** Whether to report this certificate now. Records what was reported, and when it is due next. */
  #consider(certificate: Expiring, now: number, told: Map<string, number>): ExpiryAlarm<Expiring> | null {
    const { thumbprint, reference, validTo: expires } = certificate;
    const left = expires.getTime() - now;
    const next = this.#thresholds.filter(({ milliseconds }) => milliseconds < left).at(-1);
    if (next !== undefined) this.#due = Math.min(this.#due, now + left - next.milliseconds);
    const passed = this.#thresholds.find(({ milliseconds }) => left <= milliseconds);
    if (passed === undefined) return null;
    const key = reference ?? thumbprint;
    const before = told.get(key) ?? this.#told.get(key) ?? Infinity;
    told.set(key, Math.min(before, passed.milliseconds));
    return passed.milliseconds < before
      ? { certificate, thumbprint, reference, expires, left, before: passed.before }
      : null;
  }
}

/** The changes of one store. Only the fact of a change counts. */
class StoreEvents {
  readonly #changes: AsyncIterator<StoreChange<ExpiringCertificate>, undefined>;
  /** The pending wait: it continues even if the caller stopped waiting. */
  #pending: Promise<boolean> | null = null;

  constructor(changes: AsyncIterator<StoreChange<ExpiringCertificate>, undefined>) {
    this.#changes = changes;
  }

  /** @returns false when there will be no more, since the store is closed */
  change(): Promise<boolean> {
    this.#pending ??= this.#next();
    return this.#pending;
  }

  close(): void {
    // The wait that a failure of the store ends throws it.
    void Promise.resolve(this.#changes.return?.()).catch(() => undefined);
  }

  async #next(): Promise<boolean> {
    const change = await this.#changes.next();
    if (change.done === true) return false;
    change.value.certificate.close();
    this.#pending = null;
    return true;
  }
}

function thresholdsOf(before: unknown): readonly Threshold[] {
  const values: readonly unknown[] = Array.isArray(before) ? before : [];
  if (values.length === 0) {
    throw argumentError('ERR_INVALID_ARG_VALUE', "The property 'options.before' must be a list of times");
  }
  return values
    .map((value, at) => ({
      before: value as Duration,
      milliseconds: durationOf(`options.before[${at}]`, value),
    }))
    .sort((one, other) => one.milliseconds - other.milliseconds);
}
