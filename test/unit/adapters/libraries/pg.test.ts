import assert from 'node:assert/strict';
import type net from 'node:net';
import tls from 'node:tls';
import { Client } from 'pg';
import { schannelPg } from 'schannel/pg';
import { nodeConnect } from '../../../support/node-connect.js';
import {
  localhostIdentity,
  startPlainServer,
  startTlsServer,
  type LoopbackServer,
} from '../../../support/tls-server.js';

const message = (type: string, content: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(type), length, content]);
};
const READY = message('Z', Buffer.from('I'));
const AUTHENTICATED = message('R', Buffer.alloc(4));

/** As little of a server as a client needs: it lets everybody in, and its only answer has `rows` octets. */
function serve(socket: net.Socket, length: number): void {
  socket.once('data', () => {
    socket.write(Buffer.concat([AUTHENTICATED, READY]));
    socket.on('data', (query: Buffer) => {
      if (query[0] !== 0x51) return;
      const fields = Buffer.from([
        0, 1, 0x78, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0,
      ]);
      const value = Buffer.alloc(6 + length, 'y');
      value.writeInt16BE(1);
      value.writeInt32BE(length, 2);
      const complete = message('C', Buffer.from('SELECT 1\0'));
      socket.write(Buffer.concat([message('T', fields), message('D', value), complete, READY]));
    });
  });
  socket.on('error', () => undefined);
}

/** SSLRequest is answered by `answer`. */
async function startDatabase(answer: string, length = 1): Promise<LoopbackServer> {
  const { certificate } = await localhostIdentity();
  const { cert, key } = certificate;
  return startPlainServer((socket) => {
    socket.once('data', () => {
      socket.write(answer);
      if (answer === 'S') serve(new tls.TLSSocket(socket, { isServer: true, cert, key }), length);
    });
  });
}

describe('adapters/libraries/pg', () => {
  let ca: string;
  before(async () => ({ ca } = await localhostIdentity()));

  it('asks for TLS in place of pg, and carries what both say', async () => {
    const server = await startDatabase('S', 3_000_000);
    const { connect, calls } = nodeConnect(ca);
    const { ssl, stream } = schannelPg({ certificate: { subject: 'anna' } }, connect);
    const client = new Client({
      host: 'localhost',
      port: server.port,
      user: 'anna',
      ssl,
      stream,
      keepAlive: true,
    });
    await client.connect();
    const { rows } = await client.query<{ x: string }>('select x');
    assert.equal(rows[0]?.x.length, 3_000_000);
    assert.equal(calls[0]?.['host'], 'localhost');
    assert.deepEqual(calls[0]['certificate'], { subject: 'anna' });
    await client.end();
    await server.close();
  });

  for (const direct of [false, true]) {
    it(`fails once, and quietly, if its options are wrong${direct ? ', beginning with TLS' : ''}`, async () => {
      const server = await startDatabase('S');
      const wrong = new TypeError('wrong');
      const options = schannelPg({ direct }, () => {
        throw wrong;
      });
      const client = new Client({ host: 'localhost', port: server.port, user: 'anna', ...options });
      await assert.rejects(client.connect(), wrong);
      await server.close();
    });
  }

  it('begins with TLS where it is told to', async () => {
    const server = await startTlsServer((socket) => serve(socket, 1), { ALPNProtocols: ['postgresql'] });
    const { connect, socket } = nodeConnect(ca);
    const options = schannelPg({ direct: true }, connect);
    const client = new Client({ host: 'localhost', port: server.port, user: 'anna', ...options });
    await client.connect();
    assert.equal(socket()?.alpnProtocol, 'postgresql');
    assert.equal((await client.query<{ x: string }>('select x')).rows[0]?.x, 'y');
    await client.end();
    await server.close();
  });

  it('ends the connection to a server without TLS, and to one that is not trusted', async () => {
    for (const [answer, trusted, code] of [
      ['N', ca, 'ERR_SCHANNEL_STARTTLS_UNAVAILABLE'],
      ['S', '', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ] as const) {
      const server = await startDatabase(answer);
      const { connect } = nodeConnect(trusted);
      const client = new Client({
        host: 'localhost',
        port: server.port,
        user: 'a',
        ...schannelPg({}, connect),
      });
      await assert.rejects(client.connect(), { code });
      await server.close();
    }
  });
});
