import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import tls from 'node:tls';
import { isOwnerAlive, ownerOfContainer } from '#lib/windows/key-journal/owner.js';
import { native } from '#lib/native/load.js';
import { writePfx } from '#lib/formats/pfx/write.js';
import { connect, createSecureContext, releaseUnusedResources, type ConnectionOptions } from 'schannel';
import { startTls } from 'schannel/starttls';
import { sharedRoot, TestAuthority, type TestCertificate } from '../../support/certificates.js';
import {
  issueClient,
  startAskingServer,
  withStored,
  type AskingServer,
} from '../../support/client-identity.js';
import { scriptedServer } from '../../support/mail-script.js';
import { listContainers } from '../../support/native-store.js';
import { needsPeer } from '../../support/peers.js';
import { localhostIdentity } from '../../support/tls-server.js';
import { needsVersion } from '../../support/windows.js';

describe('client certificates: forms', () => {
  let alice: TestCertificate;
  let bob: TestCertificate;
  let server: AskingServer;

  before(async function () {
    await needsPeer(this, 'openssl');
    [alice, bob] = await Promise.all([issueClient('alice'), issueClient('bob')]);
  });
  afterEach(async () => {
    await server.stop();
    await releaseUnusedResources();
  });

  /** A connection, and what the server says that it was shown. */
  async function shownBy(options: ConnectionOptions, at = server): Promise<Buffer | null> {
    const socket = connect({
      port: at.port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: at.ca,
      ...options,
    });
    await once(socket, 'secureConnect');
    const shown = await at.shown();
    const own = socket.getX509Certificate()?.raw ?? null;
    if (shown !== null) assert.deepEqual(own, shown, 'the socket says what the server was shown');
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
    return shown;
  }

  const shows = async (certificate: TestCertificate, options: ConnectionOptions): Promise<void> =>
    assert.deepEqual(await shownBy(options), Buffer.from(certificate.der));

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    describe(version, () => {
      beforeEach(async function () {
        needsVersion(this, version);
        server = await startAskingServer(version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3');
      });

      it('shows nothing when nothing is given', async () => {
        assert.equal(await shownBy({}), null);
        assert.equal(await shownBy({ cert: alice.cert }), null, 'a certificate without its key');
      });

      it('shows a certificate with its key', async () => {
        const { cert, key } = alice;
        const keyObject = createPrivateKey(key);
        const cipher = { cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
        const encrypted = keyObject.export({ format: 'pem', type: 'pkcs8', ...cipher });
        const forms: ConnectionOptions[] = [
          { cert, key },
          { cert: Buffer.from(cert), key: keyObject },
          { cert: alice.der, key: keyObject.export({ format: 'der', type: 'pkcs1' }) },
          { cert: [cert], key: [{ pem: encrypted, passphrase: 'secret' }] },
          {
            secureContext: createSecureContext({ cert, key: encrypted, passphrase: 'secret', ca: server.ca }),
          },
        ];
        for (const options of forms) await shows(alice, options);
      });

      it('shows that of a PFX', async () => {
        const key = createPrivateKey(bob.key);
        const pfx = writePfx({ key, certificates: [bob.der], password: 'secret', iterations: 1000 });
        await shows(bob, { pfx, passphrase: 'secret' });
        await shows(bob, { pfx: [{ buf: pfx, passphrase: 'secret' }] });
      });

      it('shows one of the store, by itself, its reference, or its thumbprint', async () => {
        await withStored(alice, async (certificate) => {
          await shows(alice, { certificate });
          assert.ok(certificate.reference !== null);
          await shows(alice, { certificate: certificate.reference });
          await shows(alice, { certificate: certificate.thumbprint.toLowerCase() });
          await releaseUnusedResources();
        });
      });

      it('shows what a function chooses', async () => {
        await withStored(alice, async (certificate) => {
          await shows(alice, { certificate: () => certificate });
          await shows(alice, { certificate: () => Promise.resolve(certificate.thumbprint) });
          await shows(alice, {
            certificate: async ({ candidates }) => {
              const all = await candidates();
              return all.find(({ thumbprint }) => thumbprint === certificate.thumbprint) ?? null;
            },
          });
          assert.equal(await shownBy({ certificate: () => null }), null);
          await releaseUnusedResources();
        });
      });
    });
  }

  it('shows two identities at once, each its own', async () => {
    server = await startAskingServer();
    const other = await startAskingServer();
    try {
      for (let round = 0; round < 3; round += 1) {
        const shown = await Promise.all([
          shownBy({ cert: alice.cert, key: alice.key }),
          shownBy({ cert: bob.cert, key: bob.key }, other),
        ]);
        assert.deepEqual(shown, [Buffer.from(alice.der), Buffer.from(bob.der)]);
      }
      assert.equal(await shownBy({}), null, 'and nobody after them');
    } finally {
      await other.stop();
    }
  });

  it('trusts the authorities of a PFX beside what Windows trusts, as node:tls', async () => {
    server = await startAskingServer();
    const root = await sharedRoot();
    const key = createPrivateKey(bob.key);
    const pfx = writePfx({
      key,
      certificates: [bob.der, root.certificate.der],
      password: 'secret',
      iterations: 1000,
    });
    await shows(bob, { pfx, passphrase: 'secret', ca: null });
    const stranger = await TestAuthority.create('CN=stranger');
    const socket = connect({ port: server.port, host: '127.0.0.1', ca: stranger.certificate.cert });
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'SELF_SIGNED_CERT_IN_CHAIN', 'and nobody else does');
  });

  it('throws at once for what cannot be read, or does not belong together', async () => {
    server = await startAskingServer();
    const key = createPrivateKey(bob.key);
    const pfx = writePfx({ key, certificates: [bob.der], password: 'secret', iterations: 1000 });
    const cases: [ConnectionOptions, string][] = [
      [{ pfx, passphrase: 'wrong' }, 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG'],
      [{ cert: alice.cert, key: bob.key }, 'ERR_SCHANNEL_KEY_MISMATCH'],
      [{ certificate: 'no thumbprint' }, 'ERR_SCHANNEL_STORE_NAME'],
      [{ certificate: { raw: alice.der, keyLocation: null } }, 'ERR_SCHANNEL_KEY_MISSING'],
      [{ certificate: 'A'.repeat(40), pfx, passphrase: 'secret' }, 'ERR_INVALID_ARG_VALUE'],
    ];
    for (const [options, code] of cases)
      assert.throws(() => connect({ port: server.port, ...options }), { code });
    const socket = connect({ port: server.port, ca: server.ca, certificate: 'A'.repeat(40) });
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND');
  });

  it('fails with what a function throws', async () => {
    server = await startAskingServer();
    const reason = new Error('none of these');
    const certificate = (): never => {
      throw reason;
    };
    const socket = connect({ port: server.port, ca: server.ca, certificate });
    assert.deepEqual(await once(socket, 'error'), [reason]);
  });

  it('goes behind STARTTLS too', async () => {
    server = await startAskingServer();
    const { near, far, done } = scriptedServer([
      [null, '220 mail.test ESMTP\r\n'],
      ['EHLO client.test', '250-mail.test\r\n250 STARTTLS\r\n'],
      ['STARTTLS', '220 go ahead\r\n'],
    ]);
    const { certificate, ca } = await localhostIdentity();
    const shown = done.then(async () => {
      const { cert, key } = certificate;
      const peer = new tls.TLSSocket(far, { isServer: true, requestCert: true, cert, key, ca });
      await once(peer, 'secure');
      return peer.getPeerCertificate().raw;
    });
    const options = { protocol: 'smtp', name: 'client.test', servername: 'localhost', ca } as const;
    const secured = await startTls(near, { ...options, cert: alice.cert, key: alice.key });
    assert.deepEqual(await shown, Buffer.from(alice.der));
    secured.destroy();
  });

  it('leaves no key and no handle behind', async () => {
    server = await startAskingServer();
    await releaseUnusedResources();
    const [handles, containers] = [native().handleCounts(), await listContainers()];
    await shows(alice, { cert: alice.cert, key: alice.key });
    const during = (await listContainers()).filter((name) => !containers.includes(name));
    await releaseUnusedResources();
    const left = (await listContainers()).filter((name) => during.includes(name));
    assert.ok(left.length < during.length, 'the key was there');
    // Others may use the same Windows at the same time; what nobody alive owns is ours.
    assert.deepEqual(
      left.filter((name) => !isOwnerAlive(native(), ownerOfContainer(name) ?? '')),
      [],
    );
    assert.deepEqual(native().handleCounts(), handles);
  });
});
