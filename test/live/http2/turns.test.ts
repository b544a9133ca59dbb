import assert from 'node:assert/strict';
import { once } from 'node:events';
import nodeHttp2 from 'node:http2';
import type { Server } from 'node:net';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tls from 'node:tls';
import { connect, createServer, type TLSSocket } from 'schannel';
import * as http2 from 'schannel/http2';
import { listenOn, type HttpsPeer } from '../../support/https.js';
import * as frames from '../../support/http2-frames.js';
import { localhostServer } from '../../support/schannel-server.js';

const STREAMS = [1, 3, 5];

/** Answers all three streams in one record. */
async function answerAtOnce(): Promise<HttpsPeer> {
  const { cert, key } = await localhostServer();
  const server = tls.createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => {
    socket.on('error', () => undefined);
    socket.write(Buffer.concat([frames.settings(), frames.settingsTaken()]));
    const asked: number[] = [];
    frames.hearFrames(socket, true, ({ type, stream }) => {
      if (type !== frames.HEADERS || asked.push(stream) < STREAMS.length) return;
      socket.write(
        Buffer.concat(asked.flatMap((id) => [frames.response(id), frames.lastData(id, `of ${id}`)])),
      );
    });
  });
  return listenOn(server);
}

describe('HTTP/2 by frames that share a record', () => {
  let server: HttpsPeer;
  before(async () => {
    server = await answerAtOnce();
  });
  after(() => server.close());

  const ways: Record<string, () => nodeHttp2.ClientHttp2Session> = {
    'schannel/http2': () => http2.connect(server.origin, { ca: server.ca }),
    'node:http2 with a socket of ours': () =>
      nodeHttp2.connect(server.origin, {
        createConnection: () => connect({ port: server.port, ca: server.ca, ALPNProtocols: ['h2'] }),
      }),
  };
  for (const [way, open] of Object.entries(ways)) {
    it(`a client of ${way} hears of a response before its data`, async () => {
      const session = open();
      const events = await Promise.all(
        STREAMS.map(async () => {
          const told: string[] = [];
          const stream = session.request({ ':path': '/' });
          stream.on('response', () => told.push('response'));
          stream.on('data', (chunk: Buffer) => told.push(chunk.toString()));
          await once(stream, 'end');
          return told;
        }),
      );
      assert.deepEqual(
        events,
        STREAMS.map((id) => ['response', `of ${id}`]),
      );
      session.destroy();
    });
  }
});

describe('a socket of HTTP/2 that a program reads itself', () => {
  const sent = Buffer.concat([
    frames.settings(),
    ...STREAMS.flatMap((id) => [frames.response(id), frames.lastData(id, 'x'.repeat(20_000))]),
  ]);
  const ways: Record<string, (socket: TLSSocket) => Promise<Buffer>> = {
    'for await': async (socket) => {
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    'read() in parts': (socket) =>
      new Promise((resolve) => {
        const chunks: Buffer[] = [];
        socket.on('readable', () => {
          for (;;) {
            const chunk = (socket.read(1000) ?? socket.read()) as Buffer | null;
            if (chunk === null) return;
            chunks.push(chunk);
          }
        });
        socket.on('end', () => resolve(Buffer.concat(chunks)));
      }),
    'data, paused after each chunk': async (socket) => {
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        socket.pause();
        setImmediate(() => socket.resume());
      });
      await once(socket, 'end');
      return Buffer.concat(chunks);
    },
    'a pipe to a slow stream': async (socket) => {
      const chunks: Buffer[] = [];
      await pipeline(
        socket,
        new Writable({
          highWaterMark: 1,
          write: (chunk: Buffer, _encoding, done) => {
            chunks.push(chunk);
            setImmediate(done);
          },
        }),
      );
      return Buffer.concat(chunks);
    },
  };
  for (const [way, read] of Object.entries(ways)) {
    it(`${way}: every byte in order, then the end`, async () => {
      const { cert, key } = await localhostServer();
      const server = tls.createServer(
        { cert, key, ALPNProtocols: ['h2'] },
        (socket) => void socket.end(sent),
      );
      const peer = await listenOn(server);
      const socket = connect({ port: peer.port, ca: peer.ca, ALPNProtocols: ['h2'] });
      await once(socket, 'secureConnect');
      const got = await read(socket);
      assert.ok(got.equals(sent), `${got.length} of ${sent.length} bytes`);
      socket.destroy();
      await peer.close();
    });
  }
});

describe('a server whose client ends a stream in the record that begins it', () => {
  const servers: Record<string, () => Promise<Server>> = {
    'schannel/http2': async () => http2.createSecureServer(await identity()),
    'node:http2 with sockets of ours': async () => {
      const behind = nodeHttp2.createServer();
      const server = createServer({ ...(await identity()), ALPNProtocols: ['h2'] }, (socket) => {
        behind.emit('connection', socket);
      });
      behind.on('stream', (...args: unknown[]) => server.emit('stream', ...args));
      return server;
    },
  };
  const identity = async () => {
    const { cert, key } = await localhostServer();
    return { cert, key };
  };

  const frameFrom = (client: tls.TLSSocket, type: number, stream: number) =>
    new Promise<void>((resolve) => {
      frames.hearFrames(client, false, (frame) => {
        if (frame.type === type && frame.stream === stream) resolve();
      });
    });

  for (const [kind, make] of Object.entries(servers)) {
    /** What a listener meets that answers each stream as soon as it hears of it. */
    const facing = async (record: Uint8Array, isOver: (client: tls.TLSSocket) => Promise<unknown>) => {
      const server = await make();
      const answered: number[] = [];
      const errors: unknown[] = [];
      server.on('stream', (stream: nodeHttp2.ServerHttp2Stream) => {
        stream.on('error', () => undefined);
        try {
          stream.respond();
          stream.end('answer');
          answered.push(stream.id ?? 0);
        } catch (error) {
          errors.push(error);
        }
      });
      const { ca, port, close } = await listenOn(server);
      const client = tls.connect({ port, ca, servername: 'localhost', ALPNProtocols: ['h2'] });
      client.on('error', () => undefined);
      client.write(frames.preface());
      client.write(record);
      await isOver(client);
      client.destroy();
      await close();
      assert.deepEqual(errors, []);
      return answered;
    };

    it(`${kind}: a stream that was reset throws nothing`, async () => {
      const record = Buffer.concat([
        frames.request(1),
        frames.reset(1),
        frames.request(3),
        frames.request(5),
      ]);
      const answered = await facing(record, (client) => frameFrom(client, frames.HEADERS, 5));
      assert.deepEqual(answered.slice(-2), [3, 5]);
    });

    it(`${kind}: a fault of the protocol behind it throws nothing`, async () => {
      // DATA on stream 0 is a connection error (RFC 9113 §6.1).
      const record = Buffer.concat([frames.request(1), frames.lastData(0, 'x')]);
      await facing(record, (client) => frameFrom(client, frames.GOAWAY, 0));
    });
  }
});
