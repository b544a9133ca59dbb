import { type AccessList, readAccessList, writeAccessList } from './access-list.js';
import { MalformedSecurity } from './malformed.js';
import { readSid } from './sid.js';

/** Who may do what with an object of Windows: a self-relative security descriptor ([MS-DTYP] §2.4.6). */
export interface SecurityDescriptor {
  /** SE_* bits. */
  readonly control: number;
  /** The owner's security identifier as bytes; null if it was not asked for. */
  readonly owner: Uint8Array | null;
  readonly group: Uint8Array | null;
  /** The list for auditing, as it is. */
  readonly sacl: Uint8Array | null;
  /** Null: everyone has all access. */
  readonly dacl: AccessList | null;
}

const HEAD = 20;
const SE_DACL_PRESENT = 0x4;
const SE_SACL_PRESENT = 0x10;
const SE_SELF_RELATIVE = 0x8000;

/** Two lists and two identifiers fit in. */
const LONGEST = 0x21000;

/** @throws MalformedSecurity */
export function readSecurityDescriptor(bytes: Uint8Array): SecurityDescriptor {
  if (bytes.length < HEAD || bytes.length > LONGEST) {
    throw new MalformedSecurity(`a security descriptor has ${String(bytes.length)} bytes`);
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const control = view.readUInt16LE(2);
  if (view[0] !== 1 || (control & SE_SELF_RELATIVE) === 0) {
    throw new MalformedSecurity('the security descriptor is not self-relative');
  }
  const partAt = (field: number): Buffer | null => {
    const offset = view.readUInt32LE(field);
    if (offset === 0) return null;
    if (offset < HEAD || offset > view.length) {
      throw new MalformedSecurity('a part of the security descriptor is outside of it');
    }
    return view.subarray(offset);
  };
  const sacl = (control & SE_SACL_PRESENT) === 0 ? null : partAt(12);
  const dacl = (control & SE_DACL_PRESENT) === 0 ? null : partAt(16);
  return {
    control,
    owner: identifierIn(partAt(4)),
    group: identifierIn(partAt(8)),
    sacl: sacl === null ? null : sacl.subarray(0, checkedLength(sacl)),
    dacl: dacl === null ? null : readAccessList(dacl),
  };
}

function identifierIn(bytes: Buffer | null): Buffer | null {
  if (bytes === null) return null;
  readSid(bytes);
  return bytes.subarray(0, 8 + 4 * bytes.readUInt8(1));
}

/** @returns the length of a list, after a check that the list is well-formed */
function checkedLength(list: Buffer): number {
  readAccessList(list);
  return list.readUInt16LE(2);
}

/** @throws MalformedSecurity if the entries of the list do not fit in */
export function writeSecurityDescriptor({ control, owner, group, sacl, dacl }: SecurityDescriptor): Buffer {
  const head = Buffer.alloc(HEAD);
  head[0] = 1;
  const present = (dacl === null ? 0 : SE_DACL_PRESENT) | (sacl === null ? 0 : SE_SACL_PRESENT);
  head.writeUInt16LE((control & ~(SE_DACL_PRESENT | SE_SACL_PRESENT)) | present | SE_SELF_RELATIVE, 2);
  const parts: Buffer[] = [head];
  let at = HEAD;
  const put = (field: number, part: Uint8Array | null): void => {
    if (part === null) return;
    head.writeUInt32LE(at, field);
    // Every part begins at a multiple of four.
    const padded = Buffer.alloc((part.length + 3) & ~3);
    padded.set(part);
    parts.push(padded);
    at += padded.length;
  };
  put(4, owner);
  put(8, group);
  put(12, sacl);
  put(16, dacl === null ? null : writeAccessList(dacl));
  return Buffer.concat(parts);
}
