import assert from 'node:assert/strict';
import { randomUUID, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeOwners } from '#lib/windows/temporary-identity/owner-list.js';
import { native } from '#lib/native/load.js';
import {
  Certificate,
  type ImportOptions,
  type ImportResult,
  importCertificates,
  importPfx,
  openStore,
  prepareImport,
} from 'schannel/store';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { runFixture } from '../../support/child.js';
import { Footprint } from '../../support/footprint.js';
import { derOf, sha256 } from '../../support/key-material.js';
import { deleteKey, end, handlesBackTo } from '../../support/native-store.js';
import { type BagRecipe, buildPfx, type PfxRecipe } from '../../support/pfx-builder.js';
import { skip } from '../../support/skip.js';
import { OWN_PROPERTY } from '#lib/windows/store/properties.js';
import { skipOnRealWindows } from '../../support/windows.js';

const CRYPT_MACHINE_KEYSET = 0x20;

describe('importing into the stores', () => {
  const id = randomUUID();
  let root: TestCertificate;
  let middle: TestCertificate;
  let one: TestCertificate;
  let two: TestCertificate;
  let footprint: Footprint;

  before(async () => {
    const anchor = await TestAuthority.create(`CN=root ${id}`);
    const issuing = await anchor.authority(`CN=issuing ${id}`);
    root = anchor.certificate;
    middle = issuing.certificate;
    one = await issuing.issue({ subject: `CN=one ${id}`, key: 'rsa' });
    two = await issuing.issue({ subject: `CN=two ${id}`, key: 'rsa' });
  });
  beforeEach(async () => {
    footprint = await Footprint.of(root, middle, one, two);
  });
  afterEach(() => footprint.remove());

  const keyBag = ({ key }: TestCertificate, recipe: Partial<BagRecipe> = {}): BagRecipe => ({
    key: derOf(key),
    encryption: '3des',
    ...recipe,
  });
  const build = (bags: readonly BagRecipe[], recipe: Partial<PfxRecipe> = {}): Buffer =>
    buildPfx({ parts: [{ bags }], iterations: 10, password: 'secret', ...recipe });
  const whole = (): Buffer =>
    build([
      { certificate: root.der },
      { certificate: middle.der },
      { certificate: one.der, friendlyName: 'Größe 证书' },
      keyBag(one),
    ]);
  const load = (bytes: Uint8Array, options: ImportOptions = {}): Promise<ImportResult> =>
    importPfx(bytes, { password: 'secret', ...options });

  /** A certificate by the key that it is said to have signs, as this and another process see it. */
  async function signsElsewhere(thumbprint: string): Promise<unknown> {
    const { stdout, stderr } = await runFixture('use-store-certificate', {
      args: [thumbprint],
    });
    assert.equal(stderr, '');
    return JSON.parse(stdout);
  }

  it('puts leaf, intermediate and root into their stores, and reports it', async () => {
    using result = await load(whole());
    assert.deepEqual(
      result.placements.map(({ role, action, store }) => `${role} ${action} ${store}`),
      [
        'identity added CurrentUser\\MY',
        'authority added CurrentUser\\CA',
        'root not-added CurrentUser\\Root',
      ],
    );
    const [identity] = result.identities;
    assert.ok(identity);
    assert.equal(sha256(identity.raw), sha256(one.der));
    assert.equal(identity.friendlyName, 'Größe 证书');
    assert.match(identity.keyLocation?.container ?? '', /^schannel-import-/);
    assert.equal(sha256(result.roots[0]?.certificate.raw ?? Buffer.of()), sha256(root.der));
    assert.deepEqual(await footprint.certificates(), [
      `CurrentUser\\CA CN=issuing ${id}`,
      `CurrentUser\\MY CN=one ${id}`,
    ]);
    assert.equal(await footprint.keys(), 1);
  });

  it('imports what was previewed, even if the file changes', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'schannel-import-'));
    const file = path.join(folder, 'x.pfx');
    try {
      writeFileSync(file, whole());
      const prepared = await prepareImport(file, { password: 'secret' });
      writeFileSync(file, build([{ certificate: two.der }, keyBag(two)]));
      assert.deepEqual(
        prepared.preview.identities.map(({ certificate: { subject } }) => subject),
        [`CN=one ${id}`],
      );
      using result = await prepared.run({ friendlyName: 'confirmed' });
      assert.equal(result.identities[0]?.friendlyName, 'confirmed');
      using again = await prepared.run();
      assert.deepEqual(
        again.placements.map(({ action }) => action),
        ['present', 'present', 'not-added'],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.deepEqual(await footprint.certificates(), [
      `CurrentUser\\CA CN=issuing ${id}`,
      `CurrentUser\\MY CN=one ${id}`,
    ]);
    assert.equal(await footprint.keys(), 1);
  });

  it('gives another process a certificate that signs', async () => {
    using result = await load(whole());
    const [identity] = result.identities;
    assert.ok(identity);
    assert.deepEqual(await signsElsewhere(identity.thumbprint), {
      friendlyName: 'Größe 证书',
      verified: true,
      exportable: 'no',
    });
  });

  it('adds nothing the second time', async () => {
    (await load(whole()))[Symbol.dispose]();
    using again = await load(whole());
    assert.deepEqual(
      again.placements.map(({ action }) => action),
      ['present', 'present', 'not-added'],
    );
    assert.equal(await footprint.keys(), 1);
    await assert.rejects(load(whole(), { onExisting: 'error' }), { code: 'ERR_SCHANNEL_STORE_EXISTS' });
    assert.equal(await footprint.keys(), 1);
  });

  it('replaces the key when told, and the former one is gone', async () => {
    (await load(whole()))[Symbol.dispose]();
    using again = await load(whole(), { onExisting: 'replace', exportable: true });
    assert.equal(again.placements[0]?.action, 'replaced');
    assert.equal(await footprint.keys(), 1);
    const [identity] = again.identities;
    assert.ok(identity);
    assert.equal(identity.friendlyName, 'Größe 证书');
    assert.equal(((await signsElsewhere(identity.thumbprint)) as { exportable: string }).exportable, 'yes');
  });

  it('puts a key back that was lost', async () => {
    using first = await load(whole());
    await loseKey(first);
    assert.equal(await footprint.keys(), 0);
    using again = await load(whole());
    assert.equal(again.placements[0]?.action, 'replaced');
    assert.equal((await again.identities[0]?.inspectKey())?.usable, true);
  });

  it('keeps keys apart that have one name in their files', async () => {
    const named = (of: TestCertificate): Buffer =>
      build([
        { certificate: of.der },
        keyBag(of, { friendlyName: '{7A1B9C54-3B0E-4F39-9E55-0C6C5A8F2D11}' }),
      ]);
    using first = await load(named(one));
    using second = await load(named(two));
    const containers = [first, second].map(({ identities }) => identities[0]?.keyLocation?.container);
    assert.notEqual(containers[0], containers[1]);
    assert.equal(await footprint.keys(), 2);
    for (const { identities } of [first, second]) {
      assert.equal((await identities[0]?.inspectKey())?.usable, true);
    }
  });

  it('imports several certificates with their keys, whatever their order', async () => {
    using result = await load(
      build([
        keyBag(two),
        { certificate: root.der },
        { certificate: middle.der },
        { certificate: one.der },
        { certificate: two.der },
        keyBag(one),
      ]),
    );
    assert.deepEqual(result.identities.map(({ subject }) => subject).sort(), [
      `CN=one ${id}`,
      `CN=two ${id}`,
    ]);
    for (const identity of result.identities) {
      const key = await identity.openPrivateKey({ silent: true });
      const signature = await key.sign('sha256', Buffer.from('data'));
      await key.close();
      assert.ok(verify('sha256', Buffer.from('data'), identity.publicKey, signature));
    }
  });

  it('trusts a root when asked, and takes it back with the rest', async function () {
    if (!native().hasDesktop()) {
      await assert.rejects(load(whole(), { trustRoot: true }), { code: 'ERR_SCHANNEL_STORE_CANCELLED' });
      assert.deepEqual(await footprint.certificates(), []);
      assert.equal(await footprint.keys(), 0);
      return;
    }
    if (native().platform.wine === null) skip(this, 'Windows would ask the person at the machine');
    using result = await load(whole(), { trustRoot: true });
    assert.equal(result.roots[0]?.action, 'added');
    assert.ok((await footprint.certificates()).includes(`CurrentUser\\Root CN=root ${id}`));
  });

  it('takes the stores and the keys of the machine', async function () {
    skipOnRealWindows(this, 'the stores and keys of the machine');
    const result = await load(whole(), { location: 'LocalMachine' });
    try {
      assert.deepEqual(
        result.placements.map(({ store }) => store),
        ['LocalMachine\\MY', 'LocalMachine\\CA', 'LocalMachine\\Root'],
      );
      assert.equal(
        (result.identities[0]?.keyLocation?.flags ?? 0) & CRYPT_MACHINE_KEYSET,
        CRYPT_MACHINE_KEYSET,
      );
    } finally {
      const location = result.identities[0]?.keyLocation;
      for (const { certificate, store: path } of result.placements.slice(0, 2)) {
        using store = await openStore(path);
        await store.remove(certificate);
      }
      result[Symbol.dispose]();
      if (location) await deleteKey(location);
    }
  });

  it('can be cancelled, and leaves nothing', async () => {
    const controller = new AbortController();
    const importing = load(whole(), { signal: controller.signal });
    controller.abort();
    await assert.rejects(importing, { name: 'AbortError' });
    assert.deepEqual(await footprint.certificates(), []);
    assert.equal(await footprint.keys(), 0);
  });

  it('imports one file at once several times as if one after another', async () => {
    const results = await Promise.all([load(whole()), load(whole()), load(whole())]);
    assert.deepEqual(results.map(({ placements }) => placements[0]?.action).sort(), [
      'added',
      'present',
      'present',
    ]);
    for (const result of results) result[Symbol.dispose]();
    assert.equal(await footprint.keys(), 1);
  });

  it('gives every handle back', async () => {
    const before = native().handleCounts();
    (await load(whole()))[Symbol.dispose]();
    await assert.rejects(load(whole(), { onExisting: 'error' }));
    await handlesBackTo(before);
  });

  describe('certificates', () => {
    it('come from PEM with a key as from a PFX', async () => {
      using result = await importCertificates(middle.cert + one.key + one.cert + root.cert, {
        friendlyName: 'named',
      });
      assert.equal(result.identities[0]?.friendlyName, 'named');
      assert.deepEqual(
        result.placements.map(({ role, action }) => `${role} ${action}`),
        ['identity added', 'authority added', 'root not-added'],
      );
      assert.equal(await footprint.keys(), 1);
    });

    it('come from DER', async () => {
      using result = await importCertificates(middle.der);
      assert.deepEqual(
        result.authorities.map(({ subject }) => subject),
        [`CN=issuing ${id}`],
      );
      using other = await importCertificates(two.der);
      assert.deepEqual(
        other.certificates.map(({ subject }) => subject),
        [`CN=two ${id}`],
      );
      assert.equal(other.certificates[0]?.hasPrivateKey, false);
      assert.equal(await footprint.keys(), 0);
    });

    it('stay although a connection had published them for a while', async () => {
      using store = await openStore('CA');
      const published = native().createCertificate(middle.der);
      const owners = writeOwners([`l${'0'.repeat(32)}`]);
      await end((callback) => published.setProperty(OWN_PROPERTY.owners, owners, callback));
      await store.add(new Certificate(published, null), { onExisting: 'replace' });
      published.close();

      using result = await importCertificates(middle.der);
      assert.equal(result.placements[0]?.action, 'added');
      using after = await openStore('CA');
      const [entry] = await after.find({ thumbprint: result.authorities[0]?.thumbprint ?? '' });
      assert.equal(entry?.native.property(OWN_PROPERTY.owners), null);
    });

    it('get their key by a later import', async () => {
      (await importCertificates(one.der))[Symbol.dispose]();
      using result = await load(whole());
      assert.equal(result.placements[0]?.action, 'replaced');
      assert.equal((await result.identities[0]?.inspectKey())?.usable, true);
    });

    it('are not a PFX', async () => {
      await assert.rejects(importCertificates(whole(), { password: 'secret' }), {
        code: 'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
        message: /is a PFX/,
      });
    });
  });

  it('distinguishes passwords', async () => {
    const bags = [{ certificate: one.der }, keyBag(one)];
    await assert.rejects(importPfx(build(bags)), { code: 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING' });
    await assert.rejects(importPfx(build(bags), { password: '' }), {
      code: 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
    });
    await assert.rejects(importPfx(build(bags), { password: 'Secret' }), {
      code: 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
    });
    await assert.rejects(load(build(bags, { algorithm: '1.2.840.113549.1.12.1.1' })), {
      code: 'ERR_SCHANNEL_IMPORT_UNSUPPORTED',
      message: /RC4/,
    });
    assert.equal(await footprint.keys(), 0);
    for (const password of [null, '']) {
      for (const given of [{}, { password: '' }]) {
        using result = await importPfx(build(bags, { password }), given);
        assert.equal(result.identities.length, 1);
      }
    }
  });

  it('refuses wrong options by name', async () => {
    const wrong = (options: object): Promise<ImportResult> => load(whole(), options);
    await assert.rejects(wrong({ password: 7 }), { code: 'ERR_INVALID_ARG_TYPE', message: /"password"/ });
    await assert.rejects(wrong({ exportable: 'yes' }), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /"exportable"/,
    });
    await assert.rejects(wrong({ onExisting: 'maybe' }), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(wrong({ store: 'CurrentUser\\no such store' }), {
      code: 'ERR_SCHANNEL_STORE_NOT_FOUND',
    });
    await assert.rejects(wrong({ store: 'LocalMachine\\MY', location: 'CurrentUser' }), {
      code: 'ERR_SCHANNEL_STORE_NAME',
    });
    assert.equal(await footprint.keys(), 0);
  });

  /** Removes the key of an import, and leaves the certificate. */
  async function loseKey(result: ImportResult): Promise<void> {
    const key = await result.identities[0]?.openPrivateKey({ silent: true });
    await key?.delete();
  }
});
