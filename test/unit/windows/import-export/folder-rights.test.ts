import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { allowEntry, type AccessEntry } from '#lib/formats/security-descriptor/access-list.js';
import { writeSecurityDescriptor } from '#lib/formats/security-descriptor/security-descriptor.js';
import { writeSid } from '#lib/formats/security-descriptor/sid.js';
import type { Callback } from '#lib/native/binding.js';
import type { NativeEnd, NativeOutcome } from '#lib/native/store-binding.js';
import {
  createPrivateFolder,
  foreignOwnerOf,
  type FolderSystem,
  strangersIn,
} from '#lib/windows/import-export/folder-rights.js';
import { ScriptedAccounts } from '../../../support/scripted-accounts.js';

const USERS = 'S-1-5-32-545';
const EVERYONE = 'S-1-1-0';
const OTHER = 'S-1-5-21-1-2-3-1001';
const FULL = 0x1f01ff;
const MODIFY = 0x1301bf;
const READ = 0x1200a9;
const INHERITED = 0x10;
const DENY = 1;

const entry = (sid: string, mask: number, { flags = 0, type = 0 } = {}): AccessEntry => {
  const { bytes } = allowEntry(sid, mask);
  const copy = Buffer.from(bytes);
  copy[0] = type;
  copy[1] = flags;
  return { ...allowEntry(sid, mask), bytes: copy };
};
const inherited = (sid: string, mask: number): AccessEntry => entry(sid, mask, { flags: INHERITED });

class System extends ScriptedAccounts implements FolderSystem {
  override accounts = [
    { sid: USERS, domain: 'VORDEFINIERT', name: 'Benutzer' },
    { sid: OTHER, domain: 'HULK', name: 'ben' },
  ];
  /** Null for a volume that keeps no rights. */
  rights: Uint8Array | null = null;
  status = 0;
  readonly created: string[] = [];

  has(entries: readonly AccessEntry[] | null, owner = 'S-1-5-21-1-2-3-1000'): this {
    const dacl = entries === null ? null : { revision: 2, entries };
    this.rights = writeSecurityDescriptor({
      control: 0,
      owner: writeSid(owner),
      group: null,
      sacl: null,
      dacl,
    });
    return this;
  }

  fileRights(_path: string, callback: Callback<NativeOutcome<Uint8Array | null>>): void {
    setImmediate(() =>
      callback(
        this.status === 0
          ? { value: this.rights }
          : { value: null, status: this.status, syscall: 'GetFileSecurityW' },
      ),
    );
  }

  createFolder(folder: string, security: string, callback: Callback<NativeEnd>): void {
    this.created.push(`${path.basename(folder)} ${security}`);
    setImmediate(() => callback({ status: this.status, syscall: 'CreateDirectoryW' }));
  }
}

