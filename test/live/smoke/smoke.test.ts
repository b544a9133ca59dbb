import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'schannel';
import { digestOf, digestOfOctets, octetStream } from '../../support/octets.js';
import { failureOf } from '../../support/outcome.js';
import { startTlsServer, type TlsServer } from '../../support/tls-server.js';

const LENGTH = 1024 * 1024;

/** What has to work before anything else is worth a test: enough to tell that a version of Node suits. */
describe('smoke', () => {
  let server: TlsServer;
  before(async () => {
    server = await startTlsServer((socket) => void socket.pipe(socket));
  });
  after(() => server.close());

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${version}: 1 MiB there and back`, async () => {
      const socket = connect({ port: server.port, ca: server.ca, minVersion: version, maxVersion: version });
      await once(socket, 'secureConnect');
      assert.equal(socket.getProtocol(), version);
      assert.equal(socket.authorized, true);
      octetStream(LENGTH).pipe(socket);
      assert.deepEqual(await digestOf(socket), { length: LENGTH, digest: digestOfOctets(LENGTH) });
    });
  }

  it('a server nobody vouches for is refused', async () => {
    const error = await failureOf(connect({ port: server.port }));
    assert.equal(error.code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
});
