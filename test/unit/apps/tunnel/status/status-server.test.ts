import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { mock } from 'node:test';
import { StatusServer } from '#lib/apps/tunnel/status/status-server.js';
import type { TunnelFigures } from '#lib/apps/tunnel/status/figures.js';
import { figuresOf } from '../../../../support/tunnel-figures.js';
import { Servers } from '../../../../support/tunnel-rig.js';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

interface Page {
  readonly ok: boolean;
  readonly state: string;
  readonly since: string | null;
  readonly version: string;
  readonly services: readonly {
    readonly name: string;
    readonly targets: readonly { readonly state: string; readonly error: string | null }[];
  }[];
}

describe('apps/tunnel/status/status-server', () => {
  const servers = new Servers();
  let server: StatusServer | null = null;
  let port = 0;
  let reads = 0;

  afterEach(async () => {
    await server?.close();
    servers.end();
  });

  async function start(...figures: readonly TunnelFigures[]): Promise<void> {
    reads = 0;
    const read = (): Promise<readonly TunnelFigures[]> => {
      reads += 1;
      return Promise.resolve(figures);
    };
    server = new StatusServer({ version: '1.2.3', read }, { accept: 0 });
    await server.listen();
    port = Number(server.address?.split(':').at(-1));
  }

  async function ask(
    path: string,
    { host = `127.0.0.1:${port}`, method = 'GET' }: { readonly host?: string; readonly method?: string } = {},
  ): Promise<Answer> {
    const request = http
      .request({ host: '127.0.0.1', port, path, method, headers: { host }, agent: false })
      .end();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    const { statusCode = 0, headers } = response;
    return {
      status: statusCode,
      type: headers['content-type'] ?? '',
      body: Buffer.concat(pieces).toString(),
    };
  }

  it('shows as JSON how all tunnels are', async () => {
    await start(figuresOf(), figuresOf({ name: 'ldaps', since: new Date('2025-05-05') }));
    const { status, type, body } = await ask('/status');
    assert.deepEqual([status, type], [200, 'application/json']);
    const page = JSON.parse(body) as Page;
    assert.deepEqual([page.ok, page.state, page.version], [true, 'listening', '1.2.3']);
    assert.equal(page.since, '2025-05-05T00:00:00.000Z');
    assert.deepEqual(
      page.services.map(({ name }) => name),
      ['imaps', 'ldaps'],
    );
  });

  it('says that nowhere is down', async () => {
    await start(figuresOf({ targets: [{ address: '127.0.0.1:0', state: 'unknown', error: null }] }));
    const { status, body } = await ask('/status?connect=1');
    assert.equal(status, 503);
    const [target] = (JSON.parse(body) as Page).services[0]?.targets ?? [];
    assert.equal(target?.state, 'down');
  });

  it('goes on after a connection that could not be taken', async () => {
    const made = mock.method(http, 'createServer');
    try {
      await start(figuresOf());
      made.mock.calls[0]?.result?.emit('error', new Error('accept ENOBUFS'));
      assert.equal((await ask('/status')).status, 200);
    } finally {
      made.mock.restore();
    }
  });

  it('answers 503 unless all of them listen', async () => {
    await start(figuresOf(), figuresOf({ state: 'draining' }));
    const { status, body } = await ask('/status');
    assert.equal(status, 503);
    assert.equal((JSON.parse(body) as Page).state, 'draining');
    await server?.close();
    await start();
    assert.equal((await ask('/status')).status, 503);
  });

  it('connects to each target if it is asked to', async () => {
    const up = await servers.echo();
    const closed = await new Promise<number>((resolve) => {
      const free = net.createServer().listen(0, '127.0.0.1', () => {
        const { port: number } = free.address() as net.AddressInfo;
        free.close(() => resolve(number));
      });
    });
    const targets = [up, closed].map((each) => ({
      address: `127.0.0.1:${each}`,
      state: 'unknown' as const,
      error: null,
    }));
    await start(figuresOf({ targets }), figuresOf({ targets: targets.slice(1) }));
    assert.equal((await ask('/status')).status, 200);
    const { status, body } = await ask('/status?connect=1');
    // The second tunnel has no target that answers.
    assert.equal(status, 503);
    const [first, second] = (JSON.parse(body) as Page).services;
    assert.deepEqual(
      first?.targets.map(({ state }) => state),
      ['up', 'down'],
    );
    assert.match(second?.targets[0]?.error ?? '', /ECONNREFUSED/);
  });

  it('connects to the proxy of targets that are behind one', async () => {
    const up = await servers.echo();
    const target = { address: 'only.behind.example:993', error: null };
    await start(
      figuresOf({ through: [`127.0.0.1:${up}`], targets: [{ ...target, state: 'unknown' }] }),
      figuresOf({ through: [`127.0.0.1:${up}`], targets: [{ ...target, state: 'up' }] }),
    );
    const { status, body } = await ask('/status?connect=1');
    assert.equal(status, 200);
    assert.deepEqual(
      (JSON.parse(body) as Page).services.map(({ targets }) => targets[0]?.state),
      ['unknown', 'up'],
    );
    servers.end();
    const { status: without, body: gone } = await ask('/status?connect=1');
    assert.equal(without, 503);
    assert.match(
      (JSON.parse(gone) as Page).services[0]?.targets[0]?.error ?? '',
      /^the proxy 127.*ECONNREFUSED/,
    );
  });

  it('starts no program to see whether it is there', async () => {
    await start(
      figuresOf({ targets: [{ address: 'exec:/nowhere/program', state: 'unknown', error: null }] }),
    );
    const { status, body } = await ask('/status?connect=1');
    assert.equal(status, 200);
    assert.equal((JSON.parse(body) as Page).services[0]?.targets[0]?.state, 'unknown');
  });

  it('shows the figures for Prometheus', async () => {
    await start(figuresOf());
    const { status, type, body } = await ask('/metrics');
    assert.equal(status, 200);
    assert.match(type, /^application\/openmetrics-text; version=1\.0\.0/);
    assert.match(body, /\n# EOF\n$/);
  });

  it('can be asked for nothing else, and changes nothing', async () => {
    await start(figuresOf());
    assert.equal((await ask('/')).status, 404);
    assert.equal((await ask('/status', { method: 'POST' })).status, 405);
    assert.equal((await ask('/status', { method: 'DELETE' })).status, 405);
    const { status, body } = await ask('/status', { method: 'HEAD' });
    assert.deepEqual([status, body], [200, '']);
  });

  it('has no status for the pages of another site', async () => {
    await start(figuresOf());
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example']) {
      assert.equal((await ask('/status', { host })).status, 421, host);
    }
    assert.equal(reads, 0);
    for (const host of [`LOCALHOST:${port}`, '[::1]', '127.0.0.1']) {
      assert.equal((await ask('/status', { host })).status, 200, host);
    }
  });

  it('answers when the tunnels can not be asked', async () => {
    const read = (): Promise<never> => Promise.reject(new Error('the worker has ended'));
    server = new StatusServer({ version: '1', read }, { accept: 0 });
    await server.listen();
    port = Number(server.address?.split(':').at(-1));
    const { status, body } = await ask('/status');
    assert.deepEqual([status, body], [500, 'the worker has ended\n']);
  });

  it('listens where only this machine reaches it, unless other machines may ask', () => {
    const make = (accept: string, anyAddress = false): StatusServer =>
      new StatusServer({ version: '1', read: () => Promise.resolve([]) }, { accept, anyAddress });
    assert.throws(() => make('0.0.0.0:9090'), { code: 'ERR_SCHANNEL_TUNNEL_EXPOSED' });
    assert.throws(() => make('server.example:9090'), { code: 'ERR_SCHANNEL_TUNNEL_EXPOSED' });
    make('0.0.0.0:9090', true);
    make('\\\\.\\pipe\\status');
  });

  it('says that its port is taken', async () => {
    await start(figuresOf());
    const second = new StatusServer({ version: '1', read: () => Promise.resolve([]) }, { accept: port });
    await assert.rejects(second.listen(), { code: 'ERR_SCHANNEL_TUNNEL_LISTEN' });
    await second.close();
  });
});
