import assert from 'node:assert/strict';
import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  verify,
} from 'node:crypto';
import { generateKey, importKey, openKey, type PrivateKey } from '#lib/store.js';
import { native } from '#lib/native/load.js';
import { handlesBackTo, listContainers, MS_ENH_RSA_AES_PROV } from '../../support/native-store.js';
import { skip } from '../../support/skip.js';
import { onWine } from '../../support/windows.js';

describe('private keys in Windows', () => {
  const data = Buffer.from('to be signed');
  const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  });
  let containers: readonly string[];
  let handles: ReturnType<ReturnType<typeof native>['handleCounts']>;

  beforeEach(async () => {
    containers = await listContainers();
    handles = native().handleCounts();
  });

  /** Runs `body` with a key, and leaves Windows as it was. */
  async function withKey(made: Promise<PrivateKey>, body: (key: PrivateKey) => Promise<void>): Promise<void> {
    const key = await made;
    const { container } = key.location;
    try {
      await body(key);
    } finally {
      await key.delete();
    }
    // Other runs may have other containers in the same location.
    assert.ok(!containers.includes(container));
    assert.ok(!(await listContainers()).includes(container));
    await handlesBackTo(handles);
  }

  const imported = (exportable = false): Promise<PrivateKey> => importKey(pem, { exportable, silent: true });

  for (const algorithm of ['sha1', 'sha256', 'sha384', 'sha512']) {
    it(`sign with ${algorithm} as node:crypto verifies`, async () => {
      await withKey(imported(), async (key) => {
        assert.ok(verify(algorithm, data, pem, await key.sign(algorithm, data)));
        const digest = createHash(algorithm).update(data).digest();
        assert.ok(verify(algorithm, data, pem, await key.signDigest(algorithm, digest)));
      });
    });
  }

  it('are used by many at once', async () => {
    await withKey(imported(), async (key) => {
      const pieces = Array.from({ length: 20 }, (_, index) => Buffer.from(`piece ${index}`));
      const signatures = await Promise.all(pieces.map((piece) => key.sign('sha256', piece)));
      for (const [index, piece] of pieces.entries()) {
        assert.ok(verify('sha256', piece, pem, signatures[index] ?? Buffer.alloc(0)));
      }
    });
  });

  it('decrypt', async () => {
    await withKey(imported(), async (key) => {
      const secret = Buffer.from('a secret');
      const pkcs1 = publicEncrypt({ key: pem, padding: constants.RSA_PKCS1_PADDING }, secret);
      assert.deepEqual(await key.decrypt(pkcs1, { padding: 'pkcs1' }), secret);
    });
  });

  it('know their facts and their public key', async () => {
    await withKey(imported(), (key) => {
      assert.ok(key.publicKey.equals(createPublicKey(pem)));
      assert.equal(key.facts.algorithm, 'rsa');
      assert.equal(key.facts.bits, 2048);
      assert.equal(key.facts.container, key.location.container);
      assert.equal(key.facts.hardware, false);
      assert.equal(key.facts.exportable, 'no');
      assert.equal(key.facts.machine, false);
      return Promise.resolve();
    });
  });

  it('leave Windows only where they may', async () => {
    await withKey(imported(true), async (key) => {
      assert.equal(key.facts.exportable, 'yes');
      assert.equal((await key.exportKeyObject()).export({ type: 'pkcs8', format: 'pem' }), pem);
      assert.equal(await key.export(), pem);
    });
    await withKey(imported(), async (key) => {
      await assert.rejects(key.export(), { code: 'ERR_SCHANNEL_KEY_NOT_EXPORTABLE', advice: /exportable/ });
    });
  });

  it('are made, and opened again by name', async () => {
    const made = generateKey({ modulusLength: 1024, silent: true });
    await withKey(made, async (key) => {
      assert.match(key.location.container, /^schannel-key-/);
      // Wine writes a container that was made when it is given back, Windows at once.
      await key.close();
      const again = await openKey({ name: key.location.container, silent: true });
      assert.ok(again.publicKey.equals(key.publicKey));
      assert.ok(verify('sha256', data, key.publicKey, await again.sign('sha256', data)));
      await again.close();
    });
  });

  it('may be put into a CSP by its name', async () => {
    const provider = 'Microsoft Enhanced Cryptographic Provider v1.0';
    await withKey(importKey(pem, { provider, silent: true }), async (key) => {
      assert.equal(key.location.providerType, 1);
      assert.equal(key.facts.provider, provider);
      assert.ok(verify('sha1', data, pem, await key.sign('sha1', data)));
    });
  });

  it('refuse PSS in a CSP, and say where it is available', async () => {
    await withKey(importKey(pem, { provider: MS_ENH_RSA_AES_PROV, silent: true }), async (key) => {
      await assert.rejects(key.sign('sha256', data, { padding: 'pss' }), {
        code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
        advice: /key storage provider/,
      });
    });
  });

  it('are given back by using', async () => {
    const key = await imported();
    const { location } = key;
    {
      await using again = await openKey({ name: location.container, silent: true });
      assert.equal(again.location.container, location.container);
    }
    {
      using again = await openKey({ name: location.container, silent: true });
      assert.equal(again.location.container, location.container);
    }
    await key.delete();
    await handlesBackTo(handles);
  });

  it('are not found under an unused name', async () => {
    await assert.rejects(openKey({ name: 'schannel-nobody-has-this-name', silent: true }), {
      code: 'ERR_SCHANNEL_KEY_NOT_FOUND',
    });
  });

  it('are not on curves where Windows has no CNG', async function () {
    if (!onWine()) skip(this, 'this Windows has it');
    await assert.rejects(generateKey({ algorithm: 'ec', silent: true }), {
      code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
    });
    assert.deepEqual(native().handleCounts(), handles);
  });

  it('are on curves where Windows has CNG', async function () {
    if (onWine()) skip(this, 'Wine has no CNG that keeps keys');
    for (const namedCurve of ['P-256', 'P-384', 'P-521'] as const) {
      await withKey(generateKey({ algorithm: 'ec', namedCurve, silent: true }), async (key) => {
        assert.equal(key.facts.curve, namedCurve);
        assert.ok(verify('sha512', data, key.publicKey, await key.sign('sha512', data)));
      });
    }
  });
});
