import assert from 'node:assert/strict';
import { generateKey, openKey, type PrivateKey } from 'schannel/store';
import { native } from '#lib/native/load.js';
import { newContainerName } from '#lib/windows/key/container-name.js';
import { steer, whileFixed } from '../../support/double.js';
import { handlesBackTo } from '../../support/native-store.js';
import { skip } from '../../support/skip.js';
import { onDouble, onWine } from '../../support/windows.js';

const LOCAL_SERVICE = 'S-1-5-19';
const NETWORK_SERVICE = 'S-1-5-20';
const ADMINISTRATORS = 'S-1-5-32-544';

describe('rights to keys', () => {
  const name = newContainerName('test');
  let key: PrivateKey;

  before(async () => {
    // Wine's CSP stores a new key when it is closed.
    await (await generateKey({ name, modulusLength: 1024 })).close();
    key = await openKey({ name });
  });
  after(async () => {
    await key.delete();
  });

  it('are those that Windows gives to a new key', async () => {
    const { everyone, entries } = await key.rights();
    assert.equal(everyone, false);
    const administrators = entries.find(({ account }) => account.sid === ADMINISTRATORS);
    assert.deepEqual(
      [administrators?.kind, administrators?.account.known, administrators?.account.name],
      ['allow', true, 'BUILTIN\\Administrators'],
    );
  });

  it('are given to accounts by their names', async () => {
    for (const account of ['NETWORK SERVICE', 'NT AUTHORITY\\NETWORK SERVICE', NETWORK_SERVICE]) {
      const planned = await key.grant(account, { dryRun: true });
      assert.equal(planned.account.sid, NETWORK_SERVICE);
      assert.equal(planned.account.known, true);
      assert.equal(planned.action, 'granted');
    }
    const pool = await key.grant('IIS AppPool\\DefaultAppPool', { dryRun: true });
    assert.match(pool.account.sid, /^S-1-5-82-3006700770-/);
    await assert.rejects(key.grant('no such account'), { code: 'ERR_SCHANNEL_KEY_ACCOUNT_NOT_FOUND' });
  });

  describe('that change', () => {
    before(function () {
      // PP_KEYSET_SEC_DESCR can be read there. Setting it answers NTE_BAD_KEYSET, as an administrator too.
      if (onWine()) skip(this, "Wine's CSP does not let rights be changed");
    });

    const withRights = async (body: () => Promise<void>): Promise<void> => {
      await key.grant(NETWORK_SERVICE);
      try {
        await body();
      } finally {
        await key.revokeGrant(NETWORK_SERVICE);
      }
    };

    it('are granted and revoked, for one account', async () => {
      const handles = native().handleCounts();
      const before = await key.rights();
      assert.equal((await key.grant(NETWORK_SERVICE)).action, 'granted');
      assert.equal((await key.grant(NETWORK_SERVICE)).action, 'none');
      await key.grant(LOCAL_SERVICE, { access: 'full' });

      const again = await openKey({ name });
      const { entries } = await again.rights();
      const accessOf = (sid: string): unknown => entries.find(({ account }) => account.sid === sid)?.access;
      assert.deepEqual([accessOf(NETWORK_SERVICE), accessOf(LOCAL_SERVICE)], ['use', 'full']);
      assert.equal((await again.revokeGrant(NETWORK_SERVICE)).action, 'revoked');
      assert.equal((await again.revokeGrant(LOCAL_SERVICE)).action, 'revoked');
      await again.close();

      assert.deepEqual(await key.rights(), before);
      await handlesBackTo(handles);
    });

    it('leave the key as it was', async () => {
      await withRights(async () => {
        assert.ok((await key.sign('sha256', Buffer.from('data'))).length > 0);
      });
    });

    it('decide which account can use the key', async function () {
      if (!onDouble) skip(this, 'only the double can play another account');
      const use = async (): Promise<void> => {
        const opened = await openKey({ name });
        await opened.sign('sha256', Buffer.from('data'));
        await opened.close();
      };
      const asService = async (body: () => Promise<void>): Promise<void> => {
        steer().account(NETWORK_SERVICE);
        try {
          await body();
        } finally {
          steer().account('');
        }
      };
      await whileFixed('deniedKey', 0, () =>
        asService(() => assert.rejects(use(), { code: 'ERR_SCHANNEL_KEY_ACCESS_DENIED' })),
      );
      await withRights(async () => {
        await asService(use);
        await asService(async () => {
          await assert.rejects(key.grant(LOCAL_SERVICE), {
            code: 'ERR_SCHANNEL_KEY_ACCESS_DENIED',
            message: /may not change who else may/,
          });
        });
      });
      await whileFixed('deniedKey', 1, () =>
        asService(() => assert.rejects(use(), { code: 'ERR_SCHANNEL_KEY_NOT_FOUND' })),
      );
    });
  });
});
