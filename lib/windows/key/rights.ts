import { mapBounded } from '../../base/async/map-bounded.js';
import { SerialQueue } from '../../base/async/serial-queue.js';
import { argumentError } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { MalformedSecurity } from '../../formats/security-descriptor/malformed.js';
import {
  readSecurityDescriptor,
  type SecurityDescriptor,
  writeSecurityDescriptor,
} from '../../formats/security-descriptor/security-descriptor.js';
import type { Native } from '../../native/binding.js';
import { callNative, callNativeVoid } from '../../native/promises.js';
import type { NativeKey, NativeKeyLocation } from '../../native/store-binding.js';
import {
  type KeyAccess,
  accessOf,
  isDenied,
  isSameList,
  mayAccess,
  withAccess,
  withoutAccess,
} from './access.js';
import { type Accounts, accountOf, accountOfSid, type KeyAccount } from './account.js';
import { closeNative } from './stored-keys.js';

/** One entry of the list of those who may use a key. */
export interface KeyRight {
  readonly account: KeyAccount;
  readonly kind: 'allow' | 'deny';
  /** Null for rights without a use of the key, such as to read who may use it. */
  readonly access: KeyAccess | null;
  /** From the folder of the key. It cannot be revoked for one key. */
  readonly inherited: boolean;
  /** The access rights as Windows keeps them. */
  readonly mask: number;
}

/** Who may use a key. */
export interface KeyRights {
  /** The key has no list, so everyone may do everything. */
  readonly everyone: boolean;
  /** In the order in which Windows reads them. Entries with conditions are left out. */
  readonly entries: readonly KeyRight[];
}

export interface GrantOptions {
  /** Default 'use'. */
  readonly access?: KeyAccess | undefined;
  /** Changes nothing: the result says what would be. Default false. */
  readonly dryRun?: boolean | undefined;
}

export interface RightsChange {
  readonly account: KeyAccount;
  /** 'none': it already was so. */
  readonly action: 'granted' | 'revoked' | 'none';
  /** Whether an entry of the account itself lets it use the key now. What its groups may do is not looked at. */
  readonly mayUse: boolean;
  readonly before: KeyRights;
  readonly after: KeyRights;
}

export type RightsNative = Accounts & Pick<Native, 'openKey' | 'userSid'>;

const DACL_SECURITY_INFORMATION = 4;

/** Names are looked up for so many different accounts, so many at a time: a domain may be slow. */
const MOST_NAMES = 256;
const LOOKUPS_AT_ONCE = 4;

/** A change writes the whole list, so changes take turns. */
const queue = new SerialQueue();

/** @throws SchannelError as {@link PrivateKey.rights} */
export async function rightsOf(native: RightsNative, location: NativeKeyLocation): Promise<KeyRights> {
  const { descriptor } = await read(native, location);
  return describe(native, descriptor);
}

/** @throws SchannelError as {@link PrivateKey.grant} */
export async function grantTo(
  native: RightsNative,
  location: NativeKeyLocation,
  text: string,
  { access = 'use', dryRun = false }: GrantOptions,
): Promise<RightsChange> {
  const account = await accountOf(native, text);
  return change(native, location, account, dryRun, (descriptor) => {
    if (isDenied(descriptor, account.sid, access)) throw denied(account);
    return withAccess(descriptor, account.sid, access);
  });
}

/** @throws SchannelError as {@link PrivateKey.revokeGrant} */
export async function revokeFrom(
  native: RightsNative,
  location: NativeKeyLocation,
  text: string,
  { dryRun = false }: Pick<GrantOptions, 'dryRun'>,
): Promise<RightsChange> {
  const account = await accountOf(native, text);
  if ([...KEEPERS, native.userSid()].includes(account.sid)) throw keeper(account);
  return change(native, location, account, dryRun, (descriptor) => withoutAccess(descriptor, account.sid));
}

/** SYSTEM and Administrators: without them nobody could repair the rights. */
const KEEPERS: readonly string[] = ['S-1-5-18', 'S-1-5-32-544'];

