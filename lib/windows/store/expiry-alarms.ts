import { argumentError } from '../../base/errors/argument-error.js';
import { type Clock, type Pause, pauseFor, SYSTEM_CLOCK } from '../../base/async/clock.js';
import { type Duration, durationOf } from './duration.js';
import { allOf, type ExpiringCertificate, type ExpiringStore, listed } from './expiring.js';
import { PulledIterator } from './pulled-iterator.js';
import type { StoreChange, WatchOptions } from './watch.js';

/** A certificate has come near its end. */
export interface ExpiryAlarm<Expiring> {
  /** Close it, or leave that to its store. */
  readonly certificate: Expiring;
  readonly thumbprint: string;
  readonly reference: string | null;
  readonly expires: Date;
  /** Milliseconds until then; negative when it has expired. */
  readonly left: number;
  /** Which of the times of `before` it was, as it was given. */
  readonly before: Duration;
}

export interface ExpiryAlarmOptions<Expiring> extends Omit<WatchOptions, 'debounce'> {
  /** How long before the end to tell, each once: ['30d', '7d', '1d']; milliseconds do as well. */
  readonly before: readonly Duration[];
  /** Leaves out what it is false for. */
  readonly where?: ((certificate: Expiring) => boolean) | undefined;
}

/** A store that says when it changes, as CertificateStore does. */
export interface AlarmedStore<Expiring extends ExpiringCertificate> extends ExpiringStore<Expiring> {
  watch(options?: WatchOptions): AsyncIterator<StoreChange<Expiring>, undefined>;
}

interface Threshold {
  readonly before: Duration;
  readonly milliseconds: number;
}

/** Clocks are set, and a machine may sleep while timers stand still: hence a look a day, which also fits a timer. */
const LONGEST_WAIT_MS = 86_400_000;

/**
 * Tells when certificates come near their end: an async iterator that waits for days, and keeps the process alive while
 * it is waited for. Certificates that come into a store are heeded as well, those that leave are forgotten. What is near
 * its end at the start is told at once, each certificate for the narrowest time it has passed.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE
 */
export const expiryAlarms = <Expiring extends ExpiringCertificate>(
  stores: AlarmedStore<Expiring> | readonly AlarmedStore<Expiring>[],
  options: ExpiryAlarmOptions<Expiring>,
): AsyncIterableIterator<ExpiryAlarm<Expiring>, undefined> & AsyncDisposable =>
  new ExpiryAlarms(stores, options);

/** {@link expiryAlarms}, with a clock to choose. */
export class ExpiryAlarms<Expiring extends ExpiringCertificate> extends PulledIterator<
  ExpiryAlarm<Expiring>
> {
  readonly #stores: readonly AlarmedStore<Expiring>[];
  readonly #where: (certificate: Expiring) => boolean;
  readonly #watch: WatchOptions;
  /** Narrowest first. */
  readonly #thresholds: readonly Threshold[];
  readonly #clock: Clock;
  /** How near each certificate was said to be: milliseconds, by reference or thumbprint. */
  #told = new Map<string, number>();
  #watchers: readonly StoreEvents[] | null = null;
  #pause: Pause | null = null;
  /** When there will be the next one to tell of, as far as it is known; before the first look at once. */
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

  /** Whether to tell of this certificate now; notes what was told, and when the next time comes. */
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

/** The changes of one store, of which only matters that there was one. */
class StoreEvents {
  readonly #changes: AsyncIterator<StoreChange<ExpiringCertificate>, undefined>;
  /** A wait goes on until it ends, whoever gave it up. */
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
    // A failure of the store comes out of the wait that it ends.
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
