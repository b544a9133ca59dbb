import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import tls from 'node:tls';
import { ClientHelloReader } from '#lib/formats/client-hello/hello-reader.js';
import type { NativeCredential, NativeHandleCounts, NativeHandshakeResult } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { whileFixed } from '../../support/double.js';
import { handlesBackTo } from '../../support/native-store.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { fragmentOf, record } from '../../support/records.js';
import { skip } from '../../support/skip.js';
import { needsVersion, onDouble } from '../../support/windows.js';
import { CREDENTIAL, createSession } from './client.js';
import { acquireAs, makeIdentity, type NativeIdentity } from './identity.js';
import { createServerSession, Listener, SERVER_CREDENTIALS, type ServerSessionOptions } from './server.js';
import { Wire } from './wire.js';

const SEC_E_INVALID_HANDLE = 0x80090301;
const SEC_E_UNTRUSTED_ROOT = 0x80090325;
const SEC_E_ALGORITHM_MISMATCH = 0x80090331;
const SEC_E_APPLICATION_PROTOCOL_MISMATCH = 0x80090367;
const ALERT = 21;

/** A record, its content spread over two. */
function inTwoRecords(whole: Buffer): Buffer[] {
  const content = fragmentOf(whole);
  const half = content.length >> 1;
  return [content.subarray(0, half), content.subarray(half)].map((part) => record(whole[0] ?? 0, part));
}

