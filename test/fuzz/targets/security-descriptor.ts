import assert from 'node:assert/strict';
import { allowEntry, withEntry } from '#lib/formats/security-descriptor/access-list.js';
import { MalformedSecurity } from '#lib/formats/security-descriptor/malformed.js';
import {
  readSecurityDescriptor,
  writeSecurityDescriptor,
} from '#lib/formats/security-descriptor/security-descriptor.js';
import { isSidText, readSid, writeSid } from '#lib/formats/security-descriptor/sid.js';
import { instances, outcomeOf, valueOf } from '../outcome.js';

export const what = 'a security descriptor, as Windows stores it with a key';
export const longest = 512;

const SID = 'S-1-5-20';

export const seeds = (): readonly Uint8Array[] => {
  const entry = allowEntry(SID, 0x80120089);
  const dacl = { revision: 2, entries: [entry, allowEntry('S-1-5-32-544', 0x10000000)] };
  const owner = writeSid('S-1-5-21-1-2-3-500');
  return [
    writeSecurityDescriptor({ control: 0, owner, group: owner, sacl: null, dacl }),
    writeSecurityDescriptor({ control: 0, owner: null, group: null, sacl: null, dacl: null }),
    writeSecurityDescriptor({
      control: 0,
      owner,
      group: null,
      sacl: Buffer.of(2, 0, 8, 0, 0, 0, 0, 0),
      dacl,
    }),
  ];
};

const MALFORMED = instances(MalformedSecurity);

/** What was read can be written and read again, also with one more entry. */
export function fuzz(data: Buffer): void {
  const sid = valueOf(outcomeOf(() => readSid(data), MALFORMED));
  if (sid !== null && isSidText(sid)) assert.equal(readSid(writeSid(sid)), sid);
  const descriptor = valueOf(outcomeOf(() => readSecurityDescriptor(data), MALFORMED));
  if (descriptor === null) return;
  const written = valueOf(outcomeOf(() => writeSecurityDescriptor(descriptor), MALFORMED));
  assert.ok(written !== null, 'what was read cannot be written');
  const { control: _before, ...rest } = descriptor;
  const { control: _after, ...again } = readSecurityDescriptor(written);
  assert.deepEqual(again, rest);
  const { dacl } = descriptor;
  if (dacl === null) return;
  const more = { ...descriptor, dacl: withEntry(dacl, allowEntry(SID, 1)) };
  const longer = valueOf(outcomeOf(() => writeSecurityDescriptor(more), MALFORMED));
  if (longer === null) return;
  const entries = readSecurityDescriptor(longer).dacl?.entries ?? [];
  assert.equal(entries.length, dacl.entries.length + 1);
}
