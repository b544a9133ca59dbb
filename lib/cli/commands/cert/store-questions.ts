import { promptsUser } from '../../../windows/store/root-rules.js';
import type { CertificateStore } from '../../../windows/store/store.js';

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
}: Pick<CertificateStore, 'name' | 'location' | 'path'>): string | null {
  if (TRUST_STORES.has(name))
    return `${path} decides whom Windows trusts.${promptNotice({ name, location })}`;
  if (location === 'CurrentUser') return null;
  return `${path} is not of this account alone.`;
}

/** What is said in a question about a store for which Windows shows a dialog of its own as well. */
export const promptNotice = (store: Pick<CertificateStore, 'name' | 'location'>): string =>
  promptsUser(store) ? ' Windows will ask once more.' : '';
