/** What to do if a certificate is in the store already. */
export type OnExisting = 'error' | 'keep' | 'replace' | 'inherit';

/** CERT_STORE_ADD_* */
const DISPOSITIONS: Readonly<Record<OnExisting, number>> = {
  error: 1,
  keep: 2,
  replace: 3,
  inherit: 5,
};

export const dispositionOf = (onExisting: OnExisting): number => DISPOSITIONS[onExisting];

export const isOnExisting = (value: unknown): value is OnExisting =>
  typeof value === 'string' && Object.hasOwn(DISPOSITIONS, value);

const AUTHORITIES: readonly string[] = ['Root', 'CA', 'AuthRoot'];

/**
 * Personal certificates inherit the name and the key of their predecessor. Authorities have neither, and replacing one
 * fails if group policy distributes it too (wixtoolset/issues#4875).
 */
export const defaultOnExisting = (store: string): OnExisting =>
  AUTHORITIES.includes(store) ? 'keep' : 'inherit';
