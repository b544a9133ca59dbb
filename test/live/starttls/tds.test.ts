import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { startTls } from 'schannel/starttls';
import { tdsServer } from '../../support/tds-server.js';
import { localhostIdentity } from '../../support/tls-server.js';

describe('startTls with a pretended SQL Server', () => {
  /** Secures a connection by Schannel, has the login echoed, and returns the version of TLS. */
  async function login(packetContent: number): Promise<string | null> {
    const { certificate, ca } = await localhostIdentity();
    const { cert, key } = certificate;
    const server = net.createServer((stream) => {
      void tdsServer(stream, { cert, key, packetContent }).then((secured) => secured.pipe(secured));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = await startTls(net.connect(port, '127.0.0.1'), {
      protocol: 'tds',
      servername: 'localhost',
      ca,
    });
    assert.deepEqual([socket.authorized, socket.remotePort], [true, port]);
    socket.end('LOGIN7');
    const version = socket.getProtocol();
    assert.equal(String(Buffer.concat(await socket.toArray())), 'LOGIN7');
    server.close();
    return version;
  }

  it('has the handshake in PRELOGIN messages, and the login behind it', async () => {
    assert.equal(await login(4088), 'TLSv1.2');
  });

  it('reads messages of many packets', async () => {
    assert.equal(await login(10), 'TLSv1.2');
  });
});
