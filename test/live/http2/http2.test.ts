import assert from 'node:assert/strict';
import { once } from 'node:events';
import nodeHttp2 from 'node:http2';
import nodeHttps from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { connect } from 'schannel';
import * as http2 from 'schannel/http2';
import { answerTo, listenOn, textOf, type HttpsPeer } from '../../support/https.js';
import { digestOf, digestOfOctets, octetStream } from '../../support/octets.js';
import { localhostServer } from '../../support/schannel-server.js';

type Stream = nodeHttp2.ServerHttp2Stream;
type Headers = nodeHttp2.IncomingHttpHeaders;

/** '/echo' sends back what comes; anything else is told its path and who asks. */
function serve(stream: Stream, headers: Headers): void {
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200 });
  if (headers[':path'] === '/echo') stream.pipe(stream);
  else stream.end(JSON.stringify(factsOf(stream.session)));
}

function factsOf(session: nodeHttp2.Http2Session | undefined): object {
  const { encrypted, alpnProtocol, socket } = session ?? {};
  return {
    encrypted,
    alpnProtocol,
    remoteAddress: socket?.remoteAddress,
    protocol: (socket as { getProtocol?: () => string } | undefined)?.getProtocol?.().slice(0, 5),
  };
}
const FACTS = { encrypted: true, alpnProtocol: 'h2', remoteAddress: '127.0.0.1', protocol: 'TLSv1' };

async function get(session: nodeHttp2.ClientHttp2Session, path: string): Promise<string> {
  return textOf(session.request({ ':path': path }));
}

async function start(kind: 'node:http2' | 'schannel', options: http2.SecureServerOptions = {}) {
  const { cert, key } = await localhostServer();
  const settings = { cert, key, ...options };
  const server =
    kind === 'schannel'
      ? http2.createSecureServer(settings)
      : nodeHttp2.createSecureServer(settings as nodeHttp2.SecureServerOptions);
  return { server, ...(await listenOn(server)) };
}

for (const kind of ['node:http2', 'schannel'] as const) {
  describe(`HTTP/2 with a server of ${kind}`, () => {
    let server: HttpsPeer;
    before(async () => {
      const started = await start(kind);
      started.server.on('stream', serve);
      server = started;
    });
    after(() => server.close());

    it('http2.connect() takes our socket by createConnection', async () => {
      const { port, ca, origin } = server;
      const session = nodeHttp2.connect(origin, {
        createConnection: () => connect({ port, ca, ALPNProtocols: ['h2'] }),
      });
      assert.deepEqual(JSON.parse(await get(session, '/')), FACTS);
      session.destroy();
    });

    it('connect(): the session is told to be there when the server is known', async () => {
      const session = http2.connect(server.origin, { ca: server.ca });
      const [told] = (await once(session, 'connect')) as [unknown];
      assert.equal(told, session);
      assert.deepEqual(factsOf(session), FACTS);
      assert.deepEqual(JSON.parse(await get(session, '/')), FACTS);
      session.close();
      await once(session, 'close');
    });

    it('promisify(connect)', async () => {
      const open = promisify(http2.connect) as unknown as (
        authority: string,
        options: http2.ClientSessionOptions,
      ) => Promise<nodeHttp2.ClientHttp2Session>;
      const session = await open(server.origin, { ca: server.ca });
      assert.deepEqual(JSON.parse(await get(session, '/')), FACTS);
      session.close();
    });

    it('a server nobody vouches for is the error of the session, which is never connected', async () => {
      const session = http2.connect(server.origin);
      let connected = 0;
      session.on('connect', () => connected++);
      const [error] = (await once(session, 'error')) as [NodeJS.ErrnoException];
      assert.match(String(error.code), /UNABLE_TO_|SELF_SIGNED/);
      assert.equal(connected, 0);
    });

    it('20 streams of 256 KiB at once, there and back', async () => {
      const length = 256 * 1024;
      const session = http2.connect(server.origin, { ca: server.ca });
      const digests = await Promise.all(
        Array.from({ length: 20 }, () => {
          const stream = session.request({ ':path': '/echo', ':method': 'POST' });
          octetStream(length).pipe(stream);
          return digestOf(stream);
        }),
      );
      assert.deepEqual(
        digests,
        Array.from({ length: 20 }, () => ({ length, digest: digestOfOctets(length) })),
      );
      session.close();
    });

    it('ping and settings', async () => {
      const session = http2.connect(server.origin, { ca: server.ca, settings: { enablePush: false } });
      await once(session, 'remoteSettings');
      const payload = await new Promise<Buffer>((resolve, reject) => {
        session.ping(Buffer.from('12345678'), (error, _, back) => (error ? reject(error) : resolve(back)));
      });
      assert.equal(String(payload), '12345678');
      session.destroy();
    });
  });
}

