import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'schannel';
import { TestAuthority } from '../../support/certificates.js';
import { SchannelServer } from '../../support/schannel-server.js';
import { skip } from '../../support/skip.js';
import { startTlsServer } from '../../support/tls-server.js';
import { needsVersion, onWine } from '../../support/windows.js';

/** Names that make a certificate somewhat longer than this. */
const namesOf = (bytes: number): string[] =>
  Array.from(
    { length: Math.ceil(bytes / 32) },
    (_, index) => `DNS:${String(index).padStart(22, '0')}.example`,
  );

const KIB = 1024;

describe('handshake messages as long as Windows takes', () => {
  let authority: TestAuthority;
  before(async function () {
    if (onWine()) skip(this, 'Wine has the limits of GnuTLS');
    authority = await TestAuthority.create('CN=long messages', { key: 'rsa' });
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${version}: a client takes certificates of 32 KiB, and no longer ones`, async function () {
      needsVersion(this, version);
      for (const size of [28 * KIB, 33 * KIB]) {
        const { cert, key } = await authority.issue({ altNames: ['DNS:localhost', ...namesOf(size)] });
        const server = await startTlsServer((peer) => peer.end(), { cert, key, maxVersion: version });
        const address = { port: server.port, host: '127.0.0.1', servername: 'localhost' };
        const socket = connect({ ...address, ca: authority.certificate.cert });
        if (size < 32 * KIB) await once(socket, 'secureConnect');
        else
          await assert.rejects(once(socket, 'secureConnect'), { code: 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE' });
        socket.destroy();
        await server.close();
      }
    });
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${version}: a server that asks for certificates does so too`, async function () {
      needsVersion(this, version);
      const ca = authority.certificate.cert;
      const server = await SchannelServer.start({ requestCert: true, ca, maxVersion: version });
      for (const size of [28 * KIB, 33 * KIB]) {
        const { cert, key } = await authority.issue({ usages: ['clientAuth'], altNames: namesOf(size) });
        if (size < 32 * KIB) {
          // Under TLS 1.3 the client is ready before the server has its certificates.
          const secure = once(server.server, 'secureConnection');
          const client = server.open({ cert, key });
          await secure;
          client.destroy();
        } else {
          const client = server.open({ cert, key });
          assert.equal((await server.failure()).error.code, 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE');
          client.destroy();
        }
      }
      await server.close();
    });
  }
});
