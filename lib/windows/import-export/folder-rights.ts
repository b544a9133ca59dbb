import { existsSync } from 'node:fs';
import * as files from 'node:fs/promises';
import path from 'node:path';
import { printable } from '../../base/text/printable.js';
import type { AccessEntry } from '../../formats/security-descriptor/access-list.js';
import { readSecurityDescriptor } from '../../formats/security-descriptor/security-descriptor.js';
import { readSid } from '../../formats/security-descriptor/sid.js';
import type { Native } from '../../native/binding.js';
import { native } from '../../native/load.js';
import { callNative } from '../../native/promises.js';
import type { NativeEnd } from '../../native/store-binding.js';
import { accountOfSid } from '../key/account.js';
import { fileError } from './file-error.js';

/** The functions of Windows that the rights to folders need. */
export type FolderSystem = Pick<Native, 'userSid' | 'fileRights' | 'createFolder' | 'accountOfSid'>;

/**
 * What is asked about: a folder by who can change what is in it; a file in such a folder; one 'above' such a folder by
 * who can put another folder in the place of the one below.
 */
export type Place = 'folder' | 'file' | 'above';

/** Who can change what they should not, and the command that ends it. */
export interface Strangers {
  /** 'BUILTIN\\Users' */
  readonly names: readonly string[];
  /** A line for the console: 'icacls "C:\\pki" /inheritance:r …'. */
  readonly remedy: string;
}

/**
 * Creates a folder, and those above it as far as they are missing, in which only this user, SYSTEM and the
 * administrators can read or write. A new folder would otherwise take over the rights of the one above it, and in 'C:\'
 * every account may change what others have made. A folder that exists stays as it is.
 *
 * @param writers security identifiers of others that may read, write and delete in it
 * @throws Error as node:fs has them
 */
export async function createPrivateFolder(
  folder: string,
  system = thisSystem(),
  writers: readonly string[] = [],
): Promise<void> {
  if (system === null) {
    await files.mkdir(folder, { recursive: true, mode: 0o700 });
    return;
  }
  const above = path.dirname(folder);
  // The root of a drive can't be created, not even if it is there.
  if (!existsSync(above)) await files.mkdir(above, { recursive: true });
  const entries = [system.userSid(), SYSTEM, ADMINISTRATORS].map((sid) => `(A;OICI;FA;;;${sid})`);
  const more = writers.map((sid) => `(A;OICI;${MODIFY};;;${sid})`);
  const security = `D:P${[...entries, ...more].join('')}`;
  const end = await new Promise<NativeEnd>((resolve) => {
    system.createFolder(path.toNamespacedPath(folder), security, resolve);
  });
  if (end.status !== 0 && end.status !== ALREADY_EXISTS) throw fileError(end, folder);
}

/**
 * Who else can change a folder, or a file in one: accounts that have the right from the folder above, and groups that
 * stand for many. An account that was given the right here by name is meant to have it, and so are the owner, SYSTEM
 * and the administrators. Null for nobody, and where the volume keeps no rights.
 *
 * @param kind a file gets the rights of its folder back
 * @throws SchannelError if Windows does not tell
 */
export async function strangersIn(
  file: string,
  kind: Place,
  system = thisSystem(),
): Promise<Strangers | null> {
  if (system === null) return strangersByMode(file, kind);
  const bytes = await rightsOf(file, system);
  if (bytes === null) return null;
  const { owner, dacl } = readSecurityDescriptor(bytes);
  const user = system.userSid();
  const trusted = new Set([...TRUSTED, user, ...(owner === null ? [] : [readSid(owner)])]);
  const changes =
    kind !== 'above' ? CHANGES : path.win32.dirname(file) === file ? REPLACES_IN_ROOT : REPLACES;
  const writers = dacl === null ? [EVERYONE] : writersAmong(dacl.entries, trusted, kind, changes);
  if (writers.length === 0) return null;
  const accounts = await Promise.all(writers.slice(0, MOST_NAMES).map((sid) => accountOfSid(system, sid)));
  return {
    names: accounts.map(({ name }) => name),
    remedy: kind === 'file' ? `icacls "${file}" /reset` : icacls(file, user, writers),
  };
}

/**
 * The owner of a folder or a file, if it is neither this user nor SYSTEM nor an administrator. In '%ProgramData%' every
 * account may create a folder, give rights to itself, and wait until a program takes what is in it for its own.
 *
 * @returns 'HOST\\ben'; null for an owner to be trusted, and where the volume keeps no rights
 * @throws SchannelError if Windows does not tell
 */
