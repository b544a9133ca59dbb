import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { ProgramEndpoint, ServerTunnelOptions } from '#lib/apps/tunnel/options.js';
import { Tunnel } from '#lib/apps/tunnel/tunnel.js';
import { TestAuthority, type TestCertificate } from '../../../support/certificates.js';
import { until } from '../../../support/patience.js';
import { ScriptedClock } from '../../../support/scripted-clock.js';
import { codeOf, type Heard, listenTo, ofNode, received, Servers } from '../../../support/tunnel-rig.js';

const shell = (script: string, ...args: readonly string[]): ProgramEndpoint => ({
  program: '/bin/sh',
  args: ['-c', script, 'sh', ...args],
});

describe('apps/tunnel/tunnel: programs', () => {
  let authority: TestAuthority;
  let leaf: TestCertificate;
  let clock: ScriptedClock;
  const servers = new Servers();
  const tunnels: Tunnel[] = [];
  const sockets: Duplex[] = [];

  before(async () => {
    authority = await TestAuthority.create('CN=program test authority');
    leaf = await authority.issue();
  });

  beforeEach(() => {
    clock = new ScriptedClock();
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.on('error', () => {}).destroy();
    for (const tunnel of tunnels.splice(0)) await tunnel.close({ drain: 0 });
    servers.end();
  });

  async function start(
    connect: ServerTunnelOptions['connect'],
    options: Partial<ServerTunnelOptions> = {},
  ): Promise<{ tunnel: Tunnel; heard: Heard[]; port: number }> {
    const tunnel = new Tunnel(
      {
        ...{ mode: 'server', accept: '127.0.0.1:0', connect, allowPrograms: true, ...options },
        tls: { cert: leaf.cert, key: leaf.key, ca: [authority.certificate.cert], ...options.tls },
      },
      ofNode(clock),
    );
    tunnels.push(tunnel);
    const heard = listenTo(tunnel);
    await tunnel.listen();
    return { tunnel, heard, port: tunnel.port ?? 0 };
  }

  async function client(port: number, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
    const socket = tls.connect({
      ...{ port, host: '127.0.0.1', servername: 'localhost', ca: [authority.certificate.cert] },
      ...{ allowHalfOpen: true, ...options },
    });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  }

  /** Until an event has come. */
  const heardOf = (heard: readonly Heard[], event: string): Promise<void> =>
    until(
      () => heard.some((each) => each.event === event),
      () => `there is no ${event} among ${heard.map((each) => each.event).join(', ')}`,
    );

  const warnings = (heard: readonly Heard[]): (string | undefined)[] =>
    heard.filter(({ event }) => event === 'warning').map(({ error }) => error?.message);

  it('carries bytes to the input of a program and from its output, with an end each way', async () => {
    const { tunnel, heard, port } = await start({ program: '/bin/cat' });
    const socket = await client(port);
    const sent = Buffer.alloc(3_000_000, 'a line of a text\n');
    socket.end(sent);
    assert.deepEqual(await received(socket), sent);
    await heardOf(heard, 'close');
    assert.equal(heard.find(({ event }) => event === 'close')?.error, null);
    assert.deepEqual(tunnel.status().targets, [{ address: 'exec:/bin/cat', state: 'up', error: null }]);
    assert.deepEqual(warnings(heard), []);
  });

  it('starts one program for each connection, without a shell', async () => {
    const { port } = await start({ ...shell('echo $$; echo "$1"', '$(id) "a b"'), argv0: 'own' });
    const [one, other] = await Promise.all([client(port), client(port)]);
    const [first, second] = (await Promise.all([received(one), received(other)])).map(String);
    assert.match(first ?? '', /^\d+\n\$\(id\) "a b"\n$/);
    assert.notEqual(first, second);
  });

  it('passes on the end of its output, while it goes on to read', async () => {
    const { heard, port } = await start(shell('echo first; exec 1>&-; wc -c >&2'));
    const socket = await client(port);
    assert.equal(String(await received(socket)), 'first\n');
    socket.end('12345');
    await heardOf(heard, 'warning');
    assert.match(warnings(heard)[0] ?? '', /^\/bin\/sh says: *5$/);
  });

  it('tells a program who has connected, and which verified certificate it has', async () => {
    const own = await authority.issue({ subject: 'CN=door', usages: ['clientAuth'] });
    const { port } = await start(
      {
        ...shell('echo "$REMOTE_HOST $REMOTE_PORT $SSL_CLIENT_DN $SSL_CLIENT_I_DN $OWN"'),
        env: { OWN: 'a b' },
      },
      { tls: { cert: leaf.cert, key: leaf.key, requestCert: true } },
    );
    const socket = await client(port, { cert: own.cert, key: own.key });
    const { localPort } = socket;
    assert.equal(
      String(await received(socket)),
      `127.0.0.1 ${String(localPort)} CN=door CN=program test authority a b\n`,
    );
  });

  it('drops what a program that has ended did not read', async () => {
    const { heard, port } = await start(shell('echo done'));
    const socket = await client(port);
    assert.equal(String(await received(socket)), 'done\n');
    socket.end(Buffer.alloc(1_000_000));
    await heardOf(heard, 'close');
    assert.equal(heard.find(({ event }) => event === 'close')?.error, null);
  });

  it('warns of a program that fails, with what it says', async () => {
    const { heard, port } = await start(shell('printf "no \\033[2Jmailbox\\n" >&2; exit 3'));
    await received(await client(port));
    await until(
      () => warnings(heard).length === 2,
      () => `warnings: ${warnings(heard).join(', ')}`,
    );
    assert.deepEqual(warnings(heard).sort(), [
      '/bin/sh has failed: exit code 3',
      '/bin/sh says: no ?[2Jmailbox',
    ]);
    assert.deepEqual(
      heard.filter(({ event }) => event === 'warning').map(({ error }) => codeOf(error)),
      ['ERR_SCHANNEL_TUNNEL_PROGRAM', 'ERR_SCHANNEL_TUNNEL_PROGRAM'],
    );
  });

  for (const [program, code] of [
    ['/nowhere/program', 'ENOENT'],
    ['/etc/passwd', 'EACCES'],
  ] as const) {
    it(`refuses the connection if the program can't be started (${code})`, async () => {
      const { heard, port } = await start({ program });
      assert.equal(String(await received(await client(port))), '');
      await heardOf(heard, 'refused');
      const refused = heard.find(({ event }) => event === 'refused');
      assert.equal(codeOf(refused?.error), 'ERR_SCHANNEL_TUNNEL_CONNECT');
      assert.match(refused?.error?.message ?? '', new RegExp(`exec:${program}: .*${code}`));
    });
  }

  it('goes on to another target if the program is not there', async () => {
    const port = await servers.echo();
    const { port: own } = await start([{ program: '/nowhere/program' }, port]);
    const socket = await client(own);
    socket.end('hello');
    assert.equal(String(await received(socket)), 'hello');
  });

  /** It takes no notice of the end of its input, nor of a polite request to end. */
  const STUBBORN = shell('trap "" TERM; echo $$; while :; do read line || sleep 0.05; done');

  async function lost(options: Partial<ServerTunnelOptions> = {}): Promise<{
    tunnel: Tunnel;
    heard: Heard[];
    port: number;
    pid: number;
  }> {
    const started = await start(STUBBORN, { ...options, timeouts: { ...options.timeouts, lifetime: 1000 } });
    const socket = await client(started.port);
    const [line] = (await once(socket, 'data')) as [Buffer];
    await clock.advance(1000);
    await heardOf(started.heard, 'close');
    return { ...started, pid: Number(String(line)) };
  }

  const isRunning = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('kills a program that ignores the end, when the time to close is over', async () => {
    const { heard, pid } = await lost({ timeouts: { close: 5000 } });
    await clock.advance(4999);
    assert.ok(isRunning(pid));
    await clock.advance(1);
    await until(
      () => !isRunning(pid),
      () => 'the program still runs',
    );
    assert.match(warnings(heard).at(-1) ?? '', /^\/bin\/sh was killed/);
  });

  it('counts it among the connections until then', async () => {
    const { heard, port } = await lost({ limits: { connections: 1 } });
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    await heardOf(heard, 'refused');
    assert.equal(codeOf(heard.find(({ event }) => event === 'refused')?.error), 'ERR_SCHANNEL_TUNNEL_LIMIT');
  });

  it('waits for it when the tunnel ends, and kills it when the time to drain is over', async () => {
    const { tunnel, pid } = await lost({ timeouts: { close: 0 } });
    const closed = tunnel.close({ drain: 3000 });
    await clock.advance(2999);
    assert.ok(isRunning(pid));
    assert.equal(tunnel.status().state, 'draining');
    await clock.advance(1);
    await closed;
    assert.ok(!isRunning(pid));
  });

  const WRONG: readonly (readonly [
    what: string,
    connect: unknown,
    allowPrograms: boolean,
    message: RegExp,
  ])[] = [
    ['is not allowed', { program: '/bin/cat' }, false, /needs the option 'allowPrograms: true'/],
    ['has a relative path', { program: 'cat' }, true, /must be a complete path/],
    ['has a NUL in it', { program: '/bin/cat', args: ['a\0b'] }, true, /args\[0\]' must not have a NUL/],
    [
      'has arguments that are no list',
      { program: '/bin/cat', args: 'a' },
      true,
      /args" property must be a list/,
    ],
    ['has a variable without a name', { program: '/bin/cat', env: { '=a': 'b' } }, true, /impossible name/],
  ];
  for (const [what, connect, allowPrograms, message] of WRONG) {
    it(`refuses a program that ${what}`, () =>
      assert.rejects(start(connect as ProgramEndpoint, { allowPrograms }), { message }));
  }

  it('refuses a program of a client tunnel without a name for the certificate', () => {
    assert.throws(
      () =>
        new Tunnel(
          { mode: 'client', accept: 0, connect: { program: '/bin/cat' }, allowPrograms: true },
          ofNode(clock),
        ),
      { code: 'ERR_MISSING_ARGS' },
    );
  });

  it('speaks TLS with a program in a client tunnel', async () => {
    const port = await servers.listen(
      tls.createServer({ cert: leaf.cert, key: leaf.key, allowHalfOpen: true }, (socket) => {
        socket.pipe(socket);
      }),
    );
    const relay = `const s=require('net').connect({port:${String(port)},host:'127.0.0.1',allowHalfOpen:true});process.stdin.pipe(s);s.pipe(process.stdout)`;
    const tunnel = new Tunnel(
      {
        ...{ mode: 'client', accept: 0, allowPrograms: true },
        connect: { program: process.execPath, args: ['-e', relay] },
        tls: { servername: 'localhost', ca: [authority.certificate.cert] },
      },
      ofNode(clock),
    );
    tunnels.push(tunnel);
    // It may have to be killed when the test ends.
    listenTo(tunnel);
    await tunnel.listen();
    const socket = net.connect({ port: tunnel.port ?? 0, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    socket.end('through a program');
    assert.equal(String(await received(socket)), 'through a program');
  });
});
