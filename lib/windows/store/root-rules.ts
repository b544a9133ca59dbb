import { SchannelError } from '../../base/errors/schannel-error.js';
import type { StoreLocation } from './locations.js';
import type { StoreSystem } from './store-access.js';

/** Whether Windows asks the person at the machine before the store changes; no flag prevents that. */
export const promptsUser = ({ name, location }: { name: string; location: StoreLocation }): boolean =>
  name === 'Root' && location === 'CurrentUser';

/** @throws SchannelError ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED */
export function requireConsent(trustRoot: boolean | undefined): void {
  if (trustRoot === true) return;
  throw new SchannelError(
    'ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED',
    'A certificate in CurrentUser\\Root is trusted as a root by all that this user runs',
    {
      phase: 'store',
      advice: `Give { trustRoot: true } if that is meant; Windows then asks the person at the machine. ${SILENT_ROUTE}`,
    },
  );
}

/**
 * Where no desktop is to be seen (a service, a scheduled task, SSH), the dialog would wait for ever for somebody to
 * answer it.
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
  'LocalMachine\\Root asks nobody and needs an administrator; a root for one connection needs no store, but the option "ca".';