describe('native server', () => {
  let authority: TestAuthority;
  let identity: NativeIdentity;
  let clientCertificate: TestCertificate;
  let listener: Listener;
  let handles: NativeHandleCounts;

  before(async () => {
    handles = native().handleCounts();
    authority = await TestAuthority.create('CN=schannel server root', { key: 'rsa' });
    identity = await makeIdentity('server', await authority.issue({ key: 'rsa' }));
    clientCertificate = await authority.issue({ subject: 'CN=client', key: 'rsa', usages: ['clientAuth'] });
    listener = await Listener.start();
  });
  after(async () => {
    await listener.close();
    await identity.dispose();
    await handlesBackTo(handles);
  });

  /** The next connection, with a session on it. */
  const accept = async (credential: NativeCredential, options?: ServerSessionOptions): Promise<Wire> =>
    new Wire(createServerSession(credential, options), await listener.next());

  /** A client of node:tls; what goes wrong with it is kept. */
  function open(options: tls.ConnectionOptions = {}): { client: tls.TLSSocket; failed: Promise<Error> } {
    const client = tls.connect({
      port: listener.port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: authority.certificate.cert,
      ...options,
    });
    const failed = new Promise<Error>((resolve) => {
      client.on('error', resolve);
    });
    return { client, failed };
  }

  function succeeded(step: NativeHandshakeResult): void {
    assert.equal(step.status, 0, `${step.syscall} ${step.status.toString(16)}`);
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    describe(version, () => {
      let credential: NativeCredential;
      const acquired: NativeCredential[] = [];
      before(async function () {
        needsVersion(this, version);
        const { certificate } = identity;
        credential = await acquireAs({ ...SERVER_CREDENTIALS[version], certificates: [certificate] });
        acquired.push(credential);
      });
      after(() => {
        for (const each of acquired) each.close();
      });

      it('serves node:tls up to close_notify of both', async () => {
        const { client } = open();
        const secured = once(client, 'secureConnect');
        const server = await accept(credential);
        succeeded(await server.shake('server'));
        await secured;
        assert.equal(client.getProtocol(), version);
        assert.deepEqual(client.getPeerCertificate().raw, Buffer.from(identity.issued.der));
        client.write('from the client');
        assert.equal(await server.read(), 'from the client');
        server.write('from the server');
        assert.equal(String((await once(client, 'data'))[0]), 'from the server');
        client.end();
        assert.equal(await server.read(), null);
        const closed = once(client, 'close');
        assert.notEqual((await server.end()).token, null);
        await closed;
        server.close();
      });

      it('tells the facts of the connection', async () => {
        const { client } = open();
        const server = await accept(credential);
        succeeded(await server.shake('server'));
        const { info, cipher, alpnProtocol, peerCertificates, sizes } = server.connection;
        const bit = version === 'TLSv1.2' ? 0x400 : 0x1000; // SP_PROT_TLS1_2_SERVER, SP_PROT_TLS1_3_SERVER
        assert.equal(info?.protocol, bit);
        assert.equal(cipher?.protocol, version === 'TLSv1.2' ? 0x0303 : 0x0304);
        assert.match(cipher.name, /^TLS_/);
        assert.equal(alpnProtocol, null);
        assert.deepEqual(peerCertificates, []);
        assert.ok(sizes.maximumMessage >= 16_000);
        client.destroy();
        server.close();
      });

      it('chooses the protocol by its own order', async () => {
        const { client } = open({ ALPNProtocols: ['http/1.1', 'h2'] });
        const secured = once(client, 'secureConnect');
        const server = await accept(credential, { alpnProtocols: ['h2', 'http/1.1'] });
        succeeded(await server.shake('server'));
        assert.equal(Buffer.from(server.connection.alpnProtocol ?? []).toString(), 'h2');
        await secured;
        assert.equal(client.alpnProtocol, 'h2');
        client.destroy();
        server.close();
      });

      for (const [value, what] of [
        [0, 'keeps the first one'],
        [1, 'wants both at once'],
      ] as const) {
        it(`does so for a hello in two records where Windows ${what}`, async function () {
          if (!onDouble) skip(this, 'only the double can choose so');
          await whileFixed('partOfMessage', value, async () => {
            const { client } = open({ ALPNProtocols: ['h2'] });
            const socket = await listener.next();
            const [hello] = (await once(socket, 'data')) as [Buffer];
            const session = createServerSession(credential, { alpnProtocols: ['h2'] });
            const server = new Wire(session, socket);
            try {
              const step = await new Promise<NativeHandshakeResult>((resolve) => {
                session.handshake(inTwoRecords(hello), resolve);
              });
              assert.ok(step.token, step.status.toString(16));
              socket.write(step.token);
              succeeded(await server.shake('server'));
              assert.equal(Buffer.from(server.connection.alpnProtocol ?? []).toString(), 'h2');
            } finally {
              client.destroy();
              server.close();
            }
          });
        });
      }

      it('refuses a client whose protocols are all foreign, by an alert', async () => {
        const { failed } = open({ ALPNProtocols: ['imap'] });
        const server = await accept(credential, { alpnProtocols: ['h2'] });
        const step = await server.shake('server');
        assert.equal(step.status, SEC_E_APPLICATION_PROTOCOL_MISMATCH);
        assert.equal(step.token?.[0], ALERT);
        // RFC 7301 §3.2, or what "TLS - SSL (Schannel SSP) Overview" says.
        assert.match((await failed).message, /no application protocol|handshake failure/i);
        server.close();
      });

      it('lets the name be read from what Schannel gets too', async () => {
        const { client } = open({ servername: 'mail.example.com', checkServerIdentity: () => undefined });
        const server = await accept(credential);
        succeeded(await server.shake('server'));
        const progress = new ClientHelloReader().push(server.received);
        assert.ok(progress.state === 'complete');
        assert.equal(progress.hello.servername, 'mail.example.com');
        client.destroy();
        server.close();
      });

      describe('that asks for a certificate', () => {
        it('gets the one that the client has', async () => {
          const { cert, key } = clientCertificate;
          const { client } = open({ cert, key });
          const server = await accept(credential, { mutual: true });
          succeeded(await server.shake('server'));
          const [first] = server.connection.peerCertificates;
          assert.deepEqual(Buffer.from(first ?? []), Buffer.from(clientCertificate.der));
          client.destroy();
          server.close();
        });

        it('goes on with a client that has none', async () => {
          const { client } = open();
          const secured = once(client, 'secureConnect');
          const server = await accept(credential, { mutual: true });
          succeeded(await server.shake('server'));
          assert.deepEqual(server.connection.peerCertificates, []);
          await secured;
          server.write('anonymous');
          assert.equal(String((await once(client, 'data'))[0]), 'anonymous');
          client.destroy();
          server.close();
        });

        it('can refuse it by an alert', async () => {
          const { client, failed } = open();
          const server = await accept(credential, { mutual: true });
          succeeded(await server.shake('server'));
          assert.notEqual((await server.alert(49)).token, null);
          assert.match((await failed).message, /access denied/i);
          client.destroy();
          server.close();
        });
      });

      it('gets no certificate that it did not ask for', async () => {
        const { cert, key } = clientCertificate;
        const { client } = open({ cert, key });
        const server = await accept(credential);
        succeeded(await server.shake('server'));
        assert.deepEqual(server.connection.peerCertificates, []);
        client.destroy();
        server.close();
      });

      it('talks to our own client', async () => {
        const own = await acquireAs({
          ...CREDENTIAL,
          structure: version === 'TLSv1.2' ? 4 : 5,
          protocols: version === 'TLSv1.2' ? 0x800 : 0,
        });
        const client = new Wire(createSession(own, ['mine']), connect(listener.port, '127.0.0.1'));
        const server = await accept(credential, { alpnProtocols: ['other', 'mine'] });
        const [there, here] = await Promise.all([client.shake('client'), server.shake('server')]);
        succeeded(there);
        succeeded(here);
        const [first] = client.connection.peerCertificates;
        assert.deepEqual(Buffer.from(first ?? []), Buffer.from(identity.issued.der));
        assert.equal(Buffer.from(client.connection.alpnProtocol ?? []).toString(), 'mine');
        if (version === 'TLSv1.2') {
          assert.ok(server.connection.tlsUnique);
          assert.deepEqual(server.connection.tlsUnique, client.connection.tlsUnique);
        }
        client.write('ping');
        assert.equal(await server.read(), 'ping');
        server.write('pong');
        assert.equal(await client.read(), 'pong');
        await client.end();
        assert.equal(await server.read(), null);
        client.close();
        server.close();
        own.close();
      });

      describe('OpenSSL s_client', () => {
        before(async function () {
          await needsPeer(this, 'openssl');
        });

        const start = (...args: string[]): ReturnType<typeof startPeer> => {
          const where = [
            '-connect',
            `127.0.0.1:${listener.port}`,
            '-servername',
            'localhost',
            '-CAfile',
            '{file:ca}',
          ];
          const { cert, key } = clientCertificate;
          const files = { ca: authority.certificate.cert, cert, key };
          return startPeer('openssl', ['s_client', ...where, ...args], { files });
        };

        it('sees the certificate, the protocol and the data', async () => {
          const peer = await start(
            '-alpn',
            'smtp',
            '-verify_return_error',
            '-cert',
            '{file:cert}',
            '-key',
            '{file:key}',
          );
          const server = await accept(credential, { alpnProtocols: ['smtp'], mutual: true });
          succeeded(await server.shake('server'));
          await peer.waitFor(/Verify return code: 0 \(ok\)/);
          await peer.waitFor(/ALPN protocol: smtp/);
          await peer.waitFor(new RegExp(`New, ${version}`));
          assert.equal(server.connection.peerCertificates.length > 0, true);
          peer.stdin.write('line of the client\n');
          assert.equal(await server.read(), 'line of the client\n');
          server.write('line of the server\n');
          await peer.waitFor(/line of the server/);
          await server.end();
          await peer.waitFor(/closed/);
          server.close();
          await peer.stop();
        });

        it('that does not trust the certificate says so', async () => {
          const peer = await start(
            '-verify_return_error',
            '-verifyCAfile',
            '{file:cert}',
            '-CAfile',
            '{file:cert}',
          );
          const server = await accept(credential);
          const step = await server.shake('server');
          // OpenSSL sends the alert of TLS 1.3 in the clear, and GnuTLS under Wine cannot decrypt it then.
          if (version === 'TLSv1.2') assert.equal(step.status, SEC_E_UNTRUSTED_ROOT);
          else assert.ok(step.status > 0x80000000, step.status.toString(16));
          server.close();
          await peer.stop();
        });
      });
    });
  }

  it('judges the certificate of a client as one', async () => {
    const credential = await acquireAs({
      ...SERVER_CREDENTIALS['TLSv1.2'],
      certificates: [identity.certificate],
      issuers: [authority.certificate.der],
    });
    const { cert, key } = clientCertificate;
    const { client } = open({ cert, key });
    const server = await accept(credential, { mutual: true });
    succeeded(await server.shake('server'));
    const trust = await new Promise<Parameters<Parameters<ReturnType<typeof native>['createTrust']>[1]>[0]>(
      (resolve) => {
        native().createTrust({ certificates: [authority.certificate.der], partialChain: false }, resolve);
      },
    );
    assert.ok(trust.value !== null);
    const verify = (usage: string): Promise<{ errorStatus: number; policy: { error: number } }> =>
      new Promise((resolve) => {
        native().verifyChain(
          {
            session: server.session,
            certificates: [],
            trust: trust.value,
            usage,
            role: 'client',
            chainFlags: 0,
            policyFlags: 0,
            urlTimeout: 0,
          },
          resolve,
        );
      });
    assert.equal((await verify('1.3.6.1.5.5.7.3.2')).errorStatus, 0);
    assert.equal((await verify('1.3.6.1.5.5.7.3.1')).errorStatus & 0x10, 0x10); // IS_NOT_VALID_FOR_USAGE
    trust.value.close();
    client.destroy();
    server.close();
    credential.close();
  });

  it('and a client without a version in common: an alert before there is a context', async () => {
    const credential = await acquireAs({
      ...SERVER_CREDENTIALS['TLSv1.2'],
      certificates: [identity.certificate],
    });
    const { failed } = open({ minVersion: 'TLSv1.3' });
    const server = await accept(credential);
    const step = await server.shake('server');
    assert.equal(step.status, SEC_E_ALGORITHM_MISMATCH);
    assert.equal(step.token?.[0], ALERT);
    assert.match((await failed).message, /alert/i);
    server.close();
    credential.close();
  });

  it('without a certificate fails when a client comes', async () => {
    const credential = await acquireAs(SERVER_CREDENTIALS['TLSv1.2']);
    const { failed } = open();
    const server = await accept(credential);
    assert.notEqual((await server.shake('server')).status, 0);
    server.close();
    await failed;
    credential.close();
  });

  it('begins with a hello, and has no context before', async () => {
    const credential = await acquireAs({
      ...SERVER_CREDENTIALS['TLSv1.2'],
      certificates: [identity.certificate],
    });
    const session = createServerSession(credential);
    assert.throws(
      () => {
        session.handshake([], () => undefined);
      },
      { syscall: 'session is not started' },
    );
    assert.throws(
      () => {
        session.setCredential(credential);
      },
      { syscall: 'only a client chooses its credential' },
    );
    const alert = await new Promise<NativeHandshakeResult>((resolve) => {
      session.alert(80, resolve);
    });
    assert.deepEqual([alert.status, alert.token], [SEC_E_INVALID_HANDLE, null]);
    session.close();
    credential.close();
  });

  it('is a role that exists', () => {
    assert.throws(
      () => {
        native().acquireCredential(
          { ...SERVER_CREDENTIALS['TLSv1.2'], role: 'both' as 'server' },
          () => undefined,
        );
      },
      { syscall: 'unknown role' },
    );
  });
});
