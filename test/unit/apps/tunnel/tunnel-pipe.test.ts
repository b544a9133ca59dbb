import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Tunnel } from '#lib/apps/tunnel/tunnel.js';
import type { TunnelOptions } from '#lib/apps/tunnel/options.js';
import { TestAuthority, type TestCertificate } from '../../../support/certificates.js';
import { ScriptedClock } from '../../../support/scripted-clock.js';
import { ofNode, received } from '../../../support/tunnel-rig.js';

describe('apps/tunnel/tunnel: paths', () => {
  let authority: TestAuthority;
  let leaf: TestCertificate;
  const folder = mkdtempSync(path.join(tmpdir(), 'tunnel-'));
  const at = (name: string): string => path.join(folder, name);
  const tunnels: Tunnel[] = [];
  const behind = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));

  before(async () => {
    authority = await TestAuthority.create('CN=path authority');
    leaf = await authority.issue();
    behind.listen(at('behind'));
    await once(behind, 'listening');
  });

  afterEach(async () => {
    for (const tunnel of tunnels.splice(0)) await tunnel.close({ drain: 0 });
  });

  after(() => {
    behind.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(options: TunnelOptions): Promise<void> {
    const tunnel = new Tunnel(options, ofNode(new ScriptedClock()));
    tunnels.push(tunnel);
    await tunnel.listen();
  }

  async function startBoth(): Promise<void> {
    await start({
      ...{ mode: 'server', accept: at('secure'), connect: at('behind') },
      tls: { cert: leaf.cert, key: leaf.key },
    });
    await start({
      ...{ mode: 'client', accept: at('clear'), connect: at('secure') },
      tls: { ca: [authority.certificate.cert], servername: 'localhost' },
    });
  }

  it('connects several clients at once, by paths all the way', async () => {
    await startBoth();
    const sent = Array.from({ length: 5 }, (_, at) => `client ${String(at)}`.repeat(10_000));
    const got = await Promise.all(
      sent.map((text) => {
        const socket = net.connect({ path: at('clear'), allowHalfOpen: true });
        socket.end(text);
        return received(socket);
      }),
    );
    assert.deepEqual(got.map(String), sent);
  });

  it('cuts off a connection on a path, which can not be reset', async () => {
    await startBoth();
    const [, own] = tunnels;
    assert.ok(own);
    const opened = once(own, 'open');
    const socket = net.connect(at('clear')).on('error', () => {});
    await opened;
    const closed = once(socket, 'close');
    assert.equal(await own.close({ drain: 0 }), 1);
    await closed;
  });

  it('tells the failure of one handshake from that of another', async () => {
    await startBoth();
    const stranger = net.connect(at('secure')).on('error', () => {});
    const patient = net.connect({ path: at('clear'), allowHalfOpen: true });
    const [server] = tunnels;
    assert.ok(server);
    const refused = once(server, 'refused');
    stranger.end('this is not TLS');
    await refused;
    patient.end('hello');
    assert.equal(String(await received(patient)), 'hello');
  });
});
