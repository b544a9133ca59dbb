import { promptsUser } from '../../../windows/store/root-rules.js';
import type { CertificateStore } from '../../../windows/store/store.js';

/** The contents of these stores decide what Windows trusts. */
const TRUST_STORES = new Set([
  'Root',
  'AuthRoot',
  'TrustedPeople',
  'TrustedPublisher',
  'Disallowed',
  'SmartCardRoot',
]);

/**
 * Why the user is asked before this store changes, as a sentence; null if the change concerns only the certificates of
 * this account.
 */
export function reasonToAsk({
  name,
  location,
  path,
}: Pick<CertificateStore, 'name' | 'location' | 'path'>): string | null {
  if (TRUST_STORES.has(name))
    return `${path} decides what Windows trusts.${promptNotice({ name, location })}`;
  if (location === 'CurrentUser') return null;
  return `${path} is not only used by this account.`;
}

/** What a question adds if Windows shows a dialog too. */
export const promptNotice = (store: Pick<CertificateStore, 'name' | 'location'>): string =>
  promptsUser(store) ? ' Windows will ask again.' : '';
