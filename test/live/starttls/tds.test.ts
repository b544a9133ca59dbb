import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { releaseUnusedResources } from 'schannel';
import { startTls } from 'schannel/starttls';
import { skip } from '../../support/skip.js';
import { tdsServer } from '../../support/tds-server.js';
import { type Identity, localhostIdentity } from '../../support/tls-server.js';
import { onWine } from '../../support/windows.js';

describe('startTls with a pretended SQL Server', () => {
  let identity: Identity;
  let server: net.Server;
  let packetContent = 4088;
  before(async () => {
    identity = await localhostIdentity();
    const { cert, key } = identity.certificate;
    const secureContext = tls.createSecureContext({ cert, key, maxVersion: 'TLSv1.2' });
    server = net.createServer((stream) => {
      void tdsServer(stream, { secureContext, packetContent }).then((secured) => secured.pipe(secured));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());
  afterEach(() => releaseUnusedResources());

  /** Has a login sent back. @returns whether the session was resumed */
  async function login(): Promise<boolean> {
    const { port } = server.address() as AddressInfo;
    const options = { protocol: 'tds', servername: 'localhost', ca: identity.ca } as const;
    const socket = await startTls(net.connect(port, '127.0.0.1'), options);
    assert.deepEqual([socket.getProtocol(), socket.authorized, socket.remotePort], ['TLSv1.2', true, port]);
    const isReused = socket.isSessionReused();
    socket.end('LOGIN7');
    assert.equal(String(Buffer.concat(await socket.toArray())), 'LOGIN7');
    return isReused;
  }

  for (const content of [4088, 10]) {
    it(`has the handshake in messages, whose packets have ${content} bytes of it at most`, async () => {
      packetContent = content;
      await login();
    });
  }

  it('ends the handshake itself when the session is resumed', async function () {
    if (onWine()) skip(this, 'Wine resumes no sessions');
    assert.deepEqual([await login(), await login()], [false, true]);
  });
});
