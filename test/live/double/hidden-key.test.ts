import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, releaseUnusedResources } from 'schannel';
import { issueClient, withStored } from '../../support/client-identity.js';
import { steer } from '../../support/double.js';
import { failureOf } from '../../support/outcome.js';
import { skip } from '../../support/skip.js';
import { startTlsServer, type TlsServer } from '../../support/tls-server.js';
import { onDouble } from '../../support/windows.js';

describe('a key that LSASS does not find for a moment', () => {
  let server: TlsServer | undefined;
  before(async function () {
    if (!onDouble) skip(this, 'only the double can hide one');
    const options = { requestCert: true, rejectUnauthorized: false };
    server = await startTlsServer((peer) => peer.end(), options);
  });
  after(() => server?.close());
  afterEach(async () => {
    steer().hideKeys(0);
    await releaseUnusedResources();
  });

  it('fails the connection that needs it, and those that follow have the newest TLS', async () => {
    assert.ok(server);
    const { port, ca } = server;
    await withStored(await issueClient('alice'), async (certificate) => {
      const options = { port, ca, certificate };
      steer().hideKeys(1);
      const error: NodeJS.ErrnoException = await failureOf(connect(options));
      assert.equal(error.code, 'ERR_SCHANNEL_SYSTEM_CREDENTIAL');
      const socket = connect(options);
      await once(socket, 'secureConnect');
      assert.equal(socket.getProtocol(), 'TLSv1.3');
      await once(socket.resume(), 'close');
      await releaseUnusedResources();
    });
  });
});
