import type { ExpiringCertificate } from '#lib/windows/store/expiring.js';
import type { AlarmedStore } from '#lib/windows/store/expiry-alarms.js';
import { PulledIterator } from '#lib/windows/store/pulled-iterator.js';
import type { StoreChange } from '#lib/windows/store/watch.js';
import { idle } from './scripted-clock.js';

export const DAY = 86_400_000;
export const NOW = Date.UTC(2030, 0, 1);

export class FakeCertificate implements ExpiringCertificate {
  readonly thumbprint: string;
  readonly reference: string;
  open = true;

  constructor(
    readonly name: string,
    readonly validTo: Date,
  ) {
    this.thumbprint = name;
    this.reference = `Fake\\MY\\${name}`;
  }

  close(): void {
    this.open = false;
  }
}

/** A store with certificates that end some days after the start; counts what it gave and nobody closed. */
export class FakeStore implements AlarmedStore<FakeCertificate> {
  readonly given: FakeCertificate[] = [];
  readonly changes: FakeChanges[] = [];
  /** Error of the next all(). */
  failure: Error | null = null;

  constructor(readonly days: Record<string, number>) {}

  get open(): number {
    return this.given.filter((each) => each.open).length + this.changes.filter((each) => each.open).length;
  }

  all(): Promise<readonly FakeCertificate[]> {
    if (this.failure !== null) return Promise.reject(this.failure);
    const all = Object.entries(this.days).map(
      ([name, days]) => new FakeCertificate(name, new Date(NOW + days * DAY)),
    );
    this.given.push(...all);
    return Promise.resolve(all);
  }

  watch(): FakeChanges {
    const changes = new FakeChanges();
    this.changes.push(changes);
    return changes;
  }

  /** As when another process has changed it. */
  async change(days: Record<string, number | undefined>): Promise<void> {
    for (const [name, end] of Object.entries(days)) {
      if (end === undefined) Reflect.deleteProperty(this.days, name);
      else this.days[name] = end;
    }
    const certificate = new FakeCertificate('changed', new Date(NOW));
    this.given.push(certificate);
    for (const each of this.changes) each.tell(certificate);
    await idle();
  }
}

export class FakeChanges extends PulledIterator<StoreChange<FakeCertificate>> {
  open = true;
  #wake: () => void = () => undefined;
  #next: FakeCertificate | null = null;

  constructor() {
    super(null);
  }

  tell(certificate: FakeCertificate): void {
    this.#next = certificate;
    this.#wake();
  }

  protected override async produce(): Promise<readonly StoreChange<FakeCertificate>[]> {
    if (this.#next === null) await new Promise<void>((resolve) => (this.#wake = resolve));
    const certificate = this.#next;
    this.#next = null;
    if (certificate === null) return [];
    const { thumbprint, reference } = certificate;
    return [{ type: 'added', thumbprint, reference, certificate }];
  }

  protected override stop(): void {
    this.open = false;
    this.#wake();
  }

  protected override discard({ certificate }: StoreChange<FakeCertificate>): void {
    certificate.close();
  }
}
