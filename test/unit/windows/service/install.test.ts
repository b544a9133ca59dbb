import assert from 'node:assert/strict';
import { checkInstallService, installService, removeService } from '#lib/windows/service/install.js';
import type { FileRights } from '#lib/windows/service/safe-files.js';
import { ScriptedServices } from '../../../support/scripted-services.js';

const NODE = 'C:\\Program Files\\nodejs\\node.exe';
const SCRIPT = 'C:\\Program Files\\gateway\\main.js';
const CONF = 'C:\\ProgramData\\gateway\\tunnel.conf';

const RUNNING = 4;

type Options = Parameters<typeof installService>[0];

describe('windows/service/install', () => {
  let machine: ScriptedServices;
  /** 'folder PLACE', 'file PLACE' or 'above PLACE' that Windows was asked about. */
  let asked: string[];
  let strangers: Map<string, string>;
  let owners: Map<string, string>;
  let links: Map<string, string>;
  let missing: Set<string>;
  let rights: FileRights;

  beforeEach(() => {
    machine = new ScriptedServices();
    asked = [];
    strangers = new Map();
    owners = new Map();
    links = new Map();
    missing = new Set();
    rights = {
      exists: (place) => !missing.has(place),
      linkAt: (place) => links.get(place) ?? null,
      foreignOwnerOf: (place) => Promise.resolve(owners.get(place) ?? null),
      strangersIn: (place, kind) => {
        asked.push(`${kind} ${place}`);
        const name = strangers.get(place);
        return Promise.resolve(name === undefined ? null : { names: [name], remedy: 'icacls it' });
      },
    };
  });

  const install = (options: Partial<Options> = {}) =>
    installService(
      { name: 'tunnel', program: NODE, args: [SCRIPT, 'run', CONF], files: [CONF], ...options },
      machine,
      rights,
    );

  it('makes a service with quotes, the account that is its own, and what Windows does when it fails', async () => {
    const { state, account, command } = await install();
    assert.deepEqual(machine.made, [
      {
        name: 'tunnel',
        displayName: 'tunnel',
        description: '',
        command: `"${NODE}" "${SCRIPT}" "run" "${CONF}"`,
        account: 'NT SERVICE\\tunnel',
        startType: 2,
        delayed: false,
        dependencies: [],
        restartDelays: [1_000, 10_000, 60_000],
        failureReset: 86_400,
        preshutdownTimeout: 30_000,
        sidType: 1,
      },
    ]);
    assert.deepEqual([state, account], ['stopped', 'NT SERVICE\\tunnel']);
    assert.deepEqual(command, [NODE, SCRIPT, 'run', CONF]);
  });

  it('marks it, and gives it a source of events', async () => {
    await install();
    assert.deepEqual([...machine.registry].sort(), [
      ['EventLog\\Application\\tunnel|EventMessageFile', '%SystemRoot%\\System32\\EventCreate.exe'],
      ['EventLog\\Application\\tunnel|TypesSupported', 7],
      ['EventLog\\Application\\tunnel|schannel', '1'],
      ['tunnel\\Parameters|schannel', '1'],
    ]);
  });

  it('does as it is told', async () => {
    const wishes = { displayName: 'A tunnel', description: 'for mail', account: 'LocalService' };
    await install({
      ...wishes,
      ...{ start: 'delayed', dependencies: ['Tcpip'], stopsWithin: 60_000, restartAfter: [] },
    });
    const [made] = machine.made;
    assert.deepEqual([made?.displayName, made?.description], ['A tunnel', 'for mail']);
    assert.deepEqual([made?.account, made?.delayed], ['NT AUTHORITY\\LocalService', true]);
    assert.deepEqual([made?.dependencies, made?.restartDelays], [['Tcpip'], []]);
    assert.equal(made?.preshutdownTimeout, 65_000);
    machine.services.clear();
    await install({ start: 'demand' });
    assert.deepEqual([machine.made[1]?.startType, machine.made[1]?.delayed], [3, false]);
  });

  it('does not ask for an identifier where Windows has none for services', async () => {
    Object.assign(machine.addon, { platform: { build: 19045, wine: '10.0' } });
    await install();
    assert.equal(machine.made[0]?.sidType, 0);
  });

  it('looks at the program, the script, the files and the folders of all', async () => {
    await install();
    assert.deepEqual(asked, [
      'above C:\\Program Files',
      'above C:\\',
      'above C:\\ProgramData',
      'folder C:\\Program Files\\nodejs',
      'folder C:\\Program Files\\gateway',
      'folder C:\\ProgramData\\gateway',
      `file ${NODE}`,
      `file ${SCRIPT}`,
      `file ${CONF}`,
    ]);
  });

  for (const place of ['C:\\ProgramData\\gateway', CONF, SCRIPT, 'C:\\Program Files\\nodejs']) {
    it(`makes nothing if users can change ${place}`, async () => {
      strangers.set(place, 'BUILTIN\\Users');
      await assert.rejects(install(), {
        code: 'ERR_SCHANNEL_SERVICE_UNSAFE',
        message: `Others can change ${place}, and so what the service does: BUILTIN\\Users`,
        advice: 'Put it where only administrators can write, or end their right: icacls it',
      });
      assert.deepEqual(machine.made, []);
    });

    it(`makes nothing if ${place} is a user's`, async () => {
      owners.set(place, 'HOST\\ben');
      await assert.rejects(install(), { code: 'ERR_SCHANNEL_SERVICE_UNSAFE' });
      assert.deepEqual(machine.made, []);
    });
  }

  for (const args of [
    ['--enable-source-maps', SCRIPT],
    [`--require=${SCRIPT}`, 'C:\\Program Files\\other\\main.js'],
    ['--import', SCRIPT, 'C:\\Program Files\\other\\main.js'],
  ]) {
    it(`looks at scripts behind options of Node.js: ${args[0]}`, async () => {
      strangers.set(SCRIPT, 'BUILTIN\\Users');
      await assert.rejects(install({ args }), { code: 'ERR_SCHANNEL_SERVICE_UNSAFE' });
      assert.deepEqual(machine.made, []);
    });
  }

  it('makes nothing if users can replace a folder above', async () => {
    strangers.set('C:\\ProgramData', 'BUILTIN\\Users');
    await assert.rejects(install(), {
      code: 'ERR_SCHANNEL_SERVICE_UNSAFE',
      message: 'Others can put another folder in the place of C:\\ProgramData or one in it: BUILTIN\\Users',
      advice: 'Put it where only administrators can write, such as C:\\Program Files.',
    });
    strangers.clear();
    owners.set('C:\\ProgramData', 'HOST\\ben');
    await assert.rejects(install(), { code: 'ERR_SCHANNEL_SERVICE_UNSAFE' });
    assert.deepEqual(machine.made, []);
  });

  it('looks behind each link on the way', async () => {
    links.set('C:\\Program Files\\nodejs', 'D:\\versions\\newest');
    links.set('D:\\versions\\newest', 'C:\\Program Files\\v24');
    await install();
    for (const place of ['above D:\\', 'folder D:\\versions\\newest', 'folder C:\\Program Files\\v24']) {
      assert.ok(asked.includes(place), place);
    }
    machine = new ScriptedServices();
    strangers.set('D:\\versions', 'BUILTIN\\Users');
    await assert.rejects(install(), { code: 'ERR_SCHANNEL_SERVICE_UNSAFE' });
    strangers.clear();
    links.set('C:\\Program Files\\v24', 'nodejs');
    await assert.rejects(install(), { code: 'ERR_SCHANNEL_SERVICE_UNSAFE', message: /too many links/ });
    assert.deepEqual(machine.made, []);
  });

  const wrong: readonly (readonly [what: string, options: Partial<Options>, code: string])[] = [
    ['a bad name', { name: 'a b' }, 'ERR_SCHANNEL_SERVICE_NAME'],
    ['a relative file', { files: ['tunnel.conf'] }, 'ERR_SCHANNEL_SERVICE_COMMAND'],
    ['a relative script', { args: ['main.js'] }, 'ERR_SCHANNEL_SERVICE_COMMAND'],
    ['a file that is not there', { files: ['C:\\none'] }, 'ERR_SCHANNEL_SERVICE_COMMAND'],
    ['a NUL in a text', { description: 'a\0b' }, 'ERR_SCHANNEL_SERVICE_COMMAND'],
    ['an account with a password', { account: 'BAR\\ben' }, 'ERR_SCHANNEL_SERVICE_FAILURE'],
    ['another start', { start: 'boot' as 'auto' }, 'ERR_INVALID_ARG_TYPE'],
    ['arguments that are no texts', { args: [1 as unknown as string] }, 'ERR_INVALID_ARG_TYPE'],
    ['a time that is none', { stopsWithin: -1 }, 'ERR_OUT_OF_RANGE'],
  ];
  for (const [what, options, code] of wrong) {
    it(`refuses ${what}`, async () => {
      missing.add('C:\\none');
      await assert.rejects(install(options), { code });
      assert.deepEqual(machine.made, []);
    });
  }

  it('does not touch a service of this name', async () => {
    machine.add('TUNNEL');
    await assert.rejects(install(), { code: 'ERR_SCHANNEL_SERVICE_EXISTS' });
    assert.deepEqual(machine.made, []);
  });

  it("does not take another program's source of events", async () => {
    machine.registry.set('EventLog\\Application\\tunnel|EventMessageFile', 'C:\\other.dll');
    await assert.rejects(install(), { code: 'ERR_SCHANNEL_SERVICE_EXISTS' });
    assert.equal(machine.registry.size, 1);
  });

  it('makes all or nothing', async () => {
    for (const call of ['setServiceText', 'setServiceNumber'] as const) {
      machine.refusals.clear();
      machine.refusals.set(call, 5);
      await assert.rejects(install(), { code: 'ERR_SCHANNEL_SERVICE_ACCESS_DENIED' });
      assert.deepEqual([machine.services.size, machine.registry.size], [0, 0]);
    }
  });

  it('can be asked before', async () => {
    const options = { name: 'tunnel', program: NODE, args: [SCRIPT] };
    assert.deepEqual(await checkInstallService(options, machine, rights), {
      command: `"${NODE}" "${SCRIPT}"`,
      account: 'NT SERVICE\\tunnel',
    });
    machine.add('tunnel');
    await assert.rejects(checkInstallService(options, machine, rights), {
      code: 'ERR_SCHANNEL_SERVICE_EXISTS',
    });
    assert.deepEqual(machine.made, []);
  });

  it('stops and removes a service, and leaves nothing', async () => {
    await install();
    machine.change('tunnel', { state: RUNNING });
    await removeService('tunnel', machine);
    assert.deepEqual(machine.done, ['control 1 tunnel', 'remove tunnel']);
    assert.deepEqual([machine.services.size, machine.registry.size], [0, 0]);
  });

  it('waits until Windows has let a removed service go, up to a limit', async () => {
    for (const [questions, left] of [
      [3, 0],
      [100, 75],
    ] as const) {
      machine = new ScriptedServices();
      machine.addOwn('tunnel');
      machine.lingers = questions;
      await removeService('tunnel', machine);
      assert.equal(machine.lingers, left);
    }
  });

  it('removes none that does not stop, and none of others', async () => {
    await install();
    machine.change('tunnel', { state: 3 });
    await assert.rejects(removeService('tunnel', machine), { code: 'ERR_SCHANNEL_SERVICE_TIMEOUT' });
    machine.add('foreign');
    await assert.rejects(removeService('foreign', machine), { code: 'ERR_SCHANNEL_SERVICE_FOREIGN' });
    assert.deepEqual(machine.done, []);
  });

  it("leaves another program's source of events when it removes a service", async () => {
    machine.addOwn('tunnel');
    machine.registry.set('EventLog\\Application\\tunnel|EventMessageFile', 'C:\\other.dll');
    await removeService('tunnel', machine);
    assert.equal(machine.registry.size, 1);
  });
});
