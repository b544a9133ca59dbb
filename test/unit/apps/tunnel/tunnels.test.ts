import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { ClientTunnelOptions, Endpoint, TunnelOptions } from '#lib/apps/tunnel/options.js';
import { Tunnels } from '#lib/apps/tunnel/tunnels.js';
import { TestAuthority, type TestCertificate } from '../../../support/certificates.js';
import { ScriptedClock } from '../../../support/scripted-clock.js';
import { failure, ofNode, received, Servers } from '../../../support/tunnel-rig.js';

describe('apps/tunnel/tunnels', () => {
  let authority: TestAuthority;
  let leaf: TestCertificate;
  let clock: ScriptedClock;
  const servers = new Servers();
  const all: Tunnels[] = [];
  const sockets: Duplex[] = [];

  before(async () => {
    authority = await TestAuthority.create('CN=tunnels test authority');
    leaf = await authority.issue();
  });

  beforeEach(() => {
    clock = new ScriptedClock();
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.on('error', () => {}).destroy();
    for (const tunnels of all.splice(0)) await tunnels.close({ drain: 0 });
    servers.end();
  });

  function make(options: readonly TunnelOptions[]): Tunnels {
    const tunnels = new Tunnels(options, ofNode(clock));
    all.push(tunnels);
    return tunnels;
  }

  const echo = (name: string): Promise<number> =>
    servers.listen(
      tls.createServer(
        { cert: leaf.cert, key: leaf.key, allowHalfOpen: true } as tls.TlsOptions,
        (socket) => {
          socket.write(name);
          socket.pipe(socket);
        },
      ),
    );

  const section = (name: string, accept: Endpoint, target: number): ClientTunnelOptions => ({
    ...{ name, mode: 'client', accept, connect: target },
    tls: { ca: [authority.certificate.cert], servername: 'localhost' },
  });

  const connected = async (port: number): Promise<net.Socket> => {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };

  /** What a new connection to the port gets. */
  async function got(port: number): Promise<string> {
    const socket = await connected(port);
    socket.end();
    return String(await received(socket));
  }

  const ports = (tunnels: Tunnels): readonly number[] => tunnels.tunnels.map(({ port }) => port ?? 0);

  /** A port on which nothing listens. */
  async function free(): Promise<number> {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  }

  it('takes one address of a service for enough, and warns about the others', async () => {
    const target = await echo('a');
    const taken = await servers.listen(net.createServer());
    const warnings: string[] = [];
    const unbound: string[] = [];
    const tunnels = make([section('a', taken, target), section('a', 0, target), section('b', 0, target)]);
    tunnels.on('warning', ({ message }, name) => warnings.push(`${name}: ${message}`));
    tunnels.on('unbound', (name) => unbound.push(name));
    await tunnels.listen();
    assert.deepEqual(unbound, ['a']);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', new RegExp(`^a: Can't listen on 127\\.0\\.0\\.1:${String(taken)}: `));
    assert.equal(tunnels.status().ok, true);
    assert.equal(await got(ports(tunnels)[1] ?? 0), 'a');
    await tunnels.reload([section('a', taken, target), section('a', 0, target), section('b', 0, target)]);
    assert.equal(tunnels.status().ok, true);
    for (const name of ['a', 'tunnel']) {
      const none = make([section(name, taken, target), section(name === 'a' ? 'b' : name, 0, target)]);
      await assert.rejects(none.listen(), { code: 'ERR_SCHANNEL_TUNNEL_LISTEN' });
      assert.equal(none.status().ok, false);
    }
  });

  it('listens with all, and passes on what each of them says', async () => {
    const tunnels = make([section('a', 0, await echo('a')), section('b', 0, await echo('b'))]);
    const heard: string[] = [];
    tunnels.on('listening', ({ name }) => heard.push(`${name} listens`));
    tunnels.on('open', ({ tunnel, id }) => heard.push(`${tunnel} ${String(id)}`));
    await tunnels.listen();
    assert.equal(tunnels.status().ok, true);
    const [first = 0, second = 0] = ports(tunnels);
    assert.deepEqual([await got(first), await got(second)], ['a', 'b']);
    assert.deepEqual(heard, ['a listens', 'b listens', 'a 1', 'b 1']);
  });

  it('listens with none if one can not', async () => {
    const [first, taken] = [await free(), await servers.listen(net.createServer())];
    const tunnels = make([section('a', first, 1), section('b', taken, 1)]);
    await assert.rejects(tunnels.listen(), { code: 'ERR_SCHANNEL_TUNNEL_LISTEN' });
    assert.equal(await failure(net.connect(first, '127.0.0.1')), 'ECONNREFUSED');
    assert.equal(tunnels.status().ok, false);
  });

  it('tries again for as long as it may, if an address is not ready', async () => {
    const taken = net.createServer();
    const port = await servers.listen(taken);
    const tunnels = make([section('a', port, await echo('a'))]);
    const warnings: string[] = [];
    tunnels.on('warning', (error, name) =>
      warnings.push(`${name} ${String((error as NodeJS.ErrnoException).code)}`),
    );
    const listening = tunnels.listen({ retry: 10_000 });
    await once(tunnels, 'warning');
    await clock.advance(1000);
    taken.close();
    await once(taken, 'close');
    await clock.advance(1000);
    await listening;
    assert.equal(await got(port), 'a');
    assert.deepEqual(warnings, ['a ERR_SCHANNEL_TUNNEL_LISTEN']);
  });

  it('gives up when the time to try again is over', async () => {
    const taken = await servers.listen(net.createServer());
    const tunnels = make([section('a', taken, 1)]);
    const listening = assert.rejects(tunnels.listen({ retry: 1000 }), { code: 'ERR_SCHANNEL_TUNNEL_LISTEN' });
    await once(tunnels, 'warning');
    await clock.advance(1000);
    await listening;
  });

  it('tries no longer once it is closed', async () => {
    const taken = await servers.listen(net.createServer());
    const tunnels = make([section('a', taken, 1)]);
    const listening = assert.rejects(tunnels.listen({ retry: 90_000 }), { code: 'ERR_SCHANNEL_USAGE_PHASE' });
    await once(tunnels, 'warning');
    await tunnels.close();
    // No time passes.
    await listening;
    assert.equal(clock.timers, 0);
  });

  it('exchanges, adds and leaves out tunnels, while connections go on', async () => {
    const [a, b, c] = [await echo('a'), await echo('b'), await echo('c')];
    const tunnels = make([section('a', 0, a), section('gone', 0, b)]);
    await tunnels.listen();
    const [kept = 0, gone = 0] = ports(tunnels);
    const old = await connected(gone);
    await once(old, 'data');
    const reloads: unknown[] = [];
    tunnels.on('reload', (error) => reloads.push(error));
    await tunnels.reload([section('new', 0, c), section('a', 0, b)]);
    assert.deepEqual(reloads, [null]);
    const [added = 0, same] = ports(tunnels);
    assert.equal(same, kept);
    assert.deepEqual([await got(kept), await got(added)], ['b', 'c']);
    assert.equal(await failure(net.connect(gone, '127.0.0.1')), 'ECONNREFUSED');
    old.end('still there');
    assert.equal(String(await received(old)), 'still there');
  });

  it('exchanges the ports of two tunnels', async () => {
    const [a, b] = [await echo('a'), await echo('b')];
    const [one, other] = [await free(), await free()];
    const tunnels = make([section('a', one, a), section('b', other, b)]);
    await tunnels.listen();
    await tunnels.reload([section('a', other, a), section('b', one, b)]);
    assert.deepEqual([await got(one), await got(other)], ['b', 'a']);
    assert.deepEqual(
      tunnels.status().tunnels.map(({ name, accept }) => [name, accept]),
      [
        ['a', `127.0.0.1:${String(other)}`],
        ['b', `127.0.0.1:${String(one)}`],
      ],
    );
  });

  it('changes nothing if one of the new tunnels is wrong or can not listen', async () => {
    const [a, b] = [await echo('a'), await echo('b')];
    const taken = await servers.listen(net.createServer());
    const tunnels = make([section('a', 0, a)]);
    await tunnels.listen();
    const [port = 0] = ports(tunnels);
    const unused = await free();
    const reloads: (Error | null)[] = [];
    tunnels.on('reload', (error) => reloads.push(error));
    for (const [next, code] of [
      [[section('a', 0, b), { ...section('c', 0, b), buffer: 1 }], 'ERR_OUT_OF_RANGE'],
      [[section('a', unused, b), section('c', 0, b), section('d', taken, b)], 'ERR_SCHANNEL_TUNNEL_LISTEN'],
    ] as const) {
      await assert.rejects(tunnels.reload(next), { code });
    }
    assert.equal(reloads.length, 2);
    assert.match(tunnels.status().lastReload?.error ?? '', /Can't listen/);
    assert.match(tunnels.tunnels[0]?.status().lastReload?.error ?? '', /Can't listen/);
    assert.deepEqual(ports(tunnels), [port]);
    assert.equal(await got(port), 'a');
    assert.equal(await failure(net.connect(unused, '127.0.0.1')), 'ECONNREFUSED');
  });

  it('cuts off all that is left, also of tunnels that were left out', async () => {
    const target = await echo('a');
    const tunnels = make([section('a', 0, target), section('gone', 0, target)]);
    await tunnels.listen();
    const open = await Promise.all(ports(tunnels).map((port) => connected(port)));
    await Promise.all(open.map((socket) => once(socket, 'data')));
    const ended = open.map((socket) => failure(socket));
    await tunnels.reload([section('a', 0, target)]);
    const closed = tunnels.close({ drain: 1000 });
    await clock.advance(1000);
    assert.equal(await closed, 2);
    assert.deepEqual(await Promise.all(ended), ['ECONNRESET', 'ECONNRESET']);
    await clock.advance(0);
    assert.equal(clock.timers, 0);
  });

  it('can not be reloaded when it is closed', async () => {
    const tunnels = make([section('a', 0, 1)]);
    await tunnels.listen();
    await tunnels.close();
    await assert.rejects(tunnels.reload([section('a', 0, 1)]), { code: 'ERR_SCHANNEL_USAGE_PHASE' });
  });
});
