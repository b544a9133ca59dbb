import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { DISK } from '#lib/apps/tunnel/file/disk.js';
import type { WatchFolder } from '#lib/apps/tunnel/file/folder-watch.js';
import { type OpenTunnelFileOptions, TunnelFile } from '#lib/apps/tunnel/file/tunnel-file.js';
import { TestAuthority, type TestCertificate } from '../../../../support/certificates.js';
import { ScriptedClock } from '../../../../support/scripted-clock.js';
import { ofNode, received, Servers } from '../../../../support/tunnel-rig.js';

describe('apps/tunnel/file/tunnel-file', () => {
  let authority: TestAuthority;
  let leaf: TestCertificate;
  let folder: string;
  let clock: ScriptedClock;
  let opened: TunnelFile[];
  /** What to call when something in a folder changes. */
  let changed: Map<string, (name: string | null) => void>;
  const servers = new Servers();

  before(async () => {
    authority = await TestAuthority.create('CN=tunnel file authority');
    leaf = await authority.issue();
  });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-tunnel-file-'));
    await writeFile(path.join(folder, 'ca.pem'), authority.certificate.cert);
    clock = new ScriptedClock();
    changed = new Map();
    opened = [];
  });

  afterEach(async () => {
    for (const file of opened) await file.close({ drain: 0 });
    servers.end();
    await rm(folder, { recursive: true });
  });

  const watchFolder: WatchFolder = (name, callback) => {
    changed.set(name, callback);
    return { close: () => void changed.delete(name) };
  };

  async function open(text: string, options: OpenTunnelFileOptions = {}): Promise<TunnelFile> {
    const file = path.join(folder, 'stunnel.conf');
    await writeFile(file, text);
    const made = await TunnelFile.open(file, options, { tunnels: ofNode(clock), files: DISK, watchFolder });
    opened.push(made);
    return made;
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

  const section = (name: string, target: number): string =>
    [
      `[${name}]`,
      ...['client = yes', 'accept = 127.0.0.1:0', `connect = 127.0.0.1:${String(target)}`],
      ...['CAfile = ca.pem', 'checkHost = localhost', 'sni = localhost', ''],
    ].join('\n');

  async function got(port: number | null | undefined): Promise<string> {
    const socket = net.connect({ port: port ?? 0, host: '127.0.0.1', allowHalfOpen: true });
    socket.end();
    return String(await received(socket));
  }

  const file = (): string => path.join(folder, 'stunnel.conf');

  /** A change that the system reports, and the time in which nothing more happens. */
  async function settle(name: string | null): Promise<void> {
    changed.get(folder)?.(name);
    await clock.advance(500);
  }

  it('carries what the sections of the file say', async () => {
    const made = await open(section('a', await echo('a')) + section('b', await echo('b')));
    await made.listen();
    const [first, second] = made.tunnels.tunnels;
    assert.deepEqual([await got(first?.port), await got(second?.port)], ['a', 'b']);
  });

  it('reads the JSON that it is printed as', async () => {
    const target = await echo('a');
    const made = await open(
      JSON.stringify({
        services: [
          {
            ...{ name: 'a', mode: 'client', accept: 0, connect: [`localhost:${String(target)}`] },
            tls: { ca: [{ file: 'ca.pem' }] },
          },
        ],
      }),
    );
    await made.listen();
    assert.equal(await got(made.tunnels.tunnels[0]?.port), 'a');
  });

  it('names the line of a section whose certificate can not be used', async () => {
    await assert.rejects(open(`${section('a', 1)}[b]\naccept = 127.0.0.1:0\nconnect = 1\ncert = ca.pem\n`), {
      code: 'ERR_SCHANNEL_TUNNEL_CONFIG',
      message: /stunnel\.conf:8: Service \[b\]: ./,
    });
  });

  it('follows the file, when it has settled', async () => {
    const made = await open(section('a', await echo('a')));
    await made.listen();
    const reloaded = once(made.tunnels, 'reload');
    const [port] = made.tunnels.tunnels.map((tunnel) => tunnel.port);
    await writeFile(file(), section('a', await echo('b')));
    changed.get(folder)?.('stunnel.conf');
    await clock.advance(499);
    changed.get(folder)?.('stunnel.conf');
    await clock.advance(499);
    assert.equal(clock.timers, 1);
    await clock.advance(1);
    assert.deepEqual(await reloaded, [null]);
    assert.equal(made.tunnels.tunnels[0]?.port, port);
    assert.equal(await got(port), 'b');
  });

  it('has the paths of all files that were read', async () => {
    const { files } = await open(section('echo', 1));
    assert.deepEqual(
      [...files].sort(),
      ['ca.pem', 'stunnel.conf'].map((name) => path.join(folder, name)),
    );
  });

  it('follows the files that it names', async () => {
    const made = await open(section('a', await echo('a')));
    await made.listen();
    const other = await TestAuthority.create('CN=other');
    const reloaded = once(made.tunnels, 'reload');
    await writeFile(path.join(folder, 'ca.pem'), other.certificate.cert);
    await settle('ca.pem');
    assert.deepEqual(await reloaded, [null]);
    const refused = once(made.tunnels, 'refused');
    await assert.rejects(got(made.tunnels.tunnels[0]?.port));
    const [, error] = (await refused) as [unknown, NodeJS.ErrnoException];
    assert.match(String(error.code), /UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|SELF_SIGNED/);
  });

  it('keeps what it has if the new file is wrong, and takes the next one', async () => {
    const made = await open(section('a', await echo('a')));
    await made.listen();
    const [tunnel] = made.tunnels.tunnels;
    const refused = once(made.tunnels, 'reload');
    await writeFile(file(), `${section('a', 1)}exec = x\n`);
    await settle('stunnel.conf');
    const [error] = (await refused) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED');
    assert.match(made.tunnels.status().lastReload?.error ?? '', /stunnel\.conf:8: "exec = x"/);
    assert.equal(await got(tunnel?.port), 'a');
    const taken = once(made.tunnels, 'reload');
    await writeFile(file(), section('a', await echo('c')));
    await settle(null);
    assert.deepEqual(await taken, [null]);
    assert.equal(await got(tunnel?.port), 'c');
  });

  it('is not disturbed by other files, nor by a file that is written again', async () => {
    const text = section('a', 1);
    const made = await open(text);
    await made.listen();
    made.tunnels.on('reload', () => assert.fail('nothing has changed'));
    changed.get(folder)?.('stunnel.log');
    assert.equal(clock.timers, 0);
    await writeFile(file(), text);
    await settle('stunnel.conf');
    // What it has looked at was the same: the next real change is the first.
    await made.close();
    assert.equal(changed.size, 0);
  });

  it('watches nothing if it shall not', async () => {
    const made = await open(section('a', await echo('a')), { watch: false });
    await made.listen();
    assert.equal(changed.size, 0);
    await writeFile(file(), section('a', await echo('b')));
    await made.reload();
    assert.equal(await got(made.tunnels.tunnels[0]?.port), 'b');
  });

  it('goes on if a folder can not be watched, and says so', async () => {
    await writeFile(file(), section('a', await echo('a')));
    const made = await TunnelFile.open(
      file(),
      {},
      {
        ...{ tunnels: ofNode(clock), files: DISK },
        watchFolder: () => {
          throw new Error('no watch');
        },
      },
    );
    opened.push(made);
    const warned = once(made.tunnels, 'warning');
    await made.listen();
    assert.match(String((await warned)[0]), /no watch/);
    assert.equal(await got(made.tunnels.tunnels[0]?.port), 'a');
  });

  it('adapts the options of each tunnel', async () => {
    const made = await open(section('a', 1), {
      adapt: (options) => ({ ...options, limits: { connections: 1 } }),
    });
    assert.equal(made.tunnels.tunnels[0]?.settings.limits.connections, 1);
  });
});
