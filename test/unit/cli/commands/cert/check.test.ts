import assert from 'node:assert/strict';
import type { Finding } from '#lib/tls/identity/preflight/finding.js';
import { certCommand, type Outcome } from '../../../../support/cert-command.js';
import { selfSigned } from '../../../../support/certificates.js';
import { FakeStores, type FakeEntry } from '../../../../support/fake-stores.js';

const SHORT: Finding = {
  code: 'RSA_SHORT',
  severity: 'warning',
  meaning: 'The key is short.',
  remedy: 'Take a longer one.',
};
const EXPIRED: Finding = {
  code: 'EXPIRED',
  severity: 'error',
  meaning: 'It has expired.',
  remedy: 'Renew it.',
};

describe('cli/commands/cert/check', () => {
  let stores: FakeStores;
  let entry: FakeEntry;

  beforeEach(async () => {
    stores = new FakeStores();
    entry = stores.put('CurrentUser\\MY', (await selfSigned({ subject: 'CN=bar.example' })).der);
  });
  afterEach(() => assert.equal(stores.open, 0, 'a store was left open'));

  const check = (...args: string[]): Promise<Outcome> =>
    certCommand(stores, ['check', 'bar.example', ...args]);

  for (const role of ['client', 'server']) {
    it(`says that a ${role} can use a certificate`, async () => {
      const outcome = await check(`--${role}`);
      assert.equal(outcome.code, 0, outcome.errors());
      assert.equal(outcome.output(), `bar.example (${entry.thumbprint})\ncan be used by a TLS ${role}\n`);
      assert.deepEqual(stores.examined, [`${entry.reference} ${role}`]);
    });
  }

  it('ends with 0 for a warning', async () => {
    stores.findings = [SHORT];
    const outcome = await check('--client');
    assert.equal(outcome.code, 0);
    assert.match(
      outcome.output(),
      /\nwarning The key is short\.\n {2}code +RSA_SHORT\n {2}advice +Take a longer one\.\ncan be used/,
    );
  });

  it('ends with 6 for an error', async () => {
    stores.findings = [EXPIRED, SHORT];
    const outcome = await check('--server');
    assert.equal(outcome.code, 6);
    assert.match(outcome.output(), /\nerror It has expired\.\n[^]*\ncannot be used by a TLS server\n$/);
  });

  it('has the findings in the JSON', async () => {
    stores.findings = [EXPIRED];
    const { ok, role, findings, certificate, error } = (await check('--server', '--json')).json() as {
      ok: boolean;
      role: string;
      findings: Finding[];
      certificate: { reference: string };
      error: null;
    };
    assert.deepEqual(
      { ok, role, findings, error },
      { ok: false, role: 'server', findings: [EXPIRED], error: null },
    );
    assert.equal(certificate.reference, entry.reference);
  });

  for (const args of [[], ['--client', '--server']]) {
    it(`ends with 2 for: check bar.example ${args.join(' ')}`, async () => {
      assert.equal((await check(...args)).code, 2);
      assert.deepEqual(stores.examined, []);
    });
  }
});
