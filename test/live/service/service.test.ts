import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  installService,
  reloadService,
  removeService,
  serviceStatus,
  startService,
  stopService,
} from 'schannel/service';
import { fixture, runFixture } from '../../support/child.js';
import { until } from '../../support/patience.js';

describe('a service of Windows', () => {
  const name = `schannel-test-${process.pid}`;
  let folder: string;
  let notes: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-service-'));
    notes = path.join(folder, 'notes');
  });

  afterEach(async () => {
    await removeService(name).catch(() => undefined);
    await rm(folder, { recursive: true });
  });

  const noted = async (): Promise<string[]> =>
    (await readFile(notes, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

  const seen = (line: string): Promise<void> => {
    let lines: string[] = [];
    return until(
      () => lines.includes(line),
      () => `${line}: ${lines.join()}`,
      async () => void (lines = await noted()),
    );
  };

  const install = (trouble = '') =>
    installService({
      name,
      displayName: 'A test of schannel',
      args: [fixture('service-program'), name, notes, trouble],
      start: 'demand',
      account: 'LocalService',
      restartAfter: [],
    });

  const connect = async (): Promise<net.Socket> => {
    const [, port] = /listening (\d+)/.exec((await noted()).join('\n')) ?? [];
    const socket = net.connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };

  it('starts, reloads, and stops when its connection has ended', async () => {
    assert.equal((await install()).state, 'stopped');
    const running = await startService(name);
    assert.equal(running.state, 'running');
    assert.ok(running.pid !== null && running.pid !== process.pid);
    assert.deepEqual(running.command, [process.execPath, fixture('service-program'), name, notes, '']);
    const socket = await connect();
    await seen('connection');
    await reloadService(name);
    await seen('reload');

    const stopping = await stopService(name, { timeout: 0 });
    assert.match(stopping.state, /^(running|stopping)$/);
    await seen('stop: stop');
    assert.equal((await serviceStatus(name)).state, 'stopping');
    socket.write('still here');
    assert.equal(String(((await once(socket, 'data')) as [Buffer])[0]), 'still here');
    socket.end();
    const stopped = await stopService(name);
    assert.deepEqual([stopped.state, stopped.exitCode, stopped.pid], ['stopped', 0, null]);
    await seen('ended 0');
    assert.deepEqual((await noted()).slice(1), ['connection', 'reload', 'stop: stop', 'drained', 'ended 0']);

    await removeService(name);
    await assert.rejects(serviceStatus(name), { code: 'ERR_SCHANNEL_SERVICE_NOT_FOUND' });
  });

  it('outside of the service manager is refused', async () => {
    const { code } = await runFixture('service-program', { args: [name, notes] });
    assert.equal(code, 1);
    assert.deepEqual(await noted(), ['failed ERR_SCHANNEL_SERVICE_OUTSIDE']);
  });
});
