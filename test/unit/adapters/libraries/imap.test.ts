import assert from 'node:assert/strict';
import net from 'node:net';
import tls from 'node:tls';
import { ImapFlow } from 'imapflow';
import { schannelImap } from 'schannel/imap';
import { nodeConnect } from '../../../support/node-connect.js';
import { localhostIdentity, startPlainServer, startTlsServer } from '../../../support/tls-server.js';

/** As little of a server as a client needs to log in and out; `secure` begins TLS after STARTTLS. */
function serve(socket: net.Socket, secure?: () => void): void {
  const capabilities = `IMAP4rev1 AUTH=PLAIN SASL-IR${secure ? ' STARTTLS LOGINDISABLED' : ''}`;
  socket.on('data', (chunk: Buffer) => {
    for (const line of String(chunk).split('\r\n').filter(Boolean)) {
      const [tag = '', command = ''] = line.split(' ');
      if (command === 'CAPABILITY') socket.write(`* CAPABILITY ${capabilities}\r\n`);
      if (command === 'LIST') socket.write('* LIST () "/" INBOX\r\n');
      socket.write(`${tag} OK done\r\n`);
      if (command === 'STARTTLS') secure?.();
      if (command === 'LOGOUT') socket.end();
    }
  });
  socket.on('error', () => undefined);
}

describe('adapters/libraries/imap', () => {
  const auth = { user: 'anna', pass: 'secret' };

  it('secures a connection from its first byte', async () => {
    const server = await startTlsServer((socket) => {
      socket.write('* OK ready\r\n');
      serve(socket);
    });
    const { connect, calls } = nodeConnect(server.ca);
    const client = new ImapFlow({
      host: 'localhost',
      port: server.port,
      secure: true,
      auth,
      logger: false,
      tls: { minVersion: 'TLSv1.3' },
      transport: schannelImap({ certificate: { subject: 'anna' } }, connect),
    });
    await client.connect();
    const { host, servername, certificate, minVersion } = calls[0] ?? {};
    assert.deepEqual(
      { host, servername, certificate, minVersion },
      {
        host: 'localhost',
        servername: 'localhost',
        certificate: { subject: 'anna' },
        minVersion: 'TLSv1.3',
      },
    );
    await client.logout();
    await server.close();
  });

  it('secures one after STARTTLS', async () => {
    const { certificate, ca } = await localhostIdentity();
    const { cert, key } = certificate;
    const server = await startPlainServer((socket) => {
      socket.write('* OK ready\r\n');
      serve(socket, () => {
        socket.removeAllListeners('data');
        serve(new tls.TLSSocket(socket, { isServer: true, cert, key }));
      });
    });
    const { connect, calls, socket } = nodeConnect(ca);
    const client = new ImapFlow({
      host: 'localhost',
      port: server.port,
      secure: false,
      doSTARTTLS: true,
      auth,
      logger: false,
      transport: schannelImap({}, connect),
    });
    await client.connect();
    assert.deepEqual(
      calls.map(({ host, servername }) => [host, servername]),
      [['localhost', 'localhost']],
    );
    assert.ok(socket()?.authorized);
    await client.logout();
    await server.close();
  });

  it('takes the name of the certificate from the options, above that of the host', () => {
    const asked: unknown[] = [];
    const connect = (options: { readonly servername?: unknown }): tls.TLSSocket => {
      asked.push(options.servername);
      return new tls.TLSSocket(new net.Socket());
    };
    const target = { host: '192.0.2.1', port: 993, secure: true };
    const named = { ...target, servername: 'mail.example' };
    const given = schannelImap({ servername: 'cert.example' }, connect);
    const tlsOptions = { servername: 'tls.example' };
    for (const each of [target, named, { ...named, tls: tlsOptions }]) given.connect(each, () => undefined);
    schannelImap({}, connect).connect(named, () => undefined);
    assert.deepEqual(asked, ['cert.example', 'cert.example', 'tls.example', 'mail.example']);
  });
});
