import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, releaseUnusedResources } from 'schannel';
import { whileFixed } from '../../support/double.js';
import { skip } from '../../support/skip.js';
import { startTlsServer, type TlsServer } from '../../support/tls-server.js';
import { onDouble } from '../../support/windows.js';

describe('sessions where a function chooses the certificate', () => {
  let server: TlsServer | undefined;
  before(async function () {
    if (!onDouble) skip(this, 'only the double has more than one way to forbid them');
    server = await startTlsServer((peer) => peer.end('a word'));
  });
  afterEach(() => releaseUnusedResources());
  after(() => server?.close());

  for (const [value, what] of [
    [1, 'the token'],
    [2, 'the lifespan'],
  ] as const) {
    it(`are not resumed where only ${what} forbids it`, () =>
      whileFixed('noResumption', value, async () => {
        assert.ok(server);
        const options = { port: server.port, ca: server.ca, certificate: () => null };
        for (const maxVersion of ['TLSv1.2', 'TLSv1.2', 'TLSv1.3', 'TLSv1.3'] as const) {
          const socket = connect({ ...options, maxVersion });
          await once(socket, 'secureConnect');
          assert.equal(socket.isSessionReused(), false);
          await once(socket.resume(), 'close');
        }
      }));
  }
});
