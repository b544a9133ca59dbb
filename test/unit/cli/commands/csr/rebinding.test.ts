import assert from 'node:assert/strict';
import { listBindings, moveBindings } from '#lib/apps/binding/bindings.js';
import { run } from '#lib/cli/program.js';
import { guidBytes } from '#lib/windows/binding/binding.js';
import { Certificate } from '#lib/windows/store/certificate.js';
import { capturedIO, type CapturedIO } from '../../../../support/captured-io.js';
import { selfSigned } from '../../../../support/certificates.js';
import { commandLibrary } from '../../../../support/command-library.js';
import { FakeRequests } from '../../../../support/fake-requests.js';
import { FakeStores } from '../../../../support/fake-stores.js';
import { IIS, OLD, ScriptedHttp } from '../../../../support/scripted-http.js';
import { ScriptedSystem } from '../../../../support/scripted-system.js';

describe('cli/commands/csr/rebinding', () => {
  let requests: FakeRequests;
  let http: ScriptedHttp;
  let fresh: string;

  beforeEach(async () => {
    const bar = await selfSigned({ subject: 'CN=bar.example', altNames: ['DNS:bar.example'] });
    requests = new FakeRequests();
    http = new ScriptedHttp();
    await requests.createRequest({ dns: ['bar.example'], location: 'LocalMachine' });
    requests.issued = bar.der;
    const handle = new ScriptedSystem().hand({
      encoded: Buffer.from(bar.der),
      properties: new Map(),
      location: null,
    });
    const certificate = new Certificate(handle, null);
    fresh = certificate.thumbprint;
    http.certify(fresh);
    requests.result = {
      certificate,
      request: requests.pending[0] ?? null,
      placements: [],
      differences: [],
      verdict: { state: 'trusted', faults: [], chain: [] },
      missing: [],
      renewed: null,
    };
  });

  async function complete(...args: string[]): Promise<CapturedIO & { readonly code: number }> {
    const io = capturedIO();
    const none = undefined;
    const library = commandLibrary(new FakeStores(), none, none, requests, none, none, none, none, {
      listBindings: (query) => listBindings(query, http),
      moveBindings: (from, to, options) => moveBindings(from, to, options, http),
    });
    const code = await run(['csr', 'complete', 'www.cer', ...args], '1', library, io);
    return { ...io, code };
  }
  const hashes = (): string[] =>
    http.records.map(({ hash }) => Buffer.from(hash).toString('hex').toUpperCase());

  it('has the bindings of the old certificate show the new one', async () => {
    http.add('*:443');
    http.add('bar.example:443');
    http.add('*:444', { appId: guidBytes(IIS) ?? new Uint8Array() });
    const { code, output, errors } = await complete('--rebind', OLD, '--yes');
    assert.equal(code, 0, errors());
    assert.deepEqual(hashes(), [fresh, fresh, OLD]);
    assert.match(output(), /\nthese bindings show it now: 0\.0\.0\.0:443, bar\.example:443\n/);
    assert.match(output(), /\nthese bindings of IIS show the old certificate: 0\.0\.0\.0:444\. Change /);
    const json = await complete('--rebind', OLD, '--owned', '--yes', '--json');
    const facts = JSON.parse(json.output()) as Record<string, unknown>;
    assert.deepEqual([facts['ok'], facts['bindings'], facts['left']], [true, ['0.0.0.0:444'], []]);
  });

  it('says which ones when it asks, and in a dry run', async () => {
    http.add('*:443');
    const asked = await complete('--rebind', OLD);
    assert.equal(asked.code, 2);
    assert.match(asked.errors(), /These bindings of http\.sys will show it: 0\.0\.0\.0:443\. Put /);
    const dry = await complete('--rebind', OLD, '--dry-run', '--yes');
    assert.match(dry.output(), /\nwould have these bindings show it: 0\.0\.0\.0:443\n$/);
    const json = await complete('--rebind', OLD, '--dry-run', '--yes', '--json');
    assert.deepEqual((JSON.parse(json.output()) as Record<string, unknown>)['bindings'], ['0.0.0.0:443']);
    assert.deepEqual([requests.changes, http.done], [[], []]);
  });

  it('installs nothing if it can not be right', async () => {
    assert.equal((await complete('--rebind', OLD, '--yes')).code, 1);
    http.add('*:443');
    assert.equal((await complete('--rebind', 'xy', '--yes')).code, 2);
    assert.equal((await complete('--owned', '--yes')).code, 2);
    requests.pending = requests.pending.map((each) => ({ ...each, location: 'CurrentUser' as const }));
    const ofUser = await complete('--rebind', OLD, '--yes');
    assert.equal(ofUser.code, 2);
    assert.match(ofUser.errors(), /--rebind needs a certificate of the machine/);
    assert.deepEqual([requests.changes, http.done], [[], []]);
  });

  it('keeps the certificate if the bindings can not be changed, and says how to go on', async () => {
    http.add('*:443');
    http.add('bar.example:443');
    http.refusals.set('updateSslRecord', [0, 5]);
    const { code, output } = await complete('--rebind', OLD, '--yes', '--json');
    const facts = JSON.parse(output()) as Record<string, { code: string } | boolean | null>;
    assert.equal(code, 1);
    assert.equal(facts['ok'], false);
    assert.notEqual(facts['certificate'] ?? null, null);
    assert.equal((facts['error'] as { code: string }).code, 'ERR_SCHANNEL_BINDING_ACCESS_DENIED');
    assert.deepEqual(
      [hashes(), requests.changes],
      [
        [OLD, OLD],
        ['complete', 'dispose'],
      ],
    );
    http.refusals.set('updateSslRecord', [5]);
    const text = await complete('--rebind', OLD, '--yes');
    assert.match(
      text.output(),
      /\nthe bindings show the old certificate: The binding .* could not be changed/,
    );
    assert.ok(text.output().endsWith(`: schannel binding replace --from ${OLD} --to ${fresh}\n`));
  });
});
