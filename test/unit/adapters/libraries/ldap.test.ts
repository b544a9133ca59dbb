import assert from 'node:assert/strict';
import tls from 'node:tls';
import type net from 'node:net';
import { Client } from 'ldapts';
import { schannelLdap } from 'schannel/ldap';
import { nodeConnect } from '../../../support/node-connect.js';
import { localhostIdentity, startPlainServer, startTlsServer } from '../../../support/tls-server.js';

/** Success for a bind (0x60) and for an extended request (0x77), with the ID of the request. */
function answerTo(request: Buffer): Buffer {
  const [id = 0, operation] = [request[4], request[5]];
  return Buffer.from([0x30, 12, 2, 1, id, operation === 0x77 ? 0x78 : 0x61, 7, 10, 1, 0, 4, 0, 4, 0]);
}

function serve(socket: net.Socket): void {
  socket.on('data', (request: Buffer) => socket.write(answerTo(request)));
}

describe('adapters/libraries/ldap', () => {
  it('secures ldaps: with its options, and with the tlsOptions of the client', async () => {
    const server = await startTlsServer(serve);
    const { connect, calls } = nodeConnect(server.ca);
    const client = new Client({
      url: `ldaps://localhost:${server.port}`,
      tlsOptions: { minVersion: 'TLSv1.3' },
      ...schannelLdap({ certificate: { subject: 'anna' } }, connect),
    });
    await client.bind('', '');
    assert.deepEqual(calls, [
      { certificate: { subject: 'anna' }, port: server.port, host: 'localhost', minVersion: 'TLSv1.3' },
    ]);
    await client.unbind();
    await server.close();
  });

  for (const [host, told] of [
    ['localhost', 'localhost'],
    ['127.0.0.1', '127.0.0.1'],
  ] as const) {
    it(`StartTLS to ${host}: the name that was connected to is the one that counts`, async () => {
      const { certificate } = await localhostIdentity();
      const { cert, key } = certificate;
      const server = await startPlainServer((socket) => {
        socket.once('data', (request: Buffer) => {
          socket.write(answerTo(request));
          serve(new tls.TLSSocket(socket, { isServer: true, cert, key }).on('error', () => undefined));
        });
      });
      const { connect, calls } = nodeConnect((await localhostIdentity()).ca);
      const client = new Client({ url: `ldap://${host}:${server.port}`, ...schannelLdap({}, connect) });
      await client.startTLS();
      await client.bind('', '');
      assert.equal(calls[0]?.['host'], told);
      await client.unbind();
      await server.close();
    });
  }
});
