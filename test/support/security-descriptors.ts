import { type AccessEntry, allowEntry } from '#lib/formats/security-descriptor/access-list.js';
import { writeSecurityDescriptor } from '#lib/formats/security-descriptor/security-descriptor.js';
import { writeSid } from '#lib/formats/security-descriptor/sid.js';

export const SYSTEM = 'S-1-5-18';
export const ADMINISTRATORS = 'S-1-5-32-544';
export const NETWORK_SERVICE = 'S-1-5-20';

/** Full control of a file. */
export const FULL_CONTROL = 0x1f01ff;
/** What GENERIC_READ is for a file. */
export const FILE_READ = 0x120089;

const SE_DACL_AUTO_INHERITED = 0x400;

/** An entry of any type, with these flags. */
export function entry(type: number, flags: number, mask: number, sid: string): AccessEntry {
  const identifier = writeSid(sid);
  const bytes = Buffer.alloc(8 + identifier.length);
  bytes[0] = type;
  bytes[1] = flags;
  bytes.writeUInt16LE(bytes.length, 2);
  bytes.writeUInt32LE(mask, 4);
  identifier.copy(bytes, 8);
  const kind = type === 0 ? 'allow' : type === 1 ? 'deny' : 'other';
  return { bytes, kind, inherited: (flags & 0x10) !== 0, sid: kind === 'other' ? null : sid, mask };
}

/** What Windows gives a new key of the machine. */
export const MACHINE_KEY: readonly AccessEntry[] = [
  allowEntry(SYSTEM, FULL_CONTROL),
  allowEntry(ADMINISTRATORS, FULL_CONTROL),
];

/** A descriptor as Windows reports one if only the list is asked for. */
export const descriptorOf = (entries: readonly AccessEntry[] | null): Buffer =>
  writeSecurityDescriptor({
    control: SE_DACL_AUTO_INHERITED,
    owner: null,
    group: null,
    sacl: null,
    dacl: entries === null ? null : { revision: 2, entries },
  });
