/**
 * Servers of Node by OpenSSL that let nobody in without a certificate of CA, and say whose it is. For HTTP, WebSockets,
 * Socket.IO, gRPC and SMTP they are packages that others wrote. Those of SQL Server, Kafka and MongoDB only pretend to
 * be such: they answer what a client asks before its first query, and that one.
 * `servers.mjs CERT KEY CA PORT…`, ports as in NAMES; prints "ready".
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';
import { load } from './load.mjs';

const NAMES = ['https', 'grpc', 'smtp', 'tds', 'tdsStrict', 'kafka', 'mongodb'];
const [certFile, keyFile, caFile, ...given] = process.argv.slice(2);
const [cert, key, ca] = [certFile, keyFile, caFile].map((file) => readFileSync(file));
const ports = Object.fromEntries(NAMES.map((name, at) => [name, Number(given[at])]));
const options = { cert, key, ca, requestCert: true, rejectUnauthorized: true };
const whose = (socket) => socket.getPeerCertificate().subject.CN;
const quiet = (socket) => socket.on('error', () => undefined);
const listen = async (server, name) => {
  server.listen(ports[name], '127.0.0.1');
  await once(server, 'listening');
};

const web = https.createServer(options, (request, response) => response.end(whose(request.socket)));
const webSockets = new (load('ws').WebSocketServer)({ noServer: true });
web.on('upgrade', (request, socket, head) => {
  if (!request.url.startsWith('/ws')) return;
  webSockets.handleUpgrade(request, socket, head, (client) => client.send(whose(socket)));
});
new (load('socket.io').Server)(web, { destroyUpgrade: false }).on('connection', (client) =>
  client.emit('who', whose(client.request.socket)),
);
await listen(web, 'https');

const grpc = load('@grpc/grpc-js');
const rpc = new grpc.Server();
const text = { serialize: (value) => Buffer.from(value), deserialize: String };
rpc.addService(
  {
    who: {
      path: '/test/who',
      requestStream: false,
      responseStream: false,
      requestSerialize: text.serialize,
      requestDeserialize: text.deserialize,
      responseSerialize: text.serialize,
      responseDeserialize: text.deserialize,
    },
  },
  { who: (call, answer) => answer(null, call.getAuthContext().sslPeerCertificate.subject.CN) },
);
const credentials = grpc.ServerCredentials.createSsl(ca, [{ private_key: key, cert_chain: cert }], true);
await new Promise((resolve, reject) =>
  rpc.bindAsync(`127.0.0.1:${ports.grpc}`, credentials, (error) => (error ? reject(error) : resolve())),
);

const { SMTPServer } = load('smtp-server');
const mail = new SMTPServer({
  ...options,
  authOptional: true,
  disabledCommands: ['AUTH'],
  disableReverseLookup: true,
  onSecure(socket, session, done) {
    session.who = whose(socket);
    done();
  },
  onData(stream, session, done) {
    stream.resume().once('end', () => done(null, session.who));
  },
});
mail.on('error', () => undefined);
await listen(mail.server, 'smtp');

const { tdsPacket, tdsAnswer, tdsServer } = createRequire(import.meta.url)(
  '../../dist-test/support/tds-server.js',
);
const secureContext = tls.createSecureContext({ cert, key, ca, maxVersion: 'TLSv1.2' });
const sql = net.createServer((stream) => {
  tdsServer(stream, { ...options, secureContext }).then((socket) => answerTds(socket));
});
await listen(sql, 'tds');
const strictSql = tls.createServer({ ...options, ALPNProtocols: ['tds/8.0'] }, (socket) =>
  answerTds(quiet(socket)),
);
await listen(strictSql, 'tdsStrict');

/** PRELOGIN, LOGIN7, and batches: one about "anna" has a row with her name. */
function answerTds(socket) {
  const done = Buffer.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const counted = (value) => Buffer.concat([Buffer.of(value.length), Buffer.from(value, 'utf16le')]);
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 8 && pending.length >= pending.readUInt16BE(2)) {
      const packet = pending.subarray(0, pending.readUInt16BE(2));
      pending = pending.subarray(packet.length);
      // Only the last packet of a message is answered.
      if (packet[1] & 1) socket.write(answerTo(packet[0], packet));
    }
  });
  const answerTo = (type, packet) => {
    if (type === 0x12) return tdsAnswer(1);
    if (type === 0x10) {
      const body = [Buffer.of(1, 0x74, 0, 0, 4), counted('pretended'), Buffer.of(16, 0, 0, 0)];
      const { length } = Buffer.concat(body);
      return tdsPacket(4, Buffer.concat([Buffer.of(0xad, length & 255, length >> 8), ...body, done]));
    }
    if (!packet.includes(Buffer.from('anna', 'utf16le'))) return tdsPacket(4, done);
    const name = Buffer.from(whose(socket), 'utf16le');
    const column = Buffer.of(0x81, 1, 0, 0, 0, 0, 0, 9, 0, 0xe7, 64, 0, 9, 4, 0xd0, 0, 0x34);
    const row = Buffer.concat([Buffer.of(0xd1, name.length, 0), name]);
    return tdsPacket(4, Buffer.concat([column, counted('name'), row, done]));
  };
}

