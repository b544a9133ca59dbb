import assert from 'node:assert/strict';
import { allowEntry, withEntry } from '#lib/formats/security-descriptor/access-list.js';
import { MalformedSecurity } from '#lib/formats/security-descriptor/malformed.js';
import {
  readSecurityDescriptor,
  writeSecurityDescriptor,
} from '#lib/formats/security-descriptor/security-descriptor.js';
import { mutated, numbersFrom } from '../../../support/mutations.js';
import { descriptorOf, entry, MACHINE_KEY, NETWORK_SERVICE } from '../../../support/security-descriptors.js';

/**
 * O:SY G:BA D:AI(D;;GR;;;BG)(A;;FA;;;SY)(A;ID;FR;;;NS), as ConvertStringSecurityDescriptorToSecurityDescriptorW lays it
 * out: the list first, then the owner and the group.
 */
const FROM_WINDOWS = Buffer.from(
  '01000484' +
    '5c000000' +
    '68000000' +
    '00000000' +
    '14000000' +
    '0200480003000000' +
    '0101180000000080' +
    '01020000000000052000000022020000' +
    '00001400ff011f00' +
    '010100000000000512000000' +
    '0010140089001200' +
    '010100000000000514000000' +
    '010100000000000512000000' +
    '01020000000000052000000020020000',
  'hex',
);

describe('formats/security-descriptor/security-descriptor', () => {
  it('reads owner, group and list', () => {
    const { owner, group, dacl, sacl } = readSecurityDescriptor(FROM_WINDOWS);
    assert.equal(Buffer.from(owner ?? []).toString('hex'), '010100000000000512000000');
    assert.equal(group?.length, 16);
    assert.equal(sacl, null);
    assert.deepEqual(
      dacl?.entries.map(({ kind, sid, mask, inherited }) => ({ kind, sid, mask, inherited })),
      [
        { kind: 'deny', sid: 'S-1-5-32-546', mask: 0x80000000, inherited: false },
        { kind: 'allow', sid: 'S-1-5-18', mask: 0x1f01ff, inherited: false },
        { kind: 'allow', sid: 'S-1-5-20', mask: 0x120089, inherited: true },
      ],
    );
  });

  it('keeps what it does not know, byte for byte', () => {
    // A conditional entry, an entry of an object, and one that only children inherit.
    const strange = [entry(9, 0, 1, 'S-1-5-11'), entry(5, 0x13, 2, 'S-1-1-0'), entry(0, 0x0b, 4, 'S-1-5-4')];
    const before = readSecurityDescriptor(descriptorOf([...MACHINE_KEY, ...strange]));
    assert.ok(before.dacl !== null);
    const dacl = withEntry(before.dacl, allowEntry(NETWORK_SERVICE, 1));
    const after = readSecurityDescriptor(writeSecurityDescriptor({ ...before, dacl }));
    const kept = after.dacl?.entries.filter(({ sid }) => sid !== NETWORK_SERVICE).map(({ bytes }) => bytes);
    assert.deepEqual(
      kept,
      before.dacl.entries.map(({ bytes }) => bytes),
    );
    assert.deepEqual(
      after.dacl?.entries.map(({ kind }) => kind),
      ['allow', 'allow', 'other', 'allow', 'other', 'other'],
    );
  });

  it('puts a new entry before those that are inherited', () => {
    const inherited = entry(0, 0x10, 1, 'S-1-5-11');
    const list = { revision: 2, entries: [...MACHINE_KEY, inherited] };
    const added = allowEntry(NETWORK_SERVICE, 1);
    assert.deepEqual(withEntry(list, added).entries, [...MACHINE_KEY, added, inherited]);
    assert.deepEqual(withEntry({ ...list, entries: MACHINE_KEY }, added).entries, [...MACHINE_KEY, added]);
  });

  it('knows a key without a list', () => {
    assert.equal(readSecurityDescriptor(descriptorOf(null)).dacl, null);
    // Present and null: everyone may do everything.
    const present = descriptorOf(null);
    present.writeUInt16LE(0x8004, 2);
    assert.equal(readSecurityDescriptor(present).dacl, null);
  });

  it('keeps owner, group and the list for auditing', () => {
    const read = readSecurityDescriptor(FROM_WINDOWS);
    const again = readSecurityDescriptor(writeSecurityDescriptor(read));
    assert.deepEqual(again, read);
    const sacl = Buffer.from('0200080000000000', 'hex');
    assert.deepEqual(readSecurityDescriptor(writeSecurityDescriptor({ ...read, sacl })).sacl, sacl);
  });

  it('refuses a list with more entries than fit in', () => {
    const entries = Array.from({ length: 4000 }, () => allowEntry(NETWORK_SERVICE, 1));
    const full = { control: 0, owner: null, group: null, sacl: null, dacl: { revision: 2, entries } };
    assert.throws(() => writeSecurityDescriptor(full), MalformedSecurity);
  });

  for (const [title, change] of [
    ['is cut short', (bytes: Buffer) => bytes.subarray(0, 19)],
    ['is absolute', (bytes: Buffer) => put(bytes, 3, 0)],
    ['has another revision', (bytes: Buffer) => put(bytes, 0, 2)],
    ['has a list outside of it', (bytes: Buffer) => put(bytes, 17, 0xff)],
    ['has an owner in its head', (bytes: Buffer) => put(bytes, 4, 4)],
    ['has a list of another revision', (bytes: Buffer) => put(bytes, 20, 3)],
    ['has an entry longer than the list', (bytes: Buffer) => put(bytes, 31, 0xff)],
    ['has an entry without a size', (bytes: Buffer) => put(bytes, 30, 0)],
    ['has more entries than bytes', (bytes: Buffer) => put(bytes, 24, 0xff)],
    ['is longer than any', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(0x21000)])],
  ] as const) {
    it(`refuses a descriptor that ${title}`, () => {
      assert.throws(() => readSecurityDescriptor(change(Buffer.from(FROM_WINDOWS))), MalformedSecurity);
    });
  }

  it('reads what accidents make of a descriptor, or refuses it', () => {
    const below = numbersFrom(7);
    let read = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = mutated(FROM_WINDOWS, below);
      try {
        const first = readSecurityDescriptor(bytes);
        read += 1;
        assert.deepEqual(readSecurityDescriptor(writeSecurityDescriptor(first)).dacl, first.dacl);
      } catch (error) {
        if (!(error instanceof MalformedSecurity)) throw error;
      }
    }
    // Both happen, or the test shows nothing.
    assert.ok(read > 1000 && read < 19_000, String(read));
  });
});

function put(bytes: Buffer, at: number, value: number): Buffer {
  bytes[at] = value;
  return bytes;
}