export async function foreignOwnerOf(file: string, system = thisSystem()): Promise<string | null> {
  if (system === null) {
    const { uid } = await files.stat(file);
    return uid === 0 || uid === process.getuid?.() ? null : `the user ${uid}`;
  }
  const bytes = await rightsOf(file, system);
  if (bytes === null) return null;
  const { owner } = readSecurityDescriptor(bytes);
  const sid = owner === null ? EVERYONE : readSid(owner);
  if (sid === system.userSid() || TRUSTED.includes(sid) || DOMAIN_ADMINISTRATORS.test(sid)) return null;
  return (await accountOfSid(system, sid)).name;
}

const rightsOf = (file: string, system: FolderSystem): Promise<Uint8Array | null> =>
  callNative<Uint8Array | null>(
    { phase: 'key', text: `The rights to ${printable(file)} could not be read` },
    (callback) => {
      system.fileRights(path.toNamespacedPath(file), callback);
    },
  );

/** Everything else on this list is looked up one by one, which may ask a domain. */
const MOST_NAMES = 16;

const SYSTEM = 'S-1-5-18';
const ADMINISTRATORS = 'S-1-5-32-544';
const EVERYONE = 'S-1-1-0';

/** FILE_GENERIC_READ, _WRITE and _EXECUTE, and DELETE: what icacls calls M. */
const MODIFY = '0x1301bf';
const ALREADY_EXISTS = 183;

/** They can do anything with this machine, or (CREATOR OWNER, OWNER RIGHTS) are the owner. */
const TRUSTED = [
  SYSTEM,
  ADMINISTRATORS,
  'S-1-3-0',
  'S-1-3-4',
  // TrustedInstaller
  'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
];

/** Administrators of a domain. */
const DOMAIN_ADMINISTRATORS = /^S-1-5-21-\d+-\d+-\d+-(512|519)$/;

/**
 * Groups that stand for many ("Well-known SIDs"): everyone, by the kind of logon, guests, users, remote desktop users,
 * those of IIS, all apps, and the users, guests and computers of a domain.
 */
const CROWD =
  /^S-1-(1-0|5-([234679]|11|13|14|15)|5-32-(545|546|547|555|568)|15-2-[12]|5-21-\d+-\d+-\d+-(513|514|515))$/;

/**
 * FILE_WRITE_DATA (of a folder: to add a file), FILE_APPEND_DATA, FILE_DELETE_CHILD, DELETE, WRITE_DAC, WRITE_OWNER,
 * GENERIC_ALL and GENERIC_WRITE.
 */
const CHANGES = 0x2 | 0x4 | 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000;

/** The same without those that only add to a folder: with these, it or what is in it can be renamed. */
const REPLACES = CHANGES & ~(0x2 | 0x4 | 0x40000000);

/** DELETE does nothing to the root of a drive, and other drives than C: give it to all users. */
const REPLACES_IN_ROOT = REPLACES & ~0x10000;

/**
 * The identifiers of those who can make changes but should not. A denial counts for entries of the same account. What a
 * file inherits comes from its folder, where it was looked at.
 */
function writersAmong(
  entries: readonly AccessEntry[],
  trusted: ReadonlySet<string>,
  place: Place,
  changes: number,
): string[] {
  const denied = new Map<string, number>();
  const writers = new Set<string>();
  for (const { kind, sid, mask, inherited } of entries) {
    if (sid === null || trusted.has(sid) || DOMAIN_ADMINISTRATORS.test(sid)) continue;
    const refused = denied.get(sid) ?? 0;
    if (kind === 'deny') denied.set(sid, refused | mask);
    else if ((mask & changes & ~refused) !== 0 && ((inherited && place !== 'file') || CROWD.test(sid)))
      writers.add(sid);
  }
  return [...writers];
}

/** Identifiers instead of names, which Windows has in its own language. Quoted for PowerShell too. */
function icacls(file: string, user: string, writers: readonly string[]): string {
  const grants = [user, SYSTEM, ADMINISTRATORS].map((sid) => `"*${sid}:(OI)(CI)F"`);
  const removed = writers.map((sid) => `"*${sid}"`);
  return `icacls "${file}" /inheritance:r /grant:r ${grants.join(' ')} /remove:g ${removed.join(' ')}`;
}

const GROUP_AND_OTHERS = 0o022;

/** In such a folder, as /tmp is, nobody can rename what belongs to another. */
const STICKY = 0o1000;

async function strangersByMode(file: string, kind: Place): Promise<Strangers | null> {
  const { mode } = await files.stat(file);
  if ((mode & GROUP_AND_OTHERS) === 0 || (kind === 'above' && (mode & STICKY) !== 0)) return null;
  const names = [
    ...((mode & 0o020) === 0 ? [] : ['its group']),
    ...((mode & 0o002) === 0 ? [] : ['everyone']),
  ];
  return { names, remedy: `chmod go-w '${file}'` };
}

/** Null without Windows. */
const thisSystem = (): FolderSystem | null => (process.platform === 'win32' ? native() : null);
