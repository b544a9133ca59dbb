import assert from 'node:assert/strict';
import crypto, { createPrivateKey, type KeyObject } from 'node:crypto';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { createRequire } from 'node:module';
import { limitsOf, type Material, type MaterialRequest } from '#lib/windows/import-export/material.js';
import { AT_ONCE, readMaterialOffThread } from '#lib/windows/import-export/material-off-thread.js';
import { beginCalls } from '../../../support/calls.js';
import { sharedRoot, type TestCertificate } from '../../../support/certificates.js';
import { derOf, sha256 } from '../../../support/key-material.js';
import { buildPfx, encryptedKey, type PfxRecipe } from '../../../support/pfx-builder.js';

/** Beyond what is done on the calling thread. */
const MANY_ITERATIONS = 200_000;

describe('windows/import-export/material', () => {
  let leaf: TestCertificate;
  let authority: TestCertificate;
  before(async () => {
    const root = await sharedRoot();
    authority = root.certificate;
    leaf = await root.issue();
  });

  const pfx = (recipe: Partial<PfxRecipe> = {}): Buffer =>
    buildPfx({
      parts: [
        {
          encryption: 'aes256',
          bags: [{ certificate: authority.der }, { certificate: leaf.der, friendlyName: 'Größe' }],
        },
        { bags: [{ key: derOf(leaf.key), encryption: 'aes256', friendlyName: 'container' }] },
      ],
      password: 'secret',
      mac: 'pbmac1',
      iterations: 10,
      ...recipe,
    });
  const read = (
    bytes: Uint8Array,
    password?: string,
    request: Partial<MaterialRequest> = {},
  ): Promise<Material> =>
    readMaterialOffThread({ kind: 'pfx', bytes, password, limits: limitsOf(), ...request });
  const pkcs8 = (key: KeyObject): string => sha256(key.export({ format: 'der', type: 'pkcs8' }));

  function check(material: Material, friendlyName: string | null): void {
    const [identity] = material.identities;
    assert.ok(identity);
    assert.equal(sha256(identity.certificate.der), sha256(leaf.der));
    assert.equal(pkcs8(identity.key), pkcs8(createPrivateKey(leaf.key)));
    assert.equal(identity.friendlyName, friendlyName);
    const hashes = material.certificates.map(({ der }) => sha256(der)).sort();
    assert.deepEqual(hashes, [leaf.der, authority.der].map(sha256).sort());
    assert.ok(material.certificates.includes(identity.certificate));
    for (const { der } of material.certificates) assert.equal(der.buffer.byteLength, der.byteLength);
    assert.equal(material.keysWithoutCertificate, 0);
  }

  it('is the same from either thread', async () => {
    check(await read(pfx(), 'secret'), 'Größe');
    check(await read(pfx({ iterations: MANY_ITERATIONS }), 'secret'), 'Größe');
  });

  /** Iterations of PBKDF2 on this thread meanwhile. Another thread has another crypto object. */
  async function iterationsHere(work: () => Promise<unknown>): Promise<number> {
    const calls = beginCalls(crypto, 'pbkdf2Sync');
    try {
      await work();
    } finally {
      calls.end();
    }
    return calls.made.reduce((sum, [, , iterations]) => sum + Number(iterations), 0);
  }

  it('does not block the event loop during many iterations', async () => {
    const [few, many] = [pfx(), pfx({ iterations: MANY_ITERATIONS })];
    assert.equal(await iterationsHere(() => read(few, 'secret')), 30);
    const made = await iterationsHere(async () => check(await read(many, 'secret'), 'Größe'));
    assert.equal(made, 0);
  });

  it('decodes little on the calling thread', async () => {
    // Small, and refused by all limits alike.
    const bytes = Buffer.concat([
      Buffer.from('3080020103', 'hex'),
      Buffer.alloc(100_000, Buffer.from('3080', 'hex')),
    ]);
    const asn1js = createRequire(__filename)('asn1js') as { readonly fromBER: unknown };
    const calls = beginCalls(asn1js, 'fromBER');
    try {
      await assert.rejects(read(bytes), { code: 'ERR_SCHANNEL_IMPORT_TOO_LARGE' });
    } finally {
      calls.end();
    }
    assert.equal(calls.made.length, 0);
  });

  it('reports the failures of the other thread as its own', async () => {
    const bytes = pfx({ iterations: MANY_ITERATIONS });
    await assert.rejects(read(bytes, 'wrong'), { code: 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG' });
    await assert.rejects(read(bytes), { code: 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING' });
    await assert.rejects(read(bytes, 'secret', { limits: limitsOf({ totalIterations: 100_000 }) }), {
      code: 'ERR_SCHANNEL_IMPORT_ITERATIONS',
      advice: /raise the limit/,
    });
  });

  it('distinguishes a changed file from a wrong password, which takes more work', async () => {
    // Of the two iterations of a MAC that does not fit and a part that opens, the first is within what is done at once.
    const parts = [{ encryption: '3des' as const, bags: [{ certificate: leaf.der }] }];
    const bytes = buildPfx({ parts, iterations: 20_000, macPassword: 'another' });
    await assert.rejects(read(bytes, 'secret'), { code: 'ERR_SCHANNEL_IMPORT_DAMAGED' });
  });

  it('ends the other thread when it is cancelled', async () => {
    const controller = new AbortController();
    const reading = readMaterialOffThread(
      { kind: 'pfx', bytes: pfx({ iterations: MANY_ITERATIONS }), password: 'secret', limits: limitsOf() },
      controller.signal,
    );
    controller.abort();
    await assert.rejects(reading, { name: 'AbortError' });
    await assert.rejects(
      readMaterialOffThread(
        { kind: 'pfx', bytes: pfx(), password: 'secret', limits: limitsOf() },
        controller.signal,
      ),
      { name: 'AbortError' },
    );
  });

  describe('of PEM', () => {
    const pem = (text: string, password?: string, limits = limitsOf()): Promise<Material> =>
      read(Buffer.from(text), password, { kind: 'certificates', limits });

    it('finds the certificate of a key, whatever their order', async () => {
      check(await pem(authority.cert + leaf.key + leaf.cert), null);
    });

    it('opens an encrypted key', async () => {
      const key = createPrivateKey(leaf.key).export({
        format: 'pem',
        type: 'pkcs8',
        cipher: 'aes-256-cbc',
        passphrase: 'secret',
      });
      const text = `${key.toString()}${leaf.cert}${authority.cert}`;
      check(await pem(text, 'secret'), null);
      await assert.rejects(pem(text), { code: 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING' });
      await assert.rejects(pem(text, 'wrong'), { code: 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG' });
    });

    it('counts the work of all keys of a file, and opens none of too many', async () => {
      const passphrase = 'secret';
      const options = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase } as const;
      const key = createPrivateKey(leaf.key).export(options).toString();
      // OpenSSL makes 2,048 iterations, which count 512, and reading a key counts 500.
      const most = limitsOf({ totalIterations: 12_800 });
      const [twelve, made] = await counted(() => pem(key.repeat(12) + leaf.cert, passphrase, most));
      assert.deepEqual([twelve, made], [null, 12 * 2048]);
      assert.deepEqual(await counted(() => pem(key.repeat(13) + leaf.cert, passphrase, most)), [
        'ERR_SCHANNEL_IMPORT_ITERATIONS',
        0,
      ]);
    });

    it('reads small files of much work on the other thread', async () => {
      const recipe = { password: 'secret', iterations: 100_000 };
      const key = encryptedKey(derOf(leaf.key), 'aes256', recipe).toString('base64');
      const block = `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${key}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
      const text = block.repeat(6) + leaf.cert;
      assert.ok(text.length < AT_ONCE.bytes);
      const [code, made] = await counted(async () => {
        const { identities, keysWithoutCertificate } = await pem(text, 'secret');
        assert.deepEqual([identities.length, keysWithoutCertificate], [1, 0]);
      });
      assert.deepEqual([code, made], [null, 0]);
    });

    /** The code of the failure, and the iterations on this thread. */
    async function counted(work: () => Promise<unknown>): Promise<[string | null, number]> {
      let code: string | null = null;
      const made = await iterationsHere(() =>
        work().catch((error: unknown) => {
          if (!(error instanceof SchannelError)) throw error;
          ({ code } = error);
        }),
      );
      return [code, made];
    }

    it('counts keys without a certificate', async () => {
      const { identities, keysWithoutCertificate } = await pem(leaf.key + authority.cert);
      assert.deepEqual([identities.length, keysWithoutCertificate], [0, 1]);
    });

    it('limits their number', async () => {
      await assert.rejects(pem(leaf.cert.repeat(3), undefined, limitsOf({ bags: 2 })), {
        code: 'ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS',
      });
    });
  });
});
