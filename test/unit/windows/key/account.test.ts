import assert from 'node:assert/strict';
import { accountOf } from '#lib/windows/key/account.js';
import { ScriptedAccounts } from '../../../support/scripted-accounts.js';

const NOT_FOUND = { code: 'ERR_SCHANNEL_KEY_ACCOUNT_NOT_FOUND', phase: 'key' };

describe('windows/key/account', () => {
  const machine = new ScriptedAccounts();

  beforeEach(() => {
    machine.absence = 1332;
    machine.accounts = [
      { sid: 'S-1-5-20', domain: 'NT-AUTORITÄT', name: 'Netzwerkdienst', use: 5 },
      { sid: 'S-1-5-21-1-2-3-1105', domain: 'CORP', name: 'web$' },
      { sid: 'S-1-5-21-1-2-3', name: 'SERVER1', use: 3 },
    ];
  });

  it('takes what Windows knows, with the name that Windows gives it', async () => {
    const expected = { sid: 'S-1-5-21-1-2-3-1105', name: 'CORP\\web$', known: true };
    assert.deepEqual(await accountOf(machine, 'corp\\WEB$'), expected);
    assert.deepEqual(await accountOf(machine, 'S-1-5-21-1-2-3-1105'), expected);
  });

  it('finds a well-known account by its English name on any Windows', async () => {
    const expected = { sid: 'S-1-5-20', name: 'NT-AUTORITÄT\\Netzwerkdienst', known: true };
    for (const name of ['NETWORK SERVICE', 'NT AUTHORITY\\NetworkService', 'Netzwerkdienst']) {
      assert.deepEqual(await accountOf(machine, name), expected, name);
    }
    assert.equal((await accountOf(machine, 'IIS_IUSRS')).sid, 'S-1-5-32-568');
    assert.equal((await accountOf(machine, 'builtin\\users')).sid, 'S-1-5-32-545');
  });

  it('computes services and application pools that Windows does not know yet', async () => {
    for (const absence of [1332, 1722, 1355]) {
      machine.absence = absence;
      assert.deepEqual(await accountOf(machine, 'IIS AppPool\\DefaultAppPool'), {
        sid: 'S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415',
        name: 'IIS AppPool\\DefaultAppPool',
        known: false,
      });
      const { sid } = await accountOf(machine, 'nt service\\trustedinstaller');
      assert.equal(sid, 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464');
    }
  });

  it('takes an identifier that nobody knows as it is', async () => {
    const sid = 'S-1-5-21-9-9-9-9999';
    assert.deepEqual(await accountOf(machine, sid.toLowerCase()), { sid, name: sid, known: false });
  });

  it('says when there is no such account, and what else to give', async () => {
    await assert.rejects(accountOf(machine, 'nobody\n'), {
      ...NOT_FOUND,
      message: 'Windows knows no account "nobody / "',
      advice: /NT SERVICE\\name.*IIS AppPool\\name.*S-1-/,
      status: 1332,
      syscall: 'LookupAccountNameW',
    });
    await assert.rejects(accountOf(machine, 'CORP\\nobody'), { ...NOT_FOUND, advice: /whoami \/all/ });
    await assert.rejects(accountOf(machine, 'S-1-5-4294967296'), {
      ...NOT_FOUND,
      message: /is not a security identifier/,
    });
  });

  it('refuses the name of a domain or a machine', async () => {
    await assert.rejects(accountOf(machine, 'server1'), {
      ...NOT_FOUND,
      message: /is a domain or a machine/,
    });
  });

  for (const wrong of ['', 'a\0b']) {
    it(`refuses ${JSON.stringify(wrong)}`, async () => {
      await assert.rejects(accountOf(machine, wrong), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  }
});
