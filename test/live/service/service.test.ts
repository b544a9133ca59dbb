import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  installService,
  reloadService,
  removeService,
  restartService,
  serviceStatus,
  startService,
  stopService,
} from 'schannel/service';
import { native } from '#lib/native/load.js';
import { callNative, callNativeVoid } from '#lib/native/promises.js';
import { fixture, runFixture } from '../../support/child.js';
import { until } from '../../support/patience.js';
import { skipOnDouble, skipOnRealWindows } from '../../support/windows.js';

describe('a service of Windows', () => {
  let name: string;
  let folder: string;
  let notes: string;

  before(function () {
    skipOnDouble(this, 'a service is another process, which Windows starts');
    skipOnRealWindows(this, 'the services');
  });

  beforeEach(async () => {
    // Another one for each test: what one can't remove does not fail the next.
    name = `schannel-test-${randomUUID().slice(0, 8)}`;
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-service-'));
    notes = path.join(folder, 'notes');
  });

  afterEach(async () => {
    await removeService(name).catch(() => undefined);
    await rm(folder, { recursive: true });
  });

  const noted = async (): Promise<string[]> =>
    (await readFile(notes, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

  const textOf = (path: string, value: string): Promise<string | null> =>
    callNative({ phase: 'service' }, (callback) => {
      native().serviceText(path, value, callback);
    });

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
    assert.equal(await textOf(`${name}\\Parameters`, 'schannel'), null);
    assert.equal(await textOf(`EventLog\\Application\\${name}`, 'EventMessageFile'), null);
  });

  it('has the exit code of its program, and can be restarted', async () => {
    await install('code');
    await startService(name);
    const stopped = await stopService(name);
    assert.deepEqual([stopped.exitCode, stopped.isOwnExitCode], [12, true]);
    assert.equal((await restartService(name)).state, 'running');
  });

  it('has failed if it cannot begin', async () => {
    await install('start');
    await assert.rejects(startService(name), /has ended instead of running, with exit code 1/);
    // The service manager may hear of the failure before the program has written it down.
    await seen('failed there is no such port');
    assert.equal((await noted()).length, 1);
  });

  for (const [word, exitCode, isOwnExitCode] of [
    ['crash', 1, true],
    // ERROR_PROCESS_ABORTED: nobody could say more.
    ['abort', 1067, false],
  ] as const) {
    it(`has failed if its process ends: ${word}`, async () => {
      await install();
      await startService(name);
      const socket = await connect();
      socket.on('error', () => undefined);
      socket.write(word);
      let status = await serviceStatus(name);
      await until(
        () => status.state === 'stopped',
        () => status.state,
        async () => void (status = await serviceStatus(name)),
      );
      assert.deepEqual([status.exitCode, status.isOwnExitCode], [exitCode, isOwnExitCode]);
      socket.destroy();
    });
  }

  it('is installed once, and left alone if it is not ours', async () => {
    await install();
    await assert.rejects(install(), { code: 'ERR_SCHANNEL_SERVICE_EXISTS' });
    await callNativeVoid({ phase: 'service' }, (callback) => {
      native().removeServiceSettings(`${name}\\Parameters`, callback);
    });
    for (const change of [removeService, startService, reloadService]) {
      await assert.rejects(change(name), { code: 'ERR_SCHANNEL_SERVICE_FOREIGN' });
    }
    await callNativeVoid({ phase: 'service' }, (callback) => {
      native().removeService(name, callback);
    });
    await callNativeVoid({ phase: 'service' }, (callback) => {
      native().removeServiceSettings(`EventLog\\Application\\${name}`, callback);
    });
  });

  it('outside of the service manager is refused', async () => {
    const { code } = await runFixture('service-program', { args: [name, notes] });
    assert.equal(code, 1);
    assert.deepEqual(await noted(), ['failed ERR_SCHANNEL_SERVICE_OUTSIDE']);
  });
});
