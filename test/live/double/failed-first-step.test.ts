import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SchannelServer } from '../../support/schannel-server.js';
import { steer, whileFixed } from '../../support/double.js';
import { skip } from '../../support/skip.js';
import { onDouble } from '../../support/windows.js';

/** A client with a suite that the double doesn't have. Only Windows finds that out. */
const STRANGE = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' } as const;

describe('a first step that fails', () => {
  before(function () {
    if (!onDouble) skip(this, 'only the double puts out a handle that means nothing');
  });

  it('has the peer told why, also if the alert is in a separate buffer', async () => {
    const server = await SchannelServer.start();
    try {
      await whileFixed('alertBuffer', 1, async () => {
        const client = server.open(STRANGE);
        const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
        assert.match(error.code ?? '', /ALERT_HANDSHAKE_FAILURE$/);
      });
    } finally {
      await server.close();
    }
  });

  it('leaves nothing to delete, whatever is in the new handle', async () => {
    const server = await SchannelServer.start();
    try {
      await whileFixed('handleGarbage', 1, async () => {
        const refused = once(server.server, 'tlsClientError') as Promise<[NodeJS.ErrnoException]>;
        const client = server.open(STRANGE);
        const [error] = await refused;
        assert.equal(error.code, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM');
        assert.deepEqual(steer().violations(), []);
        client.destroy();
      });
    } finally {
      await server.close();
    }
  });
});
