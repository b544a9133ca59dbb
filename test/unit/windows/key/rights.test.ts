import assert from 'node:assert/strict';
import { type AccessEntry, allowEntry } from '#lib/formats/security-descriptor/access-list.js';
import { readSecurityDescriptor } from '#lib/formats/security-descriptor/security-descriptor.js';
import { PrivateKey } from '#lib/windows/key/private-key.js';
import {
  ADMINISTRATORS,
  descriptorOf,
  entry,
  FILE_READ,
  FULL_CONTROL,
  MACHINE_KEY,
  NETWORK_SERVICE,
  SYSTEM,
} from '../../../support/security-descriptors.js';
import {
  type KeyScript,
  ScriptedKey,
  ScriptedProvider,
  SOFTWARE_LOCATION,
} from '../../../support/scripted-key.js';

const ACCESS_DENIED = 5;
const NTE_NOT_SUPPORTED = 0x80090029;
const NTE_PERM = 0x80090010;
const GENERIC_READ = 0x80000000;
const GENERIC_ALL = 0x10000000;

/** A stored key, and what its provider makes of what it is given. */
class StoredRights {
  bytes: Uint8Array;
  /** Statuses of the changes, in order; 0 when there are no more. */
  refusals: number[] = [];
  readonly written: Buffer[] = [];
  /** What the provider keeps of a list. */
  keeps: (entries: readonly AccessEntry[]) => readonly AccessEntry[] = (entries) => entries;

  constructor(entries: readonly AccessEntry[] | null = MACHINE_KEY) {
    this.bytes = descriptorOf(entries);
  }

  readonly script: KeyScript = {
    facts: { machine: true },
    security: () => this.bytes,
    setSecurity: (descriptor) => {
      const status = this.refusals.shift() ?? 0;
      if (status !== 0) return status;
      this.written.push(Buffer.from(descriptor));
      this.bytes = descriptorOf(this.keeps(readSecurityDescriptor(descriptor).dacl?.entries ?? []));
      return 0;
    },
  };

  get entries(): readonly AccessEntry[] {
    return readSecurityDescriptor(this.bytes).dacl?.entries ?? [];
  }
}

