import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, releaseUnusedResources } from 'schannel';
import {
  type Certificate,
  createSelfSigned,
  generateKey,
  openKey,
  openStore,
  preflight,
  type GenerateKeyOptions,
} from 'schannel/store';
import { removeKey } from '#lib/windows/key/keys.js';
import { runFixture } from '../../support/child.js';
import { startServerAccepting } from '../../support/client-identity.js';
import { steer, whileFixed } from '../../support/double.js';
import { needsPeer } from '../../support/peers.js';
import { skip } from '../../support/skip.js';
import { onDouble } from '../../support/windows.js';

/** A certificate of CurrentUser\\MY with its key, as long as `body` takes. */
async function withCertificate(
  key: GenerateKeyOptions,
  body: (certificate: Certificate, name: string) => Promise<void>,
): Promise<void> {
  const certificate = await createSelfSigned({ dns: ['localhost'], key: { ...key, silent: true } });
  const { thumbprint, keyLocation } = certificate;
  assert.ok(keyLocation);
  try {
    await body(certificate, keyLocation.container);
  } finally {
    certificate.close();
    await releaseUnusedResources();
    using store = await openStore('MY');
    await store.remove(thumbprint);
    await removeKey(keyLocation);
  }
}

const EC = { algorithm: 'ec' } as const;
const NETWORK_SERVICE = 'S-1-5-20';

describe('private keys that this account may not use', () => {
  before(async function () {
    if (!onDouble) skip(this, 'it takes a second account');
    await needsPeer(this, 'openssl');
  });

  /** What Windows answers when the key is opened. */
  const answers = [
    [0, 'ERR_SCHANNEL_KEY_ACCESS_DENIED', 'KEY_ACCESS_DENIED'],
    [1, 'ERR_SCHANNEL_KEY_NOT_FOUND', 'KEY_NOT_FOUND'],
  ] as const;
  for (const [choice, code, finding] of answers) {
    it(`are refused, and the reason is found before and after a connection (${finding})`, async () => {
      await withCertificate(EC, async (certificate, name) => {
        steer().account(NETWORK_SERVICE);
        try {
          await whileFixed('deniedKey', choice, async () => {
            await assert.rejects(openKey({ name, silent: true }), { code });
            await assert.rejects(certificate.openPrivateKey({ silent: true }), { code });
            const { usable, findings } = await preflight(certificate);
            assert.ok(!usable);
            const [first] = findings;
            assert.equal(first?.code, finding);
            const server = await startServerAccepting(certificate.x509.toString());
            const socket = connect({ port: server.port, host: '127.0.0.1', ca: server.ca, certificate });
            const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException & { advice?: string }];
            await server.stop();
            assert.equal(error.code, 'ERR_SCHANNEL_SYSTEM_CREDENTIAL');
            assert.equal(error.advice, `${first.meaning} ${first.remedy}`);
          });
        } finally {
          steer().account('');
        }
      });
    });
  }
});

describe('private keys of the machine', () => {
  before(function () {
    if (!onDouble) skip(this, 'it takes an administrator, and Wine keeps no such keys');
  });

  it('are apart from those of the user', async () => {
    const key = await generateKey({ ...EC, machine: true, silent: true });
    const name = key.location.container;
    assert.equal(key.facts.machine, true);
    await assert.rejects(openKey({ name, silent: true }), { code: 'ERR_SCHANNEL_KEY_NOT_FOUND' });
    await using again = await openKey({ name, machine: true, silent: true });
    assert.ok(again.publicKey.equals(key.publicKey));
    await again.close();
    await key.delete();
    await assert.rejects(openKey({ name, machine: true, silent: true }), {
      code: 'ERR_SCHANNEL_KEY_NOT_FOUND',
    });
  });

  it('sign in other processes for the certificate that names them', async () => {
    await withCertificate({ ...EC, machine: true }, async (certificate) => {
      const { stdout, stderr } = await runFixture('use-store-certificate', {
        args: [certificate.thumbprint],
      });
      assert.equal(stderr, '');
      assert.equal((JSON.parse(stdout) as { readonly verified: boolean }).verified, true);
    });
  });
});
