import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { newContainerName } from '#lib/windows/key/container-name.js';
import { acquireKeyOf, persistKey, removeKey } from '#lib/windows/key/keys.js';
import { native } from '#lib/native/load.js';
import type { NativeCertificate, NativeKeyLocation } from '#lib/native/store-binding.js';
import { selfSigned, type TestCertificate } from '../../support/certificates.js';
import { end, handlesBackTo, listContainers } from '../../support/native-store.js';
import { onWine } from '../../support/windows.js';

describe('keys kept by Windows', () => {
  let identity: TestCertificate;
  let containers: readonly string[];

  before(async () => {
    identity = await selfSigned({ key: 'rsa' });
    containers = await listContainers();
  });

  /** Runs `body` with the identity's key in a separate container, and removes that. */
  async function withKey(body: (location: NativeKeyLocation) => Promise<void>): Promise<void> {
    const container = newContainerName('test');
    const key = createPrivateKey(identity.key);
    const location = await persistKey(key, { container, machine: false, exportable: false });
    try {
      assert.equal(location.container, container);
      await body(location);
    } finally {
      await removeKey(location);
    }
  }

  /** A certificate that says where its key is. */
  async function certificateWith(
    location: NativeKeyLocation,
    der = identity.der,
  ): Promise<NativeCertificate> {
    const certificate = native().createCertificate(der);
    await end((callback) => certificate.setKeyLocation(location, callback));
    return certificate;
  }

  it('sign for the certificate that names them', async () => {
    const handles = native().handleCounts();
    await withKey(async (location) => {
      const certificate = await certificateWith(location);
      const key = await acquireKeyOf(certificate, { silent: true });
      certificate.close();
      assert.deepEqual(key.location, location);
      assert.equal(key.facts.container, location.container);
      assert.ok(key.publicKey.equals(createPublicKey(identity.cert)));
      const data = Buffer.from('to be signed');
      assert.ok(verify('sha256', data, identity.cert, await key.sign('sha256', data)));
      await key.close();
    });
    await handlesBackTo(handles);
  });

  it('are not mistaken for those of another certificate', async () => {
    const handles = native().handleCounts();
    const other = await selfSigned({ key: 'rsa' });
    await withKey(async (location) => {
      const certificate = await certificateWith(location, other.der);
      await assert.rejects(acquireKeyOf(certificate, { silent: true }), {
        code: 'ERR_SCHANNEL_KEY_MISMATCH',
        // Wine does not compare, and the library does.
        ...(!onWine() && { statusName: 'NTE_BAD_PUBLIC_KEY' }),
      });
      certificate.close();
    });
    await handlesBackTo(handles);
  });

  it('do not take the name of another', async () => {
    await withKey(async ({ container }) => {
      const again = persistKey(createPrivateKey(identity.key), {
        container,
        machine: false,
        exportable: false,
      });
      await assert.rejects(again, { code: 'ERR_SCHANNEL_KEY_EXISTS' });
    });
  });

  it('are said to be missing where a certificate names none', async () => {
    const certificate = native().createCertificate(new X509Certificate(identity.cert).raw);
    await assert.rejects(acquireKeyOf(certificate, { silent: true }), { code: 'ERR_SCHANNEL_KEY_MISSING' });
    certificate.close();
  });

  it('are gone when they were removed', async () => {
    let removed: NativeKeyLocation | undefined;
    await withKey((location) => {
      removed = location;
      return Promise.resolve();
    });
    assert.ok(removed);
    await assert.rejects(removeKey(removed), { code: 'ERR_SCHANNEL_KEY_NOT_FOUND' });
    assert.deepEqual([...(await listContainers())].sort(), [...containers].sort());
  });
});
