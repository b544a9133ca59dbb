import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { native } from '#lib/native/load.js';
import type { NativeCertificate, NativeKey, NativeStore, NativeWatch } from '#lib/native/store-binding.js';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { privateKeyBlob } from '../../support/key-blob.js';
import { PATIENCE } from '../../support/patience.js';
import {
  CERT_STORE_OPEN_EXISTING_FLAG,
  certificatesOf,
  closeKey,
  deleteKey,
  end,
  handlesBackTo,
  importKey,
  openStore,
  outcome,
  ownContainer,
  SILENT,
  USER_MY,
} from '../../support/native-store.js';

const FRIENDLY_NAME = 11;
const CRYPT_E_EXISTS = 0x80092005;
const CRYPT_E_NO_KEY_PROPERTY = 0x8009200b;
const ERROR_FILE_NOT_FOUND = 2;
const ERROR_CANCELLED = 1223;
const ADD_NEW = 1;
const ADD_ALWAYS = 4;

const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');
const utf16 = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf16le');

/** What another process sees of a certificate in the user's MY. */
function seenElsewhere(der: Uint8Array): unknown {
  const program = join(__dirname, 'store-program.js');
  const { stdout } = spawnSync(process.execPath, [program, sha1(der)], {
    encoding: 'utf8',
    timeout: PATIENCE,
  });
  return JSON.parse(stdout);
}

const memoryStore = (): Promise<NativeStore> => openStore({ provider: 2, flags: 0x2000, name: '' });

const add = (
  store: NativeStore,
  certificate: NativeCertificate,
  disposition: number,
): Promise<NativeCertificate> =>
  outcome((callback) => {
    store.add(certificate, disposition, callback);
  });

const commit = (store: NativeStore): Promise<void> =>
  end((callback) => {
    store.commit(0, callback);
  });

const remove = (store: NativeStore, certificate: NativeCertificate): Promise<void> =>
  end((callback) => {
    store.remove(certificate, callback);
  });

const watchOf = (store: NativeStore): Promise<NativeWatch> =>
  outcome((callback) => {
    store.watch(callback);
  });

const next = (watch: NativeWatch): Promise<void> =>
  end((callback) => {
    watch.next(callback);
  });

