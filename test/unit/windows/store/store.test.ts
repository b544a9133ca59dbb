import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { NativeKeyLocation } from '#lib/native/store-binding.js';
import { toPem } from '#lib/formats/pem/pem-writer.js';
import { signRevocationList } from '#lib/formats/revocation/revocation-list-writer.js';
import { type CertificateStore, openStoreOf } from '#lib/windows/store/store.js';
import type { OpenStoreOptions } from '#lib/windows/store/store-options.js';
import { craft } from '../../../support/crafted-certificate.js';
import { ScriptedSystem } from '../../../support/scripted-system.js';
import { signingAuthority } from '../../../support/signing-authority.js';

const MY = '1\\my';
const ROOT = '1\\root';
const ARCHIVED = 19;

const location = (container: string): NativeKeyLocation => ({
  container,
  provider: 'Microsoft Software Key Storage Provider',
  providerType: 0,
  flags: 0,
  keySpec: 0,
});

const publicKeyOf = (der: Uint8Array): Uint8Array =>
  new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' });

describe('windows/store/store', () => {
  let system: ScriptedSystem;
  let der: Uint8Array;
  let opened: CertificateStore[];

  before(async () => {
    der = await craft({ subject: 'CN=one' });
  });

  beforeEach(() => {
    system = new ScriptedSystem();
    opened = [];
  });

  afterEach(() => {
    for (const store of opened) store.close();
    assert.equal(system.open, 0, 'everything is closed');
  });

  const open = async (name: string, options: OpenStoreOptions = {}): Promise<CertificateStore> => {
    const store = await openStoreOf(system, name, options);
    opened.push(store);
    return store;
  };

  describe('opening', () => {
    it('asks for the right to write where there is one, and for what exists', async () => {
      system.stores.set(MY, []);
      await open('MY');
      assert.deepEqual(system.calls, [`open ${MY} 5000`]);
    });

    it('asks for no more than reading when told so, and for archived ones when told so', async () => {
      system.stores.set(MY, []);
      const store = await open('MY', { readOnly: true, archived: true });
      assert.deepEqual(system.calls, [`open ${MY} c200`]);
      assert.equal(store.writable, false);
    });

    it('never makes a store of a mistyped name', async () => {
      await assert.rejects(open('Persnal'), {
        code: 'ERR_SCHANNEL_STORE_NOT_FOUND',
        message: /CurrentUser\\Persnal/,
      });
      assert.equal(system.stores.size, 0);
    });

    it('makes one when asked to', async () => {
      await open('mine', { create: true });
      assert.deepEqual([...system.stores.keys()], ['1\\mine']);
    });

    it("regards Windows' own stores as existing when nothing was ever added", async () => {
      assert.deepEqual(await (await open('Personal')).all(), []);
    });

    for (const name of ['Services\\W3SVX\\MY', 'LocalMachine\\\\\\hots\\MY', 'MY\\.Defualt']) {
      it(`does not take '${name}' for existing`, async () => {
        await assert.rejects(open(name), { code: 'ERR_SCHANNEL_STORE_NOT_FOUND' });
        assert.equal(system.stores.size, 0);
      });
    }

    it('does not regard stores of a feature as existing', async () => {
      await assert.rejects(open('LocalMachine\\WebHosting'), { code: 'ERR_SCHANNEL_STORE_NOT_FOUND' });
    });

    it('reads only what policy fills', async () => {
      const store = await open('LocalMachineGroupPolicy\\Root');
      assert.deepEqual(system.calls.at(-1), 'open 8\\root 8000');
      await assert.rejects(store.add(der), { code: 'ERR_SCHANNEL_STORE_READ_ONLY', advice: /policy/ });
    });

    it('refuses an option of the wrong type', async () => {
      await assert.rejects(open('MY', { create: 'yes' as unknown as boolean }), {
        code: 'ERR_INVALID_ARG_TYPE',
      });
    });
  });

  describe('adding', () => {
    it('sets name and key before, and keeps them', async () => {
      const store = await open('MY');
      const added = await store.add(der, { friendlyName: 'Prüfling', keyLocation: location('k') });
      assert.equal(added.friendlyName, 'Prüfling');
      assert.equal(added.keyLocation?.container, 'k');
      assert.equal(added.reference, `CurrentUser\\MY\\${added.thumbprint}`);
      const [found] = await store.all();
      assert.equal(found?.friendlyName, 'Prüfling');
    });

    it('accepts DER, PEM and X509Certificate', async () => {
      const store = await open('MY');
      const pem = new X509Certificate(der).toString();
      for (const source of [der, pem, Buffer.from(`Bag attributes\n${pem}`), new X509Certificate(der)]) {
        assert.deepEqual((await store.add(source)).raw, Buffer.from(der));
      }
      assert.equal(system.stores.get(MY)?.length, 1);
    });

    it('copies a certificate with its properties', async () => {
      const store = await open('MY');
      const added = await store.add(der, { friendlyName: 'name', keyLocation: location('k') });
      const other = await open('mine', { create: true });
      const copy = await other.add(added, { friendlyName: 'other' });
      assert.deepEqual([copy.friendlyName, copy.keyLocation?.container], ['other', 'k']);
      assert.equal(added.friendlyName, 'name');
    });

    for (const [onExisting, disposition] of [
      ['error', 1],
      ['keep', 2],
      ['replace', 3],
      ['inherit', 5],
    ] as const) {
      it(`says '${onExisting}' to Windows`, async () => {
        await (await open('MY')).add(der, { onExisting });
        assert.ok(system.calls.includes(`add ${MY} ${disposition}`));
      });
    }

    it('inherits by default, but keeps an authority', async () => {
      await (await open('MY')).add(der);
      await (await open('CA')).add(der);
      assert.deepEqual(
        system.calls.filter((call) => call.startsWith('add 1')),
        [`add ${MY} 5`, 'add 1\\ca 2'],
      );
    });

    it('reports that it exists already', async () => {
      const store = await open('MY');
      await store.add(der);
      await assert.rejects(store.add(der, { onExisting: 'error' }), { code: 'ERR_SCHANNEL_STORE_EXISTS' });
    });

    it('reports that this account may not write', async () => {
      system.mayWrite = () => false;
      const store = await open('LocalMachine\\MY');
      assert.equal(store.writable, null);
      await assert.rejects(store.add(der), {
        code: 'ERR_SCHANNEL_STORE_ACCESS_DENIED',
        message: /could not be added to LocalMachine\\MY/,
      });
    });

    it('changes nothing where it only reads', async () => {
      system.stores.set(MY, []);
      const store = await open('MY', { readOnly: true });
      await assert.rejects(store.add(der), { code: 'ERR_SCHANNEL_STORE_READ_ONLY' });
      await assert.rejects(store.remove('0'.repeat(40)), { code: 'ERR_SCHANNEL_STORE_READ_ONLY' });
    });

    for (const [what, source] of [
      ['text that is no certificate', 'hello'],
      ['an empty buffer', Buffer.alloc(0)],
    ] as const) {
      it(`refuses ${what}`, async () => {
        await assert.rejects((await open('MY')).add(source), { code: 'ERR_SCHANNEL_OPTION_CERTIFICATE' });
      });
    }

    it('refuses what is neither text nor bytes, and an answer that is none', async () => {
      const store = await open('MY');
      await assert.rejects(store.add(7 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(store.add(der, { onExisting: 'maybe' as 'keep' }), {
        code: 'ERR_INVALID_ARG_VALUE',
      });
    });

    it('does not save what Windows saves by itself', async () => {
      const store = await open('MY');
      const added = await store.add(der);
      await added.setFriendlyName('x');
      await store.remove(added);
      assert.equal(system.calls.includes('commit'), false);
    });
  });

  describe("the user's roots", () => {
    it('require a confirmation', async () => {
      const store = await open('Root');
      await assert.rejects(store.add(der), {
        code: 'ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED',
        advice: /trustRoot.*LocalMachine\\Root/,
      });
      assert.deepEqual(system.stores.get(ROOT), []);
      await store.add(der, { trustRoot: true });
      assert.equal(system.stores.get(ROOT)?.length, 1);
    });

    it('does not wait if nobody can answer the dialog', async () => {
      const store = await open('Root');
      const added = await store.add(der, { trustRoot: true });
      system.desktop = false;
      const other = await craft({ subject: 'CN=two' });
      await assert.rejects(store.add(other, { trustRoot: true }), {
        code: 'ERR_SCHANNEL_STORE_CANCELLED',
        advice: /LocalMachine\\Root/,
      });
      await assert.rejects(store.remove(added), { code: 'ERR_SCHANNEL_STORE_CANCELLED' });
      assert.equal(system.stores.get(ROOT)?.length, 1);
    });

    it('asks nobody about a root that is trusted already', async () => {
      const store = await open('Root');
      const added = await store.add(der, { trustRoot: true });
      system.desktop = false;
      assert.equal((await store.add(der)).thumbprint, added.thumbprint);
      assert.equal(system.calls.filter((call) => call.startsWith(`add ${ROOT}`)).length, 1);
    });

    it('leaves the roots of the machine to its administrators', async () => {
      system.desktop = false;
      await (await open('LocalMachine\\Root')).add(der);
      assert.equal(system.stores.get('2\\root')?.length, 1);
    });
  });

  describe('removing', () => {
    it('removes exactly one, by object or by thumbprint', async () => {
      const store = await open('MY');
      const first = await store.add(der);
      const second = await store.add(await craft({ subject: 'CN=two' }));
      await store.remove(first);
      assert.deepEqual(
        (await store.all()).map(({ thumbprint }) => thumbprint),
        [second.thumbprint],
      );
      await store.remove(second.thumbprint256);
      assert.deepEqual(await store.all(), []);
      assert.equal(first.subject, 'CN=one', 'what stands in it can still be read');
    });

    it('reports that it is not there', async () => {
      const store = await open('MY');
      const added = await store.add(der);
      await store.remove(added);
      await assert.rejects(store.remove(added), { code: 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND' });
      await assert.rejects(store.remove(`LocalMachine\\MY\\${added.thumbprint}`), {
        code: 'ERR_SCHANNEL_STORE_NAME',
      });
    });

    it('leaves the key unless told otherwise', async () => {
      system.keys.set('k', publicKeyOf(der));
      const store = await open('MY');
      await store.remove(await store.add(der, { keyLocation: location('k') }));
      assert.deepEqual([...system.keys.keys()], ['k']);
      await store.remove(await store.add(der, { keyLocation: location('k') }), { withKey: true });
      assert.deepEqual([...system.keys.keys()], []);
    });

    it('works if the key is gone', async () => {
      const store = await open('MY');
      await store.remove(await store.add(der, { keyLocation: location('gone') }), { withKey: true });
      assert.deepEqual(system.stores.get(MY), []);
    });

    it('does not delete a key of another certificate', async () => {
      const store = await open('MY');
      const added = await store.add(der, { keyLocation: location('k') });
      const other = await craft({ subject: 'CN=two' });
      await store.add(other, { keyLocation: location('k') });
      system.keys.set('k', publicKeyOf(der));
      await assert.rejects(store.remove(added, { withKey: true }), { code: 'ERR_SCHANNEL_STORE_KEY_SHARED' });
      await store.remove(await store.find({ subject: 'CN=two' }).then(([each]) => each?.thumbprint ?? ''));
      system.keys.set('k', Buffer.from('another'));
      await assert.rejects(store.remove(added, { withKey: true }), { code: 'ERR_SCHANNEL_KEY_MISMATCH' });
      assert.equal(system.stores.get(MY)?.length, 1);
      assert.deepEqual([...system.keys.keys()], ['k']);
    });
  });

  describe('changing', () => {
    it('sets and removes a friendly name, in the store too', async () => {
      const store = await open('MY');
      const added = await store.add(der);
      await added.setFriendlyName('Größe');
      assert.equal(added.friendlyName, 'Größe');
      assert.equal((await store.find({ friendlyName: 'größe' })).length, 1);
      await added.setFriendlyName(null);
      assert.equal(added.friendlyName, null);
    });

    it('archives: left out of lists, until it is brought back', async () => {
      const store = await open('MY');
      const added = await store.add(der);
      await added.archive();
      assert.equal(added.archived, true);
      assert.deepEqual(system.stores.get(MY)?.[0]?.properties.get(ARCHIVED), Buffer.alloc(0));
      assert.deepEqual(await store.all(), []);
      const [found] = await (await open('MY', { archived: true })).all();
      assert.equal(found?.archived, true);
      await added.unarchive();
      assert.equal(added.archived, false);
      assert.equal((await store.all()).length, 1);
    });

    it('changes nothing of a store that it only reads', async () => {
      await (await open('MY')).add(der);
      const [found] = await (await open('MY', { readOnly: true })).all();
      await assert.rejects(found?.setFriendlyName('x') ?? Promise.resolve(), {
        code: 'ERR_SCHANNEL_STORE_READ_ONLY',
      });
    });
  });

  describe('revocation lists', () => {
    let list: Buffer;
    let next: Buffer;
    before(async () => {
      const { name: issuer, keyIdentifier, signer, padding } = await signingAuthority('P-256');
      const [thisUpdate, nextUpdate] = [new Date(), new Date(Date.now() + 86_400_000)];
      const times = { thisUpdate, nextUpdate, nextPublish: nextUpdate };
      const numbered = (number: number): Promise<Buffer> =>
        signRevocationList({ issuer, keyIdentifier, number, revoked: [], ...times }, signer, padding);
      list = await numbered(1);
      next = await numbered(2);
    });

    it('of one second follow each other by their numbers', async () => {
      const store = await open('CA');
      for (const [each, isAdded] of [
        [list, true],
        [next, true],
        [next, false],
        [list, false],
      ] as const) {
        assert.equal(await store.addRevocationList(each), isAdded);
      }
      assert.deepEqual(await store.revocationLists(), [next]);
    });

    it('are added over older ones, listed and removed', async () => {
      const store = await open('CA');
      assert.equal(await store.addRevocationList(toPem('X509 CRL', list)), true);
      assert.ok(system.calls.includes('add list 1\\ca 6'), 'CERT_STORE_ADD_NEWER');
      assert.equal(await store.addRevocationList(list), false);
      assert.deepEqual(await store.revocationLists(), [list]);
      assert.equal(await store.removeRevocationList(list), true);
      assert.equal(await store.removeRevocationList(list), false);
      assert.deepEqual(await store.revocationLists(), []);
    });

    it('are refused if they are something else, several, or damaged', async () => {
      const store = await open('CA');
      const refused = async (what: Uint8Array | string, message: RegExp): Promise<void> => {
        await assert.rejects(store.addRevocationList(what), {
          code: 'ERR_SCHANNEL_OPTION_CERTIFICATE',
          message,
        });
      };
      await refused(der, /it is a certificate/);
      await refused(toPem('X509 CRL', list).repeat(2), /several/);
      await refused(list.subarray(0, -1), /./);
      assert.ok(!system.calls.some((call) => call.startsWith('add list')));
    });

    it('are left alone where this account may not write, or the store is only read', async () => {
      system.mayWrite = () => false;
      await assert.rejects((await open('CA')).addRevocationList(list), {
        code: 'ERR_SCHANNEL_STORE_ACCESS_DENIED',
      });
      const reader = await open('CA', { readOnly: true });
      await assert.rejects(reader.addRevocationList(list), { code: 'ERR_SCHANNEL_STORE_READ_ONLY' });
      await assert.rejects(reader.removeRevocationList(list), { code: 'ERR_SCHANNEL_STORE_READ_ONLY' });
      reader.close();
      await assert.rejects(reader.revocationLists(), { code: 'ERR_SCHANNEL_USAGE_CLOSED' });
    });
  });

  describe('closing', () => {
    it('closes its certificates, whose contents stay readable', async () => {
      const store = await open('MY');
      const added = await store.add(der, { friendlyName: 'x' });
      store.close();
      assert.equal(system.open, 0);
      assert.equal(added.subject, 'CN=one');
      assert.throws(() => added.friendlyName, { code: 'ERR_SCHANNEL_USAGE_CLOSED' });
      await assert.rejects(store.all(), { code: 'ERR_SCHANNEL_USAGE_CLOSED' });
      await assert.rejects(store.add(der), { code: 'ERR_SCHANNEL_USAGE_CLOSED' });
    });

    it('closes what arrives later', async () => {
      const store = await open('MY');
      await store.add(der);
      const listing = store.all();
      store.close();
      await assert.rejects(listing, { code: 'ERR_SCHANNEL_USAGE_CLOSED' });
      assert.equal(system.open, 0);
    });

    it('closes what does not match, also if the predicate throws', async () => {
      const store = await open('MY');
      const added = await store.add(der);
      await store.add(await craft({ subject: 'CN=two' }));
      added.close();
      const before = system.open;
      assert.deepEqual(await store.find({ subject: 'nobody' }), []);
      await assert.rejects(
        store.find({
          where: () => {
            throw new Error('no');
          },
        }),
        /no/,
      );
      assert.equal(system.open, before);
    });
  });

  it('can be iterated with for await, newest valid first', async () => {
    const store = await open('MY');
    for (const [name, from] of [
      ['old', '2021-01-01'],
      ['new', '2024-01-01'],
    ] as const) {
      await store.add(await craft({ subject: `CN=${name}`, notBefore: new Date(from) }));
    }
    const names: (string | null)[] = [];
    for await (const { commonName } of store) names.push(commonName);
    assert.deepEqual(names, ['new', 'old']);
  });
});