const change = (
  native: RightsNative,
  location: NativeKeyLocation,
  account: KeyAccount,
  dryRun: boolean,
  plan: (descriptor: SecurityDescriptor) => SecurityDescriptor | null,
): Promise<RightsChange> =>
  queue.run(async () => {
    const { bytes, descriptor } = await read(native, location);
    const planned = plan(descriptor);
    if (planned !== null && !dryRun) await apply(native, location, bytes, planned);
    const result = planned ?? descriptor;
    const before = await describe(native, descriptor);
    const more = (planned?.dacl?.entries.length ?? 0) > (descriptor.dacl?.entries.length ?? 0);
    return {
      account,
      action: planned === null ? 'none' : more ? 'granted' : 'revoked',
      mayUse: mayAccess(result, account.sid, 'use') && !isDenied(result, account.sid, 'use'),
      before,
      after: planned === null ? before : await describe(native, planned),
    };
  });

/** Writes the list, reads it back, and undoes the change if it is not what was written. */
async function apply(
  native: RightsNative,
  location: NativeKeyLocation,
  before: Uint8Array,
  planned: SecurityDescriptor,
): Promise<void> {
  await write(native, location, encode(planned));
  const failure = await mismatch(native, location, planned);
  if (failure === null) return;
  try {
    await write(native, location, before);
  } catch (cause) {
    throw notChanged('and the list from before could not be restored. Look at the rights of the key', cause);
  }
  throw notChanged('so the list from before was restored', failure.cause);
}

async function mismatch(
  native: RightsNative,
  location: NativeKeyLocation,
  { dacl }: SecurityDescriptor,
): Promise<{ readonly cause?: unknown } | null> {
  try {
    const { descriptor } = await read(native, location);
    return dacl !== null && isSameList(dacl, descriptor.dacl) ? null : {};
  } catch (cause) {
    return { cause };
  }
}

interface ReadRights {
  readonly bytes: Uint8Array;
  readonly descriptor: SecurityDescriptor;
}

const read = async (native: RightsNative, location: NativeKeyLocation): Promise<ReadRights> => {
  const bytes = await withKey(native, location, (key) =>
    callNative<Uint8Array>(
      { phase: 'key', text: 'The rights to the private key could not be read' },
      (callback) => key.security(DACL_SECURITY_INFORMATION, callback),
    ).catch((error: unknown) => {
      throw unreadable(error, key);
    }),
  );
  try {
    return { bytes, descriptor: readSecurityDescriptor(bytes) };
  } catch (error) {
    throw error instanceof MalformedSecurity ? damaged(error) : error;
  }
};

const write = (native: RightsNative, location: NativeKeyLocation, bytes: Uint8Array): Promise<void> =>
  withKey(native, location, (key) =>
    callNativeVoid({ phase: 'key', text: 'The rights to the private key could not be changed' }, (callback) =>
      key.setSecurity(DACL_SECURITY_INFORMATION, bytes, callback),
    ).catch((error: unknown) => {
      throw unchangeable(error, key);
    }),
  );

/**
 * Lets `use` have the key by its own interface. A certificate's key may be open through CNG although a CSP keeps it,
 * and CNG does not report the rights of those (ansible.windows, issue 548).
 */
async function withKey<Result>(
  native: RightsNative,
  location: NativeKeyLocation,
  use: (key: NativeKey) => Promise<Result>,
): Promise<Result> {
  const key = await callNative<NativeKey>(
    { phase: 'key', text: 'The private key could not be opened' },
    (callback) => native.openKey(location, { silent: true, window: 0 }, callback),
  );
  try {
    return await use(key);
  } finally {
    await closeNative(key);
  }
}

