import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { importFrom } from '#lib/windows/key/import.js';
import { persist } from '#lib/windows/key/stored-keys.js';
import { toBcryptEcBlob, toBcryptRsaBlob, toCapiBlob } from '#lib/formats/private-key/windows-blobs.js';
import { type KeyCall, ScriptedKey, ScriptedProvider } from '../../../support/scripted-key.js';

const NTE_NOT_SUPPORTED = 0x80090029;
const NTE_EXISTS = 0x8009000f;

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;

/** A provider without CNG, as Wine is. */
const withoutCng = (): ScriptedProvider =>
  new ScriptedProvider((call) =>
    call.call === 'import' && call.request.location.providerType === 0
      ? NTE_NOT_SUPPORTED
      : new ScriptedKey(),
  );

const imports = (calls: readonly KeyCall[]) =>
  calls.flatMap((call) => (call.call === 'import' ? [call] : []));

const isWiped = ({ request }: ReturnType<typeof imports>[number]): boolean =>
  request.blob.length > 0 && request.blob.every((byte) => byte === 0);

describe('windows/key/import: a key that is imported', () => {
  it('goes into CNG as its own kind, and the copy is zeroed', async () => {
    const stores = new ScriptedProvider(() => new ScriptedKey());
    const p384 = ec('secp384r1');
    const key = await importFrom(stores, rsa, {});
    await importFrom(stores, p384, {});
    const [first, second] = imports(stores.calls);
    assert.ok(first && second);
    assert.deepEqual([first.request.type, first.request.algorithm], ['RSAFULLPRIVATEBLOB', 'RSA']);
    assert.deepEqual(first.blob, toBcryptRsaBlob(rsa));
    assert.deepEqual([second.request.type, second.request.algorithm], ['ECCPRIVATEBLOB', 'ECDSA_P384']);
    assert.deepEqual(second.blob, toBcryptEcBlob(p384));
    assert.ok(isWiped(first) && isWiped(second));
    assert.deepEqual(key.location, first.request.location);
    assert.match(key.location.container, /^schannel-key-/);
    assert.equal(first.request.exportPolicy, 0);
  });

  it('goes into a CSP where Windows has no CNG, and both copies are zeroed', async () => {
    const stores = withoutCng();
    const key = await importFrom(stores, rsa, { exportable: true, silent: true });
    const [cng, capi, ...more] = imports(stores.calls);
    assert.ok(cng && capi);
    assert.deepEqual(more, []);
    assert.equal(capi.request.type, 'PRIVATEKEYBLOB');
    assert.deepEqual(capi.blob, toCapiBlob(rsa));
    assert.equal(capi.request.exportPolicy, 3);
    assert.equal(capi.request.silent, true);
    assert.ok(isWiped(cng) && isWiped(capi));
    assert.deepEqual(
      { ...key.location, container: '' },
      {
        container: '',
        provider: 'Microsoft Enhanced RSA and AES Cryptographic Provider',
        providerType: 24,
        flags: 0,
        keySpec: 1,
      },
    );
  });

  it('on a curve has no other location, and is zeroed too', async () => {
    const stores = withoutCng();
    await assert.rejects(importFrom(stores, ec('prime256v1'), {}), { code: 'ERR_SCHANNEL_KEY_UNSUPPORTED' });
    assert.equal(imports(stores.calls).length, 1);
    assert.ok(imports(stores.calls).every(isWiped));
  });

  it('on a curve does not go into a CSP', async () => {
    const stores = withoutCng();
    const provider = 'Microsoft Strong Cryptographic Provider';
    await assert.rejects(importFrom(stores, ec('prime256v1'), { provider }), {
      code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
      advice: /software/,
    });
    assert.deepEqual(stores.calls, []);
  });

  it('of another kind is refused before Windows sees it', async () => {
    const stores = withoutCng();
    for (const other of [generateKeyPairSync('ed25519').privateKey, ec('secp256k1')]) {
      await assert.rejects(importFrom(stores, other, {}), { code: 'ERR_SCHANNEL_IMPORT_UNSUPPORTED' });
    }
    assert.deepEqual(stores.calls, []);
  });

  it('may come as PEM under a passphrase', async () => {
    const stores = new ScriptedProvider(() => new ScriptedKey());
    const pem = rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'secret' });
    const key = await importFrom(stores, pem, { passphrase: 'secret', name: 'mine' });
    assert.deepEqual(imports(stores.calls)[0]?.blob, toBcryptRsaBlob(rsa));
    assert.equal(key.location.container, 'mine');
    // The provider does not tell the public key; the file does.
    assert.equal(key.publicKey.type, 'public');
    await assert.rejects(importFrom(stores, pem, {}), { code: 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING' });
    await assert.rejects(importFrom(stores, pem, { passphrase: 1 as never }), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });
});

describe('windows/key/import: a key that is kept', () => {
  const name = { container: 'mine', machine: true, exportable: false };

  it('is imported without a question, and closed', async () => {
    const native = new ScriptedKey();
    const stores = new ScriptedProvider(() => native);
    const location = await persist(stores, rsa, name);
    assert.equal(location.flags, 0x20);
    assert.equal(imports(stores.calls)[0]?.request.silent, true);
    assert.equal(native.closed, 1);
  });

  it('does not replace another', async () => {
    const stores = new ScriptedProvider(() => NTE_EXISTS);
    await assert.rejects(persist(stores, rsa, name), { code: 'ERR_SCHANNEL_KEY_EXISTS' });
    assert.ok(stores.calls.every(({ call }) => call === 'import'));
  });

  it('is deleted again when it cannot be closed', async () => {
    const stores = new ScriptedProvider(() => new ScriptedKey({ close: 0x80090020 }));
    await assert.rejects(persist(stores, rsa, name), { status: 0x80090020 });
    assert.deepEqual(
      stores.calls.map(({ call }) => call),
      ['import', 'delete'],
    );
  });
});
