import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import type { NativeHandleCounts, NativePlatform } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { type CertificateStore, findCertificate, importKey, openStore } from '#lib/store.js';
import type { CertificateQuery } from '#lib/windows/store/query.js';
import { selfSigned, TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { runFixture } from '../../support/child.js';
import { altNames, craft, keyIdentifier, keyUsages, purposes } from '../../support/crafted-certificate.js';
import { handlesBackTo, listContainers } from '../../support/native-store.js';
import { createOwnStore, deleteOwnStore, ownStoreName } from '../../support/own-store.js';
import { skip } from '../../support/skip.js';

describe('a certificate store', () => {
  let platform: NativePlatform;
  let handles: NativeHandleCounts;
  let name: string;
  let store: CertificateStore;

  before(() => {
    ({ platform } = native());
  });

  beforeEach(async () => {
    handles = native().handleCounts();
    name = ownStoreName();
    store = await createOwnStore(name);
  });

  afterEach(async () => {
    store.close();
    await handlesBackTo(handles);
    deleteOwnStore(name);
  });

  /** What another process sees: friendly names by thumbprint. */
  async function seenElsewhere(): Promise<unknown> {
    const { code, stdout, stderr } = await runFixture('list-store', { args: [name] });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }

  it('exists once it was created, and is not created by a typing error', async () => {
    const again = await openStore(`currentuser/${name.toUpperCase()}`, { readOnly: true });
    assert.deepEqual(await again.all(), []);
    again.close();
    for (const options of [{}, { readOnly: true }]) {
      await assert.rejects(openStore(`${name}x`, options), { code: 'ERR_SCHANNEL_STORE_NOT_FOUND' });
    }
  });

  it('shows others what was added, named, unnamed and removed', async () => {
    const { der } = await selfSigned({ subject: 'CN=Jürgen 漢字' });
    const added = await store.add(der, { friendlyName: 'Größe 漢字 🔑' });
    const { thumbprint } = added;
    assert.deepEqual(await seenElsewhere(), { [thumbprint]: 'Größe 漢字 🔑' });
    await added.setFriendlyName('anders');
    assert.equal(added.friendlyName, 'anders');
    assert.deepEqual(await seenElsewhere(), { [thumbprint]: 'anders' });
    await added.setFriendlyName(null);
    assert.deepEqual(await seenElsewhere(), { [thumbprint]: null });
    await store.remove(added);
    assert.deepEqual(await seenElsewhere(), {});
    assert.equal(added.subject, 'CN=Jürgen 漢字');
  });

  it('sees what others change', async () => {
    const other = await createOwnStore(name);
    assert.deepEqual(await store.all(), []);
    const added = await other.add((await selfSigned()).der);
    assert.deepEqual(
      (await store.all()).map(({ thumbprint }) => thumbprint),
      [added.thumbprint],
    );
    await other.remove(added);
    other.close();
    assert.deepEqual(await store.all(), []);
  });

  describe('finds by', () => {
    const SERVER = '1.3.6.1.5.5.7.3.1';
    let thumbprint: string;
    let thumbprint256: string;

    beforeEach(async () => {
      const der = await craft({
        subject: [{ C: ['DE'] }, { O: ['Müller & Söhne'] }, { CN: ['Prüfling 漢字'] }],
        issuer: 'CN=Ausgeber, O=Test',
        serialNumber: '00f00d',
        extensions: [
          altNames({ type: 'dns', value: '*.xn--bcher-kva.example' }, { type: 'ip', value: '2001:db8::1' }),
          purposes(SERVER),
          keyUsages(1),
          keyIdentifier('aabbcc'),
        ],
      });
      ({ thumbprint, thumbprint256 } = await store.add(der, {
        friendlyName: 'Nächster',
        keyLocation: { container: 'none', provider: '', providerType: 0, flags: 0, keySpec: 0 },
      }));
      await store.add(
        await craft({
          subject: 'CN=other',
          notAfter: new Date('2021-01-01T00:00:00Z'),
          extensions: [purposes('1.2.3'), keyUsages(64)],
        }),
      );
    });

    const QUERIES: readonly (readonly [string, CertificateQuery])[] = [
      ['subject', { subject: 'SÖHNE' }],
      ['issuer', { issuer: 'CN=Ausgeber' }],
      ['DNS name', { dns: 'shop.bücher.example' }],
      ['IP address', { ip: '2001:DB8::0:1' }],
      ['friendly name', { friendlyName: 'NÄCHSTER' }],
      ['purpose', { eku: 'serverAuth' }],
      ['key usage', { keyUsage: 'digitalSignature' }],
      ['serial number', { serialNumber: 0xf00dn }],
      ['key identifier', { keyIdentifier: 'aa:bb:cc' }],
      ['private key', { hasPrivateKey: true }],
      ['moment', { validAt: new Date('2030-01-01T00:00:00Z') }],
      ['predicate', { where: ({ commonName }) => commonName === 'Prüfling 漢字' }],
    ];
    for (const [what, query] of QUERIES) {
      it(what, async () => {
        const found = await store.find(query);
        assert.deepEqual(
          found.map((each) => each.thumbprint),
          [thumbprint],
        );
      });
    }

    it('thumbprint, SHA-1 and SHA-256', async () => {
      assert.equal((await store.findOne({ thumbprint }))?.thumbprint256, thumbprint256);
      assert.equal((await store.findOne({ thumbprint: thumbprint256 }))?.thumbprint, thumbprint);
      assert.equal(await store.findOne({ thumbprint: '0'.repeat(40) }), null);
    });

    it('reference, also when the store is closed', async () => {
      const found = await findCertificate(`CurrentUser\\${name}\\${thumbprint.toLowerCase()}`);
      assert.equal(found.friendlyName, 'Nächster');
      await found.setFriendlyName('Übernächster');
      assert.equal(found.friendlyName, 'Übernächster');
      assert.equal((await store.findOne({ thumbprint }))?.friendlyName, 'Übernächster');
      found.close();
      await assert.rejects(findCertificate(`CurrentUser\\${name}\\${'0'.repeat(40)}`), {
        code: 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND',
        message: new RegExp(name),
      });
    });
  });

  it('reports that a certificate exists, or does as told', async () => {
    const { der } = await selfSigned();
    await store.add(der, { friendlyName: 'first' });
    await assert.rejects(store.add(der, { onExisting: 'error' }), { code: 'ERR_SCHANNEL_STORE_EXISTS' });
    assert.equal((await store.add(der, { onExisting: 'keep' })).friendlyName, 'first');
    assert.equal((await store.add(der)).friendlyName, 'first');
    assert.equal((await store.add(der, { friendlyName: 'second' })).friendlyName, 'second');
    assert.equal((await store.add(der, { onExisting: 'replace' })).friendlyName, null);
    assert.equal((await store.all()).length, 1);
  });

  it('is not changed by a reader', async () => {
    const { der } = await selfSigned();
    const { thumbprint } = await store.add(der);
    const reader = await openStore(name, { readOnly: true });
    const found = await reader.findOne({ thumbprint });
    await assert.rejects(reader.add(der), { code: 'ERR_SCHANNEL_STORE_READ_ONLY' });
    await assert.rejects(reader.remove(thumbprint), { code: 'ERR_SCHANNEL_STORE_READ_ONLY' });
    await assert.rejects(found?.setFriendlyName('x') ?? Promise.resolve(), {
      code: 'ERR_SCHANNEL_STORE_READ_ONLY',
    });
    reader.close();
    assert.deepEqual(await seenElsewhere(), { [thumbprint]: null });
  });

  it('hides archived certificates', async () => {
    const added = await store.add((await selfSigned()).der);
    if (platform.wine !== null) {
      // Wine 10 has no archived certificates; the scripted store of test/unit/windows/store stands in.
      await assert.rejects(added.archive(), { code: 'ERR_SCHANNEL_SYSTEM_UNSUPPORTED' });
      return;
    }
    await added.archive();
    assert.equal(added.archived, true);
    assert.deepEqual(await seenElsewhere(), {});
    const all = await openStore(name, { archived: true });
    assert.equal((await all.all())[0]?.archived, true);
    all.close();
    await added.unarchive();
    assert.deepEqual(await seenElsewhere(), { [added.thumbprint]: null });
  });

  it('closes its certificates with itself', async () => {
    await store.add((await selfSigned()).der);
    const [one, two] = [(await store.all())[0], (await store.all())[0]];
    store.close();
    await handlesBackTo(handles);
    for (const each of [one, two]) {
      assert.throws(() => each?.friendlyName, { code: 'ERR_SCHANNEL_USAGE_CLOSED' });
      assert.equal(each?.commonName, 'localhost');
    }
  });

  it('does many things at once', async () => {
    const certificates = await Promise.all(Array.from({ length: 8 }, () => selfSigned()));
    for (const { der } of certificates) await store.add(der);
    const lists = await Promise.all(Array.from({ length: 8 }, () => store.all()));
    assert.deepEqual(
      lists.map((list) => list.length),
      lists.map(() => 8),
    );
  });

  describe('of the user, MY', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    let identity: TestCertificate;

    before(async () => {
      identity = await (
        await TestAuthority.create('CN=schannel test root', { key: 'rsa' })
      ).issue({ key: 'rsa' });
    });

    it('has a certificate with its key, which signs, and goes with it', async () => {
      const key = await importKey(identity.key, { silent: true });
      const { container } = key.location;
      await key.close();
      const my = await openStore('Personal');
      try {
        const added = await my.add(identity.der, { keyLocation: key.location });
        assert.equal(added.hasPrivateKey, true);
        const found = await findCertificate(added.thumbprint);
        assert.equal(found.reference, `CurrentUser\\MY\\${added.thumbprint}`);
        const facts = await found.inspectKey();
        assert.ok(facts?.usable);
        assert.equal(facts.container, container);
        const opened = await found.openPrivateKey({ silent: true });
        found.close();
        const data = Buffer.from('to be signed');
        assert.ok(verify('sha256', data, added.publicKey, await opened.sign('sha256', data)));
        await opened.close();
        await my.remove(added, { withKey: true });
        assert.deepEqual(await my.find({ thumbprint: added.thumbprint }), []);
        assert.ok(!(await listContainers()).includes(container));
      } finally {
        my.close();
      }
    });

    it('explains why a key cannot be used', async () => {
      const key = await importKey(pair.privateKey, { silent: true });
      const of = await store.add(identity.der, { keyLocation: key.location });
      const facts = await of.inspectKey();
      assert.equal(facts?.usable, false);
      assert.equal(facts.error.code, 'ERR_SCHANNEL_KEY_MISMATCH');
      await assert.rejects(store.remove(of, { withKey: true }), { code: 'ERR_SCHANNEL_KEY_MISMATCH' });
      await key.delete();
      const gone = await of.inspectKey();
      assert.equal(gone?.usable, false);
      await store.remove(of, { withKey: true });
      assert.equal(await (await store.add(identity.der, { onExisting: 'replace' })).inspectKey(), null);
    });
  });

  it('of roots can be read by anybody, and needs a confirmation to add one', async () => {
    const roots = await openStore('Root');
    const all = await roots.all();
    assert.ok(all.length > 0);
    assert.ok(all.every(({ subject }) => typeof subject === 'string'));
    const { der } = await selfSigned({ authority: {} });
    await assert.rejects(roots.add(der), { code: 'ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED' });
    const [present] = all;
    if (present !== undefined) assert.equal((await roots.add(present)).thumbprint, present.thumbprint);
    roots.close();
  });

  it('of roots accepts a confirmed one, and removes it again', async function () {
    if (platform.wine === null) skip(this, 'Windows would ask the person at the machine');
    const { der } = await selfSigned({ authority: {}, subject: 'CN=schannel test root to be trusted' });
    const roots = await openStore('Root');
    const added = await roots.add(der, { trustRoot: true });
    assert.equal((await roots.findOne({ thumbprint: added.thumbprint }))?.isSelfSigned, true);
    await roots.remove(added);
    assert.equal(await roots.findOne({ thumbprint: added.thumbprint }), null);
    roots.close();
  });

  it('can tell whether somebody could answer a dialog', () => {
    // The rig's Wine has a window station that can be seen; a service of Windows has not.
    const expected = platform.wine === null ? [true, false] : [true];
    assert.ok(expected.includes(native().hasDesktop()));
  });
});
