import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parsePfx } from '#lib/formats/pfx/parse.js';
import { type TestAuthority, type TestCertificate, sharedRoot } from '../../../support/certificates.js';
import { codeOf, derOf, sha256 } from '../../../support/key-material.js';
import { type BagRecipe, buildPfx, type PfxRecipe } from '../../../support/pfx-builder.js';

interface Expectation {
  readonly what: string;
  readonly password: string | null;
  readonly identities: readonly {
    readonly certificate: string;
    readonly key: string;
    readonly chain: number;
  }[];
}

const FIXTURES = path.join(__dirname, '..', '..', '..', '..', 'test', 'fixtures', 'pfx');
const fixture = (name: string): Buffer => readFileSync(path.join(FIXTURES, `${name}.pfx`));
const expected = JSON.parse(readFileSync(path.join(FIXTURES, 'expected.json'), 'utf8')) as Readonly<
  Record<string, Expectation>
>;

describe('formats/pfx/parse', () => {
  let root: TestAuthority;
  let leaf: TestCertificate;
  before(async () => {
    root = await sharedRoot();
    leaf = await root.issue();
  });
  const certificate = (): BagRecipe => ({ certificate: leaf.der });
  const key = (recipe: Partial<BagRecipe> = {}): BagRecipe => ({
    key: derOf(leaf.key),
    encryption: '3des',
    ...recipe,
  });
  const build = (recipe: Partial<PfxRecipe> = {}): Buffer =>
    buildPfx({
      parts: [{ encryption: '3des', bags: [certificate()] }, { bags: [key()] }],
      iterations: 10,
      ...recipe,
    });

  for (const [name, { what, password, identities }] of Object.entries(expected)) {
    it(`reads ${name}: ${what}`, () => {
      const pfx = parsePfx(fixture(name), password ?? undefined);
      const found = pfx.identities.map((identity) => ({
        certificate: sha256(identity.certificate.der),
        key: sha256(identity.key.privateKey.export({ format: 'der', type: 'pkcs8' })),
        chain: identity.chain().length,
      }));
      assert.deepEqual(found, identities);
      for (const { certificate: own, chain } of pfx.identities) assert.equal(chain()[0], own);
    });
  }

  it('orders a chain from the leaf to the root, whatever the order of the file', () => {
    const [identity] = parsePfx(fixture('windows-3des'), 'Pässwort').identities;
    const { certificates } = parsePfx(fixture('windows-3des'), 'Pässwort');
    const places = identity
      ?.chain()
      .map(({ der }) => certificates.findIndex((other) => other.der.equals(der)));
    assert.deepEqual(places, [2, 1, 0]);
  });

  it('returns what Windows writes with a key', () => {
    const [windowsKey] = parsePfx(fixture('windows-3des'), 'Pässwort').keys;
    assert.equal(windowsKey?.friendlyName, '{7A1B9C54-3B0E-4F39-9E55-0C6C5A8F2D11}');
    assert.equal(windowsKey.provider, 'Microsoft RSA SChannel Cryptographic Provider');
    assert.equal(windowsKey.machineKeyset, true);
    assert.equal(windowsKey.localKeyId, '01000000');
  });

  it('names the algorithms it found', () => {
    const { encryption, mac } = parsePfx(fixture('xca'), 'Pässwort');
    assert.deepEqual(encryption, ['RC2-40, SHA-1', '3DES, SHA-1']);
    assert.deepEqual(mac, { name: 'HMAC-SHA-1', iterations: 2000 });
  });

  it('decides by public keys, not by identifiers', async () => {
    const other = await root.issue();
    const id = Buffer.of(1);
    const swapped = build({
      parts: [{ bags: [{ certificate: other.der, localKeyId: id }, certificate(), key({ localKeyId: id })] }],
    });
    const { identities, certificates } = parsePfx(swapped, 'secret');
    assert.equal(certificates.length, 2);
    assert.deepEqual(
      identities.map(({ certificate: own }) => own),
      [certificates[1]],
    );
  });

  it('leaves a key without certificate, and certificates without key, out of the identities', () => {
    const lone = parsePfx(build({ parts: [{ bags: [key()] }] }), 'secret');
    assert.deepEqual([lone.keys.length, lone.certificates.length, lone.identities.length], [1, 0, 0]);
    assert.equal(lone.keysWithoutCertificate, 1);
    const authorities = parsePfx(build({ parts: [{ bags: [certificate()] }] }), 'secret');
    assert.deepEqual(
      [authorities.keys.length, authorities.certificates.length, authorities.identities.length],
      [0, 1, 0],
    );
  });

  describe('passwords', () => {
    it('distinguishes a missing one from a wrong one', () => {
      assert.equal(
        codeOf(() => parsePfx(build())),
        'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
      );
      assert.equal(
        codeOf(() => parsePfx(build(), 'Secret')),
        'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
      );
      assert.equal(
        codeOf(() => parsePfx(build(), '')),
        'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
      );
    });

    it('distinguishes them without a MAC too', () => {
      const bytes = build({ mac: null });
      assert.equal(
        codeOf(() => parsePfx(bytes)),
        'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
      );
      assert.equal(
        codeOf(() => parsePfx(bytes, 'Secret')),
        'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
      );
      assert.equal(parsePfx(bytes, 'secret').identities.length, 1);
    });

    for (const name of ['null-password', 'empty-password']) {
      it(`opens ${name} when none is given and when an empty one is`, () => {
        assert.equal(parsePfx(fixture(name)).identities.length, 1);
        assert.equal(parsePfx(fixture(name), '').identities.length, 1);
        assert.equal(
          codeOf(() => parsePfx(fixture(name), 'x')),
          'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
        );
      });
    }

    it('needs none if nothing is encrypted', () => {
      const open = build({ parts: [{ bags: [certificate(), key({ encryption: 'none' })] }], mac: null });
      assert.equal(parsePfx(open).identities.length, 1);
      assert.deepEqual(parsePfx(open).encryption, []);
    });

    it('says when the MAC has another password than the content', () => {
      const two = build({ macPassword: 'another' });
      assert.throws(() => parsePfx(two, 'another'), {
        code: 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
        message: /different passwords/,
      });
    });

    it('says when the password is right and the bytes were changed', () => {
      const bytes = build();
      // The last bytes of the file are the salt and iterations of the MAC; its value stands before them.
      const changed = Buffer.from(bytes);
      const valueEnd = changed.length - 10 - 3;
      changed[valueEnd - 1] = (changed[valueEnd - 1] ?? 0) ^ 1;
      assert.equal(
        codeOf(() => parsePfx(changed, 'secret')),
        'ERR_SCHANNEL_IMPORT_DAMAGED',
      );
      assert.equal(
        codeOf(() => parsePfx(changed, 'wrong')),
        'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
      );
    });
  });

  it('reports a missing password even if trying to find one takes all the allowed work', () => {
    assert.equal(
      codeOf(() => parsePfx(build({ iterations: 1000 }), undefined, { totalIterations: 7600 })),
      'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
    );
  });
});
