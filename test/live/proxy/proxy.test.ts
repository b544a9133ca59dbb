import assert from 'node:assert/strict';
import { once } from 'node:events';
import type http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { duplexPair } from 'node:stream';
import tls from 'node:tls';
import { connect, createServer } from 'schannel';
import { createFetch } from 'schannel/fetch';
import { Agent, get } from 'schannel/https';
import { connectThrough, encodeProxyHeader, readProxyHeader } from 'schannel/proxy';
import { startTls } from 'schannel/starttls';
import { createProxy } from '../../support/proxy.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';

const portOf = (server: net.Server): number => (server.address() as AddressInfo).port;

/** What is open after a test, passed or not. */
const open: (net.Server | net.Socket)[] = [];

async function listening<Server extends net.Server>(server: Server): Promise<Server> {
  open.push(server.on('connection', (socket: net.Socket) => open.push(socket)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

describe('proxies in front of Schannel', () => {
  let ca: string;
  let certificate: { readonly cert: string; readonly key: string };
  before(async () => {
    ca = (await serverRoot()).certificate.cert;
    const { cert, key } = await localhostServer();
    certificate = { cert, key };
  });

  afterEach(() => {
    for (const each of open.splice(0)) {
      if (each instanceof net.Socket) each.destroy();
      else each.close();
    }
  });

  it('secures by STARTTLS what a proxy has opened, with the greeting in the same segment as its answer', async () => {
    const { cert, key } = certificate;
    const asked: string[] = [];
    const proxy = await listening(
      net.createServer((socket) => {
        const answers = [
          'HTTP/1.1 200 Connection established\r\n\r\n220 mail.test ESMTP\r\n',
          '250-mail.test\r\n250 STARTTLS\r\n',
          '220 go ahead\r\n',
        ];
        const onData = (chunk: Buffer): void => {
          asked.push(chunk.toString().split('\r\n', 1)[0] ?? '');
          socket.write(answers.shift() ?? '');
          if (answers.length > 0) return;
          socket.removeListener('data', onData);
          const secured = new tls.TLSSocket(socket, { isServer: true, cert, key });
          secured.on('error', () => undefined).once('secure', () => secured.end('hello'));
        };
        socket.on('error', () => undefined).on('data', onData);
      }),
    );
    const through = [{ protocol: 'connect', host: '127.0.0.1', port: portOf(proxy) } as const];
    const clear = await connectThrough({ host: 'mail.test', port: 587, through });
    const socket = await startTls(clear, {
      protocol: 'smtp',
      name: 'client.test',
      servername: 'localhost',
      ca,
    });
    assert.equal(String((await once(socket, 'data'))[0]), 'hello');
    assert.deepEqual(asked, ['CONNECT mail.test:587 HTTP/1.1', 'EHLO client.test', 'STARTTLS']);
    socket.destroy();
  });

  it('reaches a proxy by TLS, and a server by TLS within', async () => {
    const server = await listening(tls.createServer(certificate, (socket) => socket.end('hello')));
    const proxy = await listening(createProxy(certificate));
    const step = { protocol: 'connect', host: 'localhost', port: portOf(proxy) } as const;
    const target = { host: 'localhost', port: portOf(server) };
    const clear = await connectThrough({ ...target, through: [{ ...step, tls: { ca } }] });
    const socket = connect({ socket: clear, servername: 'localhost', ca });
    assert.equal(String((await once(socket, 'data'))[0]), 'hello');
    assert.equal(socket.authorized, true);
    socket.destroy();
    // The proxy is verified as any server is.
    await assert.rejects(connectThrough({ ...target, through: [{ ...step, tls: { ca: [] } }] }), {
      phase: 'verify',
    });
  });

  it('takes requests of fetch() and of https through a proxy', async () => {
    const server = await listening(https.createServer(certificate, (_, answer) => answer.end('hello')));
    const asked: (string | undefined)[] = [];
    const proxy = await listening(
      createProxy(null).on('connect', ({ url }: http.IncomingMessage) => asked.push(url)),
    );
    const url = `https://localhost:${portOf(server)}/`;
    const options = { ca, proxy: `http://127.0.0.1:${portOf(proxy)}` };
    const answer = await createFetch(options)(url, { headers: { connection: 'close' } });
    assert.equal(await answer.text(), 'hello');
    const agent = new Agent({ ...options, keepAlive: true });
    for (let at = 0; at < 2; at += 1) {
      const [response] = (await once(get(url, { agent }), 'response')) as [http.IncomingMessage];
      let text = '';
      for await (const chunk of response) text += String(chunk);
      assert.equal(text, 'hello');
    }
    agent.destroy();
    // Of the agent's two requests, the second one has the connection of the first one.
    assert.deepEqual(asked, [`localhost:${portOf(server)}`, `localhost:${portOf(server)}`]);
  });

  it('reads who has connected from a header in the same segment as the ClientHello', async () => {
    const secure = createServer(certificate, (socket) => socket.end('hello'));
    const addresses = {
      source: { address: '192.0.2.1', port: 50_312 },
      destination: { address: '198.51.100.2', port: 443 },
    };
    const sources: unknown[] = [];
    const front = await listening(
      net.createServer((socket) => {
        void readProxyHeader(socket, { from: ['127.0.0.1'] }).then((header) => {
          sources.push(header?.addresses);
          secure.emit('connection', socket);
        });
      }),
    );
    for (const version of [1, 2] as const) {
      const wire = net.connect(portOf(front), '127.0.0.1');
      open.push(wire);
      const [near, far] = duplexPair();
      const client = tls.connect({ socket: near, servername: 'localhost', ca });
      const [hello] = (await once(far, 'data')) as [Buffer];
      wire.write(Buffer.concat([encodeProxyHeader({ version, addresses }), hello]));
      far.pipe(wire).pipe(far);
      assert.equal(String((await once(client, 'data'))[0]), 'hello');
    }
    assert.deepEqual(sources, [addresses, addresses]);
  });
});
