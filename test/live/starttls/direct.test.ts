import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'schannel';
import { startTlsServer } from '../../support/tls-server.js';

describe('TLS from the first byte of a database', () => {
  for (const [what, alpn] of [
    ['PostgreSQL, from version 17', 'postgresql'],
    ['TDS 8 of SQL Server', 'tds/8.0'],
  ] as const) {
    it(`is that of ${what} if the client names it by ALPN`, async () => {
      // Such a server has no session for others.
      const { port, ca, close } = await startTlsServer(
        (socket) => socket.end(socket.alpnProtocol === alpn ? String(socket.servername) : ''),
        { ALPNProtocols: [alpn] },
      );
      for (const [offer, answer] of [
        [{ ALPNProtocols: [alpn] }, 'localhost'],
        [{}, ''],
      ] as const) {
        const socket = connect({ port, host: 'localhost', ca, ...offer });
        await once(socket, 'secureConnect');
        assert.equal(socket.alpnProtocol, answer === '' ? false : alpn);
        assert.equal(String(Buffer.concat(await socket.toArray())), answer);
      }
      await close();
    });
  }
});
