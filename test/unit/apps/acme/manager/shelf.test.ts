import assert from 'node:assert/strict';
import type { Placing } from '#lib/apps/acme/manager/shelf.js';
import { WindowsShelf } from '#lib/apps/acme/manager/shelf.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { OWN_PROPERTY, PROPERTY } from '#lib/windows/store/properties.js';
import { type CertificateStore, openStoreOf } from '#lib/windows/store/store.js';
import { writeOwners } from '#lib/windows/temporary-identity/owner-list.js';
import { TestAuthority } from '../../../../support/certificates.js';
import { SOFTWARE_LOCATION } from '../../../../support/scripted-key.js';
import { type Held, ScriptedSystem } from '../../../../support/scripted-system.js';

const MY = '1\\my';
const CA = '1\\ca';
const MANAGER = '0123456789abcdef';
const PLACING: Placing = {
  store: 'CurrentUser\\MY',
  marker: { manager: MANAGER, set: 'web', directory: 'https://acme.test/directory' },
  friendlyName: 'www.bar.test [acme 2030-01-01]',
};

describe('apps/acme/manager/shelf', () => {
  let chain: readonly CertificateContents[];
  let next: CertificateContents;
  let system: ScriptedSystem;
  let shelf: WindowsShelf;
  /** Why a key can't be used; null if it can. */
  let failure: string | null;
  before(async () => {
    const root = await TestAuthority.create('CN=shelf root');
    const authority = await root.authority('CN=shelf authority');
    const [leaf, other] = [await authority.issue(), await authority.issue()];
    chain = [leaf, authority.certificate, root.certificate].map(({ der }) => new CertificateContents(der));
    next = new CertificateContents(other.der);
  });
  beforeEach(() => {
    system = new ScriptedSystem();
    failure = null;
    shelf = new WindowsShelf({
      native: system,
      openStore: (name, options) => openStoreOf(system, name, options),
      inspectKey: () =>
        Promise.resolve(failure === null ? null : { usable: false, error: new SchannelError(failure, 'x') }),
    });
  });
  afterEach(() => {
    assert.equal(system.open, 0);
  });

  const key = (container = 'key-1'): { location: typeof SOFTWARE_LOCATION; close: () => Promise<void> } => {
    const { publicKey } = chain[0] ?? assert.fail();
    system.keys.set(container, publicKey.export({ type: 'spki', format: 'der' }));
    return { location: { ...SOFTWARE_LOCATION, container }, close: () => Promise.resolve() };
  };
  const held = (store: string): readonly Held[] => system.stores.get(store) ?? [];
  const place = (more: Partial<Placing> = {}): ReturnType<WindowsShelf['place']> =>
    shelf.place(chain, key(), { ...PLACING, ...more });

  it('puts the authorities into CA without the root, then the certificate with everything in one change', async () => {
    await place();
    assert.deepEqual(
      system.calls.filter((call) => call.startsWith('add 1')),
      ['add 1\\ca 2', 'add 1\\my 3'],
    );
    assert.deepEqual(
      held(CA).map(({ encoded }) => Buffer.from(encoded)),
      [chain[1]?.raw],
    );
    const [entry] = held(MY);
    assert.equal(entry?.location?.container, 'key-1');
    assert.equal(
      Buffer.from(entry.properties.get(PROPERTY.friendlyName) ?? []).toString('utf16le'),
      `${PLACING.friendlyName}\0`,
    );
    assert.ok(entry.properties.has(OWN_PROPERTY.acmeManager));
  });

  it('finds what it has placed, and nothing of others', async () => {
    const placed = await place();
    await inMy((store) => store.add(next.raw));
    assert.deepEqual(await shelf.list('CurrentUser\\MY', MANAGER), [placed]);
    assert.deepEqual(await shelf.list('CurrentUser\\MY', 'another'), []);
    assert.deepEqual(placed.marker, PLACING.marker);
    assert.deepEqual([placed.hasKey, placed.archived], [true, false]);
  });

  async function inMy(work: (store: CertificateStore) => Promise<unknown>): Promise<void> {
    const store = await openStoreOf(system, 'CurrentUser\\MY');
    await work(store);
    store.close();
  }

  it('places the same certificate twice without harm', async () => {
    await place();
    await place();
    assert.deepEqual([held(MY).length, held(CA).length], [1, 1]);
  });

  it('knows that a key is gone, and does not take one for gone that it may not use', async () => {
    await place();
    const hasKey = async (): Promise<boolean | undefined> =>
      (await shelf.list('CurrentUser\\MY', MANAGER))[0]?.hasKey;
    assert.equal(await hasKey(), true);
    failure = 'ERR_SCHANNEL_KEY_ACCESS_DENIED';
    assert.equal(await hasKey(), true);
    failure = 'ERR_SCHANNEL_KEY_NOT_FOUND';
    assert.equal(await hasKey(), false);
  });

  it('makes an authority its own that a connection has only lent', async () => {
    await place();
    const [lent] = held(CA);
    lent?.properties.set(OWN_PROPERTY.owners, writeOwners([`g${'a'.repeat(32)}`]));
    await place();
    assert.deepEqual(
      held(CA).map(({ properties }) => properties.has(OWN_PROPERTY.owners)),
      [false],
    );
  });

  it('knows the key of a certificate, also of one that is archived', async () => {
    const placed = await place();
    await shelf.retire(placed, next);
    assert.equal(await shelf.hasKeyOf(PLACING.store, { name: 'key-1' }), true);
    assert.equal(await shelf.hasKeyOf(PLACING.store, { name: 'key-2' }), false);
    assert.equal(await shelf.hasKeyOf(PLACING.store, {}), false);
  });

  it('archives a certificate that was replaced, and names its successor', async () => {
    const former = await place();
    assert.equal(await shelf.retire(former, next), 'archived');
    const [entry] = held(MY);
    assert.equal(entry?.properties.has(PROPERTY.archived), true);
    assert.equal(
      Buffer.from(entry.properties.get(64) ?? [])
        .toString('hex')
        .toUpperCase(),
      next.thumbprint,
    );
    const [listed] = await shelf.list('CurrentUser\\MY', MANAGER);
    assert.equal(listed?.archived, true);
  });

  it('leaves a certificate that somebody has removed alone', async () => {
    const former = await place();
    await inMy((store) => store.remove(former.contents.thumbprint));
    assert.equal(await shelf.retire(former, next), 'kept');
    assert.match((await shelf.discard(former)) ?? '', /There is no certificate/);
  });

  it('removes an archived certificate and its key', async () => {
    const former = await place();
    await shelf.retire(former, next);
    assert.equal(await shelf.discard(former), null);
    assert.equal(held(MY).length, 0);
    assert.equal(system.keys.size, 0);
  });

  it('keeps a key that a certificate of the same store has', async () => {
    const former = await place();
    await inMy((store) => store.add(next.raw, { keyLocation: key().location }));
    assert.match((await shelf.discard(former)) ?? '', /private key/);
    assert.equal(held(MY).length, 2);
    assert.equal(system.keys.size, 1);
  });

  it('keeps a key that a certificate of another store has', async () => {
    const former = await place();
    const other = await openStoreOf(system, 'CurrentUser\\WebHosting', { create: true });
    await other.add(next.raw, { keyLocation: key().location });
    other.close();
    assert.match((await shelf.discard(former)) ?? '', /CurrentUser\\WebHosting/);
    assert.equal(system.keys.size, 1);
  });

  it('says before an order that a store may not be written', async () => {
    system.mayWrite = (store) => store !== '2\\my';
    await assert.rejects(shelf.prepare('LocalMachine\\MY', false), {
      code: 'ERR_SCHANNEL_STORE_ACCESS_DENIED',
    });
    await shelf.prepare('CurrentUser\\MY', false);
  });

  it('finds nothing in a store that is not there yet, and does not make it', async () => {
    assert.deepEqual(await shelf.list('CurrentUser\\schannel-staging', MANAGER), []);
    assert.ok(!system.stores.has('1\\schannel-staging'));
  });

  it('makes a store for tests, but no other one', async () => {
    await assert.rejects(shelf.prepare('CurrentUser\\schannel-staging', false), {
      code: 'ERR_SCHANNEL_STORE_NOT_FOUND',
    });
    await shelf.prepare('CurrentUser\\schannel-staging', true);
    await shelf.prepare('CurrentUser\\schannel-staging', false);
  });
});
