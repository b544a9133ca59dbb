import assert from 'node:assert/strict';
import { accountOf } from '#lib/windows/service/account.js';

describe('windows/service/account', () => {
  const accounts: readonly (readonly [given: string, taken: string])[] = [
    ['virtual', 'NT SERVICE\\tunnel'],
    ['NT SERVICE\\Tunnel', 'NT SERVICE\\tunnel'],
    ['LocalService', 'NT AUTHORITY\\LocalService'],
    ['Local Service', 'NT AUTHORITY\\LocalService'],
    ['NT AUTHORITY\\NETWORK SERVICE', 'NT AUTHORITY\\NetworkService'],
    ['LocalSystem', ''],
    ['BAR\\gateway$', 'BAR\\gateway$'],
  ];
  for (const [given, taken] of accounts) {
    it(`takes ${given} as ${taken === '' ? 'none' : taken}`, () => {
      assert.equal(accountOf('tunnel', given), taken);
    });
  }

  for (const given of ['BAR\\ben', '.\\ben', 'ben', '', 'NT SERVICE\\other']) {
    it(`refuses ${JSON.stringify(given)}, which needs a password or is another's`, () => {
      assert.throws(() => accountOf('tunnel', given), { code: 'ERR_SCHANNEL_SERVICE_FAILURE' });
    });
  }
});
