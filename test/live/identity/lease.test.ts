import assert from 'node:assert/strict';
import type { NativeHandleCounts } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { temporaryIdentities } from '#lib/windows/temporary-identity/temporary-identities.js';
import { clientBelowIntermediate, materialOf, type MaterialText } from '../../support/identity-material.js';
import { handlesBackTo } from '../../support/native-store.js';
import { type Inventory, inventory } from '../../support/windows-inventory.js';

describe('temporary identities in Windows', () => {
  let text: MaterialText;
  let initially: Inventory;
  let handles: NativeHandleCounts;

  before(async () => {
    text = await clientBelowIntermediate('schannel lease');
    initially = await inventory();
    handles = native().handleCounts();
  });

  const everythingIsAsBefore = async (): Promise<void> => {
    await temporaryIdentities().settled();
    assert.deepEqual(await inventory(), initially);
    assert.ok(temporaryIdentities().isEmpty);
    await handlesBackTo(handles);
  };

  it('are one for the same hash: one key, one issuer in the store', async () => {
    const leases = await Promise.all([1, 2, 3].map(() => temporaryIdentities().lease(materialOf(text))));
    const during = await inventory();
    assert.equal(during.keys.length, initially.keys.length + 1);
    assert.equal(during.CA.length, initially.CA.length + 1);
    assert.deepEqual(during.MY, initially.MY);
    assert.equal(new Set(leases.map(({ resource }) => resource)).size, 1);
    await leases[0]?.release();
    assert.deepEqual(await inventory(), during);
    await Promise.all(leases.map((lease) => lease.release()));
    await everythingIsAsBefore();
  });

  it('leave the store alone when told to', async () => {
    const lease = await temporaryIdentities().lease(materialOf(text), { publishIntermediates: false });
    assert.deepEqual((await inventory()).CA, initially.CA);
    await lease.release();
    await everythingIsAsBefore();
  });

  it('come and go a thousand times without a trace', async () => {
    let turn = 0;
    const user = async (): Promise<void> => {
      while (turn < 1000) {
        turn += 1;
        const lease = await temporaryIdentities().lease(materialOf(text, String(turn)));
        assert.equal(lease.resource.unpublished, null);
        await lease.release();
      }
    };
    await Promise.all([1, 2, 3, 4].map(user));
    await everythingIsAsBefore();
  });
});
