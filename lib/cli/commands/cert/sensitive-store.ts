import type { OpenStore } from './library.js';

/** What is in these decides whom Windows trusts. */
const TRUST_STORES = new Set([
  'Root',
  'AuthRoot',
  'TrustedPeople',
  'TrustedPublisher',
  'Disallowed',
  'SmartCardRoot',
]);

/**
 * Why somebody is asked before this store is changed, as the end of a sentence; null when the change concerns the
 * certificates of this account alone.
 */
export function reasonToAsk({
  name,
  location,
  path,
}: Pick<OpenStore, 'name' | 'location' | 'path'>): string | null {
  if (TRUST_STORES.has(name)) return `${path} decides whom Windows trusts.`;
  if (location === 'CurrentUser') return null;
  return `${path} is not of this account alone.`;
}
