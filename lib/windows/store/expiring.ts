import { type Duration, durationOf } from './duration.js';

/** A certificate as far as its end matters. */
export interface ExpiringCertificate {
  readonly thumbprint: string;
  readonly reference: string | null;
  readonly validTo: Date;
  close(): void;
}

/** A store whose certificates can expire. */
export interface ExpiringStore<Expiring extends ExpiringCertificate> {
  all(): Promise<readonly Expiring[]>;
}

export interface ExpiringOptions<Expiring> {
  /** '30d', '2w', '12h', or milliseconds. */
  readonly within: Duration;
  /** The moment to count from. Default now. */
  readonly at?: Date | undefined;
  /** Leaves out what it is false for, such as certificates without a key. */
  readonly where?: ((certificate: Expiring) => boolean) | undefined;
}

/**
 * The certificates that expire within a time, the next one first, those that have expired already before them. Close
 * them, or leave that to their stores; the others are closed.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE; SchannelError when a store cannot be read
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

/** Every certificate of the stores, one after the other. */
export async function allOf<Expiring extends ExpiringCertificate>(
  stores: ExpiringStore<Expiring> | readonly ExpiringStore<Expiring>[],
): Promise<readonly Expiring[]> {
  const lists: (readonly Expiring[])[] = [];
  for (const store of listed(stores)) lists.push(await store.all());
  return lists.flat();
}

export const listed = <Store extends object>(stores: Store | readonly Store[]): readonly Store[] =>
  Array.isArray(stores) ? (stores as readonly Store[]) : [stores as Store];
