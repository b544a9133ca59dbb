import assert from 'node:assert/strict';
import { ACCOUNT_CHECKS } from '#lib/apps/doctor/checks/account.js';
import { Cleanup } from '#lib/apps/doctor/cleanup.js';
import type { Finding } from '#lib/apps/doctor/check.js';
import type { Native } from '#lib/native/binding.js';
import { machine } from '../../../../support/doctor-checks.js';

/** Of a German Windows. */
const line = (name: string, sid: string): string =>
  `"${name}","Bekannte Gruppe","${sid}","Erforderliche Gruppe"\r\n`;

async function ask(own: string, listing: string | null): Promise<Finding> {
  const [check] = ACCOUNT_CHECKS;
  assert.ok(check);
  return check.run({
    ...machine,
    native: { userSid: () => own, isAppContainer: () => false } as unknown as Native,
    run: () => (listing === null ? Promise.reject(new Error('no whoami')) : Promise.resolve(listing)),
    version: '1',
    cleanup: new Cleanup(),
    signal: new AbortController().signal,
  });
}

describe('apps/doctor/checks/account', () => {
  it('says what the account may do, in any language of Windows', async () => {
    const groups = line('Jeder', 'S-1-1-0') + line('VORDEFINIERT\\Administratoren', 'S-1-5-32-544');
    const high = await ask('S-1-5-21-1-2-3-1001', groups + line('Verbindliche Beschriftung', 'S-1-16-12288'));
    assert.deepEqual(high.data, {
      account: 'a user',
      integrity: 'high',
      elevated: true,
      groups: ['administrators'],
      appContainer: false,
    });
    assert.equal(high.text, 'It is a user, with the rights of an administrator.');
    const medium = await ask('S-1-5-21-1-2-3-1001', groups + line('Beschriftung', 'S-1-16-8192'));
    assert.equal(medium.text, 'It is a user, without the rights of an administrator.');
  });

  it('knows the accounts of services, and tells no identifier of others', async () => {
    for (const [sid, account] of [
      ['S-1-5-18', 'SYSTEM'],
      ['S-1-5-80-1-2-3', 'the account of a service'],
      ['S-1-5-82-1-2-3', 'the account of an application pool'],
      ['S-1-5-21-7-8-9-500', 'the built-in administrator'],
      ['S-1-5-21-7-8-9-1500', 'a user'],
    ] as const) {
      const finding = await ask(sid, line('anna', 'S-1-5-21-7-8-9-513'));
      assert.match(finding.text, new RegExp(`^It is ${account},`));
      assert.doesNotMatch(JSON.stringify(finding), /S-1-|anna/);
    }
  });

  it('does without the groups', async () => {
    assert.match((await ask('S-1-5-18', null)).text, /Windows does not say whether it is elevated/);
  });
});
