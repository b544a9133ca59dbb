import assert from 'node:assert/strict';
import nodeHttp2, { type ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import { schannelConnector } from 'schannel/undici';
import * as undici from 'undici';
import { listenOn, textOf, type HttpsPeer } from '../../support/https.js';
import { localhostServer } from '../../support/schannel-server.js';

describe("undici's connector with allowH2", () => {
  let server: HttpsPeer;
  let dispatcher: undici.Agent;
  before(async () => {
    const { cert, key } = await localhostServer();
    const served = nodeHttp2.createSecureServer({ cert, key });
    served.on('stream', (stream: ServerHttp2Stream) => {
      void textOf(stream).then((body) => {
        stream.respond();
        stream.end(`${stream.session?.alpnProtocol} ${body}`);
      });
    });
    server = await listenOn(served);
    dispatcher = new undici.Agent({
      allowH2: true,
      connect: schannelConnector({ ca: server.ca, allowH2: true }),
    });
  });
  after(async () => {
    await dispatcher.destroy();
    await server.close();
  });

  const bodies: Record<string, () => string | Readable> = {
    'a text': () => 'body',
    'a stream': () => Readable.from(['bo', 'dy']),
  };
  const ways: Record<string, (body: undici.Dispatcher.ResponseData['body']) => Promise<string>> = {
    'text()': (body) => body.text(),
    'for await': (body) => textOf(body),
    "'data'": (body) =>
      new Promise((resolve) => {
        let text = '';
        body.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text));
      }),
  };
  for (const [kind, make] of Object.entries(bodies)) {
    for (const [way, read] of Object.entries(ways)) {
      it(`${kind} is answered with the whole body, read by ${way}`, async () => {
        const { body } = await undici.request(server.origin, { method: 'POST', body: make(), dispatcher });
        assert.equal(await read(body), 'h2 body');
      });
    }
  }
});
