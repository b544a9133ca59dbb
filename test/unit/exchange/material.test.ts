import assert from 'node:assert/strict';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { limitsOf, type Material, type MaterialRequest } from '#lib/exchange/material.js';
import { readMaterialOffThread } from '#lib/exchange/material-off-thread.js';
import { sharedRoot, type TestCertificate } from '../../support/certificates.js';
import { derOf, sha256 } from '../../support/key-material.js';
import { buildPfx, type PfxRecipe } from '../../support/pfx-builder.js';

/** Beyond what is done on the calling thread, and half a second at most. */
const MANY_ITERATIONS = 200_000;

describe('exchange/material', () => {
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
    assert.equal(sha256(identity.certificate), sha256(leaf.der));
    assert.equal(pkcs8(identity.key), pkcs8(createPrivateKey(leaf.key)));
    assert.equal(identity.friendlyName, friendlyName);
    assert.deepEqual(material.certificates.map(sha256).sort(), [leaf.der, authority.der].map(sha256).sort());
    assert.equal(material.keysWithoutCertificate, 0);
  }

  it('is the same from either thread', async () => {
    check(await read(pfx(), 'secret'), 'Größe');
    check(await read(pfx({ iterations: MANY_ITERATIONS }), 'secret'), 'Größe');
  });

  it('leaves the event loop free while many iterations are made', async () => {
    const bytes = pfx({ iterations: MANY_ITERATIONS });
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 1);
    try {
      await read(bytes, 'secret');
    } finally {
      clearInterval(counting);
    }
    assert.ok(turns > 3, `${turns} turns`);
  });

  it('tells the failures of the other thread as its own', async () => {
    const bytes = pfx({ iterations: MANY_ITERATIONS });
    await assert.rejects(read(bytes, 'wrong'), { code: 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG' });
    await assert.rejects(read(bytes), { code: 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING' });
    await assert.rejects(read(bytes, 'secret', { limits: limitsOf({ totalIterations: 100_000 }) }), {
      code: 'ERR_SCHANNEL_IMPORT_ITERATIONS',
      advice: /raise the limit/,
    });
  });

  it('tells a changed file from a wrong password, for which it takes more work', async () => {
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

    it('counts keys whose certificate is not there', async () => {
      const { identities, keysWithoutCertificate } = await pem(leaf.key + authority.cert);
      assert.deepEqual([identities.length, keysWithoutCertificate], [0, 1]);
    });

    it('bounds how many there are', async () => {
      await assert.rejects(pem(leaf.cert.repeat(3), undefined, limitsOf({ bags: 2 })), {
        code: 'ERR_SCHANNEL_IMPORT_TOO_MANY_BAGS',
      });
    });
  });
});
