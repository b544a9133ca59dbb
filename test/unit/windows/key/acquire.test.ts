import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { acquire } from '#lib/windows/key/acquire.js';
import type { Callback } from '#lib/native/binding.js';
import type {
  NativeCertificate,
  NativeEnd,
  NativeKey,
  NativeKeyDialog,
  NativeKeyLocation,
  NativeOutcome,
} from '#lib/native/store-binding.js';
import { selfSigned, type TestCertificate } from '../../../support/certificates.js';
import { oddLeaf, UNREADABLE } from '../../../support/odd-leaf.js';
import {
  type Answer,
  ScriptedKey,
  ScriptedProvider,
  SOFTWARE_LOCATION,
} from '../../../support/scripted-key.js';

const CRYPT_E_NO_KEY_PROPERTY = 0x8009200b;
const NTE_NOT_SUPPORTED = 0x80090029;
const NTE_BAD_PUBLIC_KEY = 0x80090015;

/** A certificate that says where its key is. */
class ScriptedCertificate implements NativeCertificate {
  constructor(
    readonly encoded: Uint8Array,
    readonly location: NativeKeyLocation | null,
  ) {}

  keyLocation(): NativeKeyLocation | null {
    return this.location;
  }

  property(): null {
    return null;
  }

  setProperty(_id: number, _value: Uint8Array | null, callback: Callback<NativeEnd>): void {
    setImmediate(() => callback({ status: 0, syscall: '' }));
  }

  setKeyLocation(_location: NativeKeyLocation | null, callback: Callback<NativeEnd>): void {
    setImmediate(() => callback({ status: 0, syscall: '' }));
  }

  close(): void {}
}

/** CryptAcquireCertificatePrivateKey with this answer. */
function stores(answer: Answer<NativeKey>) {
  const asked: [number, NativeKeyDialog][] = [];
  return Object.assign(new ScriptedProvider(() => NTE_NOT_SUPPORTED), {
    asked,
    acquireKey(
      _certificate: NativeCertificate,
      flags: number,
      dialog: NativeKeyDialog,
      callback: Callback<NativeOutcome<NativeKey>>,
    ): void {
      asked.push([flags, dialog]);
      const syscall = 'CryptAcquireCertificatePrivateKey';
      if (typeof answer === 'number') setImmediate(() => callback({ value: null, status: answer, syscall }));
      else setImmediate(() => callback({ value: answer }));
    },
  });
}

describe('windows/key/acquire', () => {
  const dialog = { silent: true, window: 0 };
  let identity: TestCertificate;

  before(async () => {
    identity = await selfSigned();
  });

  it('is opened by CNG where it can be, and compared', async () => {
    const certificate = new ScriptedCertificate(identity.der, SOFTWARE_LOCATION);
    const windows = stores(new ScriptedKey({ publicKey: createPublicKey(identity.cert) }));
    const key = await acquire(windows, certificate, dialog);
    assert.deepEqual(windows.asked, [[0x20004, dialog]]);
    assert.equal(key.location, SOFTWARE_LOCATION);
  });

  it('has the public key of the certificate if the provider does not report it', async () => {
    const certificate = new ScriptedCertificate(identity.der, SOFTWARE_LOCATION);
    const key = await acquire(stores(new ScriptedKey()), certificate, dialog);
    assert.ok(key.publicKey.equals(createPublicKey(identity.cert)));
    assert.equal(key.facts.algorithm, 'ec');
    assert.equal(key.facts.curve, 'P-256');
  });

  it('is refused by code, and Windows not asked, when OpenSSL cannot read the certificate', async () => {
    const windows = stores(new ScriptedKey());
    for (const oddity of Object.values(UNREADABLE)) {
      const certificate = new ScriptedCertificate(oddLeaf(identity, oddity).der, SOFTWARE_LOCATION);
      await assert.rejects(acquire(windows, certificate, dialog), {
        code: 'ERR_SCHANNEL_OPTION_CERTIFICATE',
      });
    }
    assert.deepEqual(windows.asked, []);
  });

  it('has the location that it reports if the certificate has a handle instead of a name', async () => {
    const facts = { name: 'elsewhere', machine: true };
    const key = await acquire(
      stores(new ScriptedKey({ facts })),
      new ScriptedCertificate(identity.der, null),
      dialog,
    );
    assert.deepEqual(key.location, { ...SOFTWARE_LOCATION, container: 'elsewhere', flags: 0x20 });
  });

  it('is refused and closed if it belongs to another certificate, even if Windows did not notice', async () => {
    const native = new ScriptedKey({
      publicKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
    });
    const certificate = new ScriptedCertificate(identity.der, SOFTWARE_LOCATION);
    const mismatch = { code: 'ERR_SCHANNEL_KEY_MISMATCH' };
    await assert.rejects(acquire(stores(native), certificate, dialog), mismatch);
    assert.equal(native.closed, 1);
    await assert.rejects(acquire(stores(NTE_BAD_PUBLIC_KEY), certificate, dialog), mismatch);
  });

  it('is missing where none is named', async () => {
    const certificate = new ScriptedCertificate(identity.der, null);
    await assert.rejects(acquire(stores(CRYPT_E_NO_KEY_PROPERTY), certificate, dialog), {
      code: 'ERR_SCHANNEL_KEY_MISSING',
      status: CRYPT_E_NO_KEY_PROPERTY,
    });
  });
});
