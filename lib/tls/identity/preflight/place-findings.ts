import type { NativeKeyLocation } from '../../../native/store-binding.js';
import { parseReference } from '../../../windows/store/reference.js';
import { warning, type Finding } from './finding.js';

const CRYPT_MACHINE_KEYSET = 0x20;

/**
 * Warns if the certificate and its key belong to different accounts.
 * @param reference null for a certificate that is in no store
 */
export function placeFindings(reference: string | null, location: NativeKeyLocation | null): Finding[] {
  const store = reference === null ? null : parseReference(reference).store;
  if (store === null || location === null) return [];
  const isMachineKey = (location.flags & CRYPT_MACHINE_KEYSET) !== 0;
  if (isMachineKey && store.location === 'CurrentUser') {
    return [
      warning(
        'KEY_OF_MACHINE',
        `The key belongs to the machine, but the certificate is in ${store.path}: other accounts can use the key, and this one may lose it.`,
        'Import both for the user, or both for the machine (LocalMachine\\MY).',
      ),
    ];
  }
  if (isMachineKey || store.location !== 'LocalMachine') return [];
  return [
    warning(
      'KEY_OF_USER',
      `The key belongs to a user, but the certificate is in ${store.path}: a service does not find the key.`,
      'Import both for the machine.',
    ),
  ];
}
