import { SchannelError } from '../../base/errors/schannel-error.js';
import type { StoreLocation } from './locations.js';
import type { StoreSystem } from './store-access.js';

/** Whether Windows asks the user at the machine before the store changes. No flag prevents that. */
export const promptsUser = ({ name, location }: { name: string; location: StoreLocation }): boolean =>
  name === 'Root' && location === 'CurrentUser';

/** @throws SchannelError ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED */
export function requireConsent(trustRoot: boolean | undefined): void {
  if (trustRoot === true) return;
  throw new SchannelError(
    'ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED',
    'A certificate in CurrentUser\\Root is trusted as a root by every program of this user',
    {
      phase: 'store',
      advice: `Give { trustRoot: true } to confirm; Windows then asks the user at the machine. ${SILENT_ROUTE}`,
    },
  );
}

/**
 * Without a visible desktop (in a service, a scheduled task, SSH) the dialog would wait forever for an answer.
 *
 * @throws SchannelError ERR_SCHANNEL_STORE_CANCELLED
 */
export function requireDesktop(system: Pick<StoreSystem, 'hasDesktop'>): void {
  if (system.hasDesktop()) return;
  throw new SchannelError(
    'ERR_SCHANNEL_STORE_CANCELLED',
    'Windows asks before CurrentUser\\Root changes, and this session has no desktop to show the question on',
    { phase: 'store', advice: SILENT_ROUTE },
  );
}

const SILENT_ROUTE =
  'LocalMachine\\Root asks nobody, but needs an administrator. For a single connection use the option "ca" instead of a store.';
