/**
 * Each library with its server, as its documentation shows. A run connects. It returns its socket, if that can be
 * reached, and whose certificate the server saw: `null` if it can't be asked, but lets in nobody without one.
 *
 * @typedef {object} Place
 * @property {Record<string, number>} ports of the servers, by name
 * @property {string} ca PEM
 * @property {object} identity options of TLS: `cert` and `key`, or `pfx` and `passphrase`, or `certificate`
 * @property {string} form 'PEM', 'PFX' or 'store'
 * @property {(name: string) => object} adapterOf loads schannel/NAME
 *
 * @typedef {object} Case
 * @property {string} library
 * @property {string} server in words
 * @property {string} peer which of the peers of tests that is
 * @property {string} [package] where it is not the name of the library
 * @property {readonly string[]} [filters] forms that do not pass its filter of options: its server has defaults then
 * @property {string} [adapterName] where it is another than that in `adapter`
 * @property {(node: number) => boolean} [on] whether it is for this version of Node; by default for each
 * @property {(place: Place) => Promise<{ socket: object, who: string | null }>} run by schannel/register
 * @property {(place: Place) => Promise<{ socket: object, who: string | null }>} [adapter] by the adapter of schannel
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { Readable, Writable } from 'node:stream';
import tls from 'node:tls';
import { load } from './load.mjs';

const HOST = 'localhost';
/** In place of limits that some libraries have, down to one second: the machine may be busy. */
const PATIENCE = 100_000;
/** Where the certificate is for a name, and the server listens on IPv4 only. */
const IPV4 = { family: 4 };

const whoamiOfLdap = async (client) => {
  const { value } = await client.exop('1.3.6.1.4.1.4203.1.11.3');
  return /cn=(\w+)/.exec(value)?.[1] ?? value;
};

async function ldap(client, secure) {
  try {
    if (secure) await client.startTLS(secure);
    await client.bind('EXTERNAL');
    return { who: await whoamiOfLdap(client), socket: client.socket };
  } finally {
    await client.unbind().catch(() => undefined);
  }
}

async function imap(options) {
  const { ImapFlow } = load('imapflow');
  const client = new ImapFlow({
    host: HOST,
    auth: { user: 'anna', pass: 'secret' },
    logger: false,
    doSTARTTLS: options.secure ? undefined : true,
    ...options,
  });
  await client.connect();
  const socket = client.socket;
  await client.logout();
  return { who: null, socket };
}

async function mqtt(client) {
  const { stream } = client;
  const message = once(client, 'message');
  await client.subscribeAsync('home/#');
  // Only anna may.
  await client.publishAsync('home/door', 'open', { qos: 1 });
  const [topic, payload] = await message;
  await client.endAsync();
  // That of a stream of WebSockets is out of reach.
  const socket = 'encrypted' in stream ? stream : null;
  return { who: `${topic} ${payload}` === 'home/door open' ? null : payload, socket };
}
const mqttOver = async (connectAsync, url, options) =>
  mqtt(await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, ...options }));

async function postgres(options) {
  const { Client } = load('pg');
  const client = new Client({ host: '127.0.0.1', user: 'anna', database: 'postgres', ...options });
  await client.connect();
  const query = 'select client_dn from pg_stat_ssl where pid = pg_backend_pid()';
  const { rows } = await client.query(query);
  const { stream } = client.connection;
  await client.end();
  // The stream of the adapter carries a socket.
  return { who: rows[0].client_dn.replace('/CN=', ''), socket: 'encrypted' in stream ? stream : null };
}

async function redis(options) {
  const { Redis } = load('ioredis');
  const client = new Redis({ host: HOST, family: 4, retryStrategy: null, ...options });
  client.on('error', () => undefined);
  if ((await client.set('who', 'anna')) !== 'OK') throw new Error('not set');
  const { stream } = client;
  client.disconnect();
  return { who: await once(client, 'end').then(() => null), socket: stream };
}