describe('windows/import-export/folder-rights', () => {
  let system: System;
  beforeEach(() => {
    system = new System();
  });
  const names = async (): Promise<readonly string[] | null> =>
    (await strangersIn('C:\\pki', 'folder', system))?.names ?? null;

  for (const [right, mask] of [
    ['delete it', 0x10000],
    ['delete what is in it', 0x40],
    ['give rights', 0x40000],
    ['own it', 0x80000],
    ['do anything', 0x10000000],
  ] as const) {
    it(`has those who can replace what is below a folder: they may ${right}`, async () => {
      system.has([inherited('S-1-5-11', mask)]);
      assert.deepEqual((await strangersIn('C:\\tools', 'above', system))?.names.length, 1);
      const isOfRoot = mask !== 0x10000;
      assert.equal((await strangersIn('C:\\', 'above', system)) !== null, isOfRoot);
    });
  }

  describe('nobody else', () => {
    for (const [what, entries] of Object.entries({
      'the user, SYSTEM, administrators and the owner': [
        entry('S-1-5-21-1-2-3-1000', FULL),
        inherited('S-1-5-18', FULL),
        inherited('S-1-5-32-544', FULL),
        inherited('S-1-5-21-9-9-9-512', FULL),
        inherited('S-1-3-4', FULL),
      ],
      'groups that only read': [inherited(USERS, READ), inherited('S-1-5-11', READ), entry(EVERYONE, READ)],
      'an account that was let in here by name': [entry(OTHER, MODIFY)],
      'what a denial takes back': [entry(USERS, FULL | 0x50000000, { type: DENY }), inherited(USERS, MODIFY)],
      'what only files below it inherit': [entry(USERS, FULL, { flags: 0xb })],
    })) {
      it(`can change it: ${what}`, async () => {
        system.has(entries);
        assert.equal(await names(), null);
      });
    }

    it('can change a file in it: an account of which the folder itself says that it may', async () => {
      // The owner is the administrators' group when an elevated process has made it.
      system.has([inherited(OTHER, FULL), inherited('S-1-5-21-1-2-3-1000', FULL)], 'S-1-5-32-544');
      assert.equal(await strangersIn('C:\\pki\\log.jsonl', 'file', system), null);
      assert.deepEqual(await names(), ['HULK\\ben']);
      system.has([inherited(USERS, MODIFY)]);
      assert.notEqual(await strangersIn('C:\\pki\\log.jsonl', 'file', system), null);
    });

    it('can change it if its owner is another account that has the right', async () => {
      system.has([inherited(OTHER, FULL)], OTHER);
      assert.equal(await names(), null);
    });

    it('can put another folder in the place of the one below: those who may only add folders', async () => {
      // C:\\ProgramData, and the root of C:
      system.has([entry(USERS, 0x116), entry('S-1-5-11', 0x4), inherited(OTHER, 0x40000000)]);
      assert.equal(await strangersIn('C:\\pki', 'above', system), null);
    });

    it('can rename the root of a drive', async () => {
      system.has([entry('S-1-5-11', MODIFY)]);
      assert.equal(await strangersIn('D:\\', 'above', system), null);
    });

    it('is told where the volume keeps no rights', async () => {
      assert.equal(await names(), null);
    });
  });

  describe('others', () => {
    for (const mask of [0x2, 0x4, 0x40, 0x10000, 0x40000, 0x80000, 0x40000000, 0x10000000, MODIFY]) {
      it(`are seen with the right ${mask.toString(16)}`, async () => {
        system.has([inherited(OTHER, mask)]);
        assert.deepEqual(await names(), ['HULK\\ben']);
      });
    }

    for (const sid of [EVERYONE, USERS, 'S-1-5-11', 'S-1-5-4', 'S-1-5-21-9-9-9-513', 'S-1-15-2-1']) {
      it(`are seen in the group ${sid}, even if it was let in here`, async () => {
        system.has([entry(sid, MODIFY)]);
        assert.equal((await names())?.length, 1);
      });
    }

    it('are everyone without a list', async () => {
      system.has(null);
      assert.deepEqual(await names(), [EVERYONE]);
    });

    it('lose their right by the line that is given, in every language', async () => {
      system.has([inherited(USERS, MODIFY), inherited(USERS, FULL), inherited(OTHER, MODIFY)]);
      assert.deepEqual(await strangersIn('C:\\pki', 'folder', system), {
        names: ['VORDEFINIERT\\Benutzer', 'HULK\\ben'],
        remedy:
          'icacls "C:\\pki" /inheritance:r /grant:r "*S-1-5-21-1-2-3-1000:(OI)(CI)F" "*S-1-5-18:(OI)(CI)F" ' +
          `"*S-1-5-32-544:(OI)(CI)F" /remove:g "*${USERS}" "*${OTHER}"`,
      });
      const ofFile = await strangersIn('C:\\pki\\log.jsonl', 'file', system);
      assert.equal(ofFile?.remedy, 'icacls "C:\\pki\\log.jsonl" /reset');
    });

    it('are not ruled out if Windows does not tell', async () => {
      system.status = 5;
      await assert.rejects(strangersIn('C:\\pki', 'folder', system), { status: 5, message: /C:\\pki/ });
    });
  });

  describe('a new folder', () => {
    let base: string;
    beforeEach(() => {
      base = mkdtempSync(path.join(tmpdir(), 'schannel-rights-'));
    });
    afterEach(() => rmSync(base, { recursive: true }));

    it('belongs to the user, SYSTEM and the administrators, whatever is above it', async () => {
      await createPrivateFolder(path.join(base, 'a', 'b'), system);
      assert.deepEqual(system.created, [
        'b D:P(A;OICI;FA;;;S-1-5-21-1-2-3-1000)(A;OICI;FA;;;S-1-5-18)(A;OICI;FA;;;S-1-5-32-544)',
      ]);
      assert.ok(statSync(path.join(base, 'a')).isDirectory());
    });

    it('may be there already, and fails like node:fs otherwise', async () => {
      system.status = 183;
      await createPrivateFolder(path.join(base, 'a'), system);
      system.status = 5;
      await assert.rejects(createPrivateFolder(path.join(base, 'a'), system), { code: 'EPERM' });
    });
  });

  for (const [who, sid] of [
    ['this user', 'S-1-5-21-1-2-3-1000'],
    ['SYSTEM', 'S-1-5-18'],
    ['the administrators', 'S-1-5-32-544'],
    ['an administrator of the domain', 'S-1-5-21-1-2-3-512'],
  ] as const) {
    it(`trusts ${who} as an owner`, async () => {
      system.has([], sid);
      system.userSid = () => 'S-1-5-21-1-2-3-1000';
      assert.equal(await foreignOwnerOf('x', system), null);
    });
  }

  it('names another owner, who could have put there what is in it', async () => {
    assert.equal(await foreignOwnerOf('x', system.has([entry(OTHER, FULL)], OTHER)), 'HULK\\ben');
  });

  it('knows no owner where the volume keeps no rights', async () => {
    assert.equal(await foreignOwnerOf('x', system), null);
  });
});
