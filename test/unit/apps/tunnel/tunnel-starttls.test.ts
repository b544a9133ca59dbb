import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { ServerProtocolName } from '#lib/adapters/starttls/server/answer.js';
import { createStartTls } from '#lib/adapters/starttls/start-tls.js';
import type { ServerTunnelOptions } from '#lib/apps/tunnel/options.js';
import { Tunnel } from '#lib/apps/tunnel/tunnel.js';
import { SYSTEM_CLOCK } from '#lib/base/async/clock.js';
import { sharedRoot } from '../../../support/certificates.js';
import { until } from '../../../support/patience.js';
import { codeOf, type Heard, listenTo, ofNode, received, Servers } from '../../../support/tunnel-rig.js';

const startTls = createStartTls<{ servername: string; ca: string }, tls.TLSSocket>((options) =>
  tls.connect(options),
);

/** What a target says first, and what clients get of it before TLS. */
const SPEAK_FIRST = [
  ['smtp', '220 mx.example ESMTP\r\n', '220 mx.example ESMTP\r\n'],
  [
    'imap',
    '* OK [CAPABILITY IMAP4rev1] hello\r\n',
    '* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello\r\n',
  ],
  ['pop3', '+OK hello <1.2@mx.example>\r\n', '+OK hello <1.2@mx.example>\r\n'],
] as const;

describe('apps/tunnel/tunnel: server with STARTTLS', () => {
  let ca: string;
  let identity: { readonly cert: string; readonly key: string };
  const servers = new Servers();
  const tunnels: Tunnel[] = [];
  const sockets: Duplex[] = [];
  before(async () => {
    const root = await sharedRoot();
    ca = root.certificate.cert;
    identity = await root.issue();
  });
  afterEach(async () => {
    for (const tunnel of tunnels.splice(0)) await tunnel.close({ drain: 0 }).catch(() => 0);
    for (const socket of sockets.splice(0)) socket.on('error', () => {}).destroy();
    servers.end();
  });

  interface Started {
    readonly heard: readonly Heard[];
    readonly port: number;
    /** Connections that the target has had. */
    readonly reached: () => number;
  }

  /** A tunnel to a target that says something and sends back what comes. */
  async function start(
    protocol: ServerProtocolName,
    greeting: string,
    options: Partial<ServerTunnelOptions> = {},
  ): Promise<Started> {
    let connections = 0;
    const target = net.createServer({ allowHalfOpen: true }, (socket) => {
      connections += 1;
      socket.write(greeting);
      socket.pipe(socket);
    });
    const connect = await servers.listen(target);
    const settings = { mode: 'server', accept: '127.0.0.1:0', connect, starttls: protocol } as const;
    const tunnel = new Tunnel({ ...settings, tls: identity, ...options }, ofNode(SYSTEM_CLOCK));
    tunnels.push(tunnel);
    const heard = listenTo(tunnel);
    await tunnel.listen();
    return { heard, port: tunnel.port ?? 0, reached: () => connections };
  }

  function dial(port: number): net.Socket {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    return socket.on('error', () => {}).on('end', () => socket.end());
  }

  const secure = (port: number, protocol: ServerProtocolName): Promise<tls.TLSSocket> =>
    startTls(dial(port), { protocol, servername: 'localhost', ca });

  /** A client that begins with TLS. */
  async function direct(port: number): Promise<tls.TLSSocket> {
    const socket = tls.connect({ socket: dial(port), servername: 'localhost', ca });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  }

  const hears = (heard: readonly Heard[], event: string): Promise<void> =>
    until(
      () => heard.some((each) => each.event === event),
      () => JSON.stringify(heard),
    );

  /** The code of the error with which the first client was refused. */
  async function refusalIn(heard: readonly Heard[]): Promise<string | undefined> {
    await hears(heard, 'refused');
    return codeOf(heard.find(({ event }) => event === 'refused')?.error);
  }

  for (const [protocol, greeting, passed] of SPEAK_FIRST) {
    it(`${protocol}: passes on the greeting before TLS, and bytes after it`, async () => {
      const { port } = await start(protocol, greeting);
      const raw = dial(port);
      assert.equal(String((await once(raw, 'data'))[0]), passed);
      const socket = await secure(port, protocol);
      socket.end('over TLS');
      assert.equal(String(await received(socket)), 'over TLS');
    });

    it(`${protocol}: passes on the greeting over TLS to a client that begins with it`, async () => {
      const { port } = await start(protocol, greeting, { implicitTls: true });
      const socket = await direct(port);
      socket.end();
      assert.equal(String(await received(socket)), greeting);
    });

    it(`${protocol}: ends with a target that speaks another protocol`, async () => {
      const { port, heard } = await start(protocol, 'nonsense\r\n');
      const socket = dial(port);
      assert.match(String(await received(socket)), /Service not available\r\n$/);
      assert.equal(await refusalIn(heard), 'ERR_SCHANNEL_STARTTLS_BACKEND');
    });
  }

  for (const protocol of ['ldap', 'postgres'] as const) {
    it(`${protocol}: connects the target after TLS`, async () => {
      const { port, reached, heard } = await start(protocol, '');
      const raw = dial(port);
      await hears(heard, 'connection');
      raw.destroy();
      await refusalIn(heard);
      assert.equal(reached(), 0);
      const socket = await secure(port, protocol);
      socket.end('over TLS');
      assert.equal(String(await received(socket)), 'over TLS');
      assert.equal(reached(), 1);
    });

    it(`${protocol}: takes clients that begin with TLS`, async () => {
      const { port } = await start(protocol, '', { implicitTls: true });
      const socket = await direct(port);
      socket.end('over TLS');
      assert.equal(String(await received(socket)), 'over TLS');
    });
  }

  it('passes nothing on that came in the clear', async () => {
    const { port, heard } = await start('smtp', '220 mx.example ESMTP\r\n');
    const socket = dial(port);
    socket.write('EHLO a.example\r\nSTARTTLS\r\nMAIL FROM:<attacker@a.example>\r\n');
    assert.equal(await refusalIn(heard), 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION');
    assert.deepEqual(
      heard.map(({ connection }) => connection?.bytesFromTls),
      heard.map(() => 0),
    );
  });

  it('reports a client that does not ask for TLS', async () => {
    const { port, heard } = await start('smtp', '220 mx.example ESMTP\r\n');
    const socket = dial(port);
    socket.end('QUIT\r\n');
    assert.match(String(await received(socket)), /^220 .*\r\n221 .* Closing\r\n$/);
    assert.equal(await refusalIn(heard), 'ERR_SCHANNEL_PEER_STARTTLS_COMMAND');
  });

  it('waits for the request no longer than for a handshake', async () => {
    const { port, heard } = await start('ldap', '', { timeouts: { handshake: 5 } });
    dial(port);
    assert.equal(await refusalIn(heard), 'ERR_SCHANNEL_STARTTLS_TIMEOUT');
  });
});
