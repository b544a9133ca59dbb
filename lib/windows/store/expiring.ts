import { type Duration, durationOf } from './duration.js';

/** The parts of a certificate that its expiry needs. */
export interface ExpiringCertificate {
  readonly thumbprint: string;
  readonly reference: string | null;
  readonly validTo: Date;
  close(): void;
}

/** A store with certificates that can expire. */
export interface ExpiringStore<Expiring extends ExpiringCertificate> {
  all(): Promise<readonly Expiring[]>;
}

export interface ExpiringOptions<Expiring> {
  /** '30d', '2w', '12h', or milliseconds. */
  readonly within: Duration;
  /** When the time starts. Default now. */
  readonly at?: Date | undefined;
  /** Ignores certificates for which it returns false, such as those without a key. */
  readonly where?: ((certificate: Expiring) => boolean) | undefined;
}

/**
 * The certificates that expire within a time, soonest first, including those that have expired already. Close them, or
 * let their stores close them; all others are closed.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE; SchannelError if a store cannot be read
 */
export async function expiring<Expiring extends ExpiringCertificate>(
  stores: ExpiringStore<Expiring> | readonly ExpiringStore<Expiring>[],
  options: ExpiringOptions<Expiring>,
): Promise<Expiring[]> {
  const end = (options.at?.getTime() ?? Date.now()) + durationOf('options.within', options.within);
  const { where = () => true } = options;
  const found: Expiring[] = [];
  for (const certificate of await allOf(stores)) {
    if (certificate.validTo.getTime() <= end && where(certificate)) found.push(certificate);
    else certificate.close();
  }
  return found.sort((one, other) => one.validTo.getTime() - other.validTo.getTime());
}

/** Every certificate of the stores, one at a time. */
export async function allOf<Expiring extends ExpiringCertificate>(
  stores: ExpiringStore<Expiring> | readonly ExpiringStore<Expiring>[],
): Promise<readonly Expiring[]> {
  const lists: (readonly Expiring[])[] = [];
  for (const store of listed(stores)) lists.push(await store.all());
  return lists.flat();
}

export const listed = <Store extends object>(stores: Store | readonly Store[]): readonly Store[] =>
  Array.isArray(stores) ? (stores as readonly Store[]) : [stores as Store];
