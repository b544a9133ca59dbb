import { MalformedSecurity } from './malformed.js';
import { readSid, writeSid } from './sid.js';

/** One entry of an access control list (ACE, [MS-DTYP] §2.4.4). */
export interface AccessEntry {
  /** The complete entry. Entries that are kept are written with these bytes. */
  readonly bytes: Uint8Array;
  /** 'other' for entries with conditions, objects or labels, whose meaning is not known here. */
  readonly kind: 'allow' | 'deny' | 'other';
  /** It comes from the folder that the object is in, and does not belong to this object. */
  readonly inherited: boolean;
  /** Null for the kind 'other'. */
  readonly sid: string | null;
  /** Access rights as bits; 0 for the kind 'other'. */
  readonly mask: number;
}

/** An access control list (ACL, [MS-DTYP] §2.4.5). */
export interface AccessList {
  readonly revision: number;
  readonly entries: readonly AccessEntry[];
}

const ACL_HEAD = 8;
const ACE_HEAD = 4;
const ACE_SID = 8;
const ALLOW = 0;
const DENY = 1;
const INHERITED = 0x10;
/** ACE_INHERIT_ONLY: it says nothing about the object itself. */
const INHERIT_ONLY = 0x8;
/** ACL_REVISION and ACL_REVISION_DS. */
const REVISIONS: readonly (number | undefined)[] = [2, 4];
const LONGEST = 0xffff;

/** @param bytes begin with the list, and may go on after it @throws MalformedSecurity */
export function readAccessList(bytes: Uint8Array): AccessList {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < ACL_HEAD) throw new MalformedSecurity('an access list is cut short');
  const revision = view.readUInt8(0);
  const size = view.readUInt16LE(2);
  const count = view.readUInt16LE(4);
  if (!REVISIONS.includes(revision)) {
    throw new MalformedSecurity(`an access list has the revision ${String(revision)}`);
  }
  if (size < ACL_HEAD || size > view.length) throw new MalformedSecurity('an access list is cut short');
  const entries: AccessEntry[] = [];
  let at = ACL_HEAD;
  // The size ends this loop: each entry has at least four bytes.
  for (let index = 0; index < count; index += 1) {
    const entry = readEntry(view.subarray(at, size));
    entries.push(entry);
    at += entry.bytes.length;
  }
  return { revision, entries };
}

function readEntry(rest: Buffer): AccessEntry {
  const size = rest.length < ACE_HEAD ? 0 : rest.readUInt16LE(2);
  if (size < ACE_HEAD || size > rest.length) throw new MalformedSecurity('an access entry is cut short');
  const bytes = rest.subarray(0, size);
  const type = bytes.readUInt8(0);
  const flags = bytes.readUInt8(1);
  const inherited = (flags & INHERITED) !== 0;
  if ((type !== ALLOW && type !== DENY) || (flags & INHERIT_ONLY) !== 0) {
    return { bytes, kind: 'other', inherited, sid: null, mask: 0 };
  }
  if (size < ACE_SID) throw new MalformedSecurity('an access entry is cut short');
  const sid = readSid(bytes.subarray(ACE_SID));
  return { bytes, kind: type === ALLOW ? 'allow' : 'deny', inherited, sid, mask: bytes.readUInt32LE(4) };
}

/** A new entry, for this object only. @throws MalformedSecurity for another text than a SID */
export function allowEntry(sid: string, mask: number): AccessEntry {
  const identifier = writeSid(sid);
  const bytes = Buffer.alloc(ACE_SID + identifier.length);
  bytes.writeUInt16LE(bytes.length, 2);
  bytes.writeUInt32LE(mask, 4);
  identifier.copy(bytes, ACE_SID);
  return { bytes, kind: 'allow', inherited: false, sid, mask };
}

/** @throws MalformedSecurity if the entries do not fit into a list */
export function writeAccessList({ revision, entries }: AccessList): Buffer {
  const body = Buffer.concat(entries.map(({ bytes }) => bytes));
  const size = ACL_HEAD + body.length;
  if (size > LONGEST) throw new MalformedSecurity('the access list has no room for another entry');
  const head = Buffer.alloc(ACL_HEAD);
  head[0] = revision;
  head.writeUInt16LE(size, 2);
  head.writeUInt16LE(entries.length, 4);
  return Buffer.concat([head, body]);
}

/**
 * The list with one more entry, in the order that Windows expects ("Order of ACEs in a DACL"): behind the object's own
 * entries, and before those that it inherits. No other entry moves.
 */
export function withEntry(list: AccessList, entry: AccessEntry): AccessList {
  const firstInherited = list.entries.findIndex(({ inherited }) => inherited);
  const at = firstInherited === -1 ? list.entries.length : firstInherited;
  return { ...list, entries: [...list.entries.slice(0, at), entry, ...list.entries.slice(at)] };
}
