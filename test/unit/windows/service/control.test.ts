import assert from 'node:assert/strict';
import {
  reloadService,
  restartService,
  serviceEvents,
  serviceStatus,
  startService,
  stopService,
} from '#lib/windows/service/control.js';
import { ScriptedServices } from '../../../support/scripted-services.js';

const STARTING = 2;
const STOPPING = 3;
const RUNNING = 4;

describe('windows/service/control', () => {
  let machine: ScriptedServices;

  beforeEach(() => {
    machine = new ScriptedServices();
    machine.addOwn('tunnel', { command: '"C:\\node.exe" "C:\\a b.js"', startType: 2 });
    machine.add('foreign', { state: RUNNING });
  });

  it('has all that Windows knows', async () => {
    assert.deepEqual(await serviceStatus('tunnel', machine), {
      name: 'tunnel',
      displayName: 'tunnel',
      state: 'stopped',
      pid: null,
      exitCode: 0,
      isOwnExitCode: false,
      start: 'auto',
      account: 'LocalSystem',
      command: ['C:\\node.exe', 'C:\\a b.js'],
      dependencies: [],
    });
  });

  it('tells the exit code of the program, or that of Windows', async () => {
    machine.change('tunnel', { win32ExitCode: 1066, serviceExitCode: 12 });
    const own = await serviceStatus('tunnel', machine);
    assert.deepEqual([own.exitCode, own.isOwnExitCode], [12, true]);
    machine.change('tunnel', { win32ExitCode: 1067, serviceExitCode: 0 });
    const windows = await serviceStatus('tunnel', machine);
    assert.deepEqual([windows.exitCode, windows.isOwnExitCode], [1067, false]);
  });

  it('starts, and waits until it runs', async () => {
    machine.staysFor(1, {});
    machine.staysFor(3, { state: STARTING });
    assert.equal((await startService('tunnel', {}, machine)).state, 'running');
    assert.deepEqual(machine.done, ['start tunnel']);
    assert.equal(machine.clock.waits.length, 3);
  });

  it('does not start what runs', async () => {
    machine.change('tunnel', { state: RUNNING });
    assert.equal((await startService('tunnel', {}, machine)).state, 'running');
    assert.deepEqual(machine.done, []);
  });

  it('takes it for started if somebody else was faster', async () => {
    machine.refusals.set('launchService', 1056);
    machine.staysFor(1, {});
    machine.staysFor(1, { state: RUNNING });
    assert.equal((await startService('tunnel', {}, machine)).state, 'running');
  });

  it('tells that it has ended while it started, and with what', async () => {
    machine.staysFor(1, {});
    machine.staysFor(1, { state: STARTING });
    machine.staysFor(1, { win32ExitCode: 1066, serviceExitCode: 2, state: 1 });
    await assert.rejects(startService('tunnel', {}, machine), {
      code: 'ERR_SCHANNEL_SERVICE_FAILURE',
      message: 'The service tunnel has ended instead of running, with exit code 2',
    });
  });

  it('stops with control 1, and waits until it has', async () => {
    machine.change('tunnel', { state: RUNNING });
    machine.staysFor(1, {});
    machine.staysFor(4);
    assert.equal((await stopService('tunnel', {}, machine)).state, 'stopped');
    assert.deepEqual(machine.done, ['control 1 tunnel']);
  });

  it('does not stop again what stops', async () => {
    machine.change('tunnel', { state: STOPPING });
    const stopping = stopService('tunnel', { timeout: 0 }, machine);
    assert.equal((await stopping).state, 'stopping');
    assert.deepEqual(machine.done, []);
  });

  it('takes it for stopped if it has ended meanwhile', async () => {
    machine.staysFor(1, { state: RUNNING });
    machine.refusals.set('sendControl', 1062);
    assert.equal((await stopService('tunnel', {}, machine)).state, 'stopped');
  });

  it('waits as long as there is progress, and no longer than it may', async () => {
    machine.change('tunnel', { state: STOPPING });
    for (let checkPoint = 0; checkPoint < 5_000; checkPoint += 1) machine.staysFor(1, { checkPoint });
    await assert.rejects(stopService('tunnel', { timeout: 20_000 }, machine), {
      code: 'ERR_SCHANNEL_SERVICE_TIMEOUT',
    });
    assert.equal(machine.clock.waits.length, 100);
  });

  it('gives up a service that reports no progress in the time that it has told', async () => {
    machine.change('tunnel', { state: STOPPING, checkPoint: 7, waitHint: 15_000 });
    await assert.rejects(stopService('tunnel', {}, machine), { code: 'ERR_SCHANNEL_SERVICE_TIMEOUT' });
    assert.equal(machine.clock.waits.length, 76);
  });

  it('restarts', async () => {
    machine.change('tunnel', { state: RUNNING });
    await restartService('tunnel', {}, machine);
    assert.deepEqual(machine.done, ['control 1 tunnel', 'start tunnel']);
  });

  it('reloads with the control for changed parameters', async () => {
    await reloadService('tunnel', machine);
    assert.deepEqual(machine.done, ['control 6 tunnel']);
  });

  it('tells that one that does not run cannot reload', async () => {
    machine.refusals.set('sendControl', 1062);
    await assert.rejects(reloadService('tunnel', machine), {
      code: 'ERR_SCHANNEL_SERVICE_FAILURE',
      statusName: 'ERROR_SERVICE_NOT_ACTIVE',
    });
  });

  const all: readonly (readonly [what: string, call: (name: string) => Promise<unknown>])[] = [
    ['status', (name) => serviceStatus(name, machine)],
    ['start', (name) => startService(name, {}, machine)],
    ['stop', (name) => stopService(name, {}, machine)],
    ['restart', (name) => restartService(name, {}, machine)],
    ['reload', (name) => reloadService(name, machine)],
    ['events', (name) => serviceEvents(name, {}, machine)],
  ];
  for (const [what, call] of all) {
    it(`leaves services of others alone: ${what}`, async () => {
      await assert.rejects(call('foreign'), { code: 'ERR_SCHANNEL_SERVICE_FOREIGN' });
      await assert.rejects(call('nobody'), { code: 'ERR_SCHANNEL_SERVICE_NOT_FOUND' });
      await assert.rejects(call("a']"), { code: 'ERR_SCHANNEL_SERVICE_NAME' });
      assert.deepEqual(machine.done, []);
    });
  }

  it('tells who may not', async () => {
    machine.refusals.set('launchService', 5);
    await assert.rejects(startService('tunnel', {}, machine), { code: 'ERR_SCHANNEL_SERVICE_ACCESS_DENIED' });
  });

  it('reads events of this source, with level and time', async () => {
    machine.events = [
      { time: 1_000, id: 5, level: 2, texts: ['it failed'] },
      { time: 0, id: 1, level: 4, texts: [] },
      { time: 0, id: 1, level: 3, texts: ['a', 'b'] },
    ];
    assert.deepEqual(await serviceEvents('tunnel', { most: 2 }, machine), [
      { time: new Date(1_000), id: 5, level: 'error', text: 'it failed' },
      { time: new Date(0), id: 1, level: 'information', text: '' },
    ]);
    assert.equal(machine.query, "*[System[Provider[@Name='tunnel']]]");
    await assert.rejects(serviceEvents('tunnel', { most: 0 }, machine), { code: 'ERR_OUT_OF_RANGE' });
  });
});
