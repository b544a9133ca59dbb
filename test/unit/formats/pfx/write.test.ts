import assert from 'node:assert/strict';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { parsePfx } from '#lib/formats/pfx/parse.js';
import { writePfx } from '#lib/formats/pfx/write.js';
import { sharedRoot } from '../../../support/certificates.js';
import { assertSameKey, codeOf, derOf, sha256 } from '../../../support/key-material.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';

describe('formats/pfx/write', () => {
  const identities: { key: KeyObject; certificates: Uint8Array[] }[] = [];
  before(async () => {
    const root = await sharedRoot();
    for (const kind of ['rsa', 'ec'] as const) {
      const leaf = await root.issue({ key: kind });
      identities.push({ key: createPrivateKey(leaf.key), certificates: [root.certificate.der, leaf.der] });
    }
  });

  for (const [encryption, names, mac] of [
    [
      'aes256',
      ['PBES2 AES-256-CBC, PBKDF2 with HMAC-SHA-256'],
      { name: 'HMAC-SHA-256', iterations: 100_000 },
    ],
    ['legacy', ['3DES, SHA-1'], { name: 'HMAC-SHA-1', iterations: 10_000 }],
  ] as const) {
    it(`writes ${encryption}, which reads back equal`, () => {
      for (const { key, certificates } of identities) {
        const bytes = writePfx({
          key,
          certificates,
          password: 'Pässwort',
          friendlyName: 'Größe ☺',
          encryption,
        });
        const pfx = parsePfx(bytes, 'Pässwort');
        assert.deepEqual(pfx.encryption, names);
        assert.deepEqual(pfx.mac, mac);
        assert.deepEqual(
          pfx.certificates.map(({ der }) => sha256(der)),
          [...certificates].reverse().map(sha256),
        );
        const [identity] = pfx.identities;
        assert.ok(identity);
        assert.equal(identity.certificate.friendlyName, 'Größe ☺');
        assert.equal(identity.certificate.localKeyId, identity.key.localKeyId);
        assertSameKey(identity.key.privateKey, key);
        assert.equal(
          codeOf(() => parsePfx(bytes, 'Passwort')),
          'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
        );
      }
    });

    it(`writes ${encryption}, which OpenSSL opens`, function () {
      needsOpenssl(this);
      const openssl = new Openssl();
      for (const { key, certificates } of identities) {
        for (const password of ['secret', '']) {
          openssl.write('out.pfx', writePfx({ key, certificates, password, encryption, iterations: 2000 }));
          const read = ['pkcs12', '-in', 'out.pfx', '-passin', `pass:${password}`, '-nodes'];
          const keyText = openssl.run(...read, '-nocerts');
          assertSameKey(createPrivateKey(keyText), key);
          const leaf = openssl.run(...read, '-nokeys', '-clcerts').replace(/^[^]*?(?=-----BEGIN)/, '');
          assert.equal(sha256(derOf(leaf)), sha256(certificates[1] ?? new Uint8Array()));
        }
      }
      openssl.remove();
    });
  }

  it('gives no name to the key: Windows would make it that of the container', () => {
    const [identity] = identities;
    assert.ok(identity);
    const bytes = writePfx({ ...identity, password: 'x', friendlyName: 'name', iterations: 10 });
    assert.equal(parsePfx(bytes, 'x').keys[0]?.friendlyName, null);
  });

  it('never writes the same bytes twice', () => {
    const [identity] = identities;
    assert.ok(identity);
    const once = (): string => sha256(writePfx({ ...identity, password: 'x', iterations: 10 }));
    assert.notEqual(once(), once());
  });

  it('refuses certificates of another key, and iterations that Windows would refuse', () => {
    const [one, other] = identities;
    assert.ok(one && other);
    assert.throws(() => writePfx({ key: one.key, certificates: other.certificates, password: 'x' }), {
      name: 'RangeError',
      code: 'ERR_INVALID_ARG_VALUE',
    });
    for (const iterations of [0, 1.5, -1, 600_001, Number.NaN]) {
      assert.throws(() => writePfx({ ...one, password: 'x', iterations }), {
        name: 'RangeError',
        code: 'ERR_OUT_OF_RANGE',
      });
    }
  });
});
