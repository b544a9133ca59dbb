import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { ClientTunnelOptions, ServerTunnelOptions, TunnelOptions } from '#lib/apps/tunnel/options.js';
import { Tunnel } from '#lib/apps/tunnel/tunnel.js';
import { SYSTEM_CLOCK } from '#lib/base/async/clock.js';
import { decodeProxyHeader } from '#lib/formats/proxy-protocol/decode-header.js';
import { sharedRoot, type TestAuthority } from '../../../support/certificates.js';
import { until } from '../../../support/patience.js';
import { createProxy } from '../../../support/proxy.js';
import { codeOf, type Heard, listenTo, ofNode, received, Servers } from '../../../support/tunnel-rig.js';

describe('apps/tunnel/tunnel: proxies', () => {
  let authority: TestAuthority;
  let identity: { readonly cert: string; readonly key: string };
  const servers = new Servers();
  const tunnels: Tunnel[] = [];
  const sockets: Duplex[] = [];

  before(async () => {
    authority = await sharedRoot();
    identity = await authority.issue();
  });

  afterEach(async () => {
    for (const tunnel of tunnels.splice(0)) await tunnel.close({ drain: 0 });
    for (const socket of sockets.splice(0)) socket.on('error', () => {}).destroy();
    servers.end();
  });

  async function start(
    options: TunnelOptions,
  ): Promise<{ readonly heard: Heard[]; readonly port: number; readonly tunnel: Tunnel }> {
    const tunnel = new Tunnel(options, ofNode(SYSTEM_CLOCK));
    tunnels.push(tunnel);
    const heard = listenTo(tunnel);
    await tunnel.listen();
    return { heard, port: tunnel.port ?? 0, tunnel };
  }

  const client = (connect: number, options: Partial<ClientTunnelOptions>): ClientTunnelOptions => ({
    ...{ mode: 'client', accept: 0, connect: `localhost:${String(connect)}`, ...options },
    tls: { ca: authority.certificate.cert },
  });

  const server = (connect: number, options: Partial<ServerTunnelOptions>): ServerTunnelOptions => ({
    ...{ mode: 'server', accept: '127.0.0.1:0', connect, ...options },
    tls: { ...identity, ca: authority.certificate.cert, ...options.tls },
  });

  async function inTheClear(port: number): Promise<net.Socket> {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }

  async function secure(
    port: number,
    begin = '',
    options: tls.ConnectionOptions = {},
  ): Promise<tls.TLSSocket> {
    const transport = await inTheClear(port);
    transport.write(begin);
    const socket = tls.connect({
      ...{ socket: transport, ca: authority.certificate.cert, servername: 'localhost', ...options },
    });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  }

  const untilHeard = async (heard: readonly Heard[], event: string): Promise<Heard> => {
    const found = (): Heard | undefined => heard.find((each) => each.event === event);
    await until(
      () => found() !== undefined,
      () => `no ${event}`,
    );
    return found() ?? assert.fail();
  };

  /** A server that sends back whatever comes from its beginning. */
  const mirror = (): Promise<number> => servers.echo();

  it('reaches its target through a chain of proxies, which look its name up', async () => {
    const target = await servers.listen(
      tls.createServer({ ...identity, allowHalfOpen: true } as tls.TlsOptions, (socket) =>
        socket.pipe(socket),
      ),
    );
    const [first, second] = [createProxy(null), createProxy(identity)];
    const asked: (string | undefined)[] = [];
    for (const proxy of [first, second]) proxy.on('connect', ({ url }: { url?: string }) => asked.push(url));
    const [one, other] = [await servers.listen(first), await servers.listen(second)];
    const { port, heard } = await start(
      client(target, {
        through: [
          { protocol: 'connect', host: '127.0.0.1', port: one },
          { protocol: 'connect', host: 'localhost', port: other, tls: { ca: authority.certificate.cert } },
        ],
      }),
    );
    const local = await inTheClear(port);
    local.write('through');
    const [bytes] = (await once(local, 'data')) as [Buffer];
    assert.equal(String(bytes), 'through');
    assert.deepEqual(asked, [`localhost:${String(other)}`, `localhost:${String(target)}`]);
    assert.equal((await untilHeard(heard, 'open')).connection?.target, `localhost:${String(target)}`);
  });

  it('says that a proxy does not answer, as of a target', async () => {
    const { port, heard, tunnel } = await start(
      client(993, { through: [{ protocol: 'connect', host: '127.0.0.1', port: await servers.echo() }] }),
    );
    (await inTheClear(port)).end();
    const { error } = await untilHeard(heard, 'refused');
    assert.equal(codeOf(error), 'ERR_SCHANNEL_TUNNEL_CONNECT');
    assert.match(String(codeOf((error as Error & { cause: Error }).cause)), /^ERR_SCHANNEL_PEER_PROXY/);
    assert.equal(tunnel.status().targets[0]?.state, 'down');
    assert.match(tunnel.status().through.join(), /^127\.0\.0\.1:\d+$/);
  });

  it('tells a target who has connected, in version 1', async () => {
    const { port } = await start(server(await mirror(), { proxyProtocol: { out: 1 } }));
    const remote = await secure(port);
    const own = String(remote.localPort);
    remote.end('hello');
    assert.equal(
      String(await received(remote)),
      `PROXY TCP4 127.0.0.1 127.0.0.1 ${own} ${String(port)}\r\nhello`,
    );
  });

  it('tells a target of TLS and the certificate of the client', async () => {
    const door = await authority.issue({ subject: 'CN=door', usages: ['clientAuth'] });
    const { port } = await start(
      server(await mirror(), {
        proxyProtocol: { out: 'certificate' },
        tls: { requestCert: true, ...identity },
      }),
    );
    const remote = await secure(port, '', { cert: door.cert, key: door.key });
    remote.end('hello');
    const bytes = await received(remote);
    const { header, length } = decodeProxyHeader(bytes, 10_000) ?? assert.fail();
    assert.equal(String(bytes.subarray(length)), 'hello');
    assert.deepEqual(
      [header.version, header.facts?.authority, header.facts?.tls?.version],
      [2, 'localhost', 'TLSv1.3'],
    );
    assert.deepEqual([header.facts?.tls?.isVerified, header.facts?.tls?.commonName], [true, 'door']);
    assert.deepEqual(Buffer.from(header.facts?.tls?.certificate ?? []), Buffer.from(door.der));
  });

  it('believes a header of the addresses that it knows, and passes it on', async () => {
    const { port, heard } = await start(
      server(await mirror(), { proxyProtocol: { in: ['127.0.0.0/8'], out: 1 } }),
    );
    const remote = await secure(port, 'PROXY TCP4 192.0.2.7 198.51.100.1 50312 993\r\n');
    remote.end('hello');
    assert.equal(String(await received(remote)), 'PROXY TCP4 192.0.2.7 198.51.100.1 50312 993\r\nhello');
    assert.equal((await untilHeard(heard, 'secure')).connection?.from, '192.0.2.7:50312');
  });

  it('refuses a connection that has to begin with a header and does not', async () => {
    const { port, heard } = await start(server(await mirror(), { proxyProtocol: { in: ['127.0.0.1'] } }));
    await assert.rejects(secure(port));
    assert.equal(codeOf((await untilHeard(heard, 'refused')).error), 'ERR_SCHANNEL_PEER_PROXY_HEADER');
  });

  it('does not look for headers from elsewhere', async () => {
    const { port, heard } = await start(server(await mirror(), { proxyProtocol: { in: ['192.0.2.1'] } }));
    const remote = await secure(port);
    remote.end('PROXY');
    assert.equal(String(await received(remote)), 'PROXY');
    assert.match((await untilHeard(heard, 'secure')).connection?.from ?? '', /^127\.0\.0\.1:/);
  });

  it('counts the connections of the addresses in headers, not those of the balancer', async () => {
    const { port, heard, tunnel } = await start(
      server(await mirror(), { proxyProtocol: { in: ['127.0.0.1'] }, limits: { perAddress: 1 } }),
    );
    // The first two say nothing, and are not yet anyone's.
    const open = [await inTheClear(port), await inTheClear(port)];
    for (const address of ['192.0.2.7', '192.0.2.8', '192.0.2.7']) {
      const socket = await inTheClear(port);
      socket.write(`PROXY TCP4 ${address} 198.51.100.1 50312 993\r\n`);
      open.push(socket);
      await until(
        () => heard.filter(({ event }) => event === 'connection').length === open.length,
        () => 'not accepted',
      );
    }
    const { connection, error } = await untilHeard(heard, 'refused');
    assert.equal(codeOf(error), 'ERR_SCHANNEL_TUNNEL_LIMIT');
    assert.equal(connection?.from, '192.0.2.7:50312');
    assert.equal(tunnel.status().opening, 4);
  });

  it('takes and sends headers before TLS as a client', async () => {
    const begins: Promise<string>[] = [];
    const behind = tls.createServer({ ...identity, allowHalfOpen: true } as tls.TlsOptions, (socket) =>
      socket.pipe(socket),
    );
    const front = net.createServer({ allowHalfOpen: true }, (socket) => {
      begins.push(
        once(socket, 'readable').then(() => {
          const line = String(socket.read(45));
          behind.emit('connection', socket);
          return line;
        }),
      );
    });
    const { port, heard } = await start(
      client(await servers.listen(front), { proxyProtocol: { in: ['127.0.0.1'], out: 1 } }),
    );
    const local = await inTheClear(port);
    local.end('PROXY TCP4 192.0.2.7 198.51.100.1 50312 143\r\nhello');
    assert.equal(String(await received(local)), 'hello');
    assert.deepEqual(await Promise.all(begins), ['PROXY TCP4 192.0.2.7 198.51.100.1 50312 143\r\n']);
    assert.equal((await untilHeard(heard, 'close')).connection?.from, '192.0.2.7:50312');
  });

  for (const [what, options] of [
    ['facts of TLS before TLS', { proxyProtocol: { out: 'tls' } }],
    ['an unknown version', { proxyProtocol: { out: 3 } }],
    ['an unknown direction', { proxyProtocol: { inn: [] } }],
    ['a network that is none', { proxyProtocol: { in: ['10.0.0.0/99'] } }],
    ['a proxy of an unknown protocol', { through: [{ protocol: 'socks4', host: 'x', port: 1 }] }],
    [
      'proxies to a path',
      { connect: '/run/x', tls: { servername: 'x' }, through: [{ protocol: 'connect', host: 'x', port: 1 }] },
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () =>
          new Tunnel({ ...client(993, {}), ...options } as unknown as TunnelOptions, ofNode(SYSTEM_CLOCK)),
        { code: 'ERR_INVALID_ARG_VALUE' },
      );
    });
  }
});