/** ApiVersions, and Metadata, in which the name of the cluster is the client's. */
const kafka = tls.createServer(options, (socket) => {
  const int16 = (value) => Buffer.of(value >> 8, value & 255);
  const int32 = (value) => Buffer.concat([int16(0), int16(value)]);
  const string = (value) => Buffer.concat([int16(value.length), Buffer.from(value)]);
  const none = Buffer.of(255, 255);
  const answers = {
    18: () => [int16(0), int32(2), ...[18, 0, 2, 3, 2, 2].map(int16), int32(0)],
    3: () => [
      ...[int32(1), int32(1), string('localhost'), int32(ports.kafka), none],
      ...[string(whose(socket)), int32(1), int32(0)],
    ],
  };
  let pending = Buffer.alloc(0);
  quiet(socket).on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      const request = pending.subarray(4, 4 + pending.readInt32BE(0));
      pending = pending.subarray(4 + request.length);
      const body = Buffer.concat([request.subarray(4, 8), ...answers[request.readInt16BE(0)]()]);
      socket.write(Buffer.concat([int32(body.length), body]));
    }
  });
});
await listen(kafka, 'kafka');

const { serialize, deserialize } = createRequire(createRequire(load.file).resolve('mongodb'))('bson');
const HELLO = {
  isWritablePrimary: true,
  helloOk: true,
  minWireVersion: 0,
  maxWireVersion: 21,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
};
/** OP_QUERY of the first "hello", and OP_MSG. */
const mongodb = tls.createServer(options, (socket) => {
  const reply = (request, opcode, parts) => {
    const body = Buffer.concat(parts);
    const header = Buffer.alloc(16);
    header.writeInt32LE(16 + body.length, 0);
    header.writeInt32LE(request.readInt32LE(4), 8);
    header.writeInt32LE(opcode, 12);
    socket.write(Buffer.concat([header, body]));
  };
  const answer = (command) =>
    serialize({
      ...(command.connectionStatus ? { authInfo: { authenticatedUsers: [{ user: whose(socket) }] } } : HELLO),
      ok: 1,
    });
  let pending = Buffer.alloc(0);
  quiet(socket).on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 16 && pending.length >= pending.readInt32LE(0)) {
      const request = pending.subarray(0, pending.readInt32LE(0));
      pending = pending.subarray(request.length);
      if (request.readInt32LE(12) === 2013) {
        const length = request.readInt32LE(21);
        const command = deserialize(request.subarray(21, 21 + length));
        reply(request, 2013, [Buffer.alloc(5), answer(command)]);
      } else {
        const documents = Buffer.alloc(20);
        documents.writeInt32LE(1, 16);
        reply(request, 1, [documents, answer({})]);
      }
    }
  });
});
await listen(mongodb, 'mongodb');

console.log('ready');
