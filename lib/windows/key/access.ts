import {
  type AccessEntry,
  type AccessList,
  allowEntry,
  withEntry,
} from '../../formats/security-descriptor/access-list.js';
import type { SecurityDescriptor } from '../../formats/security-descriptor/security-descriptor.js';

/** What an account may do with a key, and how an access list changes when it is given or taken. */

/** 'use' is to sign and decrypt. 'full' is also to delete the key, and to change who may use it. */
export type KeyAccess = 'use' | 'full';

const GENERIC_READ = 0x80000000;
const GENERIC_ALL = 0x10000000;

/** What is written. The provider turns it into rights of its files. */
export const MASKS: Readonly<Record<KeyAccess, number>> = { use: GENERIC_READ, full: GENERIC_ALL };

/** Generic rights as rights of files ("File Security and Access Rights"). */
const GENERIC: readonly (readonly [generic: number, rights: number])[] = [
  [GENERIC_READ, 0x120089],
  [0x40000000, 0x120116],
  [0x20000000, 0x1200a0],
  [GENERIC_ALL, 0x1f01ff],
];

/** FILE_READ_DATA: providers look for it before they open a key. */
const READ = 0x1;

/** "Full control" as the dialog for private keys shows it (CryptoKeyRights.FullControl of .NET). */
const FULL = 0x1f019b;

/** The rights that a mask stands for. */
const expanded = (mask: number): number =>
  GENERIC.reduce((rights, [generic, meaning]) => ((mask & generic) === 0 ? rights : rights | meaning), mask);

const includes = (mask: number, rights: number): boolean => (expanded(mask) & rights) === rights;

/** Null for rights without a use of the key, such as to read who may use it. */
export function accessOf(mask: number): KeyAccess | null {
  if (includes(mask, FULL)) return 'full';
  return includes(mask, READ) ? 'use' : null;
}

/** Whether the entry, by itself, allows this. */
const allows = (entry: AccessEntry, access: KeyAccess): boolean =>
  entry.kind === 'allow' && [access, 'full'].includes(accessOf(entry.mask) ?? '');

/** Whether the entries of the account itself allow this. What its groups may do is not looked at. */
export const mayAccess = ({ dacl }: SecurityDescriptor, sid: string, access: KeyAccess): boolean =>
  dacl === null || dacl.entries.some((entry) => entry.sid === sid && allows(entry, access));

/** Whether an entry denies the account this, whatever others allow. */
export const isDenied = ({ dacl }: SecurityDescriptor, sid: string, access: KeyAccess): boolean =>
  dacl?.entries.some(
    (entry) =>
      entry.sid === sid &&
      entry.kind === 'deny' &&
      (expanded(entry.mask) & (access === 'full' ? FULL : READ)) !== 0,
  ) ?? false;

/** The descriptor with this access. Null if there is nothing to add. */
export function withAccess(
  descriptor: SecurityDescriptor,
  sid: string,
  access: KeyAccess,
): SecurityDescriptor | null {
  const { dacl } = descriptor;
  if (dacl === null || mayAccess(descriptor, sid, access)) return null;
  return { ...descriptor, dacl: withEntry(dacl, allowEntry(sid, MASKS[access])) };
}

/** The descriptor without what was granted to the account itself. Null if there is nothing to remove. */
export function withoutAccess(descriptor: SecurityDescriptor, sid: string): SecurityDescriptor | null {
  const { dacl } = descriptor;
  if (dacl === null) return null;
  const entries = dacl.entries.filter((entry) => !isGrant(entry, sid));
  return entries.length === dacl.entries.length ? null : { ...descriptor, dacl: { ...dacl, entries } };
}

/** Whether it can be taken away: what is inherited belongs to the folder. */
const isGrant = (entry: AccessEntry, sid: string): boolean =>
  entry.sid === sid && entry.kind === 'allow' && !entry.inherited;

/**
 * Whether the list that was read back is the one that was written. Providers keep it with a file: generic rights may
 * come back as those of files, and Windows may have read again what the folder passes on.
 */
export function isSameList(written: AccessList, read: AccessList | null): boolean {
  const left = [...(read?.entries ?? [])];
  const hasAll = written.entries.every((entry) => {
    const at = left.findIndex((other) => isSameEntry(entry, other));
    if (at === -1) return entry.inherited;
    left.splice(at, 1);
    return true;
  });
  return read !== null && hasAll && left.every(({ inherited }) => inherited);
}

function isSameEntry(written: AccessEntry, read: AccessEntry): boolean {
  if (written.kind === 'other') return Buffer.compare(written.bytes, read.bytes) === 0;
  return (
    written.kind === read.kind &&
    written.sid === read.sid &&
    (expanded(written.mask) === expanded(read.mask) || accessOf(written.mask) === accessOf(read.mask))
  );
}
