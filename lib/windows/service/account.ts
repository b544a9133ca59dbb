import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';

/**
 * Accounts of every Windows, which need no password. Windows knows these names in every language ("LocalService
 * account").
 */
const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ['localservice', 'NT AUTHORITY\\LocalService'],
  ['networkservice', 'NT AUTHORITY\\NetworkService'],
  // None is LocalSystem for CreateServiceW.
  ['localsystem', ''],
]);

/**
 * The account as CreateServiceW takes it.
 *
 * @param account 'virtual' for an account that only this service has, 'LocalService', 'NetworkService', 'LocalSystem',
 * or a   managed account: 'DOMAIN\\name$'
 * @throws SchannelError ERR_SCHANNEL_SERVICE_FAILURE for one that needs a password
 */
export function accountOf(name: string, account: string): string {
  const plain = account
    .toLowerCase()
    .replace(/^nt (authority|service)\\/, '')
    .replaceAll(' ', '');
  if (plain === 'virtual' || plain === name.toLowerCase()) return virtualAccountOf(name);
  const builtIn = BUILT_IN.get(plain);
  if (builtIn !== undefined) return builtIn;
  if (/^[^\\"]+\\[^\\"]+\$$/.test(account)) return account;
  throw new SchannelError(
    'ERR_SCHANNEL_SERVICE_FAILURE',
    `The account ${printable(account)} needs a password, which is not supported here`,
    {
      phase: 'service',
      advice:
        'Use the virtual account, which has no password and belongs only to this service, or a managed account (DOMAIN\\name$). ' +
        'Another account can be set in services.msc afterwards.',
    },
  );
}

/**
 * The account that Windows has for each service, and whose identifier every service of this library has in its token.
 */
export const virtualAccountOf = (name: string): string => `NT SERVICE\\${name}`;
