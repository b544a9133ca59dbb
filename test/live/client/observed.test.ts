import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { connect, releaseUnusedResources, type TLSSocket } from 'schannel';
import { openStore } from 'schannel/store';
import { Followed } from '../../support/followed.js';
import { failureOf } from '../../support/outcome.js';
import { SchannelServer } from '../../support/schannel-server.js';
import { localhostIdentity, memoryServer } from '../../support/tls-server.js';

const COMPLETE = ['start', 'end', 'asyncStart', 'asyncEnd'];
const FAILED = ['start', 'end', 'error', 'asyncStart', 'asyncEnd'];

describe('what can be observed', () => {
  const open: Followed[] = [];
  const follow = (name: string): Followed => {
    const followed = new Followed(name);
    open.push(followed);
    return followed;
  };
  afterEach(() => {
    for (const followed of open.splice(0)) followed.stop();
  });

  it('a connection, from its handshake to its close', async () => {
    const { ca } = await localhostIdentity();
    await releaseUnusedResources();
    const [handshake, verification, credential, close] = [
      'handshake',
      'verification',
      'credential',
      'close',
    ].map(follow) as [Followed, Followed, Followed, Followed];
    const { transport } = await memoryServer({ ALPNProtocols: ['h2'] });
    const socket = connect({ socket: transport, host: 'localhost', ca, ALPNProtocols: ['h2'] });
    await once(socket, 'secureConnect');
    assert.deepEqual(handshake.events, COMPLETE);
    const { socket: seen, ...facts } = handshake.last;
    assert.equal(seen, socket);
    assert.deepEqual(facts, {
      role: 'client',
      servername: 'localhost',
      protocol: socket.getProtocol(),
      cipherSuite: socket.getCipher()?.standardName,
      alpnProtocol: 'h2',
      resumed: false,
      authorized: true,
    });
    assert.deepEqual(verification.events, COMPLETE);
    assert.equal(verification.last['socket'], socket);
    assert.equal(verification.last['authorized'], true);
    assert.deepEqual(credential.events, COMPLETE);
    assert.deepEqual(credential.last, { role: 'client', certificates: [] });
    socket.destroy();
    await once(socket, 'close');
    assert.deepEqual(close.events, COMPLETE);
    assert.equal(close.last['socket'], socket);
    assert.deepEqual([close.last['reason'], close.last['bytesRead']], [null, 0]);
  });

  it('a server that is not trusted, and a handshake that is given up', async () => {
    const handshake = follow('handshake');
    const verification = follow('verification');
    const { transport } = await memoryServer();
    const error = await failureOf(connect({ socket: transport, host: 'localhost' }));
    assert.deepEqual(handshake.events, FAILED);
    assert.equal(handshake.last['error'], error);
    assert.deepEqual(verification.events, COMPLETE);
    assert.deepEqual(
      [verification.last['authorized'], verification.last['reason']],
      [false, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    );
    handshake.heard.length = 0;
    const { transport: other } = await memoryServer();
    const socket = connect({ socket: other, host: 'localhost' });
    await turn();
    socket.destroy();
    await once(socket, 'close');
    assert.deepEqual(handshake.events, FAILED);
    assert.equal(Reflect.get(Object(handshake.last['error']), 'code'), 'ECANCELED');
  });

  it('a server of its clients, and describe() on both sides', async () => {
    const handshake = follow('handshake');
    const server = await SchannelServer.start({});
    try {
      const connected = once(server.server, 'secureConnection') as Promise<[TLSSocket]>;
      const { port, ca } = server;
      const client = connect({ port, host: 'localhost', ca });
      assert.equal(client.describe(), null);
      const [[accepted]] = await Promise.all([connected, once(client, 'secureConnect')]);
      const roles = handshake.heard
        .filter(({ event }) => event === 'asyncEnd')
        .map(({ message }) => message['role']);
      assert.deepEqual(roles.sort(), ['client', 'server']);
      const described = client.describe();
      assert.ok(described);
      assert.equal(described.connection.remotePort, port);
      assert.deepEqual(
        [described.trust.authorized, described.trust.anchors, described.certificates.length],
        [true, 'ca', 2],
      );
      assert.match(String(described), /^trusted by +only the certificates of the option ca$/m);
      assert.match(String(accepted.describe()), /The client was not asked for a certificate\.$/);
      client.destroy();
      assert.equal(client.describe(), null);
    } finally {
      await server.close();
    }
  });

  it('what is done to a store', async () => {
    const store = follow('store');
    using opened = await openStore('Root', { readOnly: true });
    const { length } = await opened.all();
    assert.deepEqual(store.events, [...COMPLETE, ...COMPLETE]);
    assert.deepEqual(store.last, {
      work: 'list',
      store: 'CurrentUser\\Root',
      thumbprint: null,
      count: length,
    });
  });
});
