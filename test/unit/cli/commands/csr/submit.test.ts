import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from '#lib/cli/program.js';
import { capturedIO, type CapturedIO } from '../../../../support/captured-io.js';
import { selfSigned, type TestCertificate } from '../../../../support/certificates.js';
import { commandLibrary } from '../../../../support/command-library.js';
import { FakeRequests } from '../../../../support/fake-requests.js';
import { FakeStores } from '../../../../support/fake-stores.js';
import { Certificate } from '#lib/windows/store/certificate.js';
import { ScriptedSystem } from '../../../../support/scripted-system.js';

describe('cli/commands/csr/submit', () => {
  let requests: FakeRequests;
  let bar: TestCertificate;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-submit-'));
    bar = await selfSigned({ subject: 'CN=bar.example', altNames: ['DNS:bar.example'] });
    writeFileSync(path.join(folder, 'ca.pem'), bar.cert);
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    requests = new FakeRequests();
    requests.issued = bar.der;
    await requests.createRequest({ dns: ['bar.example'], friendlyName: 'shop' });
  });

  interface Outcome extends CapturedIO {
    readonly code: number;
  }

  async function submit(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
    const io = capturedIO({ env });
    const library = commandLibrary(new FakeStores(), undefined, undefined, requests);
    const code = await run(['csr', 'submit', ...args], '1.2.3', library, io);
    return { ...io, code };
  }

  const EST = ['shop', '--est', 'https://ca.example'];

  it('installs what is issued', async () => {
    const system = new ScriptedSystem();
    const entry = new Certificate(system.createCertificate(bar.der), null);
    requests.answer = {
      state: 'issued',
      id: null,
      chain: [Buffer.from(bar.der)],
      reason: null,
      retryAfter: null,
    };
    requests.result = {
      certificate: entry,
      request: null,
      placements: [{ role: 'identity', store: 'CurrentUser\\MY', action: 'added', certificate: entry }],
      differences: [],
      verdict: { state: 'trusted', faults: [] } as never,
      missing: [],
      renewed: null,
    };
    const outcome = await submit([...EST, '--store', 'WebHosting', '--json']);
    assert.equal(outcome.code, 0, outcome.errors());
    const { ok, state, authority } = JSON.parse(outcome.output()) as Record<string, unknown>;
    assert.deepEqual(
      { ok, state, authority },
      { ok: true, state: 'issued', authority: 'https://ca.example' },
    );
    assert.deepEqual(requests.changes, ['complete', 'dispose']);
    assert.equal(requests.completions[0]?.store, 'WebHosting');
    entry.close();
  });

  it('ends with 11 while the authority has not decided', async () => {
    requests.answer = { state: 'pending', id: '26', chain: [], reason: null, retryAfter: 60 };
    const outcome = await submit([
      'shop',
      '--adcs',
      'ca\\Corp CA',
      '--template',
      'WebServer',
      '--wait',
      '5m',
    ]);
    assert.equal(outcome.code, 11);
    assert.match(outcome.output(), /ca\\Corp CA has not decided about shop .* yet\n {2}number {2}26\n/);
    const { certreq, wait } = requests.submissions[0] ?? {};
    assert.deepEqual(
      { certreq, wait },
      {
        certreq: { config: 'ca\\Corp CA', template: 'WebServer', id: undefined },
        wait: '5m',
      },
    );
    assert.deepEqual(requests.changes, []);
  });

  it('ends with 12 if the authority refuses, and says why', async () => {
    requests.answer = { state: 'denied', id: '27', chain: [], reason: 'Denied by Policy', retryAfter: null };
    const outcome = await submit(['shop', '--certsrv', 'https://ca.example', '--json']);
    assert.equal(outcome.code, 12);
    const { ok, state, reason } = JSON.parse(outcome.output()) as Record<string, unknown>;
    assert.deepEqual({ ok, state, reason }, { ok: false, state: 'denied', reason: 'Denied by Policy' });
  });

  it('asks again where the request waits, without its number', async () => {
    requests.answer = { state: 'pending', id: '26', chain: [], reason: null, retryAfter: null };
    await submit(['shop', '--adcs', 'ca\\Corp CA']);
    assert.equal((await submit(['shop'])).code, 11);
    assert.deepEqual(requests.submissions[1]?.certreq, {
      config: 'ca\\Corp CA',
      template: undefined,
      id: '26',
    });
    await submit(['shop', '--adcs', 'ca\\Corp CA']);
    assert.equal(requests.submissions[2]?.certreq?.id, '26');
    // Another authority knows nothing of the number, and --again asks for another one.
    await submit(['shop', '--again']);
    assert.equal(requests.submissions[3]?.certreq?.id, undefined);
    await submit(['shop', '--certsrv', 'https://other.example']);
    assert.equal(requests.submissions[4]?.certsrv?.id, undefined);
    const list = capturedIO();
    await run(['csr', 'ls'], '1.2.3', commandLibrary(new FakeStores(), undefined, undefined, requests), list);
    assert.match(list.output(), /^shop: waits at https:\/\/other\.example, number 26$/m);
  });

  it('forgets where a request waited once it is refused', async () => {
    requests.answer = { state: 'pending', id: '26', chain: [], reason: null, retryAfter: null };
    await submit(['shop', '--adcs', 'ca\\CA']);
    requests.answer = { ...requests.answer, state: 'denied' };
    assert.equal((await submit(['shop'])).code, 12);
    assert.equal(requests.pending[0]?.submission, null);
    assert.equal((await submit(['shop'])).code, 2);
  });

  it('remembers a server of EST, which has no numbers', async () => {
    await submit(EST);
    await submit(['shop']);
    assert.equal(requests.submissions[1]?.est?.url, 'https://ca.example');
    // A page without a number cannot be asked for again.
    requests.pending = requests.pending.map((each) => ({ ...each, submission: null }));
    await submit(['shop', '--certsrv', 'https://ca.example']);
    assert.equal(requests.pending[0]?.submission, null);
  });

  it('passes on who is asking, and whom to trust', async () => {
    const ca = path.join(folder, 'ca.pem');
    const args = [
      '--user',
      'anna',
      '--certificate',
      'CurrentUser\\MY\\AA',
      '--ca',
      ca,
      '--fingerprint',
      'ab',
      '--renew',
    ];
    await submit([...EST, ...args], { SCHANNEL_PASSWORD: 'secret' });
    const { est } = requests.submissions[0] ?? {};
    assert.deepEqual(
      { ...est, ca: String(est?.ca) },
      {
        url: 'https://ca.example',
        user: 'anna',
        password: 'secret',
        certificate: 'CurrentUser\\MY\\AA',
        ca: bar.cert,
        fingerprint: 'ab',
        renew: true,
      },
    );
  });

  it('renews with the certificate that the request renews', async () => {
    await requests.createRequest({ renew: 'CurrentUser\\MY\\BB', friendlyName: 'renewal' });
    await submit(['renewal', '--est', 'https://ca.example', '--renew']);
    assert.equal(requests.submissions[0]?.est?.certificate, 'CurrentUser\\MY\\BB');
    assert.equal((await submit([...EST, '--renew'])).code, 2);
  });

  it('speaks SCEP with the key of the request and its challenge', async () => {
    const args = [
      'shop',
      '--scep',
      'http://ca.example/scep',
      '--challenge',
      '--fingerprint',
      'ab',
      '--id',
      '1',
    ];
    await submit(args, { SCHANNEL_PASSWORD: 'secret' });
    const { scep } = requests.submissions[0] ?? {};
    assert.deepEqual(scep, {
      url: 'http://ca.example/scep',
      key: requests.pending[0]?.keyLocation,
      challenge: 'secret',
      fingerprint: 'ab',
      ca: undefined,
      poll: true,
    });
  });

  it('sends nothing in a dry run', async () => {
    const outcome = await submit([...EST, '--dry-run']);
    assert.equal(outcome.code, 0, outcome.errors());
    assert.match(outcome.output(), /^would send shop .* to https:\/\/ca\.example/);
    assert.deepEqual(requests.submissions, []);
  });

  it('asks before it installs something for the machine', async () => {
    await requests.createRequest({ dns: ['x.example'], friendlyName: 'machine', location: 'LocalMachine' });
    const outcome = await submit(['machine', '--est', 'https://ca.example']);
    assert.equal(outcome.code, 2);
    assert.deepEqual(requests.submissions, []);
  });

  for (const args of [
    ['shop'],
    [...EST, '--adcs', 'ca\\CA'],
    [...EST, '--challenge'],
    ['shop', '--scep', 'https://ca.example', '--user', 'anna'],
    [...EST, '--template', 'x'],
    [...EST, '--id', '1'],
    ['shop', '--adcs', 'ca\\CA', '--user', 'anna'],
    ['shop', '--certsrv', 'https://ca.example', '--fingerprint', 'ab'],
    [...EST, '--ca', 'no-such-file'],
  ]) {
    it(`ends with 2 for ${args.join(' ')}`, async () => {
      assert.equal((await submit(args)).code, 2);
      assert.deepEqual(requests.submissions, []);
    });
  }
});
