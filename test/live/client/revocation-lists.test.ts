import assert from 'node:assert/strict';
import { once } from 'node:events';
import tls from 'node:tls';
import { connect, type ConnectionOptions, type TLSSocket } from 'schannel';
import { daysFromNow, pemOfCrl, TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { failureOf } from '../../support/outcome.js';
import { failureOfClient, SchannelServer, textOf } from '../../support/schannel-server.js';
import { startTlsServer, type TlsServer } from '../../support/tls-server.js';

describe('the option crl', () => {
  let root: TestAuthority;
  let good: TestCertificate;
  let revoked: TestCertificate;
  let ca: string;
  before(async () => {
    root = await TestAuthority.create('CN=schannel lists root', { key: 'rsa' });
    ca = root.certificate.cert;
    good = await root.issue();
    revoked = await root.issue();
  });

  describe('of a client has the verdict of node:tls on a server', () => {
    let servers: readonly [good: TlsServer, revoked: TlsServer];
    before(async () => {
      const serve = ({ cert, key }: TestCertificate): Promise<TlsServer> =>
        startTlsServer((socket) => socket.end('served'), { cert, key });
      servers = [await serve(good), await serve(revoked)];
    });
    after(() => Promise.all(servers.map((server) => server.close())));

    /** The code that a client comes to; null where it is served. */
    async function verdictOf(client: TLSSocket | tls.TLSSocket): Promise<unknown> {
      if (client instanceof tls.TLSSocket) return (await failureOfClient(client))?.code ?? null;
      const failed = failureOf(client).catch(() => ({ code: null }));
      client.resume();
      return (await failed).code;
    }

    for (const [what, lists, verdicts] of [
      ['that names one of them', () => root.crl([revoked]), [null, 'CERT_REVOKED']],
      ['that has expired', () => root.crl([], daysFromNow(-0.01)), ['CRL_HAS_EXPIRED', 'CRL_HAS_EXPIRED']],
      [
        'of somebody else',
        async () => (await TestAuthority.create('CN=somebody else')).crl([]),
        ['UNABLE_TO_GET_CRL', 'UNABLE_TO_GET_CRL'],
      ],
      [
        'that is damaged',
        async () => {
          const list = Buffer.from(await root.crl([]));
          list[list.length - 1] = (list.at(-1) ?? 0) ^ 1;
          return list;
        },
        ['CRL_SIGNATURE_FAILURE', 'CRL_SIGNATURE_FAILURE'],
      ],
    ] as const) {
      it(`by a list ${what}`, async () => {
        const crl = pemOfCrl(await lists());
        for (const [index, server] of servers.entries()) {
          const options = { port: server.port, host: 'localhost', ca, crl };
          assert.equal(await verdictOf(tls.connect(options)), verdicts[index]);
          assert.equal(await verdictOf(connect(options satisfies ConnectionOptions)), verdicts[index]);
        }
      });
    }

    it('and says how it came to it', async () => {
      const crl = pemOfCrl(await root.crl([revoked]));
      const socket = connect({ port: servers[0].port, host: 'localhost', ca, crl });
      await once(socket, 'secureConnect');
      assert.equal(socket.verification?.revocation, 'good');
      socket.destroy();
      const options = { port: servers[1].port, host: 'localhost', ca, crl, rejectUnauthorized: false };
      const admitted = connect(options);
      await once(admitted, 'secureConnect');
      const { authorizationError, verification } = admitted;
      assert.deepEqual([authorizationError, verification?.revocation], ['CERT_REVOKED', 'revoked']);
      admitted.destroy();
    });
  });

  it('of a server refuses clients that are on it, and tells both sides', async () => {
    const usages = ['clientAuth'] as const;
    const [alice, bob] = [await root.issue({ usages }), await root.issue({ usages })];
    const server = await SchannelServer.start({
      requestCert: true,
      ca,
      crl: pemOfCrl(await root.crl([bob])),
    });
    const client = await server.opened({ cert: alice.cert, key: alice.key });
    client.end('ping');
    assert.equal(await textOf(client), 'ping');
    const refused = server.open({ cert: bob.cert, key: bob.key });
    assert.match((await failureOfClient(refused))?.message ?? '', /certificate revoked/);
    assert.equal((await server.failure()).error.code, 'CERT_REVOKED');
    await server.close();
  });
});
