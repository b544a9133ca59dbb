import assert from 'node:assert/strict';
import type { Certificate } from '#lib/windows/store/certificate.js';
import { openStoreOf } from '#lib/windows/store/store.js';
import { nameSuccessor, type SuccessorStores } from '#lib/windows/request/successor.js';
import { craft } from '../../../support/crafted-certificate.js';
import { ScriptedSystem } from '../../../support/scripted-system.js';

const NEXT = 'AB'.repeat(20);
const RENEWAL = 64;

describe('windows/request/successor', () => {
  let system: ScriptedSystem;
  let former: Certificate;
  before(async () => {
    system = new ScriptedSystem();
    const store = await openStoreOf(system, 'MY');
    former = await store.add(await craft({ subject: 'CN=former' }));
  });

  const stores = (failure: Error | null = null): SuccessorStores => ({
    findCertificate: () => (failure === null ? Promise.resolve(former) : Promise.reject(failure)),
    openStore: (name, options) => openStoreOf(system, name, options),
  });

  it('is named by the certificate that it renews', async () => {
    const reference = former.reference ?? '';
    assert.equal(await nameSuccessor(reference, NEXT, stores()), reference);
    const [held] = system.stores.get('1\\my') ?? [];
    assert.deepEqual(held?.properties.get(RENEWAL), Buffer.from(NEXT, 'hex'));
  });

  for (const [what, failure] of [
    ['gone', Object.assign(new Error('not there'), { code: 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND' })],
    ['damaged', Object.assign(new Error('wrong tag'), { code: 'ERR_OSSL_ASN1_WRONG_TAG' })],
    ['an error of another kind', new TypeError('undefined is not a function')],
  ] as const) {
    it(`is installed anyway if the former one is ${what}`, async () => {
      assert.equal(await nameSuccessor(`CurrentUser\\MY\\${'CD'.repeat(20)}`, NEXT, stores(failure)), null);
    });
  }

  it('is no successor of itself, of nothing, and of what is no reference', async () => {
    for (const renewed of [null, `CurrentUser\\MY\\${NEXT}`, NEXT, 'nonsense']) {
      assert.equal(await nameSuccessor(renewed, NEXT, stores()), null);
    }
  });
});
