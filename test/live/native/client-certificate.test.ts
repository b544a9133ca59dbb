import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type TLSSocket } from 'node:tls';
import type { NativeCredential, NativeHandleCounts } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import type { NativeCertificate, NativeKeyLocation, NativeOutcome } from '#lib/native/store-binding.js';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { privateKeyBlob } from '../../support/key-blob.js';
import { onWine } from '../../support/windows.js';
import {
  closeKey,
  deleteKey,
  end,
  handlesBackTo,
  importKey,
  ownContainer,
} from '../../support/native-store.js';
import { createSession, CREDENTIAL, openSession } from './client.js';

const SEC_E_UNKNOWN_CREDENTIALS = 0x8009030d;
const SEC_E_NO_CREDENTIALS = 0x8009030e;

const acquireWith = (certificates: readonly NativeCertificate[]): Promise<NativeOutcome<NativeCredential>> =>
  new Promise((resolve) => {
    native().acquireCredential({ ...CREDENTIAL, certificates }, resolve);
  });

interface Identity {
  readonly issued: TestCertificate;
  readonly location: NativeKeyLocation;
  readonly certificate: NativeCertificate;
  readonly credential: NativeCredential;
}

describe('native client certificates', () => {
  let authority: TestAuthority;
  let server: TestCertificate;
  let handles: NativeHandleCounts;

  before(async () => {
    handles = native().handleCounts();
    authority = await TestAuthority.create('CN=schannel test root', { key: 'rsa' });
    server = await authority.issue({});
  });

  // Other tests count too.
  after(() => handlesBackTo(handles));

  async function makeIdentity(name: string): Promise<Identity> {
    const issued = await authority.issue({ subject: `CN=${name}`, key: 'rsa', usages: ['clientAuth'] });
    const location = ownContainer(name);
    await closeKey(await importKey(location, privateKeyBlob(issued.key), 0));
    const certificate = native().createCertificate(issued.der);
    await end((callback) => {
      certificate.setKeyLocation(location, callback);
    });
    const outcome = await acquireWith([certificate]);
    if (outcome.value === null) throw new Error(`${outcome.syscall}: ${outcome.status.toString(16)}`);
    return { issued, location, certificate, credential: outcome.value };
  }

  async function dispose({ location, certificate, credential }: Identity): Promise<void> {
    credential.close();
    certificate.close();
    await deleteKey(location);
  }

  /** What a server that asks for a certificate gets. */
  async function received(credential: NativeCredential): Promise<Buffer> {
    const { cert, key } = server;
    const ca = authority.certificate.cert;
    const listener = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const secured = once(listener, 'secureConnection') as Promise<[TLSSocket]>;
    const { session, socket } = await openSession(createSession(credential), listener);
    const [peer] = await secured;
    const { raw } = peer.getPeerCertificate();
    peer.destroy();
    socket.destroy();
    session.close();
    listener.close();
    await once(listener, 'close');
    return raw;
  }

  it('sends two identities from one process, each its own', async () => {
    const alice = await makeIdentity('alice');
    const bob = await makeIdentity('bob');
    try {
      assert.deepEqual(await received(alice.credential), Buffer.from(alice.issued.der));
      assert.deepEqual(await received(bob.credential), Buffer.from(bob.issued.der));
      assert.deepEqual(await received(alice.credential), Buffer.from(alice.issued.der));
    } finally {
      await dispose(alice);
      await dispose(bob);
    }
  });

  it('has no credential for a certificate without a key', async () => {
    const certificate = native().createCertificate(server.der);
    const outcome = await acquireWith([certificate]);
    assert.ok(outcome.value === null);
    // Wine finds no key, Windows no certificate with one.
    assert.equal(outcome.status, onWine() ? SEC_E_UNKNOWN_CREDENTIALS : SEC_E_NO_CREDENTIALS);
    certificate.close();
  });

  it('refuses objects that are not its certificates', () => {
    const foreign = { encoded: server.der } as unknown as NativeCertificate;
    assert.throws(() => {
      native().acquireCredential({ ...CREDENTIAL, certificates: [foreign] }, () => undefined);
    }, /wrong class/);
  });
});
