import assert from 'node:assert/strict';
import { runHook } from '#lib/apps/acme/manager/hooks.js';

const FACTS = {
  thumbprint: 'AB'.repeat(20),
  formerThumbprint: '',
  name: 'www.bar.example',
  friendlyName: 'www.bar.example [acme 2027-01-01] {RenewalId}',
  store: 'MY',
  set: 'web',
};
describe('apps/acme/manager/hooks', () => {
  it("fills in win-acme's placeholders, each argument by itself and once", async () => {
    const calls: unknown[] = [];
    const args = [
      '-File',
      'C:\\a b\\import.ps1',
      '{CertThumbprint}',
      '{OldCertThumbprint}',
      'cn={CertCommonName};{StorePath}',
      '{CertFriendlyName}',
      '{StoreType} {RenewalId}',
      '{Unknown} {toString}',
    ];
    await runHook({ program: 'powershell.exe', args }, FACTS, (program, filled, { timeout }) => {
      calls.push(program, filled, timeout);
      return Promise.resolve();
    });
    assert.deepEqual(calls, [
      'powershell.exe',
      [
        '-File',
        'C:\\a b\\import.ps1',
        'AB'.repeat(20),
        '',
        'cn=www.bar.example;MY',
        'www.bar.example [acme 2027-01-01] {RenewalId}',
        'CertificateStore web',
        '{Unknown} {toString}',
      ],
      600_000,
    ]);
  });

  it('says which program failed, and how', async () => {
    const failing = (): Promise<never> => Promise.reject(new Error('it ended with 5: no such site'));
    await assert.rejects(runHook({ program: 'iis.exe', timeout: 7 }, FACTS, failing), {
      code: 'ERR_SCHANNEL_ACME_HOOK',
      message: 'iis.exe failed: it ended with 5: no such site',
    });
  });
});
