import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { reloadService, removeService, serviceStatus, startService, stopService } from 'schannel/service';
import { lastLines } from '#lib/cli/commands/service/log-file.js';
import { logFolderOf } from '#lib/windows/service/log-folder.js';
import { freePort } from '../../support/free-port.js';
import { until } from '../../support/patience.js';
import { schannel } from '../../support/schannel-process.js';
import { startTlsServer, type TlsServer } from '../../support/tls-server.js';
import { skipOnDouble, skipOnRealWindows } from '../../support/windows.js';

describe('schannel service', () => {
  const name = `schannel-command-${process.pid}`;
  let folder: string;
  let server: TlsServer;
  let port: number;
  let conf: string;
  let isRefused: boolean;

  before(function () {
    skipOnDouble(this, 'a service is another process, which Windows starts');
    skipOnRealWindows(this, 'the services');
  });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-service-'));
    server = await startTlsServer((socket) => socket.pipe(socket));
    port = await freePort();
    isRefused = false;
    conf = path.join(folder, 'a tunnel.conf');
    await writeFile(path.join(folder, 'ca.pem'), server.ca);
    await writeFile(conf, tunnelTo(server.port));
  });

  afterEach(async () => {
    await removeService(name).catch(() => undefined);
    await rm(logFolderOf(name), { recursive: true, force: true });
    await server.close();
    await rm(folder, { recursive: true });
  });

  const tunnelTo = (target: number): string =>
    [
      ...['client = yes', `CAfile = ${path.join(folder, 'ca.pem')}`, 'verifyChain = yes'],
      ...['[echo]', `accept = 127.0.0.1:${port}`, `connect = 127.0.0.1:${target}`, 'checkIP = 127.0.0.1'],
    ].join('\n');

  const install = async (...more: string[]): Promise<void> => {
    const flags = ['--start', 'demand', '--account', 'LocalService', '--no-restart', '--yes'];
    const { code, stderr } = await schannel([
      'service',
      'install',
      name,
      ...flags,
      '--',
      'tunnel',
      conf,
      ...more,
    ]);
    assert.equal(code, 0, stderr);
  };

  const logged = (pattern: RegExp): Promise<void> => {
    let text = '';
    return until(
      () => pattern.test(text),
      () => text,
      async () => void (text = (await lastLines(logFolderOf(name), 50)).join('\n')),
    );
  };

  const echo = async (socket: net.Socket, word: string): Promise<void> => {
    socket.write(word);
    assert.equal(String(((await once(socket, 'data')) as [Buffer])[0]), word);
  };

  it('runs a tunnel: it starts, reloads, drains, and leaves nothing', async () => {
    await install('--no-watch');
    assert.equal((await startService(name)).state, 'running');
    const socket = net.connect(port, '127.0.0.1');
    await echo(socket, 'hello');

    await writeFile(conf, `${tunnelTo(server.port)}\nnonsense = 1`);
    await reloadService(name);
    await logged(/not reloaded: .*a tunnel\.conf:8:/);

    await stopService(name, { timeout: 0 });
    // A new connection is refused, and the old one goes on.
    await until(
      () => isRefused,
      () => 'it still listens',
      async () => void (isRefused = await refuses(port)),
    );
    await echo(socket, 'again');
    assert.equal((await serviceStatus(name)).state, 'stopping');
    socket.end();
    const { state, exitCode } = await stopService(name);
    assert.deepEqual([state, exitCode], ['stopped', 0]);

    const removed = await schannel(['service', 'remove', name, '--yes']);
    assert.equal(removed.code, 0, removed.stderr);
    assert.equal(existsSync(logFolderOf(name)), false);
    await assert.rejects(serviceStatus(name), { code: 'ERR_SCHANNEL_SERVICE_NOT_FOUND' });
  });
});

async function refuses(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}