describe('native stores', () => {
  let identity: TestCertificate;

  before(async () => {
    const authority = await TestAuthority.create('CN=schannel test root', { key: 'rsa' });
    identity = await authority.issue({ key: 'rsa' });
  });

  it('keeps a certificate with its key for other processes, and takes it away again', async () => {
    const location = ownContainer('store');
    const key = await importKey(location, privateKeyBlob(identity.key), 0);
    const store = await openStore(USER_MY);
    const certificate = native().createCertificate(identity.der);
    await end((callback) => {
      certificate.setKeyLocation(location, callback);
    });
    await end((callback) => {
      certificate.setProperty(FRIENDLY_NAME, utf16('Prüfling'), callback);
    });
    const added = await add(store, certificate, ADD_NEW);
    await commit(store);

    assert.deepEqual(seenElsewhere(identity.der), [
      { container: location.container, friendlyName: 'Prüfling\0' },
    ]);
    const acquired = await outcome<NativeKey>((callback) => {
      native().acquireKey(added, 4 | 0x20000, SILENT, callback);
    });
    assert.deepEqual(acquired.publicKey, key.publicKey);

    await remove(store, added);
    await commit(store);
    await closeKey(acquired);
    await closeKey(key);
    await deleteKey(location);
    assert.deepEqual(seenElsewhere(identity.der), []);
    for (const each of [certificate, added, store]) each.close();
  });

  it('does not make a store that is asked for by a wrong name', async () => {
    await assert.rejects(
      openStore({
        ...USER_MY,
        flags: USER_MY.flags | CERT_STORE_OPEN_EXISTING_FLAG,
        name: 'schannel-no-such-store',
      }),
      {
        status: ERROR_FILE_NOT_FOUND,
        syscall: 'CertOpenStore',
      },
    );
  });

  it('says that a store cannot be opened even where Windows gives no reason', async () => {
    // CERT_SYSTEM_STORE_USERS without a security identifier.
    await assert.rejects(
      openStore({ ...USER_MY, flags: 0x60000 | CERT_STORE_OPEN_EXISTING_FLAG }),
      (error: { status: number }) => {
        assert.notEqual(error.status, 0);
        return true;
      },
    );
  });

  it('lists what was added, and removes exactly one of two alike', async () => {
    const store = await memoryStore();
    const certificate = native().createCertificate(identity.der);
    const first = await add(store, certificate, ADD_ALWAYS);
    const second = await add(store, certificate, ADD_ALWAYS);
    await end((callback) => {
      second.setProperty(FRIENDLY_NAME, utf16('second'), callback);
    });
    await assert.rejects(add(store, certificate, ADD_NEW), { status: CRYPT_E_EXISTS });
    await remove(store, first);
    const left = await certificatesOf(store);
    assert.equal(left.length, 1);
    assert.deepEqual(left[0]?.property(FRIENDLY_NAME), utf16('second'));
    for (const each of [...left, first, second, certificate, store]) each.close();
  });

  it('reads, changes and removes properties', async () => {
    const certificate = native().createCertificate(identity.der);
    assert.deepEqual(Buffer.from(certificate.encoded), Buffer.from(identity.der));
    assert.equal(Buffer.from(certificate.property(3) ?? []).toString('hex'), sha1(identity.der));
    assert.equal(certificate.property(FRIENDLY_NAME), null);
    await end((callback) => {
      certificate.setProperty(FRIENDLY_NAME, utf16('name'), callback);
    });
    assert.deepEqual(certificate.property(FRIENDLY_NAME), utf16('name'));
    await end((callback) => {
      certificate.setProperty(FRIENDLY_NAME, null, callback);
    });
    assert.equal(certificate.property(FRIENDLY_NAME), null);
    certificate.close();
  });

  it('keeps where the key is said to be', async () => {
    const certificate = native().createCertificate(identity.der);
    assert.equal(certificate.keyLocation(), null);
    const location = { ...ownContainer('said'), flags: 0x20, keySpec: 2 };
    await end((callback) => {
      certificate.setKeyLocation(location, callback);
    });
    assert.deepEqual(certificate.keyLocation(), location);
    await end((callback) => {
      certificate.setKeyLocation(null, callback);
    });
    assert.equal(certificate.keyLocation(), null);
    certificate.close();
  });

  it('hands out no handles and no pointers as bytes', () => {
    const certificate = native().createCertificate(identity.der);
    for (const id of [1, 2, 5, 78, 79, 99, 100]) {
      assert.throws(() => certificate.property(id), { status: 0x80070057 });
    }
    certificate.close();
  });

  it('has no key for a certificate without one', async () => {
    const certificate = native().createCertificate(identity.der);
    await assert.rejects(
      outcome((callback) => {
        native().acquireKey(certificate, 0x20000, SILENT, callback);
      }),
      { status: CRYPT_E_NO_KEY_PROPERTY, syscall: 'CryptAcquireCertificatePrivateKey' },
    );
    certificate.close();
  });

  it('refuses what is no certificate, and closed objects', async () => {
    assert.throws(() => native().createCertificate(identity.der.subarray(0, 100)), {
      syscall: 'CertCreateCertificateContext',
    });
    const store = await memoryStore();
    const certificate = native().createCertificate(identity.der);
    certificate.close();
    certificate.close();
    assert.throws(() => certificate.encoded, { syscall: 'certificate is closed' });
    await assert.rejects(add(store, certificate, ADD_NEW), { syscall: 'certificate is closed' });
    store.close();
    store.close();
    await assert.rejects(certificatesOf(store), { syscall: 'store is closed' });
  });

  it('ends a wait for changes when the watch is closed', async () => {
    const store = await openStore(USER_MY);
    const watch = await watchOf(store);
    const waiting = next(watch);
    await assert.rejects(next(watch), { syscall: 'watch is busy' });
    watch.close();
    await assert.rejects(waiting, { status: ERROR_CANCELLED });
    await assert.rejects(next(watch), { syscall: 'watch is closed' });
    store.close();
  });

  it('counts stores, certificates and watches, and gives every one back', async () => {
    const before = native().handleCounts();
    const store = await memoryStore();
    const certificate = native().createCertificate(identity.der);
    const user = await openStore(USER_MY);
    const watch = await watchOf(user);
    const open = native().handleCounts();
    assert.ok(open.stores > before.stores);
    assert.equal(open.certificates, before.certificates + 1);
    assert.equal(open.watches, before.watches + 1);
    for (const each of [watch, user, certificate, store]) each.close();
    await handlesBackTo(before);
  });

  it('lists ten thousand certificates', async () => {
    const store = await memoryStore();
    const certificate = native().createCertificate(identity.der);
    await Promise.all(
      Array.from({ length: 10_000 }, async () => {
        (await add(store, certificate, ADD_ALWAYS)).close();
      }),
    );
    const certificates = await certificatesOf(store);
    assert.equal(certificates.length, 10_000);
    for (const each of [...certificates, certificate, store]) each.close();
  });
});
