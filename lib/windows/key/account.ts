import { printable } from '../../base/text/printable.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import {
  applicationPoolSid,
  isSidText,
  readSid,
  serviceSid,
  writeSid,
} from '../../formats/security-descriptor/sid.js';
import type { NativeAccount, NativeProcesses } from '../../native/process-binding.js';
import { callNative } from '../../native/promises.js';
import { checkName } from './arguments.js';

/** An account or a group of Windows. */
export interface KeyAccount {
  /** Its security identifier: 'S-1-5-20'. */
  readonly sid: string;
  /** 'NT AUTHORITY\\NETWORK SERVICE'; the identifier if Windows knows no name. */
  readonly name: string;
  /**
   * Whether Windows knows it. If not, the identifier was given, or it was computed from the name of a service or of an
   * application pool, which may not exist yet.
   */
  readonly known: boolean;
}

export type Accounts = Pick<NativeProcesses, 'accountOfName' | 'accountOfSid'>;

/**
 * Accounts that exist on every Windows, by their English names. Windows itself knows them only in its own language
 * ("Well-known SIDs").
 */
const WELL_KNOWN: ReadonlyMap<string, string> = new Map([
  ['system', 'S-1-5-18'],
  ['local service', 'S-1-5-19'],
  ['localservice', 'S-1-5-19'],
  ['network service', 'S-1-5-20'],
  ['networkservice', 'S-1-5-20'],
  ['administrators', 'S-1-5-32-544'],
  ['users', 'S-1-5-32-545'],
  ['iis_iusrs', 'S-1-5-32-568'],
  ['everyone', 'S-1-1-0'],
  ['authenticated users', 'S-1-5-11'],
]);

/** What English names may begin with. */
const PREFIX = /^(nt authority|builtin)\\/;

/** SidTypeDomain, which the name of the machine itself has. */
const DOMAIN = 3;

/**
 * The account of a name ('DOMAIN\\name', 'IIS AppPool\\name', 'NT SERVICE\\name') or of a security identifier.
 * Windows is asked first.
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 * @throws SchannelError ERR_SCHANNEL_KEY_ACCOUNT_NOT_FOUND
 */
export async function accountOf(accounts: Accounts, text: string): Promise<KeyAccount> {
  checkName('account', text);
  if (isSidText(text)) return accountOfSid(accounts, identifier(text));
  try {
    const found = await callNative<NativeAccount>(
      { phase: 'key', text: 'The account could not be looked up' },
      (callback) => accounts.accountOfName(text, callback),
    );
    if (found.use === DOMAIN) throw notFound(text, `${shown(text)} is a domain or a machine`);
    return await accountOfSid(accounts, readSid(found.sid));
  } catch (error) {
    if (!(error instanceof SchannelError) || error.code === 'ERR_SCHANNEL_KEY_ACCOUNT_NOT_FOUND') throw error;
    const sid = sidWithoutWindows(text);
    if (sid !== null) {
      const named = await accountOfSid(accounts, sid);
      return named.known ? named : { ...named, name: text };
    }
    throw notFound(text, `Windows knows no account ${shown(text)}`, error);
  }
}

/** The identifier in one form. @throws SchannelError ERR_SCHANNEL_KEY_ACCOUNT_NOT_FOUND */
function identifier(text: string): string {
  try {
    return readSid(writeSid(text));
  } catch {
    throw notFound(text, `${shown(text)} is not a security identifier`);
  }
}

function sidWithoutWindows(text: string): string | null {
  const [, kind = '', name = ''] = /^(nt service|iis apppool)\\(.+)$/i.exec(text) ?? [];
  if (name !== '') return kind.toLowerCase() === 'nt service' ? serviceSid(name) : applicationPoolSid(name);
  return WELL_KNOWN.get(text.toLowerCase().replace(PREFIX, '')) ?? null;
}

/** The account of an identifier. One that nobody knows, such as of an account that was deleted, has no name. */
export async function accountOfSid(
  accounts: Pick<Accounts, 'accountOfSid'>,
  sid: string,
): Promise<KeyAccount> {
  try {
    const { domain, name } = await callNative<NativeAccount>({ phase: 'key' }, (callback) =>
      accounts.accountOfSid(writeSid(sid), callback),
    );
    return { sid, name: domain === '' ? name : `${domain}\\${name}`, known: true };
  } catch (error) {
    if (error instanceof SchannelError) return { sid, name: sid, known: false };
    throw error;
  }
}

const shown = (text: string): string => `"${printable(text)}"`;

const notFound = (text: string, message: string, cause?: SchannelError): SchannelError =>
  new SchannelError('ERR_SCHANNEL_KEY_ACCOUNT_NOT_FOUND', message, {
    phase: 'key',
    advice: text.includes('\\')
      ? 'Check the spelling, or give the security identifier (S-1-…) that whoami /all shows for the account.'
      : 'Give it with its domain or kind: DOMAIN\\name, NT SERVICE\\name, "IIS AppPool\\name", or as S-1-….',
    ...(cause?.status === undefined ? {} : { status: cause.status }),
    ...(cause?.syscall === undefined ? {} : { syscall: cause.syscall }),
    ...(cause === undefined ? {} : { cause }),
  });
