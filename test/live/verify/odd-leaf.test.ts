import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'schannel';
import * as https from 'schannel/https';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { holding, oddLeaf, UNREADABLE } from '../../support/odd-leaf.js';
import { failureOf } from '../../support/outcome.js';
import { needsPeer, startPeer, type Peer } from '../../support/peers.js';
import { localhostServer, SchannelServer, serverRoot } from '../../support/schannel-server.js';
import { skipOnDouble } from '../../support/windows.js';

const UNREADABLE_CODE = 'ERR_SCHANNEL_PEER_CERTIFICATE_UNREADABLE';

describe('verify: certificates that OpenSSL reads otherwise than Windows', () => {
  let authority: TestAuthority;
  let victim: TestCertificate;
  let peer: Peer | null = null;
  before(async () => {
    authority = await TestAuthority.create('CN=schannel odd root', { key: 'rsa' });
    victim = await authority.issue({ subject: 'CN=victim', altNames: ['DNS:victim.example'], key: 'rsa' });
  });
  afterEach(async () => {
    await peer?.stop();
    peer = null;
  });

  describe('of clients', () => {
    before(async function () {
      skipOnDouble(this, 'its TLS is OpenSSL, which refuses such a certificate by itself');
      await needsPeer(this, 'gnutls-cli');
    });

    /** GnuTLS sends what it is given. */
    const show = async (port: number, { cert, key }: TestCertificate): Promise<Peer> =>
      (peer = await startPeer(
        'gnutls-cli',
        [
          ...['--x509cafile={file:ca}', '--sni-hostname=localhost', '--verify-hostname=localhost'],
          ...['--x509certfile={file:cert}', '--x509keyfile={file:key}', `--port=${port}`, '127.0.0.1'],
        ],
        { files: { ca: (await serverRoot()).certificate.cert, cert: `${cert}${victim.cert}`, key } },
      ));
    const odd = (what: string): TestCertificate =>
      oddLeaf(authority.certificate, UNREADABLE[what], { usage: 'clientAuth', key: 'rsa' });

    for (const what of Object.keys(UNREADABLE)) {
      it(`one with ${what} is refused`, async () => {
        const server = await SchannelServer.start({ requestCert: true, ca: authority.certificate.cert });
        try {
          await show(server.port, odd(what));
          const { error, socket } = await server.failure();
          assert.equal(error.code, UNREADABLE_CODE);
          assert.equal(socket.authorized, false);
        } finally {
          await server.close();
        }
      });

      it(`one with ${what} is nobody's, where the server takes it`, async () => {
        const { cert, key } = await localhostServer();
        const options = { cert, key, requestCert: true, rejectUnauthorized: false };
        const asked: unknown[] = [];
        const server = https.createServer(
          { ...options, ca: authority.certificate.cert },
          ({ socket }: IncomingMessage, response: ServerResponse) => {
            const { authorized, authorizationError } = socket as unknown as TLSSocket;
            asked.push(authorized, authorizationError);
            asked.push(
              Object.keys((socket as unknown as TLSSocket).getPeerCertificate(true) ?? { none: null }),
            );
            asked.push((socket as unknown as TLSSocket).getPeerX509Certificate()?.subject);
            response.end('heard');
          },
        );
        server.listen(0, '127.0.0.1');
        try {
          await once(server, 'listening');
          const client = await show((server.address() as AddressInfo).port, odd(what));
          client.stdin.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
          await client.waitFor(/heard/);
          assert.deepEqual(asked, [false, UNREADABLE_CODE, [], undefined]);
        } finally {
          server.close();
        }
      });
    }
  });

  describe('of servers', () => {
    before(async function () {
      await needsPeer(this, 'openssl');
    });

    const open = async ({ cert, key }: TestCertificate, options: ConnectionOptions): Promise<TLSSocket> => {
      peer = await startPeer(
        'openssl',
        [
          ...['s_server', '-accept', '127.0.0.1:{port}', '-cert', '{file:cert}', '-key', '{file:key}'],
          ...['-cert_chain', '{file:chain}'],
        ],
        { files: { cert, key, chain: victim.cert } },
      );
      await peer.waitFor(/ACCEPT/);
      return connect({ port: peer.port, host: '127.0.0.1', ca: authority.certificate.cert, ...options });
    };
    const embedding = (): TestCertificate =>
      oddLeaf(authority.certificate, holding(victim.cert), { key: 'rsa' });

    it('one that holds another as PEM is not taken for that one', async () => {
      const socket = await open(embedding(), { servername: 'victim.example' });
      assert.equal(Reflect.get(await failureOf(socket), 'code'), 'ERR_TLS_CERT_ALTNAME_INVALID');
      socket.destroy();
    });

    it('one that holds another as PEM is itself for who asks', async () => {
      const leaf = embedding();
      const socket = await open(leaf, { servername: 'attacker.example' });
      await once(socket, 'secureConnect');
      assert.equal(socket.authorized, true);
      assert.equal(socket.getPeerCertificate()?.subject.CN, 'attacker.example');
      assert.deepEqual(socket.getPeerCertificate()?.raw, leaf.der);
      assert.equal(socket.getPeerX509Certificate()?.subject, 'CN=attacker.example');
      socket.destroy();
    });
  });
});
