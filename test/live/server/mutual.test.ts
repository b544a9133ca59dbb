import assert from 'node:assert/strict';
import { once } from 'node:events';
import type tls from 'node:tls';
import { native } from '#lib/native/load.js';
import { connect, releaseUnusedResources, type ServerOptions, type TLSSocket } from 'schannel';
import { daysFromNow, TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { LivePki } from '../verify/pki.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { skip } from '../../support/skip.js';
import { onWine } from '../../support/windows.js';
import { failureOfClient, localhostServer, SchannelServer, textOf } from '../../support/schannel-server.js';

interface Case {
  readonly what: string;
  readonly client: () => Promise<TestCertificate | null>;
  /** Code for the server, and what the client hears. */
  readonly code: string;
  readonly alert: RegExp;
}

describe('certificates of clients', () => {
  let authority: TestAuthority;
  let good: TestCertificate;
  let server: SchannelServer | null = null;
  before(async () => {
    authority = await TestAuthority.create('CN=schannel clients root', { key: 'rsa' });
    good = await issue();
  });
  afterEach(async () => {
    await server?.close();
    server = null;
  });

  const issue = (options: Parameters<TestAuthority['issue']>[0] = {}): Promise<TestCertificate> =>
    authority.issue({ subject: 'CN=alice', key: 'rsa', altNames: [], usages: ['clientAuth'], ...options });
  const start = async (options: ServerOptions = {}): Promise<SchannelServer> =>
    (server = await SchannelServer.start({
      requestCert: true,
      ca: authority.certificate.cert,
      ...options,
    }));
  const shown = (certificate: TestCertificate | null): tls.ConnectionOptions =>
    certificate === null ? {} : { cert: certificate.cert, key: certificate.key };

  const CASES: readonly Case[] = [
    {
      what: 'that is missing',
      client: () => Promise.resolve(null),
      code: 'UNABLE_TO_GET_ISSUER_CERT',
      alert: /handshake failure|certificate required/,
    },
    {
      what: 'that has expired',
      client: () => issue({ notBefore: daysFromNow(-9), notAfter: daysFromNow(-2) }),
      code: 'CERT_HAS_EXPIRED',
      alert: /certificate expired/,
    },
    {
      what: 'of another authority',
      client: async () =>
        (await TestAuthority.create('CN=somebody else')).issue({ key: 'rsa', usages: ['clientAuth'] }),
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      alert: /unknown ca/,
    },
    {
      what: 'for servers only',
      client: () => issue({ usages: ['serverAuth'] }),
      code: 'INVALID_PURPOSE',
      alert: /unsupported certificate/,
    },
  ];

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    describe(maxVersion, () => {
      it('one that is good: authorized', async () => {
        const started = await start({ maxVersion });
        const connected = once(started.server, 'secureConnection') as Promise<[TLSSocket]>;
        const client = await started.opened(shown(good));
        const [socket] = await connected;
        assert.deepEqual([socket.authorized, socket.authorizationError], [true, null]);
        assert.equal(socket.getPeerCertificate()?.subject.CN, 'alice');
        assert.deepEqual(socket.getPeerX509Certificate()?.raw, Buffer.from(good.der));
        assert.equal(socket.verification?.anchors, 'ca');
        assert.equal(socket.verification.chain.length, 2);
        client.end('ping');
        assert.equal(await textOf(client), 'ping');
      });

      it('one that our own client shows', async () => {
        const started = await start({ maxVersion });
        const connected = once(started.server, 'secureConnection') as Promise<[TLSSocket]>;
        const { cert, key } = good;
        const client = connect({ port: started.port, host: 'localhost', ca: started.ca, cert, key });
        const [socket] = await connected;
        assert.equal(socket.authorized, true);
        client.end('ping');
        assert.equal(await textOf(client), 'ping');
      });

      for (const { what, client, code, alert } of CASES) {
        it(`one ${what}: refused, and both sides are told why`, async () => {
          const started = await start({ maxVersion });
          const opened = started.open(shown(await client()));
          const failed = await failureOfClient(opened);
          assert.match(failed?.message ?? '', alert);
          const { error, socket } = await started.failure();
          assert.equal(error.code, code);
          assert.equal(socket.authorized, false);
        });

        it(`one ${what}: accepted unauthorized, where the server wants that`, async () => {
          const started = await start({ maxVersion, rejectUnauthorized: false });
          const connected = once(started.server, 'secureConnection') as Promise<[TLSSocket]>;
          const opened = await started.opened(shown(await client()));
          const [socket] = await connected;
          assert.deepEqual([socket.authorized, socket.authorizationError], [false, code]);
          assert.equal((socket.verification?.error as NodeJS.ErrnoException).code, code);
          opened.end('ping');
          assert.equal(await textOf(opened), 'ping');
        });
      }
    });
  }

  describe('where revocation counts', () => {
    /**
     * Wine 10 lets go of cryptnet.dll while a download is winding up, and crashes. One that looked for an issuer
     * stays.
     */
    before(async () => {
      const started = await start({ requestCert: false });
      const client = connect({ port: started.port, host: 'localhost' }).on('error', () => undefined);
      await new Promise((resolve) => client.once('close', resolve));
      await started.close();
      server = null;
    });

    for (const revocation of ['off', 'soft'] as const) {
      it(`one that is revoked, where revocation is '${revocation}'`, async () => {
        const pki = await LivePki.create();
        const crl = pki.publish(() => pki.checked.crl([revoked]));
        const revoked = await pki.checked.issue({ key: 'rsa', altNames: [], usages: ['clientAuth'], crl });
        const chain = `${revoked.cert}${pki.checked.certificate.cert}`;
        const started = await start({ ca: pki.root.certificate.cert, revocation });
        const client = started.open({ cert: chain, key: revoked.key });
        if (revocation === 'off') {
          client.end('ping');
          assert.equal(await textOf(client), 'ping');
        } else {
          assert.match((await failureOfClient(client))?.message ?? '', /certificate revoked/);
          assert.equal((await started.failure()).error.code, 'CERT_REVOKED');
        }
        pki.close();
      });
    }
  });

  it('nobody is asked unless the server wants it', async () => {
    const started = await start({ requestCert: false });
    const connected = once(started.server, 'secureConnection') as Promise<[TLSSocket]>;
    const client = await started.opened(shown(good));
    const [socket] = await connected;
    assert.deepEqual(socket.getPeerCertificate(), {});
    assert.deepEqual([socket.authorized, socket.authorizationError], [false, null]);
    client.destroy();
  });

  describe('that a server asks for', () => {
    before(async function () {
      await needsPeer(this, 'openssl');
      if (onWine()) skip(this, 'Wine sends no certificate request');
    });

    /** What OpenSSL s_client prints of the request. */
    async function requestOf(ca: readonly string[]): Promise<string> {
      const { port } = await start({ ca: [...ca], rejectUnauthorized: false });
      const peer = await startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${port}`]);
      await peer.waitFor(/Verify return code/);
      await peer.stop();
      return peer.output();
    }

    it('are those of the authorities of ca', async () => {
      assert.match(
        await requestOf([authority.certificate.cert]),
        /Acceptable client certificate CA names\nCN = schannel clients root\n/,
      );
    });

    it('are any, where Windows would cut the list of authorities', async () => {
      const long = (index: number): string =>
        ['CN', 'OU', 'O', 'L'].map((name) => `${name}=${String(index).padStart(60, 'x')}`).join(',');
      const many = await Promise.all(
        Array.from({ length: 70 }, (_, index) => TestAuthority.create(long(index))),
      );
      const ca = many.map(({ certificate }) => certificate.cert);
      assert.match(await requestOf(ca), /No client certificate CA names sent/);
    });
  });

  it('requestCert may be any truthy value', async () => {
    const started = await start({ requestCert: 1 as unknown as boolean });
    assert.ok(await failureOfClient(started.open({})));
    assert.equal((await started.failure()).error.code, 'UNABLE_TO_GET_ISSUER_CERT');
  });

  it('and sessions begun without one are not for servers that ask', async () => {
    await releaseUnusedResources();
    const before = native().handleCounts().credentials;
    const open = await SchannelServer.start({ ca: authority.certificate.cert });
    // No list of authorities, which would tell the credentials apart by itself.
    const asking = await start({ ca: null, rejectUnauthorized: false });
    const clients = [await open.opened(), await asking.opened()];
    assert.equal(native().handleCounts().credentials - before, 2);
    for (const client of clients) client.destroy();
    await open.close();
  });

  it('are judged by the ca of the name that was asked for', async () => {
    const other = await TestAuthority.create('CN=other clients root');
    const started = await start({ ca: other.certificate.cert });
    const { cert, key } = await localhostServer();
    started.server.addContext('known.test', { cert, key, ca: authority.certificate.cert });
    const client = await started.opened({
      ...shown(good),
      servername: 'known.test',
      checkServerIdentity: () => undefined,
    });
    client.end('ping');
    assert.equal(await textOf(client), 'ping');
    await failureOfClient(started.open(shown(good)));
    assert.equal((await started.failure()).error.code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
});