async function describe(native: RightsNative, { dacl }: SecurityDescriptor): Promise<KeyRights> {
  if (dacl === null) return { everyone: true, entries: [] };
  const entries = dacl.entries.flatMap(({ sid, kind, ...entry }) =>
    sid === null || kind === 'other' ? [] : [{ ...entry, sid, kind }],
  );
  const sids = [...new Set(entries.map(({ sid }) => sid))];
  const known = await mapBounded(sids.slice(0, MOST_NAMES), LOOKUPS_AT_ONCE, (sid) =>
    accountOfSid(native, sid),
  );
  const accounts = new Map(known.map((account) => [account.sid, account]));
  return {
    everyone: false,
    entries: entries.map(({ sid, kind, inherited, mask }) => ({
      account: accounts.get(sid) ?? { sid, name: sid, known: false },
      kind,
      access: accessOf(mask),
      inherited,
      mask,
    })),
  };
}

function encode(descriptor: SecurityDescriptor): Buffer {
  try {
    return writeSecurityDescriptor(descriptor);
  } catch (error) {
    throw error instanceof MalformedSecurity ? damaged(error) : error;
  }
}

/** Statuses of a provider without rights for its keys, such as one of smart cards. */
const WITHOUT_RIGHTS: ReadonlySet<number | undefined> = new Set([
  50, // ERROR_NOT_SUPPORTED
  87, // ERROR_INVALID_PARAMETER
  120, // ERROR_CALL_NOT_IMPLEMENTED
  0x80004001, // E_NOTIMPL
  0x80090009, // NTE_BAD_FLAGS
  0x8009000a, // NTE_BAD_TYPE
  0x80090011, // NTE_NOT_FOUND
  0x80090027, // NTE_INVALID_PARAMETER
  0x80090029, // NTE_NOT_SUPPORTED
]);

function unreadable(error: unknown, { facts }: NativeKey): unknown {
  if (!(error instanceof SchannelError) || !WITHOUT_RIGHTS.has(error.status)) return error;
  return explained(
    error,
    'ERR_SCHANNEL_KEY_UNSUPPORTED',
    `The provider of the private key keeps no rights for its keys (${facts.provider ?? 'an unnamed provider'})`,
    'Smart cards decide by their PIN, and every account that reaches the card can use it.',
  );
}

function unchangeable(error: unknown, key: NativeKey): unknown {
  if (!(error instanceof SchannelError) || error.code !== 'ERR_SCHANNEL_KEY_ACCESS_DENIED') {
    return unreadable(error, key);
  }
  return explained(
    error,
    error.code,
    'This account may use the private key, but may not change who else may',
    key.facts.machine
      ? 'Run the command as administrator.'
      : 'Run the command as the user that the key belongs to.',
  );
}

const explained = (cause: SchannelError, code: string, message: string, advice: string): SchannelError =>
  new SchannelError(code, message, {
    phase: 'key',
    advice,
    ...(cause.status !== undefined && { status: cause.status }),
    ...(cause.syscall !== undefined && { syscall: cause.syscall }),
    cause,
  });

const damaged = (cause: MalformedSecurity): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_RIGHTS_DAMAGED',
    `The rights to the private key cannot be read: ${cause.message}`,
    {
      phase: 'key',
      advice: 'Look at them with icacls, which needs the file of the key.',
      cause,
    },
  );

const denied = ({ name }: KeyAccount): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_RIGHTS_DENIED',
    `An entry denies ${name} the private key, whatever is granted`,
    {
      phase: 'key',
      advice:
        'Remove that entry with the tool that it was made with: Manage Private Keys in certlm.msc, or icacls.',
    },
  );

const notChanged = (consequence: string, cause: unknown): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_RIGHTS_NOT_CHANGED',
    `The provider did not keep the new rights to the private key, ${consequence}`,
    {
      phase: 'key',
      advice: 'Another program may have changed the rights at the same time. Look at them, and try again.',
      ...(cause === undefined ? {} : { cause }),
    },
  );

const keeper = ({ name }: KeyAccount): Error =>
  argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The rights of ${name} stay: without SYSTEM, Administrators and this account nobody could repair them`,
  );