describe('windows/key/rights', () => {
  let stored: StoredRights;
  let opened: ScriptedKey[];

  beforeEach(() => {
    stored = new StoredRights();
    opened = [];
  });
  afterEach(() => {
    assert.ok(
      opened.every(({ closed }) => closed === 1),
      'a key was left open',
    );
  });

  const keyOf = (script: KeyScript = stored.script): PrivateKey => {
    const provider = new ScriptedProvider(() => {
      const key = new ScriptedKey(script);
      opened.push(key);
      return key;
    });
    provider.accounts = [
      { sid: SYSTEM, domain: 'NT AUTHORITY', name: 'SYSTEM' },
      { sid: NETWORK_SERVICE, domain: 'NT AUTHORITY', name: 'NETWORK SERVICE' },
    ];
    return new PrivateKey(provider, { native: new ScriptedKey(script), location: SOFTWARE_LOCATION });
  };

  const summary = (entries: readonly AccessEntry[]): string[] =>
    entries.map(({ kind, sid, mask }) => `${kind} ${String(sid)} ${mask.toString(16)}`);

  const FULL = [`allow ${SYSTEM} 1f01ff`, `allow ${ADMINISTRATORS} 1f01ff`];

  describe('rights()', () => {
    it('names the accounts and what each may do', async () => {
      stored = new StoredRights([
        entry(1, 0, GENERIC_READ, 'S-1-5-32-546'),
        ...MACHINE_KEY,
        entry(0, 0, 0x20000, 'S-1-5-11'),
        entry(9, 0, 1, 'S-1-1-0'),
        entry(0, 0x10, FILE_READ, NETWORK_SERVICE),
      ]);
      const { everyone, entries } = await keyOf().rights();
      assert.equal(everyone, false);
      assert.deepEqual(
        entries.map(({ account, kind, access, inherited }) => [account.name, kind, access, inherited]),
        [
          ['S-1-5-32-546', 'deny', 'use', false],
          ['NT AUTHORITY\\SYSTEM', 'allow', 'full', false],
          [ADMINISTRATORS, 'allow', 'full', false],
          ['S-1-5-11', 'allow', null, false],
          ['NT AUTHORITY\\NETWORK SERVICE', 'allow', 'use', true],
        ],
      );
    });

    it('says so when a key has no list', async () => {
      stored = new StoredRights(null);
      assert.deepEqual(await keyOf().rights(), { everyone: true, entries: [] });
    });

    for (const status of [NTE_NOT_SUPPORTED, 0x8009000a, 0x80090011]) {
      it(`explains a provider without rights (0x${status.toString(16)})`, async () => {
        const facts = { provider: 'Microsoft Smart Card Key Storage Provider' };
        await assert.rejects(keyOf({ facts, security: () => status }).rights(), {
          code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
          message: /keeps no rights for its keys \(Microsoft Smart Card Key Storage Provider\)/,
          status,
        });
      });
    }

    it('refuses a list that is malformed', async () => {
      stored.bytes = Buffer.alloc(20);
      await assert.rejects(keyOf().rights(), { code: 'ERR_SCHANNEL_KEY_RIGHTS_DAMAGED' });
    });
  });

  describe('grant()', () => {
    it('lets an account use the key, and leaves the others as they are', async () => {
      const { action, account, mayUse, before, after } = await keyOf().grant('NETWORK SERVICE');
      assert.deepEqual(summary(stored.entries), [...FULL, `allow ${NETWORK_SERVICE} 80000000`]);
      assert.equal(action, 'granted');
      assert.equal(account.name, 'NT AUTHORITY\\NETWORK SERVICE');
      assert.equal(mayUse, true);
      assert.equal(before.entries.length, 2);
      assert.deepEqual(after.entries.at(-1)?.access, 'use');
    });

    it('gives full access when asked', async () => {
      await keyOf().grant(NETWORK_SERVICE, { access: 'full' });
      assert.deepEqual(summary(stored.entries), [
        ...FULL,
        `allow ${NETWORK_SERVICE} ${GENERIC_ALL.toString(16)}`,
      ]);
    });

    it('accepts that the provider keeps generic rights as those of files', async () => {
      stored.keeps = (entries) =>
        entries.map((each) => (each.mask === GENERIC_READ ? allowEntry(each.sid ?? '', FILE_READ) : each));
      assert.equal((await keyOf().grant(NETWORK_SERVICE)).action, 'granted');
      assert.equal((await keyOf().grant(NETWORK_SERVICE)).action, 'none');
      assert.equal(stored.written.length, 1);
    });

    it('accepts that Windows reads inherited entries again', async () => {
      stored = new StoredRights([...MACHINE_KEY, entry(0, 0x10, FILE_READ, 'S-1-5-11')]);
      stored.keeps = (entries) => [
        ...entries.filter(({ inherited }) => !inherited),
        entry(0, 0x10, FILE_READ, 'S-1-5-4'),
      ];
      assert.equal((await keyOf().grant(NETWORK_SERVICE)).action, 'granted');
    });

    it('does nothing if the account may already', async () => {
      stored = new StoredRights([...MACHINE_KEY, allowEntry(NETWORK_SERVICE, FULL_CONTROL)]);
      const { action, mayUse } = await keyOf().grant(NETWORK_SERVICE);
      assert.deepEqual({ action, mayUse }, { action: 'none', mayUse: true });
      assert.deepEqual(stored.written, []);
    });

    it('does nothing if everyone may', async () => {
      stored = new StoredRights(null);
      assert.equal((await keyOf().grant(NETWORK_SERVICE)).action, 'none');
      assert.deepEqual(stored.written, []);
    });

    it('adds full access to a use', async () => {
      stored = new StoredRights([...MACHINE_KEY, allowEntry(NETWORK_SERVICE, FILE_READ)]);
      assert.equal((await keyOf().grant(NETWORK_SERVICE, { access: 'full' })).action, 'granted');
      assert.equal(stored.entries.length, 4);
    });

    it('writes nothing in a dry run, and says what would be', async () => {
      const { action, mayUse, after } = await keyOf().grant(NETWORK_SERVICE, { dryRun: true });
      assert.deepEqual(stored.written, []);
      assert.equal(action, 'granted');
      assert.equal(mayUse, true);
      assert.equal(after.entries.length, 3);
    });

    it('refuses if an entry denies the account the key', async () => {
      stored = new StoredRights([entry(1, 0, GENERIC_READ, NETWORK_SERVICE), ...MACHINE_KEY]);
      await assert.rejects(keyOf().grant(NETWORK_SERVICE), {
        code: 'ERR_SCHANNEL_KEY_RIGHTS_DENIED',
        message: /denies NT AUTHORITY\\NETWORK SERVICE the private key/,
      });
      assert.deepEqual(stored.written, []);
    });

    for (const status of [ACCESS_DENIED, NTE_PERM]) {
      it(`says who may change the rights (${String(status)})`, async () => {
        stored.refusals = [status];
        await assert.rejects(keyOf().grant(NETWORK_SERVICE), {
          code: 'ERR_SCHANNEL_KEY_ACCESS_DENIED',
          message: 'This account may use the private key, but may not change who else may',
          advice: 'Run the command as administrator.',
          status,
        });
      });
    }

    it('undoes what the provider did not keep', async () => {
      const original = stored.bytes;
      stored.keeps = (entries) => entries.slice(1);
      let changes = 0;
      const script: KeyScript = {
        ...stored.script,
        setSecurity: (descriptor) => {
          changes += 1;
          if (changes > 1) stored.keeps = (entries) => entries;
          return stored.script.setSecurity?.(descriptor) ?? NTE_NOT_SUPPORTED;
        },
      };
      await assert.rejects(keyOf(script).grant(NETWORK_SERVICE), {
        code: 'ERR_SCHANNEL_KEY_RIGHTS_NOT_CHANGED',
        message: /so the list from before was restored/,
      });
      assert.deepEqual(stored.written[1], original);
      assert.deepEqual(summary(stored.entries), FULL);
    });

    it('says when not even that was possible', async () => {
      stored.keeps = (entries) => entries.slice(1);
      stored.refusals = [0, ACCESS_DENIED];
      await assert.rejects(keyOf().grant(NETWORK_SERVICE), {
        code: 'ERR_SCHANNEL_KEY_RIGHTS_NOT_CHANGED',
        message: /could not be restored/,
      });
    });

    it('loses none of two grants at once', async () => {
      const key = keyOf();
      await Promise.all([key.grant(NETWORK_SERVICE), key.grant('S-1-5-19')]);
      assert.deepEqual(
        stored.entries.map(({ sid }) => sid),
        [SYSTEM, ADMINISTRATORS, NETWORK_SERVICE, 'S-1-5-19'],
      );
    });

    it('refuses an access that does not exist', async () => {
      const access = 'write' as 'use';
      await assert.rejects(keyOf().grant(NETWORK_SERVICE, { access }), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  });

  describe('revokeGrant()', () => {
    it('takes away every grant of the account, and nothing else', async () => {
      stored = new StoredRights([
        ...MACHINE_KEY,
        allowEntry(NETWORK_SERVICE, FILE_READ),
        allowEntry('S-1-5-19', FILE_READ),
        allowEntry(NETWORK_SERVICE, GENERIC_ALL),
      ]);
      const { action, mayUse } = await keyOf().revokeGrant('NETWORK SERVICE');
      assert.deepEqual({ action, mayUse }, { action: 'revoked', mayUse: false });
      assert.deepEqual(summary(stored.entries), [...FULL, 'allow S-1-5-19 120089']);
    });

    it('leaves what is inherited, and says that the account may still use the key', async () => {
      stored = new StoredRights([...MACHINE_KEY, entry(0, 0x10, FILE_READ, NETWORK_SERVICE)]);
      const { action, mayUse } = await keyOf().revokeGrant(NETWORK_SERVICE);
      assert.deepEqual({ action, mayUse }, { action: 'none', mayUse: true });
    });

    it('does nothing for an account without a grant', async () => {
      assert.equal((await keyOf().revokeGrant(NETWORK_SERVICE)).action, 'none');
      assert.deepEqual(stored.written, []);
    });

    for (const account of [SYSTEM, ADMINISTRATORS, 'S-1-5-21-1-2-3-1000']) {
      it(`leaves ${account} its rights`, async () => {
        stored = new StoredRights([...MACHINE_KEY, allowEntry(account, FULL_CONTROL)]);
        await assert.rejects(keyOf().revokeGrant(account), {
          code: 'ERR_INVALID_ARG_VALUE',
          message: /nobody could repair them/,
        });
        assert.deepEqual(stored.written, []);
      });
    }
  });
});