describe('an HTTP/2 server of Schannel', () => {
  it('answers requests of a client of node:http2 by the compatible API', async () => {
    const { cert, key } = await localhostServer();
    const server = http2.createSecureServer({ cert, key }, (request, response) => {
      response.end(`${request.httpVersion} ${request.socket.remoteAddress}`);
    });
    const peer = await listenOn(server);
    const session = nodeHttp2.connect(peer.origin, { ca: peer.ca });
    assert.equal(await get(session, '/'), '2.0 127.0.0.1');
    session.close();
    await peer.close();
  });

  it('a listener that is no function is ignored, as in Node', async () => {
    const { cert, key } = await localhostServer();
    const { createSecureServer } = http2 as unknown as typeof nodeHttp2;
    for (const { createSecureServer: make } of [nodeHttp2, { createSecureServer }]) {
      const server = make({ cert, key }, { settings: {} } as unknown as () => void);
      assert.equal(server.listenerCount('request'), 0);
    }
  });

  it('allowHTTP1: serves those who do not offer h2', async () => {
    const peer = await start('schannel', { allowHTTP1: true });
    peer.server.on(
      'request',
      (request: nodeHttp2.Http2ServerRequest, response: nodeHttp2.Http2ServerResponse) => {
        response.end(request.httpVersion);
      },
    );
    assert.equal((await answerTo(nodeHttps.get(peer.origin, { ca: peer.ca, agent: false }))).body, '1.1');
    const session = http2.connect(peer.origin, { ca: peer.ca });
    assert.equal(await get(session, '/'), '2.0');
    session.close();
    await peer.close();
  });

  it('without it they are refused', async () => {
    const peer = await start('schannel');
    const client = connect({ port: (peer.server.address() as AddressInfo).port, ca: peer.ca });
    client.setEncoding('latin1');
    const [answer] = (await once(client, 'data')) as [string];
    assert.match(answer, /^HTTP\/1\.0 403 /);
    client.destroy();
    await peer.close();
  });

  it('close(): a session finishes its streams and ends', async () => {
    const peer = await start('schannel');
    const session = http2.connect(peer.origin, { ca: peer.ca });
    const answer = get(session, '/');
    const [stream] = (await once(peer.server, 'stream')) as [Stream];
    const closed = Promise.all([once(peer.server, 'close'), once(session, 'close')]);
    peer.server.close();
    stream.respond();
    stream.end('done');
    assert.equal(await answer, 'done');
    await closed;
  });

  it('updateSettings(): sessions from now on', async () => {
    const peer = await start('schannel');
    (peer.server as http2.Http2SecureServer).updateSettings({ maxConcurrentStreams: 7 });
    const session = http2.connect(peer.origin, { ca: peer.ca });
    const [settings] = (await once(session, 'remoteSettings')) as [nodeHttp2.Settings];
    assert.equal(settings.maxConcurrentStreams, 7);
    session.destroy();
    await peer.close();
  });
});
