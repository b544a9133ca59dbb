import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { type Certificate, createSelfSigned, exportPfx, importPfx } from 'schannel/store';
import { openssl } from '../../support/openssl-peer.js';
import { needsPeer } from '../../support/peers.js';
import { removeWithKey } from '../../support/remove-certificate.js';
import { skip } from '../../support/skip.js';
import { onWine } from '../../support/windows.js';

const PASSWORD = 'secret';

/** The key of a PFX, as OpenSSL reads it. */
async function keyIn(pfx: Buffer): Promise<KeyObject> {
  const args = ['pkcs12', '-passin', `pass:${PASSWORD}`, '-nodes', '-nocerts'];
  return createPrivateKey(await openssl(args, {}, pfx));
}

describe('PFX files with a key on a curve', () => {
  before(async function () {
    if (onWine()) skip(this, 'Wine keeps no such keys');
    await needsPeer(this, 'openssl');
  });

  for (const namedCurve of ['P-256', 'P-384'] as const) {
    for (const encryption of ['aes256', 'legacy'] as const) {
      it(`${namedCurve} under ${encryption}: out of CNG, as OpenSSL reads it`, async () => {
        const certificate: Certificate = await createSelfSigned({
          dns: ['localhost'],
          subject: `CN=${randomUUID()}`,
          key: { algorithm: 'ec', namedCurve, exportable: true, silent: true },
        });
        try {
          const key = await keyIn(await exportPfx(certificate, { password: PASSWORD, encryption }));
          assert.equal(key.asymmetricKeyDetails?.namedCurve, NAMES[namedCurve]);
          await using own = await certificate.openPrivateKey({ silent: true });
          assert.ok(key.equals(await own.exportKeyObject()));
        } finally {
          await removeWithKey(certificate);
        }
      });
    }

    it(`${namedCurve}: from OpenSSL into CNG and back`, async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve });
      const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
      const subject = `/CN=${randomUUID()}`;
      const cert = await openssl(['req', '-x509', '-key', '{file:key}', '-subj', subject, '-days', '1'], {
        key: pem,
      });
      const args = ['pkcs12', '-export', '-in', '{file:all}', '-passout', `pass:${PASSWORD}`];
      const pfx = await openssl(args, { all: `${pem}${cert.toString()}` });
      const { identities } = await importPfx(pfx, { password: PASSWORD, exportable: true });
      const [identity] = identities;
      assert.ok(identity);
      try {
        assert.ok(privateKey.equals(await keyIn(await exportPfx(identity, { password: PASSWORD }))));
      } finally {
        await removeWithKey(identity);
      }
    });
  }
});

/** OpenSSL's names of the curves. */
const NAMES = { 'P-256': 'prime256v1', 'P-384': 'secp384r1' } as const;
