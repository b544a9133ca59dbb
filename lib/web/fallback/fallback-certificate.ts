import { SerialQueue } from '../../base/async/serial-queue.js';
import type { CertificateContents } from '../../formats/x509/certificate-contents.js';
import type { SiteNames } from '../names/site-names.js';

/** A certificate for servers, with a key, in the store of a site. */
export interface FallbackEntry extends Pick<
  CertificateContents,
  'thumbprint' | 'dnsNames' | 'ipAddresses' | 'validTo'
> {
  readonly friendlyName: string | null;
  isValid(at: Date): boolean;
  /** Whether this account can use its key. */
  isUsable(): Promise<boolean>;
}

/** The store of a site, as far as the fall-back needs it. */
export interface FallbackStore {
  /**
   * Everything that could be shown, and for each search of the site which of it matches. They are closed with the
   * visit.
   */
  visit<Result>(work: (visit: FallbackVisit) => Promise<Result>): Promise<Result>;
}

export interface FallbackVisit {
  readonly entries: readonly FallbackEntry[];
  /** Whether an entry is what the site looks for, by one of its searches. */
  readonly searches: readonly ((entry: FallbackEntry) => Promise<boolean>)[];
  make(names: SiteNames): Promise<void>;
  /** With its key. */
  remove(entry: FallbackEntry): Promise<void>;
}

export interface FallbackOptions {
  readonly names: SiteNames;
  readonly store: FallbackStore;
  /** Whether clients get a certificate now, by its thumbprint. */
  readonly isShown: (thumbprint: string) => boolean;
  /** Resolves when no handshake is under way that began before. */
  readonly quiet: () => Promise<void>;
  readonly now?: () => Date;
}

/** How people find it in lists of certificates, and how it is found again. */
export const FALLBACK_NAME = 'schannel fall-back';

/** One that expires sooner is replaced at the next occasion. */
const DUE_MS = 30 * 86_400_000;

/**
 * A self-signed certificate with the names of a site, for as long as a certificate is missing that the site looks for.
 * Browsers warn of it, but let its owner go on. Servers prefer certificates of an authority, so the
 * real one takes over by itself, and then the fall-back is removed.
 */
export class FallbackCertificate {
  readonly #options: FallbackOptions;
  readonly #queue = new SerialQueue();

  constructor(options: FallbackOptions) {
    this.#options = options;
  }

  /**
   * Makes it if it is missing and needed, and removes it if it is there and no longer used.
   * @throws SchannelError of the store or the key
   */
  check(): Promise<void> {
    return this.#queue.run(() => this.#options.store.visit((visit) => this.#check(visit)));
  }

  async #check(visit: FallbackVisit): Promise<void> {
    const { names, isShown, quiet, now = () => new Date() } = this.#options;
    const own = visit.entries.filter((entry) => isFallbackFor(entry, names));
    if (await this.#isNeeded(visit)) {
      const soon = new Date(now().getTime() + DUE_MS);
      for (const entry of own) {
        if (entry.isValid(now()) && entry.validTo > soon && hasAll(entry, names) && (await entry.isUsable()))
          return;
      }
      await visit.make(names);
      return;
    }
    const unused = own.filter(({ thumbprint }) => !isShown(thumbprint));
    if (unused.length === 0) return;
    // A handshake that began with it needs its key until its end.
    await quiet();
    for (const entry of unused) await visit.remove(entry);
  }

  async #isNeeded({ entries, searches }: FallbackVisit): Promise<boolean> {
    const now = this.#options.now?.() ?? new Date();
    const real = entries.filter((entry) => !isFallback(entry) && entry.isValid(now));
    for (const isWanted of searches) {
      if (!(await someOf(real, async (entry) => (await isWanted(entry)) && entry.isUsable()))) return true;
    }
    return false;
  }
}

const isFallback = ({ friendlyName }: Pick<FallbackEntry, 'friendlyName'>): boolean =>
  friendlyName === FALLBACK_NAME;

/** Whether a certificate is a fall-back for at least one of the names. */
export const isFallbackFor = (
  entry: Pick<FallbackEntry, 'friendlyName' | 'dnsNames' | 'ipAddresses'>,
  { dns, ip }: SiteNames,
): boolean =>
  isFallback(entry) &&
  (dns.some((name) => entry.dnsNames.includes(name)) ||
    ip.some((address) => entry.ipAddresses.includes(address)));

const hasAll = ({ dnsNames, ipAddresses }: FallbackEntry, { dns, ip }: SiteNames): boolean =>
  dns.every((name) => dnsNames.includes(name)) && ip.every((address) => ipAddresses.includes(address));

async function someOf<Item>(
  items: readonly Item[],
  holds: (item: Item) => Promise<boolean>,
): Promise<boolean> {
  for (const item of items) if (await holds(item)) return true;
  return false;
}
