import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SchannelError } from '#lib/base/errors/schannel-error.js';
import { readSettingsFile } from '#lib/web/settings/read-settings.js';
import { playedBox } from '../../../support/played-settings.js';

describe('web/settings/read-settings', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-read-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (settings: object, environment: Record<string, string> = {}) => {
    const file = path.join(folder, 'settings.json');
    writeFileSync(file, JSON.stringify({ version: 1, ...settings }), { mode: 0o600 });
    return readSettingsFile({ file, box: playedBox, environment, now: () => 0 }, folder);
  };

  it('makes a site of what is set, and a manager beside it', async () => {
    const { site, acme, problem } = await read({
      names: [
        ['www', 'bar.example'],
        ['bar.example', 'shop.bar.example'],
      ],
      rootDomain: 'bar.example',
      securePort: 8443,
      insecurePort: 8080,
      family: 'ipv4',
      address: '127.0.0.1',
      minVersion: 'TLSv1.3',
      selfSigned: false,
    });
    const { tokens, ...rest } = site;
    assert.deepEqual(rest, {
      names: ['www.bar.example', 'bar.example', 'shop.bar.example'],
      address: '127.0.0.1',
      family: 4,
      https: 8443,
      http: 8080,
      store: 'LocalMachine\\MY',
      fallback: false,
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
    });
    assert.notEqual(tokens, undefined);
    assert.equal(acme?.certificates.length, 2);
    assert.equal(problem, null);
  });

  it('has a site without a manager if something is missing for it', async () => {
    const { site, acme, problem } = await read({
      names: [['bar.example']],
      insecurePort: 0,
      challenge: 'dns-01',
    });
    assert.deepEqual([site.http, site.address, site.family], [false, undefined, undefined]);
    assert.equal(acme, null);
    assert.match(problem?.message ?? '', /dnsimpleToken is missing/);
  });

  it('serves nothing by values that are wrong: their defaults may be less safe', async () => {
    const wrong = { names: [['bar.example']], address: '10.0.0.300', minVersion: 'TLS1.3', adress: '::1' };
    await assert.rejects(read(wrong), (error: SchannelError) => {
      assert.equal(error.code, 'ERR_SCHANNEL_SETTINGS_INVALID');
      assert.deepEqual(error.reasons, [
        'address must be an address of this machine',
        'minVersion must be one of TLSv1.2, TLSv1.3',
        'adress is no setting',
      ]);
      return true;
    });
    await assert.rejects(read({ names: [['bar.example']] }, { SCHANNEL_ADDRESS: 'lan' }), {
      message: /: address must be an address of this machine$/,
    });
  });

  it('says where a damaged file is kept', async () => {
    await assert.rejects(read({ secrets: 7 }), {
      code: 'ERR_SCHANNEL_SETTINGS_FILE',
      message: /settings\.json was damaged/,
      advice: /settings\.json\.0\.damaged/,
    });
  });

  it('needs names', async () => {
    await assert.rejects(read({}), { code: 'ERR_SCHANNEL_SETTINGS_INVALID', message: /no names/ });
  });
});
