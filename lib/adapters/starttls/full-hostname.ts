import { hostname } from 'node:os';

/** This machine's full name; null if it only knows its first part. */
export function fullHostname(): string | null {
  const name = hostname();
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(name) ? name : null;
}
