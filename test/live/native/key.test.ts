import assert from 'node:assert/strict';
import { constants, createHash, createPublicKey, publicEncrypt, verify } from 'node:crypto';
import { native } from '#lib/native/load.js';
import type { NativeKey, NativeKeyLocation, NativeSignScheme } from '#lib/native/store-binding.js';
import { skip } from '../../support/skip.js';
import { onWine } from '../../support/windows.js';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { privateKeyBlob } from '../../support/key-blob.js';
import {
  closeKey,
  deleteKey,
  handlesBackTo,
  importKey,
  listContainers,
  MS_ENH_RSA_AES_PROV,
  openKey,
  outcome,
  ownContainer,
  SILENT,
} from '../../support/native-store.js';

const NTE_EXISTS = 0x8009000f;
const NTE_BAD_KEYSET = 0x80090016;
const NTE_NOT_SUPPORTED = 0x80090029;
const E_INVALIDARG = 0x80070057;
const BOTH_EXPORTS = 3;

const PKCS1_SHA256: NativeSignScheme = { padding: 'pkcs1', hash: 'SHA256', saltLength: 0 };

const sign = (key: NativeKey, digest: Uint8Array, scheme = PKCS1_SHA256): Promise<Uint8Array> =>
  outcome((callback) => {
    key.sign(digest, scheme, callback);
  });

const exportKey = (key: NativeKey): Promise<Uint8Array> =>
  outcome((callback) => {
    key.exportPrivate({ type: 'PRIVATEKEYBLOB', password: null, iterations: 0 }, callback);
  });

