import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { NativeHandleCounts } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import {
  connect,
  releaseUnusedResources,
  TLSSocket,
  type CertificateChange,
  type ServerOptions,
} from 'schannel';
import { daysFromNow, selfSigned, TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { handlesBackTo } from '../../support/native-store.js';
import {
  failureOfClient,
  issueServer,
  linkedPair,
  SchannelServer,
  serverRoot,
  textOf,
} from '../../support/schannel-server.js';
import { ServerStore } from '../../support/server-store.js';

const NAME = 'localhost';

describe('a server that follows a store', () => {
  let atFirst: NativeHandleCounts;
  let first: TestCertificate;
  let second: TestCertificate;
  let store: ServerStore;
  let server: SchannelServer | null;
  let warnings: NodeJS.ErrnoException[];
  before(async () => {
    first = await issueServer({ notBefore: daysFromNow(-20) });
    second = await issueServer({ notBefore: daysFromNow(-2) });
  });
  beforeEach(async () => {
    await releaseUnusedResources();
    atFirst = native().handleCounts();
    store = await ServerStore.create();
    server = null;
    warnings = [];
  });
  afterEach(async () => {
    await server?.close();
    await store.close();
    await releaseUnusedResources();
    await handlesBackTo(atFirst);
  });

  const start = async (options: ServerOptions = {}): Promise<SchannelServer> => {
    server = await SchannelServer.start({ certificate: { dns: NAME, store: store.name }, ...options });
    server.server.on('certificateWarning', (error: Error) => warnings.push(error));
    return server;
  };

  /** The certificate that a new client is shown, which is served, too. */
  async function shown(started: SchannelServer): Promise<Buffer> {
    const client = await started.opened();
    const { raw } = client.getPeerCertificate();
    client.end('ping');
    assert.equal(await textOf(client), 'ping');
    return raw;
  }

  const nextChange = async ({ server: own }: SchannelServer): Promise<CertificateChange> => {
    const [change] = (await once(own, 'certificate')) as [CertificateChange];
    return change;
  };

  it('shows the newest, and says which', async () => {
    await store.put(first);
    await store.put(second);
    const started = await start();
    const change = await nextChange(started);
    assert.equal(change.previous, null);
    assert.deepEqual(change.current.raw, Buffer.from(second.der));
    assert.deepEqual(await shown(started), Buffer.from(second.der));
  });

  it('gives up a self-signed fall-back for what an authority issued, though that is dated before', async () => {
    const fallBack = await selfSigned({ key: 'rsa', notBefore: daysFromNow(-1) });
    await store.put(fallBack);
    const started = await start();
    assert.deepEqual((await nextChange(started)).current.raw, Buffer.from(fallBack.der));
    const replaced = nextChange(started);
    await store.put(first);
    assert.deepEqual((await replaced).current.raw, Buffer.from(first.der));
    assert.deepEqual(await shown(started), Buffer.from(first.der));
  });

  it('takes only certificates of the named authority', async () => {
    await store.put(first);
    const other = await TestAuthority.create('CN=another authority', { key: 'rsa' });
    await store.put(await other.issue({ key: 'rsa', notBefore: daysFromNow(-1) }));
    const certificate = { dns: NAME, issuer: 'CN=schannel servers root', store: store.name };
    assert.deepEqual(await shown(await start({ certificate })), Buffer.from(first.der));
  });

  it('shows the new one from a renewal on, and keeps the connections it has', async () => {
    await store.put(first);
    const started = await start();
    const early = await started.opened();
    const { credentials } = native().handleCounts();

    const renewed = nextChange(started);
    await store.put(second);
    const { previous, current } = await renewed;
    assert.deepEqual([previous?.raw, current.raw], [Buffer.from(first.der), Buffer.from(second.der)]);
    assert.deepEqual(await shown(started), Buffer.from(second.der));
    assert.equal(native().handleCounts().credentials, credentials + 1, 'both are in use');

    early.end('still here');
    assert.equal(await textOf(early), 'still here');
    // The new one stays at hand; the old one does not.
    await handlesBackTo({ ...native().handleCounts(), credentials });
    assert.deepEqual(warnings, []);
  });

  it('loses no client while the certificate changes, and shows all of them the new one then', async () => {
    await store.put(first);
    const started = await start();
    const counts = { before: 0, after: 0 };
    let isOver = false;
    let isPut = false;
    const clients = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        const raw = await shown(started);
        if (raw.equals(first.der)) counts.before += 1;
        else {
          assert.deepEqual(raw, Buffer.from(second.der));
          counts.after += 1;
        }
        if (counts.before === 20 && !isPut) {
          isPut = true;
          await store.put(second);
        }
        if (counts.after >= 20) isOver = true;
      }
    });
    await Promise.all(clients);
    assert.deepEqual(started.failures, []);
  });

  it('keeps what it has when that is removed, and says so', async () => {
    await store.put(first);
    const started = await start();
    await shown(started);
    const warned = once(started.server, 'certificateWarning');
    await store.take(first);
    await warned;
    assert.equal(warnings[0]?.code, 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND');
    assert.deepEqual(await shown(started), Buffer.from(first.der));
  });

  it('keeps what it has when Windows cannot use a newer one, and says so', async () => {
    await store.put(first);
    const started = await start();
    await shown(started);
    const warned = once(started.server, 'certificateWarning');
    await store.putWithoutKey(second);
    await warned;
    assert.equal(warnings[0]?.code, 'ERR_SCHANNEL_SYSTEM_CREDENTIAL');
    assert.deepEqual(await shown(started), Buffer.from(first.der));
  });

  it('refuses clients while there is no certificate, and serves from the first on', async () => {
    const started = await start();
    await failureOfClient(started.open());
    assert.equal((await started.failure()).error.code, 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND');
    assert.equal(warnings[0]?.code, 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND');
    const came = nextChange(started);
    await store.put(first);
    await came;
    assert.deepEqual(await shown(started), Buffer.from(first.der));
  });

  it('follows for the names that were added, too', async () => {
    const started = await start({ certificate: null });
    started.server.addContext(NAME, { certificate: { dns: NAME, store: store.name } });
    const came = nextChange(started);
    await store.put(first);
    await came;
    assert.deepEqual(await shown(started), Buffer.from(first.der));
  });

  it('no longer does when other settings take the place', async () => {
    await store.put(first);
    const started = await start();
    await shown(started);
    started.server.setSecureContext({ cert: second.cert, key: second.key });
    // What is left is the store of this test.
    await handlesBackTo({ ...native().handleCounts(), stores: atFirst.stores + 1, watches: atFirst.watches });
    assert.deepEqual(await shown(started), Buffer.from(second.der));
  });

  it('that does not keep the process alive looks for each connection', async () => {
    await store.put(first);
    const started = await start();
    await shown(started);
    started.server.unref();
    await store.put(second);
    assert.deepEqual(await shown(started), Buffer.from(second.der));
    started.server.ref();
    assert.deepEqual((await nextChange(started)).current.raw, Buffer.from(second.der));
  });

  it('gives a single connection the newest one', async () => {
    await store.put(first);
    const [near, far] = linkedPair();
    const socket = new TLSSocket(far, { isServer: true, certificate: { dns: NAME, store: store.name } });
    const { ca } = (server = await SchannelServer.start());
    const client = server.open({ socket: near, ca });
    await once(client, 'secureConnect');
    assert.deepEqual(client.getPeerCertificate().raw, Buffer.from(first.der));
    client.destroy();
    socket.destroy();
  });

  it('and clients look for theirs', async () => {
    const alice = await issueServer({ subject: 'CN=alice', altNames: [], usages: ['clientAuth'] });
    await store.put(alice);
    server = await SchannelServer.start({ requestCert: true, ca: (await serverRoot()).certificate.cert });
    const { port, ca } = server;
    const options = { port, host: '127.0.0.1', servername: 'localhost', ca };
    const client = connect({ ...options, certificate: { subject: 'alice', store: store.name } });
    const [socket] = (await once(server.server, 'secureConnection')) as [TLSSocket];
    assert.deepEqual(socket.getPeerX509Certificate()?.raw, Buffer.from(alice.der));
    client.destroy();
    const without = connect({ ...options, certificate: { subject: 'bob', store: store.name } });
    const [error] = (await once(without, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND');
  });
});