async function rpc(port, credentials) {
  const { makeGenericClientConstructor: make } = load('@grpc/grpc-js');
  const Client = make({
    who: {
      path: '/test/who',
      requestStream: false,
      responseStream: false,
      requestSerialize: (value) => Buffer.from(value),
      responseDeserialize: String,
    },
  });
  const client = new Client(`${HOST}:${port}`, credentials);
  const who = await new Promise((resolve, reject) =>
    client.who('me', (error, answer) => (error ? reject(error) : resolve(answer))),
  );
  client.close();
  return { who, socket: null };
}

async function webSocket(port, options) {
  const { WebSocket } = load('ws');
  const socket = new WebSocket(`wss://${HOST}:${port}/ws`, { family: 4, ...options });
  const [data] = await once(socket, 'message');
  const { _socket: raw } = socket;
  socket.close();
  await once(socket, 'close');
  return { who: String(data), socket: raw };
}

const mysqlAccount = { host: HOST, user: 'anna', password: 'secret' };

async function tedious(name, { ports, ca, identity }, { strict }) {
  const { Connection, Request } = load(name);
  const connection = new Connection({
    server: HOST,
    authentication: { type: 'default', options: { userName: 'anna', password: 'secret' } },
    options: {
      port: strict ? ports.tdsStrict : ports.tds,
      encrypt: strict ? 'strict' : true,
      trustServerCertificate: false,
      cryptoCredentialsDetails: { ca, ...identity, ...(strict ? {} : { maxVersion: 'TLSv1.2' }) },
      connector: () => connected(net.connect(strict ? ports.tdsStrict : ports.tds, '127.0.0.1')),
    },
  });
  await new Promise((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
  const who = await new Promise((resolve, reject) => {
    let name;
    const request = new Request("select 'anna' as name", (error) => (error ? reject(error) : resolve(name)));
    request.on('row', ([{ value }]) => (name = value));
    connection.execSqlBatch(request);
  });
  const socket = strict ? connection.socket : connection.messageIo?.securePair?.cleartext;
  connection.close();
  return { who, socket };
}

const connected = async (socket) => {
  await once(socket, 'connect');
  return socket;
};

const newest = (node) => node >= 22;
const oldest = (node) => node < 22;

/** @type {Case[]} */
export const CASES = [
  {
    library: 'mqtt',
    server: 'mosquitto',
    peer: 'mosquitto',
    run: ({ ports, ca, identity }) =>
      mqttOver(load('mqtt').connectAsync, `mqtts://${HOST}:${ports.mqtt}`, { ca, ...identity, ...IPV4 }),
    adapter: ({ ports, ca, identity, adapterOf }) =>
      mqttOver(adapterOf('mqtt').connectAsync, `mqtts://${HOST}:${ports.mqtt}`, { ca, ...identity, ...IPV4 }),
  },
  {
    library: 'mqtt, WebSockets',
    package: 'mqtt',
    server: 'mosquitto',
    peer: 'mosquitto',
    run: ({ ports, ca, identity }) =>
      mqttOver(load('mqtt').connectAsync, `wss://${HOST}:${ports.mqttWebSockets}`, {
        wsOptions: { ca, ...identity, ...IPV4 },
      }),
    adapter: ({ ports, ca, identity, adapterOf }) =>
      mqttOver(adapterOf('mqtt').connectAsync, `wss://${HOST}:${ports.mqttWebSockets}`, {
        ca,
        ...identity,
        ...IPV4,
      }),
  },
  ...[
    ['ldapts', oldest],
    ['ldapts-9', newest],
  ].flatMap(([name, on]) => [
    {
      library: 'ldapts',
      package: name,
      on,
      server: 'slapd',
      peer: 'slapd',
      run: ({ ports, ca, identity }) =>
        ldap(
          new (load(name).Client)({
            url: `ldaps://127.0.0.1:${ports.ldaps}`,
            tlsOptions: { ca, ...identity },
          }),
        ),
      adapter: ({ ports, ca, identity, adapterOf }) =>
        ldap(
          new (load(name).Client)({
            url: `ldaps://127.0.0.1:${ports.ldaps}`,
            ...adapterOf('ldap').schannelLdap({ ca, ...identity }),
          }),
        ),
    },
    {
      library: 'ldapts, StartTLS',
      package: name,
      on,
      server: 'slapd',
      peer: 'slapd',
      run: ({ ports, ca, identity }) =>
        ldap(new (load(name).Client)({ url: `ldap://127.0.0.1:${ports.ldap}` }), {
          ca,
          host: '127.0.0.1',
          ...identity,
        }),
      adapter: ({ ports, ca, identity, adapterOf }) =>
        ldap(
          new (load(name).Client)({
            url: `ldap://127.0.0.1:${ports.ldap}`,
            ...adapterOf('ldap').schannelLdap({ ca, ...identity }),
          }),
          {},
        ),
    },
  ]),
  {
    library: 'imapflow',
    server: 'Dovecot',
    peer: 'dovecot',
    run: ({ ports, ca, identity }) => imap({ port: ports.imaps, secure: true, tls: { ca, ...identity } }),
    adapter: ({ ports, ca, identity, adapterOf }) =>
      imap({
        port: ports.imaps,
        secure: true,
        transport: adapterOf('imap').schannelImap({ ca, ...identity }),
      }),
  },
  {
    library: 'imapflow, STARTTLS',
    package: 'imapflow',
    server: 'Dovecot',
    peer: 'dovecot',
    run: ({ ports, ca, identity }) => imap({ port: ports.imap, secure: false, tls: { ca, ...identity } }),
    adapter: ({ ports, ca, identity, adapterOf }) =>
      imap({
        port: ports.imap,
        secure: false,
        transport: adapterOf('imap').schannelImap({ ca, ...identity }),
      }),
  },
  {
    library: 'node-pop3',
    server: 'Dovecot',
    peer: 'dovecot',
    async run({ ports, ca, identity }) {
      const Pop3 = load('node-pop3');
      const client = new (Pop3.default ?? Pop3)({
        host: '127.0.0.1',
        port: ports.pop3s,
        tls: true,
        servername: HOST,
        user: 'anna',
        password: 'secret',
        tlsOptions: { ca, ...identity },
      });
      await client.UIDL();
      const { _socket: socket } = client;
      await client.QUIT();
      return { who: null, socket };
    },
  },
  {
    library: 'nodemailer',
    server: 'smtp-server on Node',
    peer: 'node',
    async run({ ports, ca, identity }) {
      const { createTransport } = load('nodemailer');
      // It looks names up by DNS, and the Node 20 of Windows waits for long on Wine.
      const transport = createTransport({
        host: '127.0.0.1',
        port: ports.smtp,
        requireTLS: true,
        tls: { ca, ...identity },
      });
      return { who: await answerOf(transport), socket: null };
    },
    async adapter({ ports, ca, identity, adapterOf }) {
      const { createTransport } = load('nodemailer');
      const { schannelTransport } = adapterOf('nodemailer');
      const options = { host: '127.0.0.1', port: ports.smtp, tls: { ca, ...identity } };
      return { who: await answerOf(createTransport(schannelTransport(options))), socket: null };
    },
  },
  {
    library: 'basic-ftp',
    server: 'ProFTPD',
    peer: 'proftpd',
    async run({ ports, ca, identity }) {
      const client = new (load('basic-ftp').Client)();
      const secureOptions = { ca, host: '127.0.0.1', ...identity };
      await client.access({
        host: '127.0.0.1',
        port: ports.ftp,
        user: 'anna',
        password: 'secret',
        secure: true,
        secureOptions,
      });
      // Its control connection decodes what it reads, and loses its listeners when TLS begins.
      const [sent, received] = [randomBytes(1_500_000), []];
      const name = sent.toString('hex', 0, 8);
      await client.uploadFrom(Readable.from([sent]), name);
      const listed = (await client.list()).find((entry) => entry.name === name);
      const file = new Writable({
        write(chunk, _encoding, done) {
          received.push(chunk);
          done();
        },
      });
      await client.downloadTo(file, name);
      const isSame = listed?.size === sent.length && sent.equals(Buffer.concat(received));
      const { socket } = client.ftp;
      client.close();
      return { who: isSame ? null : 'another file', socket };
    },
  },
  {
    library: 'pg',
    server: 'PostgreSQL',
    peer: 'postgresql',
    run: ({ ports, ca, identity }) => postgres({ port: ports.postgres, ssl: { ca, ...identity } }),
    adapter: ({ ports, ca, identity, adapterOf }) =>
      postgres({ port: ports.postgres, ...adapterOf('pg').schannelPg({ ca, ...identity }) }),
  },
  {
    library: 'mysql2',
    server: 'MariaDB',
    peer: 'mariadb',
    filters: ['PFX', 'store'],
    async run({ ports, ca, identity }) {
      const client = await load('mysql2/promise').createConnection({
        ...mysqlAccount,
        host: '127.0.0.1',
        port: ports.mysql,
        ssl: { ca, ...identity },
      });
      const [[{ who }]] = await client.query('select user() as who');
      const { stream } = client.connection;
      await client.end();
      return { who: who.split('@')[0], socket: stream };
    },
  },
  {
    library: 'mariadb',
    server: 'MariaDB',
    peer: 'mariadb',
    async run({ ports, ca, identity }) {
      const client = await load('mariadb').createConnection({
        ...mysqlAccount,
        connectTimeout: PATIENCE,
        host: '127.0.0.1',
        port: ports.mysql,
        ssl: { ca, ...identity },
      });
      const [{ who }] = await client.query('select user() as who');
      await client.end();
      return { who: who.split('@')[0], socket: null };
    },
  },
  ...[
    ['tedious', oldest],
    ['tedious-20', newest],
  ].flatMap(([name, on]) => [
    {
      library: 'tedious',
      package: name,
      on,
      server: 'pretended SQL Server, TDS 7.4',
      peer: 'node',
      run: (place) => tedious(name, place, { strict: false }),
    },
    {
      library: 'tedious, strict',
      package: name,
      on,
      server: 'pretended SQL Server, TDS 8',
      peer: 'node',
      run: (place) => tedious(name, place, { strict: true }),
    },
  ]),
  {
    library: 'ioredis',
    server: 'Redis',
    peer: 'redis',
    run: ({ ports, ca, identity }) => redis({ port: ports.redis, tls: { ca, ...identity } }),
    adapter: ({ ports, ca, identity, adapterOf }) =>
      redis({ port: ports.redis, ...adapterOf('redis').schannelRedis({ ca, ...identity }) }),
  },
  {
    library: 'redis',
    server: 'Redis',
    peer: 'redis',
    async run({ ports, ca, identity }) {
      const { createClient } = load('redis');
      const target = {
        host: '127.0.0.1',
        port: ports.redis,
        tls: true,
        connectTimeout: PATIENCE,
        reconnectStrategy: false,
      };
      const client = createClient({ socket: { ...target, ca, ...identity } });
      client.on('error', () => undefined);
      await client.connect();
      const pong = await client.ping();
      client.destroy();
      return { who: pong === 'PONG' ? null : pong, socket: null };
    },
  },
  {
    library: 'amqplib',
    server: 'RabbitMQ',
    peer: 'rabbitmq',
    async run({ ports, ca, identity }) {
      const { connect, credentials } = load('amqplib');
      const options = { ca, ...identity, servername: HOST, credentials: credentials.external() };
      const client = await connect(`amqps://127.0.0.1:${ports.amqp}`, options);
      const channel = await client.createChannel();
      const { queue } = await channel.assertQueue('', { exclusive: true });
      channel.sendToQueue(queue, Buffer.from('hello'));
      const message = await new Promise((resolve) => channel.consume(queue, resolve));
      const { stream } = client.connection;
      await client.close();
      return { who: String(message.content) === 'hello' ? null : 'another message', socket: stream };
    },
  },
  {
    library: 'rhea',
    server: 'RabbitMQ, AMQP 1.0',
    peer: 'rabbitmq',
    async run({ ports, ca, identity }) {
      const container = load('rhea').create_container();
      const connection = container.connect({
        ...{ host: '127.0.0.1', port: ports.amqp, transport: 'tls', servername: HOST },
        ...{ enable_sasl_external: true, reconnect: false, ca, ...identity },
      });
      await new Promise((resolve, reject) => {
        container.once('connection_open', resolve);
        container.once('disconnected', ({ error }) => reject(error ?? new Error('disconnected')));
        container.once('error', reject);
      });
      const { socket } = connection;
      connection.close();
      return { who: null, socket };
    },
  },
  {
    library: 'stompit',
    server: 'RabbitMQ, STOMP',
    peer: 'rabbitmq',
    async run({ ports, ca, identity }) {
      const client = await new Promise((resolve, reject) => {
        load('stompit').connect(
          {
            host: '127.0.0.1',
            port: ports.stomp,
            ssl: true,
            servername: HOST,
            ca,
            ...identity,
            connectHeaders: { host: '/' },
          },
          (error, opened) => (error ? reject(error) : resolve(opened)),
        );
      });
      await new Promise((resolve, reject) =>
        client.disconnect((error) => (error ? reject(error) : resolve())),
      );
      return { who: null, socket: null };
    },
  },
  {
    library: 'kafkajs',
    server: 'pretended Kafka',
    peer: 'node',
    async run({ ports, ca, identity }) {
      const { Kafka, logLevel } = load('kafkajs');
      const kafka = new Kafka({
        brokers: [`${HOST}:${ports.kafka}`],
        ssl: { ca, ...identity },
        logLevel: logLevel.NOTHING,
        connectionTimeout: PATIENCE,
        retry: { retries: 0 },
      });
      const admin = kafka.admin();
      await admin.connect();
      const { clusterId } = await admin.describeCluster();
      await admin.disconnect();
      return { who: clusterId, socket: null };
    },
  },
  {
    library: 'mongodb',
    server: 'pretended MongoDB',
    peer: 'node',
    async run({ ports, ca, identity, form }) {
      const { MongoClient } = load('mongodb');
      // It passes on a list of options, in which `secureContext` is.
      const own =
        form === 'store'
          ? { secureContext: tls.createSecureContext({ ca, ...identity }) }
          : { ca, ...identity };
      const client = new MongoClient(`mongodb://${HOST}:${ports.mongodb}`, {
        ...{ tls: true, directConnection: true, serverSelectionTimeoutMS: PATIENCE },
        ...own,
      });
      const { authInfo } = await client.db('admin').command({ connectionStatus: 1 });
      await client.close();
      return { who: authInfo.authenticatedUsers[0].user, socket: null };
    },
  },
  {
    library: 'nats',
    package: '@nats-io/transport-node',
    server: 'nats-server',
    peer: 'nats',
    async run({ ports, ca, identity }) {
      const { connect } = load('@nats-io/transport-node');
      const tlsOptions = { ca, servername: HOST, host: HOST, ...identity };
      const client = await connect({ servers: `127.0.0.1:${ports.nats}`, tls: tlsOptions, reconnect: false });
      const { socket } = client.protocol.transport;
      await client.flush();
      await client.close();
      return { who: null, socket };
    },
  },
  {
    library: 'ws',
    server: 'ws on Node',
    peer: 'node',
    run: ({ ports, ca, identity }) => webSocket(ports.https, { ca, ...identity }),
    adapter: ({ ports, ca, identity, adapterOf }) =>
      webSocket(ports.https, adapterOf('ws').schannelWs({ ca, ...identity })),
  },
  {
    library: 'socket.io-client',
    server: 'Socket.IO on Node',
    peer: 'node',
    async run({ ports, ca, identity }) {
      const { Agent } = await import('node:https');
      return socketIo(ports.https, new Agent({ ca, ...identity }));
    },
    adapter: ({ ports, ca, identity, adapterOf }) =>
      socketIo(ports.https, new (adapterOf('https').Agent)({ ca, ...identity })),
  },
  {
    library: '@grpc/grpc-js',
    server: 'gRPC on Node',
    peer: 'node',
    run({ ports, ca, identity }) {
      const context = tls.createSecureContext({ ca, ...identity });
      return rpc(ports.grpc, load('@grpc/grpc-js').credentials.createFromSecureContext(context));
    },
    adapter: ({ ports, ca, identity, adapterOf }) =>
      rpc(ports.grpc, adapterOf('grpc').schannelGrpc({ ca, ...identity })),
  },
  ...[
    ['undici', oldest],
    ['undici-8', newest],
  ].map(([name, on]) => ({
    library: 'undici',
    package: name,
    on,
    server: 'HTTPS on Node',
    peer: 'node',
    async run({ ports, ca, identity }) {
      const { Agent, request } = load(name);
      const dispatcher = new Agent({ connect: { ca, ...identity } });
      const { body } = await request(`https://${HOST}:${ports.https}/`, { dispatcher });
      const who = await body.text();
      await dispatcher.close();
      return { who, socket: null };
    },
    async adapter({ ports, ca, identity, adapterOf }) {
      const { Agent, request } = load(name);
      const dispatcher = new Agent({ connect: adapterOf('undici').schannelConnector({ ca, ...identity }) });
      const { body } = await request(`https://${HOST}:${ports.https}/`, { dispatcher });
      const who = await body.text();
      await dispatcher.close();
      return { who, socket: null };
    },
  })),
  {
    library: 'fetch of Node',
    package: 'undici',
    server: 'HTTPS on Node',
    peer: 'node',
    async run({ ports, ca, identity }) {
      const dispatcher = new (load('undici').Agent)({ connect: { ca, ...identity } });
      const answer = await fetch(`https://${HOST}:${ports.https}/`, { dispatcher });
      return { who: await answer.text(), socket: null };
    },
    async adapter({ ports, ca, identity, adapterOf }) {
      const fetch = adapterOf('fetch').createFetch({ ca, ...identity });
      const answer = await fetch(`https://${HOST}:${ports.https}/`);
      return { who: await answer.text(), socket: null };
    },
  },
  {
    library: '@xmpp/client',
    server: 'Prosody',
    peer: 'prosody',
    async run({ ports }) {
      const { client } = load('@xmpp/client');
      // It passes on no options: what is trusted is said by NODE_EXTRA_CA_CERTS.
      const xmpp = client({
        service: `xmpp://127.0.0.1:${ports.xmpp}`,
        domain: HOST,
        username: 'anna',
        password: 'secret',
      });
      xmpp.on('error', () => undefined);
      xmpp.reconnect.stop();
      xmpp.timeout = PATIENCE;
      await xmpp.start();
      const socket = xmpp.socket?.socket ?? xmpp.socket;
      // It would wait for the server to end its stream, up to two seconds.
      socket.destroy();
      return { who: null, socket };
    },
  },
];

async function answerOf(transport) {
  const { response } = await transport.sendMail({
    from: 'a@example.com',
    to: 'b@example.com',
    text: 'hello',
  });
  transport.close();
  return response.replace(/^250 /, '');
}

async function socketIo(port, agent) {
  const { io } = load('socket.io-client');
  const client = io(`https://${HOST}:${port}`, { agent, transports: ['websocket'], reconnection: false });
  const who = await new Promise((resolve, reject) => {
    client.once('who', resolve);
    client.once('connect_error', reject);
  });
  client.close();
  agent.destroy();
  return { who, socket: null };
}