describe('native keys of a CSP', () => {
  let identity: TestCertificate;
  let blob: Buffer;

  before(async () => {
    const authority = await TestAuthority.create('CN=schannel test root', { key: 'rsa' });
    identity = await authority.issue({ key: 'rsa' });
    blob = privateKeyBlob(identity.key);
  });

  /** Runs `body` with the key under a unique name, and leaves no container behind. */
  async function withKey(
    name: string,
    exportPolicy: number,
    body: (key: NativeKey, location: NativeKeyLocation) => Promise<void>,
  ): Promise<void> {
    const location = ownContainer(name);
    const key = await importKey(location, blob, exportPolicy);
    try {
      await body(key, location);
    } finally {
      await closeKey(key);
      await deleteKey(location);
    }
  }

  it('signs as the public key verifies', async () => {
    await withKey('sign', 0, async (key) => {
      const data = Buffer.from('to be signed');
      const signature = await sign(key, createHash('sha256').update(data).digest());
      assert.ok(verify('sha256', data, identity.cert, signature));
    });
  });

  it('refuses paddings that a CSP has not, and digests of the wrong size', async () => {
    await withKey('padding', 0, async (key) => {
      const digest = Buffer.alloc(32);
      await assert.rejects(sign(key, digest, { padding: 'pss', hash: 'SHA256', saltLength: 32 }), {
        status: NTE_NOT_SUPPORTED,
      });
      await assert.rejects(sign(key, digest.subarray(1)), { status: 0x80090002 });
    });
  });

  it('decrypts what the public key encrypted', async () => {
    await withKey('decrypt', 0, async (key) => {
      const padding = constants.RSA_PKCS1_PADDING;
      const secret = publicEncrypt({ key: identity.cert, padding }, Buffer.from('a secret'));
      const scheme = { padding: 'pkcs1', hash: '', label: Buffer.alloc(0) } as const;
      const plain = await outcome<Uint8Array>((callback) => {
        key.decrypt(secret, scheme, callback);
      });
      assert.equal(Buffer.from(plain).toString(), 'a secret');
    });
  });

  it('says what is known of the key', async () => {
    await withKey('facts', BOTH_EXPORTS, (key, location) => {
      const { facts } = key;
      assert.equal(facts.api, 'capi');
      assert.equal(facts.name, location.container);
      assert.equal(facts.provider, MS_ENH_RSA_AES_PROV);
      assert.equal(facts.algorithm, 'RSA');
      assert.equal(facts.bits, 2048);
      assert.equal(facts.keySpec, 1);
      assert.equal(facts.exportPolicy, BOTH_EXPORTS);
      assert.equal(facts.machine, false);
      assert.deepEqual(
        key.publicKey === null ? null : Buffer.from(key.publicKey),
        createPublicKey(identity.cert).export({ type: 'spki', format: 'der' }),
      );
      return Promise.resolve();
    });
  });

  it('exports the key that was imported', async () => {
    await withKey('export', BOTH_EXPORTS, async (key) => {
      assert.deepEqual(Buffer.from(await exportKey(key)), blob);
    });
  });

  it('does not export a key that is not to leave', async () => {
    await withKey('stay', 0, async (key) => {
      assert.equal(key.facts.exportPolicy, 0);
      await assert.rejects(exportKey(key), { syscall: 'CryptExportKey' });
    });
  });

  it('opens a key again, and lists it until it is deleted', async () => {
    const before = await listContainers();
    await withKey('again', 0, async (_, location) => {
      const again = await openKey(location);
      assert.equal(again.facts.name, location.container);
      await closeKey(again);
      assert.ok((await listContainers()).includes(location.container));
    });
    assert.deepEqual([...(await listContainers())].sort(), [...before].sort());
  });

  it('does not replace a key of the same name', async () => {
    await withKey('twice', 0, async (_, location) => {
      await assert.rejects(importKey(location, blob, 0), { status: NTE_EXISTS });
      await closeKey(await openKey(location));
    });
  });

  it('leaves no container behind when the key is damaged', async () => {
    const location = ownContainer('damaged');
    await assert.rejects(importKey(location, blob.subarray(0, 100), 0), { syscall: 'CryptImportKey' });
    assert.ok(!(await listContainers()).includes(location.container));
  });

  it('generates a key', async () => {
    const location = ownContainer('generated');
    const key = await outcome<NativeKey>((callback) => {
      native().generateKey({ ...SILENT, location, algorithm: 'RSA', bits: 1024, exportPolicy: 0 }, callback);
    });
    assert.equal(key.facts.bits, 1024);
    await closeKey(key);
    await deleteKey(location);
  });

  it('says that there is no key', async () => {
    await assert.rejects(openKey(ownContainer('absent')), { status: NTE_BAD_KEYSET });
    await assert.rejects(deleteKey(ownContainer('absent')), { status: NTE_BAD_KEYSET });
  });

  it("never touches the user's default container", async () => {
    const nameless = { ...ownContainer(''), container: '' };
    await assert.rejects(deleteKey(nameless), { status: E_INVALIDARG });
    await assert.rejects(openKey(nameless), { status: E_INVALIDARG });
    await assert.rejects(importKey(nameless, blob, 0), { status: E_INVALIDARG });
  });

  it('counts keys and gives every one back', async () => {
    const before = native().handleCounts();
    await withKey('count', 0, () => {
      assert.ok(native().handleCounts().keys > before.keys);
      return Promise.resolve();
    });
    await handlesBackTo(before);
  });

  it('refuses calls on a closed key', async () => {
    await withKey('closed', 0, (key) => {
      key.close();
      key.close();
      assert.throws(() => key.facts, { syscall: 'key is closed' });
      return Promise.resolve();
    });
  });

  it('keeps CNG for a Windows that has it', async function () {
    if (!onWine()) skip(this, 'this Windows has it');
    const location = {
      ...ownContainer('cng'),
      provider: 'Microsoft Software Key Storage Provider',
      providerType: 0,
    };
    await assert.rejects(openKey(location), {
      status: NTE_NOT_SUPPORTED,
      syscall: 'NCryptOpenStorageProvider',
    });
    await assert.rejects(
      outcome((callback) => {
        native().listContainers({ provider: location.provider, providerType: 0, flags: 0 }, callback);
      }),
      { status: NTE_NOT_SUPPORTED },
    );
  });
});
