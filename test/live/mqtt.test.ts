import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Aedes } from 'aedes';
import type { IPublishPacket, MqttClient } from 'mqtt';
import { createServer, type Server, type TLSSocket } from 'schannel';
import { connectAsync, type MqttOptions } from 'schannel/mqtt';
import { TestAuthority, type TestCertificate } from '../support/certificates.js';
import { needsPeer, type Peer, startPeer } from '../support/peers.js';
import { issueServer, localhostServer, serverRoot } from '../support/schannel-server.js';
import { ServerStore } from '../support/server-store.js';

/** Reason of MQTT 5: the client may not do that. */
const NOT_AUTHORIZED = 135;

/** Each client may publish below its own name, and hear everything. */
const RULES = 'pattern readwrite %u/#\ntopic read #\n';

const LISTENER = `
cafile {file:ca.pem}
certfile {file:server.pem}
keyfile {file:server.key}
require_certificate true
use_identity_as_username true
acl_file {file:rules}
`;

describe('MQTT', () => {
  let authority: TestAuthority;
  let anna: TestCertificate;
  const clients: MqttClient[] = [];

  before(async function () {
    for (const program of ['mosquitto', 'mosquitto_pub']) await needsPeer(this, program);
    authority = await TestAuthority.create('CN=clients', { key: 'rsa' });
    anna = await authority.issue({ subject: 'CN=anna', key: 'rsa', usages: ['clientAuth'] });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.endAsync(true);
  });

  const messageOf = (client: MqttClient): Promise<[string, Buffer, IPublishPacket]> =>
    new Promise((resolve) => client.once('message', (...message) => resolve(message)));

  async function join(url: string, options: MqttOptions): Promise<MqttClient> {
    const client = await connectAsync(url, { reconnectPeriod: 0, protocolVersion: 5, ...options });
    clients.push(client);
    return client;
  }

  describe('with mosquitto as the broker', () => {
    let broker: Peer;
    let store: ServerStore;
    let ca: string;

    before(async () => {
      ca = (await serverRoot()).certificate.cert;
      const { cert, key } = await localhostServer();
      broker = await startPeer('mosquitto', ['-v', '-c', '{file:broker.conf}'], {
        files: {
          'broker.conf': [
            ...['per_listener_settings true', 'user root', 'persistence false'],
            ...[`listener {port:tls} 127.0.0.1${LISTENER}`],
            ...[`listener {port:web} 127.0.0.1\nprotocol websockets${LISTENER}`],
          ].join('\n'),
          ...{ 'ca.pem': authority.certificate.cert, 'server.pem': cert, 'server.key': key, rules: RULES },
        },
      });
      await broker.waitFor(/mosquitto version .* running/);
      store = await ServerStore.create();
      await store.put(anna);
    });
    after(async () => {
      await broker.stop();
      await store.close();
    });

    const origin = (listener: 'tls' | 'web'): string =>
      `${listener === 'tls' ? 'mqtts' : 'wss'}://localhost:${String(broker.ports[listener])}`;
    const ofStore = (): MqttOptions => ({ ca, certificate: { subject: 'anna', store: store.name } });

    for (const listener of ['tls', 'web'] as const) {
      it(`takes and gives messages by ${listener === 'tls' ? 'TLS' : 'WebSocket'}, as the name in a certificate of the store`, async () => {
        const client = await join(origin(listener), ofStore());
        const heard = messageOf(client);
        await client.subscribeAsync('anna/#', { qos: 1 });
        await client.publishAsync('anna/door', 'open', {
          qos: 1,
          properties: { userProperties: { by: 'us' } },
        });
        const [topic, payload, packet] = (await heard) as [
          string,
          Buffer,
          { properties?: { userProperties?: unknown } },
        ];
        assert.deepEqual([topic, String(payload)], ['anna/door', 'open']);
        assert.deepEqual({ ...(packet.properties?.userProperties as object) }, { by: 'us' });
        await broker.waitFor(/u'anna'/);
      });
    }

    it('says why a message is refused', async () => {
      const client = await join(origin('tls'), ofStore());
      await assert.rejects(client.publishAsync('ben/door', 'open', { qos: 1 }), { code: NOT_AUTHORIZED });
    });

    it('refuses a client without a certificate', async () => {
      await assert.rejects(join(origin('tls'), { ca }), (error: NodeJS.ErrnoException) => {
        assert.match(String(error.code), /^(ERR_SCHANNEL_TLS_ALERT|ERR_SSL_|ECONNRESET)/);
        return true;
      });
    });
  });

  describe('with a broker on createServer()', () => {
    let server: Server;
    let broker: Aedes;
    let ca: string;
    const sockets: TLSSocket[] = [];

    before(async () => {
      ca = (await serverRoot()).certificate.cert;
      const { cert, key } = await localhostServer();
      broker = await Aedes.createBroker();
      server = createServer(
        {
          ...{ cert, key, ca: authority.certificate.cert, requestCert: true, rejectUnauthorized: true },
          ALPNProtocols: ['mqtt', 'x-amzn-mqtt-ca'],
        },
        (socket) => {
          sockets.push(socket);
          broker.handle(socket);
        },
      );
      await once(server.listen(0, '127.0.0.1'), 'listening');
    });
    after(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await new Promise<void>((resolve) => {
        broker.close(resolve);
      });
    });

    const portOf = (): string => String((server.address() as AddressInfo).port);

    it('hears mosquitto_pub, and knows its certificate and protocol', async () => {
      const { cert, key } = anna;
      const heard = new Promise<[string, string, string | false | null]>((resolve) => {
        broker.authorizePublish = (client, { topic, payload }, done) => {
          const socket = client?.conn as unknown as TLSSocket;
          resolve([
            String(socket.getPeerCertificate()?.subject.CN),
            `${topic}=${String(payload)}`,
            socket.alpnProtocol,
          ]);
          done(null);
        };
      });
      const publisher = await startPeer(
        'mosquitto_pub',
        [
          ...['-h', 'localhost', '-p', portOf(), '-t', 'anna/door', '-m', 'open', '-q', '1'],
          ...['--cafile', '{file:ca.pem}', '--cert', '{file:anna.pem}', '--key', '{file:anna.key}'],
          ...['--tls-alpn', 'x-amzn-mqtt-ca'],
        ],
        { files: { 'ca.pem': ca, 'anna.pem': cert, 'anna.key': key } },
      );
      assert.deepEqual(await heard, ['anna', 'anna/door=open', 'x-amzn-mqtt-ca']);
      assert.deepEqual(await publisher.exited, { code: 0, signal: null });
    });

    it('serves a client of ours', async () => {
      broker.authorizePublish = (_client, _packet, done) => done(null);
      const client = await join(`mqtts://localhost:${portOf()}`, {
        ...{ ca, cert: anna.cert, key: anna.key, protocolVersion: 4, ALPNProtocols: ['mqtt'] },
      });
      const heard = messageOf(client);
      await client.subscribeAsync('anna/#');
      const long = 'x'.repeat(100_000);
      await client.publishAsync('anna/door', long, { qos: 1 });
      assert.equal(String((await heard)[1]), long);
    });
  });

  describe('examples', () => {
    let store: ServerStore;
    let folder: string;
    let broker: ChildProcess | undefined;
    before(async () => {
      store = await ServerStore.create();
      await store.put(await issueServer());
      await store.put(anna);
      folder = mkdtempSync(path.join(tmpdir(), 'schannel-mqtt-'));
      writeFileSync(path.join(folder, 'clients.pem'), authority.certificate.cert);
      writeFileSync(path.join(folder, 'servers.pem'), (await serverRoot()).certificate.cert);
    });
    after(async () => {
      broker?.kill();
      await store.close();
      rmSync(folder, { recursive: true });
    });

    function example(name: string, ...args: readonly string[]): ChildProcess & { printed(): string } {
      const root = path.dirname(require.resolve('schannel/package.json'));
      const child = spawn(process.execPath, [path.join(root, 'examples/mqtt', name), ...args]);
      let printed = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => {
          printed += String(chunk);
          child.emit('printed');
        });
      return Object.assign(child, { printed: () => printed });
    }

    it('publish.mjs publishes below the name in its certificate, and broker.mjs nothing else', async () => {
      const running = example(
        'broker.mjs',
        'localhost',
        store.name,
        '127.0.0.1:0',
        path.join(folder, 'clients.pem'),
      );
      broker = running;
      while (!running.printed().includes('listens on port')) await once(running, 'printed');
      const [, port = ''] = /port (\d+)/.exec(running.printed()) ?? [];
      const publish = async (topic: string): Promise<[number, string]> => {
        const name = `${store.name}\\${createHash('sha1').update(anna.der).digest('hex')}`;
        const ca = path.join(folder, 'servers.pem');
        const child = example('publish.mjs', `mqtts://localhost:${port}`, name, topic, 'open', ca);
        const [code] = (await once(child, 'close')) as [number];
        return [code, child.printed()];
      };
      const [mine, others] = await Promise.all([publish('anna/door'), publish('ben/door')]);
      assert.deepEqual(mine, [0, 'anna/door: open\n']);
      assert.equal(others[0], 1);
      assert.match(running.printed(), /anna is here by TLSv1\.[23]/);
      assert.match(running.printed(), /anna may not publish ben\/door/);
    });
  });
});
