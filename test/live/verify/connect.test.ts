import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, isIP } from 'node:net';
import tls from 'node:tls';
import { connect, SchannelError, type TLSSocket } from 'schannel';
import type { TestCertificate } from '../../support/certificates.js';
import { CASES, expectedHere, type Scenario, titleOf } from './cases.js';
import { LivePki } from './pki.js';

const pem = (certificates: readonly TestCertificate[]): string =>
  certificates.map(({ cert }) => cert).join('');

/** A server of node:tls that sends the certificates of a scenario. */
async function serve(scenario: Scenario, options: tls.TlsOptions = {}): Promise<tls.Server> {
  const { leaf, others = [] } = scenario;
  const server = tls.createServer({ cert: pem([leaf, ...others]), key: leaf.key, ...options });
  // A client that refuses the certificate ends the connection with an alert.
  server.on('secureConnection', (socket) => socket.on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function connectTo(server: tls.Server, scenario: Scenario, rejectUnauthorized = true): TLSSocket {
  const { ca, host = 'localhost', revocation, allowPartialTrustChain } = scenario;
  return connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === null ? {} : { ca: ca.map(({ cert }) => cert) }),
    revocation,
    revocationTimeout: 1000,
    allowPartialTrustChain,
    rejectUnauthorized,
  });
}

/** Why the connection was refused; null when it was made. */
async function refusal(socket: TLSSocket): Promise<Error | null> {
  try {
    await once(socket, 'secureConnect');
    return null;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
}

describe('verify: certificates, by connections to node:tls', () => {
  let pki: LivePki;
  before(async () => {
    pki = await LivePki.create();
  });
  after(() => {
    pki.close();
  });

  const cases = CASES.filter(({ forClients }) => forClients !== true);
  for (const row of cases) {
    it(titleOf(row), async () => {
      const scenario = await row.scenario(pki);
      const expected = expectedHere(row);
      const server = await serve(scenario);
      const socket = connectTo(server, scenario);
      try {
        const error = await refusal(socket);
        if (expected.code === null) {
          assert.equal(error, null);
          assert.equal(socket.authorized, true);
          assert.equal(socket.authorizationError, null);
        } else {
          assert.ok(error instanceof SchannelError);
          assert.equal(error.code, expected.code);
          assert.equal(error.statusName, expected.statusName);
          assert.equal(error.phase, 'verify');
          assert.equal(socket.authorized, false);
        }
      } finally {
        socket.destroy();
        server.close();
      }
    });
  }

  it('keeps the connection and tells the code when rejectUnauthorized is false', async () => {
    const scenario = { leaf: await pki.stranger.issue(), ca: [pki.root.certificate] };
    const server = await serve(scenario);
    const socket = connectTo(server, scenario, false);
    try {
      assert.equal(await refusal(socket), null);
      assert.equal(socket.authorized, false);
      assert.equal(String(socket.authorizationError), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    } finally {
      socket.destroy();
      server.close();
    }
  });

  it('tells the server by an alert why it was refused', async () => {
    const scenario = { leaf: await pki.stranger.issue(), ca: [pki.root.certificate] };
    // In TLS 1.3 the server's tickets may cross the alert and meet a closed connection, whose reset hides it.
    const server = await serve(scenario, { maxVersion: 'TLSv1.2' });
    const told = new Promise<Error>((resolve) => {
      server.once('tlsClientError', resolve);
      server.once('secureConnection', (peer) => peer.once('error', resolve));
    });
    const socket = connectTo(server, scenario);
    try {
      assert.ok((await refusal(socket)) instanceof SchannelError);
      const error: Error & { code?: string } = await told;
      assert.equal(error.code, 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA');
    } finally {
      socket.destroy();
      server.close();
    }
  });
});
