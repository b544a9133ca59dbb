import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { connect, releaseUnusedResources } from 'schannel';
import { createSelfSigned, generateKey, openStore, type Certificate } from '#lib/store.js';
import { acquireKeyOf, removeKey } from '#lib/windows/key/keys.js';
import { native } from '#lib/native/load.js';
import { selfSigned } from '../../support/certificates.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { handlesBackTo, listContainers } from '../../support/native-store.js';

describe('self-signed certificates', () => {
  let handles: ReturnType<ReturnType<typeof native>['handleCounts']>;
  beforeEach(() => {
    handles = native().handleCounts();
  });

  /** Runs `body` with a certificate of MY, and takes it away with its key. */
  async function withCertificate(
    made: Promise<Certificate>,
    body: (certificate: Certificate) => Promise<void>,
  ): Promise<void> {
    const certificate = await made;
    const location = certificate.keyLocation;
    try {
      assert.ok(location);
      await body(certificate);
    } finally {
      certificate.close();
      const store = await openStore('MY');
      await store.remove(certificate.thumbprint);
      store.close();
      if (location !== null) await removeKey(location);
    }
    assert.ok(!(await listContainers()).includes(location.container));
    await handlesBackTo(handles);
  }

  const name = `${randomUUID()}.example`;

  it('are in MY with name and key', async () => {
    const made = createSelfSigned({
      dns: [name, 'bücher.example'],
      ip: ['127.0.0.1', '::1'],
      friendlyName: 'schannel test ü',
      key: { silent: true },
    });
    await withCertificate(made, async (certificate) => {
      assert.equal(certificate.reference, `CurrentUser\\MY\\${certificate.thumbprint}`);
      assert.equal(certificate.friendlyName, 'schannel test ü');
      assert.deepEqual(certificate.dnsNames, [name, 'xn--bcher-kva.example']);
      assert.deepEqual(certificate.ipAddresses, ['127.0.0.1', '::1']);
      assert.equal(certificate.isSelfSigned, true);
      assert.ok(certificate.x509.verify(certificate.x509.publicKey));
      assert.match(certificate.keyLocation?.container ?? '', /^schannel-self-signed-/);

      const key = await acquireKeyOf(certificate.native, { silent: true });
      assert.ok(key.publicKey.equals(certificate.x509.publicKey));
      assert.equal(key.facts.exportable, 'no');
      await key.close();
    });
  });

  it('are accepted by OpenSSL', async function () {
    await needsPeer(this, 'openssl');
    await withCertificate(createSelfSigned({ dns: [name], key: { silent: true } }), async ({ x509 }) => {
      const peer = await startPeer(
        'openssl',
        [
          'verify',
          '-x509_strict',
          '-check_ss_sig',
          '-purpose',
          'sslserver',
          '-verify_hostname',
          name,
          '-CAfile',
          '{file:cert}',
          '{file:cert}',
        ],
        { files: { cert: x509.toString() } },
      );
      const { code } = await peer.exited;
      assert.match(peer.output(), /cert: OK/);
      assert.equal(code, 0);
    });
  });

  it('are trusted as a server once they are named as authority', async () => {
    const key = await generateKey({ exportable: true, silent: true });
    const made = createSelfSigned({ dns: ['localhost'], usages: ['server'], key });
    await withCertificate(made, async ({ x509 }) => {
      const cert = x509.toString();
      const server = tls.createServer({ cert, key: await key.export() }, (socket) => socket.end('hello'));
      await key.close();
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: cert });
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.equal(answer.toString(), 'hello');
      assert.equal(socket.authorized, true);
      socket.end();
      await once(socket, 'close');
      server.close();
      await once(server, 'close');
      await releaseUnusedResources();
    });
  });

  it('are shown to a server as the identity of a client, by a key that is not exportable', async () => {
    const { cert, key } = await selfSigned();
    const made = createSelfSigned({ subject: `CN=${name}`, usages: ['client'], key: { silent: true } });
    await withCertificate(made, async ({ reference, thumbprint256, x509 }) => {
      const server = tls.createServer({ cert, key, requestCert: true, ca: x509.toString() });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const accepted = once(server, 'secureConnection');
      const socket = connect({
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: cert,
        ...(reference !== null && { certificate: reference }),
      });
      const [peer] = (await accepted) as [tls.TLSSocket];
      assert.equal(peer.authorized, true);
      assert.equal(peer.getPeerCertificate().fingerprint256.replaceAll(':', ''), thumbprint256);
      peer.end();
      socket.resume().end();
      await once(socket, 'close');
      server.close();
      await once(server, 'close');
      await releaseUnusedResources();
    });
  });

  it('go into a store that is open, with a key that stays open', async () => {
    const store = await openStore('MY');
    const key = await generateKey({ modulusLength: 1024, silent: true });
    const certificate = await createSelfSigned({ subject: `CN=${name}`, usages: ['client'], key, store });
    assert.equal(certificate.commonName, name);
    assert.deepEqual(certificate.keyLocation, key.location);
    await store.remove(certificate);
    store.close();
    assert.ok((await key.sign('sha256', Buffer.from('still open'))).length > 0);
    await key.delete();
    await handlesBackTo(handles);
  });

  it('leave no key behind when the store takes none', async () => {
    const before = await listContainers();
    const store = await openStore('MY', { readOnly: true });
    const made = createSelfSigned({ dns: [name], key: { modulusLength: 1024, silent: true }, store });
    await assert.rejects(made, { code: 'ERR_SCHANNEL_STORE_READ_ONLY' });
    store.close();
    const left = (await listContainers()).filter((one) => !before.includes(one));
    assert.deepEqual(
      left.filter((one) => one.startsWith('schannel-self-signed-')),
      [],
    );
    await handlesBackTo(handles);
  });

  it('make no key for a store that is not there', async () => {
    const store = `schannel-${randomUUID()}`;
    await assert.rejects(createSelfSigned({ dns: [name], store }), { code: 'ERR_SCHANNEL_STORE_NOT_FOUND' });
    assert.deepEqual(native().handleCounts(), handles);
  });
});
