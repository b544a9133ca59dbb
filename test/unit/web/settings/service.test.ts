import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { SettingsLog } from '#lib/web/settings/log.js';
import type { CreatePageManager, PageTools } from '#lib/web/settings/manager.js';
import { SettingsService } from '#lib/web/settings/service.js';
import { SettingsFile } from '#lib/web/settings/settings-file.js';
import { playedBox, PlayedManager, playedTools } from '../../../support/played-settings.js';

const NAMES = { settings: { names: [['www.bar.example']] } };

describe('web/settings/service', () => {
  let folder: string;
  let managers: PlayedManager[];
  let service: SettingsService;
  let changes: number;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-service-'));
    managers = [];
    changes = 0;
  });
  afterEach(async () => {
    await service.close();
    rmSync(folder, { recursive: true });
  });

  const play: CreatePageManager = (given) => {
    const manager = new PlayedManager(given);
    managers.push(manager);
    return Promise.resolve(manager);
  };
  const open = async (
    parts: { createManager?: CreatePageManager; tools?: Partial<PageTools>; renew?: boolean } = {},
  ): Promise<void> => {
    const file = await SettingsFile.open({
      file: path.join(folder, 'settings.json'),
      box: playedBox,
      environment: {},
      now: () => 0,
    });
    const log = await SettingsLog.open({ file: null, now: () => 0 });
    service = await SettingsService.open({
      file,
      log,
      createManager: parts.createManager ?? play,
      tools: { ...playedTools, ...parts.tools },
      renew: parts.renew ?? false,
    });
    service.onChange(() => {
      changes += 1;
    });
  };
  const ask = async (route: string, body: object = {}): Promise<Record<string, unknown>> =>
    (await service.routes[route]?.(body as Record<string, unknown>)) as Record<string, unknown>;
  const texts = (): string[] => service.log.entries.map(({ text }) => text);
  const settled = async (): Promise<void> => {
    while ((await ask('GET /api/status'))['checking'] === true) await new Promise(setImmediate);
  };

  it('needs no manager without names', async () => {
    await open();
    assert.equal(managers.length, 0);
    assert.deepEqual(await ask('GET /api/status'), { checking: false, certificates: [], failure: null });
    await assert.rejects(ask('POST /api/check'), { code: 'ERR_SCHANNEL_SETTINGS_REQUEST' });
  });

  it('leaves no manager behind if it is closed while settings are saved', async () => {
    await open({ renew: true });
    await ask('PUT /api/settings', NAMES);
    const saved = ask('PUT /api/settings', { settings: { securePort: 8443 } });
    await service.close();
    await saved.catch(() => undefined);
    assert.deepEqual(
      managers.filter(({ started, stopped }) => started > stopped),
      [],
    );
  });

  it('makes a manager of each new settings, and stops the one before', async () => {
    await open();
    await ask('PUT /api/settings', NAMES);
    await ask('PUT /api/settings', { settings: { securePort: 8443 } });
    assert.deepEqual(
      managers.map(({ stopped, given }) => [stopped, given.settings.securePort]),
      [
        [1, 443],
        [0, 8443],
      ],
    );
    assert.equal(changes, 2);
    assert.equal(managers[1]?.started, 0);
  });

  it('renews by itself if told', async () => {
    await open({ renew: true });
    await ask('PUT /api/settings', NAMES);
    assert.equal(managers[0]?.started, 1);
  });

  it('checks once at a time, and says when it has ended', async () => {
    await open();
    await ask('PUT /api/settings', NAMES);
    const [manager] = managers;
    assert.ok(manager);
    let finish: () => void = () => undefined;
    manager.onCheck = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    assert.deepEqual(await ask('POST /api/check'), { started: true });
    assert.deepEqual(await ask('POST /api/check'), { started: false });
    assert.equal((await ask('GET /api/status'))['checking'], true);
    while (manager.checks === 0) await new Promise(setImmediate);
    finish();
    await settled();
    assert.equal(manager.checks, 1);
    assert.equal(texts().at(-1), 'The check has ended');
  });

  it('shows why there is no manager, and says so again with a check', async () => {
    const error = new SchannelError('ERR_SCHANNEL_ACME_TERMS', 'Nobody has agreed', { advice: 'Agree.' });
    await open({ createManager: () => Promise.reject(error) });
    await ask('PUT /api/settings', NAMES);
    const failure = { code: 'ERR_SCHANNEL_ACME_TERMS', message: 'Nobody has agreed', advice: 'Agree.' };
    assert.deepEqual((await ask('GET /api/status'))['failure'], failure);
    await ask('POST /api/check');
    await settled();
    assert.equal(texts().filter((text) => text === 'Nobody has agreed. Agree.').length, 2);
  });

  it('logs a check that fails, with what the authority says and without secrets', async () => {
    await open();
    await ask('PUT /api/settings', { ...NAMES, secrets: { dnsimpleToken: 'hunter22' } });
    const [manager] = managers;
    assert.ok(manager);
    const problem = { type: 'urn:x', detail: 'with hunter22', status: 403, subproblems: [] };
    manager.onCheck = () =>
      Promise.reject(new SchannelError('ERR_SCHANNEL_ACME_CAA', 'no: hunter22', { problem }));
    await ask('POST /api/check');
    await settled();
    const entry = service.log.entries.find(({ level }) => level === 'error');
    assert.equal(entry?.code, 'ERR_SCHANNEL_ACME_CAA');
    assert.deepEqual([entry.text, entry.problem?.detail], ['no: •••', 'with •••']);
  });

  it('looks accounts up with a token that is typed or set', async () => {
    const tokens: unknown[] = [];
    await open({
      tools: {
        dnsAccounts: ({ secrets }) => {
          tokens.push(secrets.dnsimpleToken);
          return Promise.resolve([{ id: '7', name: 'anna@bar.example' }]);
        },
      },
    });
    await assert.rejects(ask('POST /api/dns-accounts'), { code: 'ERR_SCHANNEL_SETTINGS_REQUEST' });
    assert.deepEqual(await ask('POST /api/dns-accounts', { token: 'typed' }), {
      accounts: [{ id: '7', name: 'anna@bar.example' }],
    });
    await ask('PUT /api/settings', { secrets: { dnsimpleToken: 'set' } });
    await ask('POST /api/dns-accounts');
    assert.deepEqual(tokens, ['typed', 'set']);
  });

  it('hides a token that was only typed', async () => {
    await open({
      tools: { dnsAccounts: () => Promise.reject(new Error('refused: typed-token')) },
    });
    await assert.rejects(ask('POST /api/dns-accounts', { token: 'typed-token' }));
    assert.deepEqual(texts(), ['refused: •••']);
  });

  it('imports the files of the folder, and logs each', async () => {
    await open({
      tools: {
        importCertificates: () =>
          Promise.resolve([
            { file: 'a.pfx', outcome: 'imported', text: 'CN=a' },
            { file: 'b.pfx', outcome: 'failed', text: 'the password is wrong' },
          ]),
      },
    });
    await assert.rejects(ask('POST /api/import'), { code: 'ERR_SCHANNEL_SETTINGS_REQUEST' });
    await ask('PUT /api/settings', { settings: { certificateFolder: 'C:\\certs' } });
    await ask('POST /api/import');
    assert.deepEqual(texts().slice(-2), ['a.pfx: imported, CN=a', 'b.pfx: failed, the password is wrong']);
    assert.equal(service.log.entries.at(-1)?.level, 'error');
  });

  it('asks who has the ports that are set', async () => {
    const asked: unknown[] = [];
    await open({
      tools: {
        portOwner: (...args) => {
          asked.push(args);
          return Promise.resolve('IIS');
        },
      },
    });
    await ask('PUT /api/settings', { settings: { insecurePort: 0, address: '127.0.0.1' } });
    assert.deepEqual(await ask('GET /api/ports'), { ports: [{ port: 443, owner: 'IIS' }] });
    assert.deepEqual(asked, [[443, '127.0.0.1']]);
  });

  it('says where a damaged file is kept', async () => {
    writeFileSync(path.join(folder, 'settings.json'), 'x');
    await open();
    assert.match(texts()[0] ?? '', /damaged\. It is kept as .*\.damaged$/);
  });
});
