import assert from 'node:assert/strict';
import { AuthorityStore, isSameCertificate } from '#lib/windows/temporary-identity/authority-store.js';
import { Owner } from '#lib/windows/key-journal/owner.js';
import { PublishedAuthorities } from '#lib/windows/temporary-identity/published-authorities.js';
import type { NativeHandleCounts } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { runProcedure } from '#lib/windows/temporary-identity/procedure.js';
import { selfSigned } from '../../support/certificates.js';
import { handlesBackTo } from '../../support/native-store.js';
import { type Inventory, inventory } from '../../support/windows-inventory.js';

const OWNERS = 6;
const ROUNDS = 15;

describe('the store of authorities', () => {
  let shared: Uint8Array;
  let initially: Inventory;
  let handles: NativeHandleCounts;

  before(async () => {
    shared = (await selfSigned({ authority: {}, subject: 'CN=schannel shared authority' })).der;
    initially = await inventory();
    handles = native().handleCounts();
  });

  /** Publishes and withdraws, and looks each time whether it is there. */
  async function own(name: string): Promise<void> {
    const { der } = await selfSigned({ authority: {}, subject: `CN=schannel authority ${name}` });
    const owner = new Owner(native());
    const store = new AuthorityStore(native());
    const authorities = new PublishedAuthorities(store, owner);
    const token = owner.hold();
    const ownersOf = async (certificate: Uint8Array): Promise<readonly string[] | null | undefined> => {
      // In its turn: read() may miss an entry while Wine deletes another one.
      let owners: readonly string[] | null | undefined;
      await runProcedure(
        store.revise((entries) => {
          owners = entries.find((entry) => isSameCertificate(entry.certificate, certificate))?.owners;
          return [];
        }),
      );
      return owners;
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      await authorities.publish([shared, der]);
      assert.ok((await ownersOf(shared))?.includes(token) === true, 'one of the owners');
      assert.deepEqual(await ownersOf(der), [token]);
      await authorities.withdraw([shared, der]);
      assert.ok((await ownersOf(shared))?.includes(token) !== true, 'none of the owners any more');
      assert.equal(await ownersOf(der), undefined);
    }
    owner.release();
  }

  it('loses nothing, and keeps nothing, when several change it at once', async () => {
    await Promise.all(Array.from({ length: OWNERS }, (_, index) => own(String(index))));
    assert.deepEqual(await inventory(), initially);
    await handlesBackTo(handles);
  });
});
