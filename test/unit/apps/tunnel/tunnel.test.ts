import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { ClientTunnelOptions, ServerTunnelOptions, TunnelOptions } from '#lib/apps/tunnel/options.js';
import { Tunnel } from '#lib/apps/tunnel/tunnel.js';
import { TestAuthority, type TestCertificate } from '../../../support/certificates.js';
import { until } from '../../../support/patience.js';
import { ScriptedClock } from '../../../support/scripted-clock.js';
import {
  codeOf,
  failure,
  type Heard,
  listenTo,
  ofNode,
  received,
  Servers,
  SILENT,
} from '../../../support/tunnel-rig.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('apps/tunnel/tunnel', () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let leaf: TestCertificate;
  let clock: ScriptedClock;
  const servers = new Servers();
  const tunnels: Tunnel[] = [];
  const sockets: Duplex[] = [];

  before(async () => {
    authority = await TestAuthority.create('CN=tunnel test authority');
    stranger = await TestAuthority.create('CN=stranger');
    leaf = await authority.issue();
  });

  beforeEach(() => {
    clock = new ScriptedClock();
  });

  afterEach(async () => {
    for (const tunnel of tunnels.splice(0)) await tunnel.close({ drain: 0 }).catch(() => 0);
    for (const socket of sockets.splice(0)) socket.on('error', () => {}).destroy();
    servers.end();
  });

  interface Started {
    readonly tunnel: Tunnel;
    readonly heard: Heard[];
    readonly port: number;
  }

  async function start(options: TunnelOptions): Promise<Started> {
    const tunnel = new Tunnel(options, ofNode(clock));
    tunnels.push(tunnel);
    const heard = listenTo(tunnel);
    await tunnel.listen();
    return { tunnel, heard, port: tunnel.port ?? 0 };
  }

  /** To a TLS server, whose certificate is for localhost. */
  const client = (
    connect: ClientTunnelOptions['connect'],
    options: Partial<ClientTunnelOptions> = {},
  ): ClientTunnelOptions => ({
    ...{ mode: 'client', accept: 0, connect, ...options },
    tls: { ca: [authority.certificate.cert], servername: 'localhost', ...options.tls },
  });

  const server = (
    connect: ServerTunnelOptions['connect'],
    options: Partial<ServerTunnelOptions> = {},
  ): ServerTunnelOptions => ({
    ...{ mode: 'server', accept: '127.0.0.1:0', connect, ...options },
    tls: { cert: leaf.cert, key: leaf.key, ca: [authority.certificate.cert], ...options.tls },
  });

  async function inTheClear(port: number): Promise<net.Socket> {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    // It may be reset before a test listens.
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }

  async function secure(port: number, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
    const socket = tls.connect({
      socket: await inTheClear(port),
      ca: authority.certificate.cert,
      servername: 'localhost',
      ...options,
    });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  }

  const tlsServer = (
    serve: (socket: tls.TLSSocket) => void,
    options: tls.TlsOptions & net.ServerOpts = {},
  ): Promise<number> =>
    servers.listen(
      tls.createServer(
        { cert: leaf.cert, key: leaf.key, allowHalfOpen: true, ...options } as tls.TlsOptions,
        serve,
      ),
    );

  const tlsEcho = (name = ''): Promise<number> =>
    tlsServer((socket) => {
      socket.write(name);
      socket.pipe(socket);
    });

  const heardOf = (heard: readonly Heard[], event: string): Heard | undefined =>
    heard.find((each) => each.event === event);

  const untilHeard = async (heard: readonly Heard[], event: string): Promise<Heard> => {
    await until(
      () => heardOf(heard, event) !== undefined,
      () => `no ${event}: ${JSON.stringify(heard)}`,
    );
    return heardOf(heard, event) ?? assert.fail();
  };

  describe('as a client', () => {
    it('carries 10 MiB both ways to a TLS server, with the end of each side by itself', async () => {
      const [up, down] = [randomBytes(10 << 20), randomBytes(10 << 20)];
      const arrived: Promise<string>[] = [];
      const target = await tlsServer((socket) => {
        arrived.push(
          received(socket).then((bytes) => {
            socket.end(down);
            return sha256(bytes);
          }),
        );
      });
      const { heard, port } = await start(client(target));
      const local = await inTheClear(port);
      local.end(up);
      assert.equal(sha256(await received(local)), sha256(down));
      assert.deepEqual(await Promise.all(arrived), [sha256(up)]);
      const { connection, error } = await untilHeard(heard, 'close');
      assert.equal(error, null);
      assert.equal(connection?.bytesToTls, up.length);
      assert.equal(connection.bytesFromTls, down.length);
    });

    it('names the connection in each event, and says what TLS came to', async () => {
      const { heard, port, tunnel } = await start(client(await tlsEcho('hello'), { name: 'imaps' }));
      const local = await inTheClear(port);
      const { localPort } = local;
      local.end();
      assert.equal(String(await received(local)), 'hello');
      await untilHeard(heard, 'close');
      assert.deepEqual(
        heard.map(({ event }) => event),
        ['connection', 'connected', 'secure', 'open', 'close'],
      );
      for (const { connection } of heard) {
        assert.equal(connection?.id, 1);
        assert.equal(connection.tunnel, 'imaps');
        assert.equal(connection.from, `127.0.0.1:${localPort ?? 0}`);
      }
      const { connection } = heard[2] ?? assert.fail();
      assert.equal(connection?.tls?.subject, 'CN=localhost');
      assert.equal(connection.tls.verified, true);
      assert.equal(connection.tls.protocol, 'TLSv1.3');
      assert.equal(connection.tls.resumed, false);
      assert.equal(tunnel.status().bytesFromTls, 5);
    });

    it('refuses a server that is not trusted, and resets the local client', async () => {
      const foreign = await stranger.issue();
      const target = await tlsServer(() => assert.fail('no connection'), foreign);
      const { heard, port } = await start(client(target));
      assert.equal(await failure(await inTheClear(port)), 'ECONNRESET');
      assert.match(String(codeOf((await untilHeard(heard, 'refused')).error)), /^(UNABLE_TO_|SELF_SIGNED)/);
    });

    it('expects the host of the target in the certificate', async () => {
      const other = await authority.issue({ altNames: ['DNS:other.example'] });
      const target = await tlsServer(() => undefined, other);
      const options = client(`localhost:${target}`);
      const { heard, port } = await start({ ...options, tls: { ca: [authority.certificate.cert] } });
      await failure(await inTheClear(port));
      assert.equal(codeOf((await untilHeard(heard, 'refused')).error), 'ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it('takes the next target if one does not answer, and says so in its status', async () => {
      const closed = await servers.listen(net.createServer());
      servers.end();
      const target = await tlsEcho('second');
      const { tunnel, port } = await start(client([closed, target]));
      const local = await inTheClear(port);
      local.end();
      assert.equal(String(await received(local)), 'second');
      assert.deepEqual(
        tunnel.status().targets.map(({ address, state }) => [address, state]),
        [
          [`127.0.0.1:${closed}`, 'down'],
          [`127.0.0.1:${target}`, 'up'],
        ],
      );
    });

    it('begins with the next target at each connection, if it shall', async () => {
      const targets = [await tlsEcho('a'), await tlsEcho('b'), await tlsEcho('c')];
      const { port } = await start(client(targets, { failover: 'rr' }));
      const names: string[] = [];
      for (let round = 0; round < 4; round += 1) {
        const local = await inTheClear(port);
        local.end();
        names.push(String(await received(local)));
      }
      assert.deepEqual(names, ['a', 'b', 'c', 'a']);
    });

    it('says why each target failed', async () => {
      const closed = [await servers.listen(net.createServer()), await servers.listen(net.createServer())];
      servers.end();
      const { heard, port } = await start(client(closed));
      await failure(await inTheClear(port));
      const { error } = await untilHeard(heard, 'refused');
      assert.equal(codeOf(error), 'ERR_SCHANNEL_TUNNEL_CONNECT');
      for (const each of closed)
        assert.match(error?.message ?? '', new RegExp(`127.0.0.1:${each}: .*ECONNREFUSED`));
    });

    it('lets in only servers that a rule allows', async () => {
      const target = await tlsEcho('hello');
      const { port, heard, tunnel } = await start(client(target, { allow: { commonName: 'another' } }));
      assert.equal(await failure(net.connect(port, '127.0.0.1')), 'ECONNRESET');
      assert.equal(codeOf((await untilHeard(heard, 'refused')).error), 'ERR_SCHANNEL_TUNNEL_NOT_ALLOWED');
      await tunnel.reload(client(target, { allow: { commonName: 'localhost' }, accept: 0 }));
      const local = await inTheClear(port);
      local.end();
      assert.equal(String(await received(local)), 'hello');
    });

    it('asks for TLS in IMAP, and greets the local client itself', async () => {
      const target = await servers.listen(
        net.createServer((socket) => {
          socket.write('* OK [CAPABILITY IMAP4rev1 STARTTLS FORGED] clear words\r\n');
          socket.once('data', (line: Buffer) => {
            const [tag = ''] = String(line).split(' ');
            socket.write(`${tag} OK begin\r\n`);
            const upgraded = new tls.TLSSocket(socket, {
              isServer: true,
              secureContext: tls.createSecureContext({ cert: leaf.cert, key: leaf.key }),
            });
            upgraded.on('error', () => {}).pipe(upgraded);
          });
        }),
      );
      const { port } = await start(client(target, { starttls: 'imap' }));
      const local = await inTheClear(port);
      local.end('a1 CAPABILITY\r\n');
      assert.equal(String(await received(local)), '* OK ready\r\na1 CAPABILITY\r\n');
    });

    it('answers the offers of PostgreSQL clients, and passes on what follows', async () => {
      const target = await servers.listen(
        net.createServer((socket) => {
          socket.once('data', () => {
            socket.write('S');
            const upgraded = new tls.TLSSocket(socket, {
              isServer: true,
              secureContext: tls.createSecureContext({ cert: leaf.cert, key: leaf.key }),
            });
            upgraded.on('error', () => {}).pipe(upgraded);
          });
        }),
      );
      const { port } = await start(client(target, { starttls: 'postgres' }));
      const local = await inTheClear(port);
      local.write(Buffer.from('0000000804d21630', 'hex'));
      assert.equal(String((await once(local, 'data'))[0]), 'N');
      local.write(Buffer.from('0000000804d2162f', 'hex'));
      assert.equal(String((await once(local, 'data'))[0]), 'N');
      local.end('startup message');
      assert.equal(String(await received(local)), 'startup message');
    });

    it('refuses a server that offers no STARTTLS', async () => {
      const target = await servers.listen(
        net.createServer((socket) => {
          socket.write('+OK\r\n');
          socket.on('data', () => socket.write('-ERR\r\n'));
        }),
      );
      const { heard, port } = await start(client(target, { starttls: 'pop3' }));
      await failure(await inTheClear(port));
      assert.equal(codeOf((await untilHeard(heard, 'refused')).error), 'ERR_SCHANNEL_STARTTLS_UNAVAILABLE');
    });

    it('warns if others can reach it, and if it verifies nobody', async () => {
      const { heard, tunnel } = await start({
        ...client(1, { accept: '0.0.0.0:0' }),
        tls: { rejectUnauthorized: false, servername: 'localhost' },
      });
      assert.deepEqual(
        heard.map(({ error }) => codeOf(error)),
        ['ERR_SCHANNEL_TUNNEL_EXPOSED', 'ERR_SCHANNEL_TUNNEL_UNVERIFIED'],
      );
      assert.equal(tunnel.status().verification, 'none');
    });
  });

  describe('as a server', () => {
    it('carries 10 MiB both ways to a program in the clear, with the end of each side by itself', async () => {
      const [up, down] = [randomBytes(10 << 20), randomBytes(10 << 20)];
      const arrived: Promise<string>[] = [];
      const target = await servers.listen(
        net.createServer({ allowHalfOpen: true }, (socket) => {
          arrived.push(
            received(socket).then((bytes) => {
              socket.end(down);
              return sha256(bytes);
            }),
          );
        }),
      );
      const { heard, port } = await start(server(target));
      const remote = await secure(port);
      remote.end(up);
      assert.equal(sha256(await received(remote)), sha256(down));
      assert.deepEqual(await Promise.all(arrived), [sha256(up)]);
      const { connection, error } = await untilHeard(heard, 'close');
      assert.equal(error, null);
      assert.equal(connection?.tls?.servername, 'localhost');
    });

    it('says where it comes from at its target, and whether a session was resumed', async () => {
      const sources: string[] = [];
      const target = await servers.listen(
        net.createServer(({ remoteAddress, remotePort }) => {
          sources.push(`${remoteAddress ?? ''}:${remotePort ?? 0}`);
        }),
      );
      const { heard, port } = await start(server(target));
      // Its tickets come with the handshake, and not at some time after it.
      const first = await secure(port, { maxVersion: 'TLSv1.2' });
      await untilHeard(heard, 'open');
      const next = await secure(port, { maxVersion: 'TLSv1.2', session: first.getSession() });
      assert.equal(next.isSessionReused(), true);
      await until(
        () => heard.filter(({ event }) => event === 'open').length === 2,
        () => 'the second one did not open',
      );
      const told = (event: string) =>
        heard.filter((each) => each.event === event).map((each) => each.connection);
      assert.deepEqual(
        told('secure').map((connection) => connection?.tls?.resumed),
        [false, true],
      );
      assert.deepEqual(
        told('connected').map((connection) => connection?.source),
        sources,
      );
    });

    it('chooses certificate and target by the name that a client asks for', async () => {
      const own = await authority.issue({ subject: 'CN=b', altNames: ['DNS:*.b.example'] });
      const { port } = await start(
        server(await servers.echo('first'), {
          routes: {
            '*.b.example': { tls: { cert: own.cert, key: own.key }, connect: await servers.echo('b') },
          },
        }),
      );
      const routed = await secure(port, { servername: 'www.b.example' });
      assert.equal(routed.getPeerCertificate().subject.CN, 'b');
      routed.end();
      assert.equal(String(await received(routed)), 'b');
      const other = await secure(port);
      other.end();
      assert.equal(String(await received(other)), 'first');
    });

    it('asks only clients of some names for certificates, by the rules of the name', async () => {
      const known = await authority.issue({ subject: 'CN=door', usages: ['clientAuth'] });
      const foreign = await stranger.issue({ subject: 'CN=door', usages: ['clientAuth'] });
      const [shown, unknown] = [known, foreign].map(({ cert, key }) => ({ cert, key }));
      const { port, heard, tunnel } = await start(
        server(await servers.echo('open'), {
          routes: {
            'door.example': {
              connect: await servers.echo('door'),
              tls: { ca: [authority.certificate.cert], cert: leaf.cert, key: leaf.key },
              allow: { commonName: 'door' },
              requestCert: true,
            },
          },
        }),
      );
      const door = { servername: 'door.example', checkServerIdentity: () => undefined };
      const answer = async (options: tls.ConnectionOptions): Promise<string> => {
        const socket = await secure(port, options);
        socket.end();
        return String(await received(socket));
      };
      assert.equal(await answer({ ...door, ...shown }), 'door');
      assert.equal(await answer({}), 'open');
      assert.equal(await answer({ ...unknown }), 'open');
      for (const options of [door, { ...door, ...unknown }]) {
        (await secure(port, options)).on('error', () => {});
        const { error } = await untilHeard(heard, 'refused');
        assert.equal(codeOf(error), 'ERR_SCHANNEL_TUNNEL_NOT_ALLOWED');
        heard.length = 0;
      }
      await tunnel.reload(
        server(await servers.echo('closed'), {
          tls: { requestCert: true, cert: leaf.cert, key: leaf.key },
          routes: { 'door.example': { connect: await servers.echo('open'), requestCert: false } },
        }),
      );
      assert.equal(await answer(door), 'open');
      assert.equal(await answer({ ...shown }), 'closed');
      (await secure(port)).on('error', () => {});
      const { error } = await untilHeard(heard, 'refused');
      assert.equal(codeOf(error), 'ERR_SCHANNEL_TUNNEL_NOT_ALLOWED');
    });

    it('refuses clients without a certificate, or sends them elsewhere', async () => {
      const known = await authority.issue({ subject: 'CN=door', usages: ['clientAuth'] });
      const target = await servers.echo('in');
      const asks = { requestCert: true, cert: leaf.cert, key: leaf.key };
      const { port, heard, tunnel } = await start(
        server(target, { tls: asks, allow: { commonName: 'door' } }),
      );
      assert.match(await failure(await secure(port)), /ECONNRESET|CERTIFICATE_REQUIRED|closed/);
      await untilHeard(heard, 'refused');
      const door = await secure(port, { cert: known.cert, key: known.key });
      door.end();
      assert.equal(String(await received(door)), 'in');
      await tunnel.reload(
        server(target, { tls: asks, allow: { commonName: 'door' }, redirect: await servers.echo('out') }),
      );
      const without = await secure(port);
      without.end();
      assert.equal(String(await received(without)), 'out');
      const foreign = await stranger.issue({ subject: 'CN=door', usages: ['clientAuth'] });
      const pretender = await secure(port, { cert: foreign.cert, key: foreign.key });
      pretender.end();
      assert.equal(String(await received(pretender)), 'out');
      assert.equal(heard.at(-1)?.connection?.redirected ?? true, true);
    });

    it('lets clients come without a certificate, but with none that is not allowed', async () => {
      const other = await authority.issue({ subject: 'CN=other', usages: ['clientAuth'] });
      const { port, heard } = await start(
        server(await servers.echo('in'), {
          tls: { requestCert: true, cert: leaf.cert, key: leaf.key },
          allow: { commonName: 'door' },
          certificateOptional: true,
        }),
      );
      const without = await secure(port);
      without.end();
      assert.equal(String(await received(without)), 'in');
      const shown = await secure(port, { cert: other.cert, key: other.key });
      shown.on('error', () => {}).resume();
      assert.equal(codeOf((await untilHeard(heard, 'refused')).error), 'ERR_SCHANNEL_TUNNEL_NOT_ALLOWED');
    });

    it('takes any certificate if none is verified, and still asks for one', async () => {
      const unknown = await stranger.issue({ subject: 'CN=door', usages: ['clientAuth'] });
      const { port, heard } = await start(
        server(await servers.echo('in'), {
          tls: { requestCert: true, rejectUnauthorized: false, cert: leaf.cert, key: leaf.key },
        }),
      );
      const shown = await secure(port, { cert: unknown.cert, key: unknown.key });
      shown.end();
      assert.equal(String(await received(shown)), 'in');
      const without = await secure(port);
      without.on('error', () => {}).resume();
      assert.equal(codeOf((await untilHeard(heard, 'refused')).error), 'ERR_SCHANNEL_TUNNEL_NOT_ALLOWED');
    });

    it('reports a handshake that fails', async () => {
      const { port, heard } = await start(server(await servers.echo()));
      const local = await inTheClear(port);
      local.on('error', () => {}).end('GET / HTTP/1.1\r\n\r\n');
      const { error, connection } = await untilHeard(heard, 'refused');
      assert.match(String(codeOf(error)), /ERR_SSL/);
      assert.equal(connection?.state, 'over');
    });

    it('resets nobody in TLS: a client of a dead target gets an end without data', async () => {
      const closed = await servers.listen(net.createServer());
      servers.end();
      const { port, heard } = await start(server(closed));
      const remote = await secure(port);
      assert.equal((await received(remote)).length, 0);
      assert.equal(codeOf((await untilHeard(heard, 'refused')).error), 'ERR_SCHANNEL_TUNNEL_CONNECT');
    });
  });

  describe('limits and times', () => {
    const timeouts = { connect: 1000, busy: 5000, idle: 20_000, close: 3000 };

    it('gives up a target that does not answer', async () => {
      const { port, heard } = await start(client([SILENT, await tlsEcho('second')], { timeouts }));
      const local = await inTheClear(port);
      await until(
        () => clock.waits.includes(1000),
        () => 'no attempt',
      );
      await clock.advance(1000);
      local.end();
      assert.equal(String(await received(local)), 'second');
      assert.equal((await untilHeard(heard, 'connected')).connection?.target?.startsWith('127.0.0.1:'), true);
    });

    it('ends a connection on which nothing happens', async () => {
      const { port, heard } = await start(client(await tlsEcho('x'), { timeouts }));
      const local = await inTheClear(port);
      await once(local, 'data');
      const ended = failure(local);
      await clock.advance(19_000);
      assert.equal(heardOf(heard, 'close'), undefined);
      await clock.advance(2000);
      assert.equal(await ended, 'ECONNRESET');
      assert.equal(codeOf((await untilHeard(heard, 'close')).error), 'ERR_SCHANNEL_TUNNEL_IDLE');
    });

    it('ends a connection sooner if one side has ended', async () => {
      const target = await tlsServer((socket) => void socket.resume());
      const { port, heard, tunnel } = await start(client(target, { timeouts }));
      const local = await inTheClear(port);
      local.end('x');
      const ended = failure(local);
      await until(
        () => tunnel.status().bytesToTls === 1,
        () => 'nothing went through',
      );
      await untilHeard(heard, 'open');
      await clock.advance(6000);
      await ended;
      assert.equal(codeOf((await untilHeard(heard, 'close')).error), 'ERR_SCHANNEL_TUNNEL_IDLE');
    });

    it('ends a connection whose one side takes nothing', async () => {
      const target = await tlsServer((socket) => void socket.pause());
      const { port, heard, tunnel } = await start(client(target, { timeouts }));
      const local = await inTheClear(port);
      const ended = failure(local);
      local.write(Buffer.alloc(32 << 20));
      let before = -1;
      await until(
        () => {
          const { bytesToTls } = tunnel.status();
          const isStill = bytesToTls > 0 && bytesToTls === before;
          before = bytesToTls;
          return isStill;
        },
        () => 'it did not come to a stand',
      );
      await clock.advance(7000);
      await ended;
      assert.equal(codeOf((await untilHeard(heard, 'close')).error), 'ERR_SCHANNEL_TUNNEL_BUSY');
    });

    it('ends a connection that is too old', async () => {
      const { port, heard } = await start(client(await tlsEcho('x'), { timeouts: { lifetime: 5000 } }));
      const local = await inTheClear(port);
      await once(local, 'data');
      const ended = failure(local);
      await clock.advance(6000);
      await ended;
      assert.equal(codeOf((await untilHeard(heard, 'close')).error), 'ERR_SCHANNEL_TUNNEL_LIFETIME');
    });

    for (const [name, limits] of [
      ['connections', { connections: 2 }],
      ['connections that are not open yet', { handshakes: 2 }],
      ['connections of one address that are not open yet', { perAddress: 2 }],
    ] as const) {
      it(`has no more ${name} than it may`, async () => {
        // Nobody makes TLS there.
        const target = await servers.listen(net.createServer());
        const { port, heard, tunnel } = await start(client(target, { limits }));
        await inTheClear(port);
        await inTheClear(port);
        assert.equal(await failure(net.connect(port, '127.0.0.1')), 'ECONNRESET');
        const { connection, error } = await untilHeard(heard, 'refused');
        assert.equal(connection?.id, 3);
        assert.equal(codeOf(error), 'ERR_SCHANNEL_TUNNEL_LIMIT');
        assert.equal(tunnel.status().opening, 2);
        assert.equal(tunnel.status().refused, 1);
      });
    }
  });

  describe('reload and end', () => {
    it('takes new options for new connections, and leaves the old ones alone', async () => {
      const { tunnel, port } = await start(client(await tlsEcho('a')));
      const old = await inTheClear(port);
      await once(old, 'data');
      await tunnel.reload(client(await tlsEcho('b')));
      assert.equal(tunnel.port, port);
      const next = await inTheClear(port);
      next.end();
      assert.equal(String(await received(next)), 'b');
      old.end('still there');
      assert.equal(String(await received(old)), 'still there');
      assert.equal(tunnel.status().lastReload?.error, null);
    });

    it('moves to another address, and from one mode to the other', async () => {
      const { tunnel, port } = await start(client(await tlsEcho('a')));
      await tunnel.reload(server(await servers.echo('b')));
      assert.equal(tunnel.address, `127.0.0.1:${port}`);
      const remote = await secure(port);
      remote.end();
      assert.equal(String(await received(remote)), 'b');
      await tunnel.reload(client(await tlsEcho('c'), { accept: '127.0.0.2:0' }));
      const local = net.connect({ port: tunnel.port ?? 0, host: '127.0.0.2', allowHalfOpen: true });
      sockets.push(local);
      local.end();
      assert.equal(String(await received(local)), 'c');
      assert.equal(await failure(net.connect(port, '127.0.0.1')), 'ECONNREFUSED');
    });

    it('keeps everything if the new options are wrong, or the new address is taken', async () => {
      const taken = await servers.listen(net.createServer());
      const target = await tlsEcho('a');
      const { tunnel, port } = await start(client(target));
      await assert.rejects(tunnel.reload(client(target, { buffer: 1 })), { code: 'ERR_OUT_OF_RANGE' });
      await assert.rejects(tunnel.reload(client(1, { accept: taken })), {
        code: 'ERR_SCHANNEL_TUNNEL_LISTEN',
      });
      await assert.rejects(tunnel.reload(server(1, { tls: { cert: 'no certificate', key: leaf.key } })));
      assert.match(tunnel.status().lastReload?.error ?? '', /./);
      assert.equal(tunnel.port, port);
      const local = await inTheClear(port);
      local.end();
      assert.equal(String(await received(local)), 'a');
    });

    it('waits at its end for what is open, and takes no more', async () => {
      const { tunnel, port } = await start(client(await tlsEcho('a')));
      const local = await inTheClear(port);
      await once(local, 'data');
      const end = tunnel.close();
      assert.equal(tunnel.status().state, 'draining');
      assert.equal(await failure(net.connect(port, '127.0.0.1')), 'ECONNREFUSED');
      local.end('the rest');
      assert.equal(String(await received(local)), 'the rest');
      assert.equal(await end, 0);
      assert.equal(tunnel.status().state, 'closed');
      assert.equal(clock.timers, 0);
    });

    it('lets who comes to a new address wait until everything has changed', async () => {
      const { tunnel, port } = await start(client(await tlsEcho('a')));
      const free = await servers.listen(net.createServer());
      servers.end();
      const target = await tlsEcho('b');
      const prepared = await tunnel.prepareReload(client(target, { accept: free }));
      assert.equal(tunnel.port, port);
      const early = await inTheClear(free);
      early.end();
      prepared.commit();
      assert.equal(String(await received(early)), 'b');
      assert.equal(tunnel.port, free);
    });

    it('leaves nothing behind if a change is given up', async () => {
      const { tunnel, port } = await start(client(await tlsEcho('a')));
      const free = await servers.listen(net.createServer());
      servers.end();
      const target = await tlsEcho('b');
      const prepared = await tunnel.prepareReload(client(target, { accept: free }));
      const early = await inTheClear(free);
      await prepared.abandon();
      early.resume().end();
      await once(early, 'close');
      assert.equal(await failure(net.connect(free, '127.0.0.1')), 'ECONNREFUSED');
      assert.equal(tunnel.port, port);
    });

    it('moves from all addresses to one with the same port, and back if that is given up', async () => {
      const target = await tlsEcho('a');
      const free = await servers.listen(net.createServer());
      servers.end();
      const again = await tlsEcho('a');
      assert.notEqual(target, free);
      const { tunnel, heard } = await start(client(again, { accept: `0.0.0.0:${free}` }));
      const prepared = await tunnel.prepareReload(client(again, { accept: `127.0.0.1:${free}` }));
      await prepared.abandon();
      assert.equal(tunnel.address, `0.0.0.0:${free}`);
      await tunnel.reload(client(again, { accept: `127.0.0.1:${free}` }));
      assert.equal(tunnel.address, `127.0.0.1:${free}`);
      const local = await inTheClear(free);
      local.end();
      assert.equal(String(await received(local)), 'a');
      assert.equal(heard.filter(({ event }) => event === 'warning').length, 1);
    });

    it('keeps the port that it got, if the new options name it', async () => {
      const target = await tlsEcho('a');
      const { tunnel, port } = await start(client(target, { accept: '127.0.0.1:0' }));
      await tunnel.reload(client(target, { accept: `127.0.0.1:${port}` }));
      assert.equal(tunnel.port, port);
      const local = await inTheClear(port);
      local.end();
      assert.equal(String(await received(local)), 'a');
    });

    it('goes to all addresses with the port that it got, and back if that is given up', async () => {
      const target = await tlsEcho('a');
      const { tunnel, port } = await start(client(target, { accept: '127.0.0.1:0' }));
      const prepared = await tunnel.prepareReload(client(target, { accept: `0.0.0.0:${port}` }));
      await prepared.abandon();
      assert.equal(tunnel.address, `127.0.0.1:${port}`);
    });

    it('waits for less time if it is told so', async () => {
      const { tunnel, port } = await start(client(await tlsEcho('a')));
      const local = await inTheClear(port);
      await once(local, 'data');
      const ended = failure(local);
      const end = tunnel.close({ drain: 100_000 });
      assert.equal(tunnel.close({ drain: 1000 }), end);
      await clock.advance(1000);
      assert.equal(await end, 1);
      assert.equal(await ended, 'ECONNRESET');
      await clock.advance(0);
      assert.equal(clock.timers, 0);
    });

    it('cuts off what is open when the time to drain is over', async () => {
      const { tunnel, port, heard } = await start(client(await tlsEcho('a')));
      const local = await inTheClear(port);
      await once(local, 'data');
      const ended = failure(local);
      const end = tunnel.close({ drain: 1000 });
      await clock.advance(1000);
      assert.equal(await end, 1);
      assert.equal(await ended, 'ECONNRESET');
      assert.equal(codeOf((await untilHeard(heard, 'close')).error), 'ERR_SCHANNEL_TUNNEL_CUT_OFF');
    });

    it('listens again after it has failed to take a connection, and its connections go on', async () => {
      const gates: net.Server[] = [];
      const tunnel = new Tunnel(client(await tlsEcho('a')), {
        ...ofNode(clock),
        createGate: (options) => {
          const gate = net.createServer(options);
          gates.push(gate);
          return gate;
        },
      });
      tunnels.push(tunnel);
      const heard = listenTo(tunnel);
      await tunnel.listen();
      const port = tunnel.port ?? 0;
      const early = await inTheClear(port);
      await once(early, 'data');
      for (const code of ['EMFILE', 'ECONNABORTED']) {
        gates[0]?.emit('error', Object.assign(new Error(`accept ${code}`), { code, syscall: 'accept' }));
      }
      assert.deepEqual(
        heard.filter(({ event }) => event === 'warning').map(({ error }) => codeOf(error)),
        ['ERR_SCHANNEL_TUNNEL_ACCEPT', 'ERR_SCHANNEL_TUNNEL_ACCEPT'],
      );
      await clock.advance(100);
      await until(
        () => gates[1]?.listening === true,
        () => 'it does not listen again',
      );
      assert.equal(gates.length, 2);
      assert.equal(tunnel.port, port);
      const next = await inTheClear(port);
      next.end();
      assert.equal(String(await received(next)), 'a');
      early.end('still there');
      assert.equal(String(await received(early)), 'still there');
    });

    it('tries to listen again until it can', async () => {
      const gates: net.Server[] = [];
      const tunnel = new Tunnel(client(await tlsEcho('a')), {
        ...ofNode(clock),
        createGate: (options) => {
          const gate = net.createServer(options);
          gates.push(gate);
          // The second one can't.
          if (gates.length === 2) {
            gate.listen = () => {
              setImmediate(() => gate.emit('error', new Error('not now')));
              return gate;
            };
          }
          return gate;
        },
      });
      tunnels.push(tunnel);
      const heard = listenTo(tunnel);
      await tunnel.listen();
      const port = tunnel.port ?? 0;
      gates[0]?.emit('error', new Error('accept EMFILE'));
      await clock.advance(100);
      await until(
        () => heard.some(({ error }) => codeOf(error) === 'ERR_SCHANNEL_TUNNEL_LISTEN'),
        () => 'it did not try',
      );
      await clock.advance(1000);
      await until(
        () => gates[2]?.listening === true,
        () => 'it gave up',
      );
      const next = await inTheClear(port);
      next.end();
      assert.equal(String(await received(next)), 'a');
    });

    it('says who has its port, if that is known', async () => {
      const taken = await servers.listen(net.createServer());
      const tunnel = new Tunnel(client(1, { accept: taken }), {
        ...ofNode(clock),
        whyNotListen: (port, code) => Promise.resolve(`${code}: process 7 (imap.exe) has ${String(port)}`),
      });
      tunnels.push(tunnel);
      await assert.rejects(tunnel.listen(), {
        code: 'ERR_SCHANNEL_TUNNEL_LISTEN',
        message: new RegExp(`: EADDRINUSE: process 7 \\(imap\\.exe\\) has ${String(taken)}$`),
      });
    });

    it('says that it can not listen, and can try again', async () => {
      const taken = net.createServer();
      const port = await servers.listen(taken);
      const tunnel = new Tunnel(client(1, { accept: port }), ofNode(clock));
      tunnels.push(tunnel);
      await assert.rejects(tunnel.listen(), { code: 'ERR_SCHANNEL_TUNNEL_LISTEN' });
      servers.end();
      await tunnel.listen();
      assert.equal(tunnel.port, port);
      await assert.rejects(tunnel.listen(), { code: 'ERR_SCHANNEL_USAGE_PHASE' });
    });
  });
});
