import assert from 'node:assert/strict';
import { checkBinding } from '#lib/apps/binding/check.js';
import { fault, OLD, ScriptedHttp } from '../../../support/scripted-http.js';

describe('apps/binding/check', () => {
  let http: ScriptedHttp;

  beforeEach(() => {
    http = new ScriptedHttp();
    http.certify(OLD);
  });

  const codes = async (key: string): Promise<string[]> =>
    (await checkBinding(key, http)).findings.map(({ severity, code }) => `${severity} ${code}`);

  it('finds nothing wrong with a good one, and says how it is set', async () => {
    http.add('*:443');
    const { usable, binding } = await checkBinding('*:443', http);
    assert.deepEqual([usable, binding.key], [true, '0.0.0.0:443']);
    assert.deepEqual(await codes('*:443'), ['note REVOCATION_ON']);
  });

  it('looks for the certificate in the store of the record', async () => {
    http.add('*:443', { store: 'WebHosting' });
    assert.deepEqual(await codes('*:443'), ['error CERTIFICATE_NOT_FOUND', 'note REVOCATION_ON']);
    http.certify(OLD, {}, 'WebHosting');
    assert.deepEqual(await codes('*:443'), ['note REVOCATION_ON']);
  });

  it('says what is wrong with the certificate and its key', async () => {
    http.add('*:443');
    http.certify(OLD, { findings: [fault('RSA_SHORT', 'warning'), fault('KEY_OF_USER', 'warning')] });
    assert.deepEqual(await codes('*:443'), [
      'error CERTIFICATE',
      'warning CERTIFICATE',
      'note REVOCATION_ON',
    ]);
    assert.equal((await checkBinding('*:443', http)).usable, false);
  });

  it('says who has the port', async () => {
    http.add('*:443');
    const nginx = { address: '0.0.0.0', port: 443, pid: 7, program: 'nginx.exe' };
    http.listening = [nginx, { ...nginx, address: '::' }, { ...nginx, port: 8443, pid: 8 }];
    const { findings, listeners, usable } = await checkBinding('*:443', http);
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['OTHER_LISTENS', 'REVOCATION_ON'],
    );
    assert.match(
      findings[0]?.meaning ?? '',
      /^Process 7 \(nginx\.exe\) listens on port 443 of 0\.0\.0\.0, ::: /,
    );
    assert.deepEqual([listeners?.length, usable], [2, true]);
    http.listening = [];
    assert.deepEqual(await codes('*:443'), ['warning NOBODY_LISTENS', 'note REVOCATION_ON']);
    http.listening = null;
    assert.deepEqual(await codes('*:443'), ['note REVOCATION_ON']);
  });

  it('warns in the last 30 days', async () => {
    http.add('*:443');
    http.time = Date.UTC(2026, 11, 2);
    assert.deepEqual(await codes('*:443'), ['note REVOCATION_ON']);
    http.time += 1;
    assert.deepEqual(await codes('*:443'), ['warning EXPIRES_SOON', 'note REVOCATION_ON']);
  });

  it('compares the name, and misses a binding for clients without SNI', async () => {
    http.add('other.example:443');
    http.add('bar.example:443');
    assert.deepEqual(await codes('other.example:443'), [
      'error NAME',
      'warning NO_FALLBACK',
      'note REVOCATION_ON',
    ]);
    http.add('*:8443');
    assert.deepEqual(await codes('bar.example:443'), ['warning NO_FALLBACK', 'note REVOCATION_ON']);
    http.add('[::]:443');
    assert.deepEqual(await codes('bar.example:443'), ['note REVOCATION_ON']);
  });

  it('says in words how client certificates are checked', async () => {
    const rows = [
      [0, 2, 'note REVOCATION_ON'],
      [1, 2, 'warning REVOCATION_OFF'],
      [2, 2, 'note REVOCATION_CACHED'],
      [1, 0, 'note NO_CLIENT_CERTIFICATES'],
    ] as const;
    for (const [checkMode, flags, expected] of rows) {
      http.records.length = 0;
      http.add('*:443', { checkMode, flags });
      assert.deepEqual(await codes('*:443'), [expected]);
    }
  });

  it('says which versions are off', async () => {
    const rows = [
      [0x42, ['warning NO_TLS13']],
      [0x1002, ['warning NO_TLS12']],
      [0x402, ['note NO_LEGACY_TLS']],
      [0x1442, ['error NO_VERSION']],
      [0xa, ['error REJECTED']],
    ] as const;
    for (const [flags, expected] of rows) {
      http.records.length = 0;
      http.add('*:443', { flags });
      assert.deepEqual(await codes('*:443'), [...expected, 'note REVOCATION_ON'], flags.toString(16));
    }
  });

  it('has no certificate to look at in a central store, and needs a binding', async () => {
    http.add('ccs:443');
    assert.deepEqual(await codes('ccs:443'), ['note REVOCATION_ON']);
    await assert.rejects(checkBinding('*:443', http), { code: 'ERR_SCHANNEL_BINDING_NOT_FOUND' });
  });
});
