import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { DEFAULTS } from '#lib/web/settings/schema.js';
import { type SecretBox, SettingsFile } from '#lib/web/settings/settings-file.js';
import { playedBox } from '../../../support/played-settings.js';

const NOW = Date.UTC(2026, 10, 30);

describe('web/settings/settings-file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-settings-'));
    file = path.join(folder, 'settings.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (environment: Record<string, string> = {}, box: SecretBox = playedBox) =>
    SettingsFile.open({ file, box, environment, now: () => NOW });
  const write = (document: unknown): void => writeFileSync(file, JSON.stringify(document));

  it('has the defaults if there is none, and writes nothing', async () => {
    const settings = await open();
    assert.deepEqual(settings.view.settings, DEFAULTS);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('keeps what was changed for the next program, and nobody else can read it', async () => {
    const settings = await open();
    await settings.change({ settings: { securePort: 8443 }, secrets: { apiPassword: 'secret' } });
    const { view } = await open();
    assert.equal(view.settings.securePort, 8443);
    assert.deepEqual(view.secrets.apiPassword, { state: 'set', at: new Date(NOW) });
    assert.deepEqual(await (await open()).secrets(), { apiPassword: 'secret' });
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder), ['settings.json']);
  });

  it('reads what an editor of Windows has saved, with a byte order mark', async () => {
    writeFileSync(file, `\ufeff${JSON.stringify({ version: 1, securePort: 8443 })}`);
    const { view } = await open();
    assert.deepEqual([view.settings.securePort, view.damaged], [8443, null]);
    writeFileSync(file, `\ufeff${JSON.stringify({ version: 1, securePort: 9443 })}`, 'utf16le');
    assert.equal((await open()).view.settings.securePort, 9443);
  });

  it('removes a secret', async () => {
    const settings = await open();
    await settings.change({ secrets: { apiPassword: 'one', dnsSecret: 'two' } });
    await settings.change({ secrets: { apiPassword: null } });
    assert.equal(settings.view.secrets.apiPassword.state, 'missing');
    assert.deepEqual(await (await open()).secrets(), { dnsSecret: 'two' });
  });

  it('keeps what it knows if the file was damaged meanwhile, and says so', async () => {
    const settings = await open();
    await settings.change({ settings: { address: '127.0.0.1' }, secrets: { apiPassword: 'secret' } });
    writeFileSync(file, '{"version": 1, "addr');
    await settings.change({ settings: { securePort: 8443 } });
    assert.equal(settings.view.damaged, `${file}.${NOW}.damaged`);
    const next = await open();
    assert.deepEqual([next.view.settings.address, next.view.settings.securePort], ['127.0.0.1', 8443]);
    assert.deepEqual(await next.secrets(), { apiPassword: 'secret' });
  });

  it('changes nothing if one of the values is wrong', async () => {
    const settings = await open();
    await settings.change({ settings: { securePort: 8443 } });
    const before = readFileSync(file, 'utf8');
    await assert.rejects(
      settings.change({
        settings: { securePort: 70_000, insecurePort: 8080 },
        secrets: { apiPassword: '', unknown: 'x' },
      }),
      (error: SchannelError) => {
        assert.equal(error.code, 'ERR_SCHANNEL_SETTINGS_INVALID');
        assert.deepEqual(error.reasons, [
          'securePort must be a port from 1 to 65535',
          'apiPassword must be text that is not empty',
          'unknown is no secret',
        ]);
        return true;
      },
    );
    assert.equal(readFileSync(file, 'utf8'), before);
    assert.equal(settings.view.settings.insecurePort, 80);
  });

  it('refuses settings that contradict each other', async () => {
    const settings = await open();
    await settings.change({ settings: { address: '127.0.0.1' } });
    await assert.rejects(settings.change({ settings: { family: 'ipv6' } }), /address is no address of IPv6/);
    await assert.rejects(
      settings.change({ settings: { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' } }),
      /maxVersion/,
    );
  });

  it('keeps what another program has changed meanwhile', async () => {
    const [one, other] = [await open(), await open()];
    await one.change({ settings: { securePort: 8443 } });
    await other.change({ settings: { insecurePort: 8080 } });
    const { settings } = (await open()).view;
    assert.deepEqual([settings.securePort, settings.insecurePort], [8443, 8080]);
  });

  for (const [what, content] of [
    ['no JSON', '{ "version": 1, "secureP'],
    ['no object', '[1]'],
    ['empty', ''],
    ['without a version', '{"securePort":8443}'],
    ['zeros, as after a power failure', '\0'.repeat(200)],
    ['too large', `{"version":1,"profile":"${'x'.repeat(1_100_000)}"}`],
  ] as const) {
    it(`is kept aside if it is damaged: ${what}`, async () => {
      writeFileSync(file, content);
      const { view } = await open();
      assert.deepEqual(view.settings, DEFAULTS);
      assert.equal(view.damaged, `${file}.${NOW}.damaged`);
      assert.equal(readFileSync(view.damaged, 'utf8'), content);
    });
  }

  it('is refused, and left as it is, if a later version wrote it', async () => {
    write({ version: 2, securePort: 8443 });
    const before = readFileSync(file, 'utf8');
    await assert.rejects(open(), { code: 'ERR_SCHANNEL_SETTINGS_FILE', message: /later version/ });
    assert.equal(readFileSync(file, 'utf8'), before);
    rmSync(file);
    const settings = await open();
    write({ version: 2 });
    await assert.rejects(settings.change({ settings: { securePort: 1 } }), {
      code: 'ERR_SCHANNEL_SETTINGS_FILE',
    });
    assert.equal(readFileSync(file, 'utf8'), '{"version":2}');
  });

  it('leaves out single values that are wrong, and says which', async () => {
    write({
      version: 1,
      securePort: 'x',
      insecurePort: 8080,
      evil: 1,
      secrets: { dnsSecret: 'plain', evil: {} },
    });
    const { view } = await open();
    assert.deepEqual([view.settings.securePort, view.settings.insecurePort], [443, 8080]);
    assert.deepEqual(view.faults, {
      securePort: 'must be a port from 1 to 65535',
      evil: 'is no setting',
    });
    assert.equal(view.secrets.dnsSecret.state, 'missing');
  });

  it('is beaten by the environment, which is not written into it', async () => {
    write({ version: 1, securePort: 8443, insecurePort: 8080 });
    const settings = await open({
      SCHANNEL_SECURE_PORT: '9443',
      SCHANNEL_NAMES: 'www.bar.example, bar.example; other.example',
      SCHANNEL_TESTING: 'false',
      SCHANNEL_CHALLENGE: 'smoke',
      SCHANNEL_DNSIMPLE_TOKEN: 'from outside',
      SCHANNEL_CONTACT: '',
    });
    const { view } = settings;
    assert.deepEqual([view.settings.securePort, view.settings.insecurePort], [9443, 8080]);
    assert.deepEqual(view.settings.names, [['www.bar.example', 'bar.example'], ['other.example']]);
    assert.equal(view.settings.testing, false);
    assert.deepEqual(Object.keys(view.faults), ['challenge']);
    assert.equal(view.settings.challenge, 'http-01');
    assert.deepEqual(view.secrets.dnsimpleToken, { state: 'environment', at: null });
    assert.deepEqual(view.environment, {
      securePort: 'SCHANNEL_SECURE_PORT',
      names: 'SCHANNEL_NAMES',
      testing: 'SCHANNEL_TESTING',
      challenge: 'SCHANNEL_CHALLENGE',
      dnsimpleToken: 'SCHANNEL_DNSIMPLE_TOKEN',
    });
    assert.deepEqual(await settings.secrets(), { dnsimpleToken: 'from outside' });
    await settings.change({ settings: { insecurePort: 81 } });
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
      version: 1,
      securePort: 8443,
      insecurePort: 81,
      secrets: {},
    });
  });

  it('shows secrets of another machine as unreadable, and takes new ones', async () => {
    await (await open()).change({ secrets: { apiPassword: 'one', dnsSecret: 'two' } });
    const restored: SecretBox = {
      ...playedBox,
      unprotect: (secret) =>
        Buffer.from(secret.dpapi, 'base64').toString() === 'eno'
          ? Promise.reject(new SchannelError('ERR_SCHANNEL_SECRET_FOREIGN', 'foreign'))
          : playedBox.unprotect(secret),
    };
    const settings = await open({}, restored);
    assert.equal(settings.view.secrets.apiPassword.state, 'unreadable');
    assert.equal(settings.view.secrets.dnsSecret.state, 'set');
    assert.deepEqual(await settings.secrets(), { dnsSecret: 'two' });
    await settings.change({ secrets: { apiPassword: 'three' } });
    assert.equal(settings.view.secrets.apiPassword.state, 'set');
  });

  it('fails if Windows fails for another reason', async () => {
    await (await open()).change({ secrets: { apiPassword: 'one' } });
    const broken = { ...playedBox, unprotect: () => Promise.reject(new Error('broken')) };
    await assert.rejects(open({}, broken), /broken/);
  });
});
