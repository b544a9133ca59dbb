import assert from 'node:assert/strict';
import { once } from 'node:events';
import tls from 'node:tls';
import type { AddressInfo } from 'node:net';
import { createServer } from 'schannel';
import { TestAuthority } from '../../support/certificates.js';

describe('createServer()', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${version}: serves node:tls from cert and key`, async () => {
      const root = await TestAuthority.create('CN=schannel server root', { key: 'rsa' });
      const { cert, key } = await root.issue({ key: 'rsa' });
      const server = createServer({ cert, key, maxVersion: version }, (socket) => socket.end('hello'));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const client = tls.connect({
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: root.certificate.cert,
      });
      const said = Buffer.concat((await client.toArray()) as Buffer[]).toString();
      assert.equal(said, 'hello');
      assert.equal(client.getProtocol(), null);
      server.close();
      await once(server, 'close');
    });
  }
});
