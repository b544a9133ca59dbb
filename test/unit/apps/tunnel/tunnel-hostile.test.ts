import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { ClientTunnelOptions, ServerTunnelOptions, TunnelOptions } from '#lib/apps/tunnel/options.js';
import type { TunnelParts } from '#lib/apps/tunnel/parts.js';
import { Tunnel } from '#lib/apps/tunnel/tunnel.js';
import { SYSTEM_CLOCK } from '#lib/base/async/clock.js';
import { daysFromNow, sharedRoot, type TestAuthority } from '../../../support/certificates.js';
import { until } from '../../../support/patience.js';
import { codeOf, type Heard, listenTo, ofNode, received, Servers } from '../../../support/tunnel-rig.js';

describe('apps/tunnel/tunnel: what can go wrong around it', () => {
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

  interface Started {
    readonly heard: Heard[];
    readonly port: number;
    readonly tunnel: Tunnel;
  }

  async function start(options: TunnelOptions, parts: Partial<TunnelParts> = {}): Promise<Started> {
    const tunnel = new Tunnel(options, { ...ofNode(SYSTEM_CLOCK), ...parts });
    tunnels.push(tunnel);
    const heard = listenTo(tunnel);
    await tunnel.listen();
    return { heard, port: tunnel.port ?? 0, tunnel };
  }

  const client = (
    connect: string | number,
    options: Partial<ClientTunnelOptions> = {},
  ): ClientTunnelOptions => ({
    ...{ mode: 'client', accept: 0, connect, ...options },
    tls: { ca: authority.certificate.cert, servername: 'localhost' },
  });

  const server = (connect: number, options: Partial<ServerTunnelOptions> = {}): ServerTunnelOptions => ({
    ...{ mode: 'server', accept: '127.0.0.1:0', connect, ...options },
    tls: { ...identity, ca: authority.certificate.cert, ...options.tls },
  });

  const echo = (own = identity): Promise<number> =>
    servers.listen(
      tls.createServer({ ...own, allowHalfOpen: true } as tls.TlsOptions, (socket) => socket.pipe(socket)),
    );

  async function inTheClear(port: number): Promise<net.Socket> {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }

  async function secure(port: number): Promise<tls.TLSSocket> {
    const socket = tls.connect({ port, ca: authority.certificate.cert, servername: 'localhost' });
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'secureConnect');
    return socket;
  }

  /** It still carries what comes. */
  async function carries(socket: net.Socket): Promise<void> {
    socket.end('through');
    assert.equal(String(await received(socket)), 'through');
  }

  const refusals = (heard: readonly Heard[]): readonly (string | undefined)[] =>
    heard.filter(({ event }) => event === 'refused').map(({ error }) => codeOf(error));

  const untilRefused = (heard: readonly Heard[], count = 1): Promise<void> =>
    until(
      () => refusals(heard).length >= count,
      () => `${String(refusals(heard).length)} refused`,
    );

  it('looks a name up for each connection: one that is not known yet can be known for the next', async () => {
    let isKnown = false;
    const target = await echo();
    const { heard, port, tunnel } = await start(client(`mail.example:${String(target)}`), {
      open: (options) =>
        net.connect({
          ...options,
          port: target,
          lookup: (name, _options, answer) => {
            if (isKnown) answer(null, [{ address: '127.0.0.1', family: 4 }]);
            else answer(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), []);
          },
        }),
    });
    // It may be reset before it has seen that it is connected.
    net.connect(port, '127.0.0.1').on('error', () => {});
    await untilRefused(heard);
    assert.deepEqual(refusals(heard), ['ERR_SCHANNEL_TUNNEL_CONNECT']);
    assert.match(tunnel.status().targets[0]?.error ?? '', /ENOTFOUND/);
    isKnown = true;
    await carries(await inTheClear(port));
    assert.equal(tunnel.status().targets[0]?.state, 'up');
  });

  it('ends a connection whose target goes away in the middle, and takes the next one', async () => {
    const alive = new Set<net.Socket>();
    const target = tls.createServer({ ...identity, allowHalfOpen: true } as tls.TlsOptions, (socket) => {
      socket.on('error', () => {}).pipe(socket);
    });
    target.on('connection', (socket: net.Socket) => alive.add(socket));
    const { heard, port } = await start(client(await servers.listen(target)));
    const local = await inTheClear(port);
    local.write('x');
    await once(local, 'data');
    for (const socket of alive) socket.resetAndDestroy();
    const [error] = (await once(local, 'error')) as [Error];
    assert.equal(codeOf(error), 'ECONNRESET');
    await until(
      () => heard.some(({ event, error }) => event === 'close' && error !== null),
      () => 'no close with its error',
    );
    await carries(await inTheClear(port));
  });

  it('refuses a target whose certificate has expired, and goes on when it has another', async () => {
    const expired = await authority.issue({ notBefore: daysFromNow(-20), notAfter: daysFromNow(-1) });
    const target = tls.createServer({ ...expired, allowHalfOpen: true } as tls.TlsOptions, (socket) =>
      socket.pipe(socket),
    );
    target.on('tlsClientError', () => {});
    const { heard, port } = await start(client(await servers.listen(target)));
    await inTheClear(port);
    await untilRefused(heard);
    assert.deepEqual(refusals(heard), ['CERT_HAS_EXPIRED']);
    target.setSecureContext(identity);
    await carries(await inTheClear(port));
  });

  it('gives up a client that sends nothing, or something else', async () => {
    const { heard, port, tunnel } = await start(
      server(await servers.echo(), { timeouts: { handshake: 50 } }),
    );
    await inTheClear(port);
    await untilRefused(heard);
    (await inTheClear(port)).write('GET / HTTP/1.1\r\n\r\n');
    await untilRefused(heard, 2);
    const [silent, other] = refusals(heard);
    assert.equal(silent, 'ERR_TLS_HANDSHAKE_TIMEOUT');
    assert.match(String(other), /^ERR_SSL_/);
    assert.equal(tunnel.status().opening, 0);
    await carries(await secure(port));
  });

  it('survives a flood: refuses what is too much, and serves the next client when it is over', async () => {
    const { heard, port, tunnel } = await start(server(await servers.echo(), { limits: { handshakes: 10 } }));
    const flood = await Promise.all(Array.from({ length: 200 }, () => inTheClear(port)));
    await untilRefused(heard, 190);
    assert.deepEqual(new Set(refusals(heard)), new Set(['ERR_SCHANNEL_TUNNEL_LIMIT']));
    assert.equal(tunnel.status().opening, 10);
    for (const socket of flood) socket.resetAndDestroy();
    await untilRefused(heard, 200);
    assert.equal(tunnel.status().opening, 0);
    await carries(await secure(port));
  });

  it('says nothing that moves a terminal: names in headers and certificates are made printable', async () => {
    const strange = await authority.issue({ subject: 'CN=door\u001b[2J\u0007', usages: ['clientAuth'] });
    const { heard, port } = await start(
      server(await servers.echo(), {
        tls: { ...identity, requestCert: true },
        allow: { commonName: 'other' },
      }),
    );
    const socket = tls.connect({
      ...{
        port,
        ca: authority.certificate.cert,
        servername: 'localhost',
        cert: strange.cert,
        key: strange.key,
      },
    });
    sockets.push(socket);
    socket.on('error', () => {}).resume();
    await untilRefused(heard);
    const { connection, error } = heard.find(({ event }) => event === 'refused') ?? assert.fail();
    for (const text of [connection?.tls?.subject ?? '', error?.message ?? '']) {
      assert.match(text, /door/);
      assert.doesNotMatch(text, /\p{Cc}/u);
    }
  });
});
