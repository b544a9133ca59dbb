import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SchannelServer } from '../../support/schannel-server.js';
import { steer, whileFixed } from '../../support/double.js';
import { skip } from '../../support/skip.js';
import { onDouble } from '../../support/windows.js';

describe('a first step that fails', () => {
  before(function () {
    if (!onDouble) skip(this, 'only the double puts out a handle that means nothing');
  });

  it('leaves nothing to delete, whatever is in the new handle', async () => {
    const server = await SchannelServer.start({ ALPNProtocols: ['h2'] });
    try {
      await whileFixed('handleGarbage', 1, async () => {
        const refused = once(server.server, 'tlsClientError') as Promise<[NodeJS.ErrnoException]>;
        const client = server.open({ ALPNProtocols: ['spdy/1'] });
        const [error] = await refused;
        assert.equal(error.code, 'ERR_SCHANNEL_PEER_ALPN');
        assert.deepEqual(steer().violations(), []);
        client.destroy();
      });
    } finally {
      await server.close();
    }
  });
});
