import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'schannel';
import { SchannelServer } from '../../support/schannel-server.js';
import { capabilities } from '../../support/windows.js';

describe('requestClientCertificate()', () => {
  let server: SchannelServer;
  before(async () => {
    server = await SchannelServer.start();
  });
  after(() => server.close());

  async function meet(): Promise<{ socket: TLSSocket; client: TLSSocket }> {
    const connected = once(server.server, 'secureConnection') as Promise<[TLSSocket]>;
    const client = connect({ port: server.port, host: 'localhost', ca: server.ca });
    const [socket] = await connected;
    if (client.secureConnecting) await once(client, 'secureConnect');
    return { socket, client };
  }

  it('is for servers only', async () => {
    const { client } = await meet();
    await assert.rejects(client.requestClientCertificate(), { code: 'ERR_SCHANNEL_USAGE_PHASE' });
    client.destroy();
  });

  it('is for connections that are secure', async () => {
    const { socket, client } = await meet();
    // What comes from the server is read, tickets too: else the end is a reset.
    client.resume().end();
    socket.resume();
    await once(socket, 'close');
    await assert.rejects(socket.requestClientCertificate(), { code: 'ERR_SCHANNEL_USAGE_PHASE' });
  });

  it('leaves the connection as it was, whatever the result', async () => {
    const { socket, client } = await meet();
    const code = await socket.requestClientCertificate().then(
      ({ error }) => error && 'code' in error && error.code,
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
    // The client has none to show, or Windows' clients don't offer to.
    const without = /^(UNABLE_TO_GET_ISSUER_CERT|ERR_SCHANNEL_PEER_POST_HANDSHAKE_AUTH)$/;
    assert.match(String(code), capabilities().renegotiation ? without : /^ERR_SCHANNEL_SYSTEM_UNSUPPORTED$/);
    client.write('still there');
    assert.equal(String((await once(client, 'data'))[0]), 'still there');
    client.destroy();
  });
});
