import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from '#lib/cli/program.js';
import { readRequest } from '#lib/formats/request/request-reader.js';
import { Certificate } from '#lib/windows/store/certificate.js';
import { capturedIO, type CapturedIO, type CapturedIOOptions } from '../../../../support/captured-io.js';
import { selfSigned, type TestCertificate } from '../../../../support/certificates.js';
import { commandLibrary } from '../../../../support/command-library.js';
import { FakeRequests } from '../../../../support/fake-requests.js';
import { FakeStores, USABLE_KEY } from '../../../../support/fake-stores.js';
import { ScriptedSystem } from '../../../../support/scripted-system.js';

describe('cli/commands/csr/index', () => {
  let folder: string;
  let requests: FakeRequests;
  let stores: FakeStores;
  let bar: TestCertificate;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-csr-'));
    bar = await selfSigned({ subject: 'CN=bar.example', altNames: ['DNS:bar.example'] });
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    requests = new FakeRequests();
    stores = new FakeStores();
  });

  interface Outcome extends CapturedIO {
    readonly code: number;
    json(): Record<string, unknown>;
  }

  async function schannel(args: readonly string[], options: CapturedIOOptions = {}): Promise<Outcome> {
    const io = capturedIO(options);
    const code = await run(args, '1.2.3', commandLibrary(stores, undefined, undefined, requests), io);
    return { ...io, code, json: () => JSON.parse(io.output()) as Record<string, unknown> };
  }
  const csr = (...args: string[]): Promise<Outcome> => schannel(['csr', ...args]);
  const fileOf = (name: string): string => path.join(folder, name);

  describe('new', () => {
    it('prints the request, and says elsewhere where it is pending', async () => {
      const outcome = await csr('new', '--dns', 'bar.example', '--friendly-name', 'shop');
      assert.equal(outcome.code, 0, outcome.errors());
      assert.deepEqual(readRequest(outcome.output()).names.dns, ['bar.example']);
      assert.match(outcome.errors(), /^pending as CurrentUser\\REQUEST\\\d{40}\n$/);
      assert.equal(requests.created[0]?.friendlyName, 'shop');
    });

    it('writes it to a file, which is not replaced without --force', async () => {
      const out = fileOf('www.csr');
      const outcome = await csr('new', '--dns', 'bar.example', '--out', out);
      assert.equal(outcome.code, 0, outcome.errors());
      assert.match(outcome.output(), /wrote the request of CN=bar\.example/);
      assert.equal(readRequest(readFileSync(out)).subject, 'CN=bar.example');
      const again = await csr('new', '--dns', 'other.example', '--out', out);
      assert.equal(again.code, 2);
      assert.equal(requests.created.length, 1);
      assert.equal((await csr('new', '--dns', 'other.example', '--out', out, '--force')).code, 0);
      assert.equal(readRequest(readFileSync(out)).subject, 'CN=other.example');
    });

    it('says that the request exists if its file cannot be written', async () => {
      const outcome = await csr(
        'new',
        '--dns',
        'bar.example',
        '--out',
        path.join(folder, 'missing', 'www.csr'),
      );
      assert.equal(outcome.code, 2);
      assert.match(
        outcome.errors(),
        /pending as CurrentUser\\REQUEST\\\d+: print it with "schannel csr show --pem"/,
      );
    });

    it('passes on all options', async () => {
      const args = [
        ...['--dns', 'a.example', 'b.example', '--ip', '::1', '--email', 'anna@a.example'],
        ...['--upn', 'anna@ad.example', '--uri', 'https://a.example/', '--subject', 'CN=a, O=Bar'],
        ...[
          '--usage',
          'server',
          'codeSigning',
          '--template',
          'WebServer',
          '--algorithm',
          'ec',
          '--curve',
          'P-384',
        ],
        ...['--provider', 'tpm', '--exportable', '--machine', '--yes', '--json'],
      ];
      const outcome = await csr('new', ...args);
      assert.equal(outcome.code, 0, outcome.errors());
      const [options] = requests.created;
      assert.deepEqual(options?.key, {
        algorithm: 'ec',
        modulusLength: undefined,
        namedCurve: 'P-384',
        provider: 'tpm',
        exportable: true,
      });
      assert.equal(options.location, 'LocalMachine');
      const { pending, pem } = outcome.json() as {
        pending: { request: Record<string, unknown> };
        pem: string;
      };
      assert.equal(pending.request['subject'], 'CN=a, O=Bar');
      assert.deepEqual(pending.request['extendedKeyUsage'], ['serverAuth', 'codeSigning']);
      assert.deepEqual(pending.request['upns'], ['anna@ad.example']);
      assert.equal(pending.request['template'], 'WebServer');
      assert.ok(readRequest(pem));
    });

    it('asks before it creates a key of the machine', async () => {
      const outcome = await csr('new', '--dns', 'bar.example', '--machine');
      assert.equal(outcome.code, 2);
      assert.match(outcome.errors(), /LocalMachine\\REQUEST is not only used by this account/);
      assert.equal(requests.created.length, 0);
    });

    it('creates nothing with --dry-run', async () => {
      const outcome = await csr('new', '--dns', 'bar.example', '--machine', '--dry-run');
      assert.equal(outcome.code, 0, outcome.errors());
      assert.match(outcome.output(), /^would create a key and a request for bar\.example in LocalMachine/);
      assert.equal(requests.created.length, 0);
    });

    it('renews a certificate where it is', async () => {
      const { reference } = stores.put('LocalMachine\\MY', bar.der, { key: USABLE_KEY });
      const outcome = await csr('new', '--renew', 'bar.example', '--same-key', '--yes');
      assert.equal(outcome.code, 0, outcome.errors());
      const [options] = requests.created;
      assert.deepEqual(
        [options?.renew, options?.location, options?.sameKey, options?.key],
        [reference, 'LocalMachine', true, undefined],
      );
    });

    it('reads an INF file of certreq', async () => {
      const file = fileOf('request.inf');
      writeFileSync(
        file,
        '[NewRequest]\nSubject = "CN=bar.example"\nKeyLength = 3072\nMachineKeySet = TRUE\n',
      );
      const outcome = await csr('new', '--inf', file, '--friendly-name', 'shop', '--yes');
      assert.equal(outcome.code, 0, outcome.errors());
      const [options] = requests.created;
      assert.deepEqual(
        [options?.subject, options?.key, options?.location, options?.friendlyName],
        ['CN=bar.example', { modulusLength: 3072 }, 'LocalMachine', 'shop'],
      );
      assert.equal((await csr('new', '--inf', file, '--dns', 'a')).code, 2);
      writeFileSync(file, '[NewRequest]\nSubjekt = "CN=bar.example"\n');
      const wrong = await csr('new', '--inf', file);
      assert.equal(wrong.code, 2);
      assert.match(wrong.errors(), /'Subjekt' is not a setting that is known \(line 2 /);
    });

    for (const [what, args, message] of [
      ['no name', [], /needs a name/],
      ['a bad name', ['--dns', 'b a d'], /host names/],
      ['a bad template', ['--dns', 'a', '--template', '1.2.3'], /template/],
      ['an unknown usage', ['--dns', 'a', '--usage', 'tea'], /usages/],
      ['a curve of RSA', ['--dns', 'a', '--curve', 'P-256'], /--curve needs/],
      ['bits of a curve', ['--dns', 'a', '--algorithm', 'ec', '--bits', '2048'], /--bits needs/],
      ['PSS of a curve', ['--dns', 'a', '--algorithm', 'ec', '--pss'], /--pss needs/],
      ['--same-key without --renew', ['--dns', 'a', '--same-key'], /--same-key needs/],
      ['--same-key with a new key', ['--renew', 'a', '--same-key', '--provider', 'tpm'], /no new key/],
      ['a short key', ['--dns', 'a', '--bits', '1024'], /whole number from 2048/],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const outcome = await csr('new', ...args);
        assert.equal(outcome.code, 2);
        assert.match(outcome.errors(), message);
        assert.equal(requests.created.length, 0);
      });
    }
  });

  describe('ls', () => {
    it('says that there is none', async () => {
      assert.equal((await csr('ls')).output(), 'No request is pending\n');
    });

    it('lists them, and what an interrupted completion has left', async () => {
      await requests.createRequest({ dns: ['bar.example'], friendlyName: 'shop\u001b[2J' });
      const [first] = requests.pending;
      assert.ok(first);
      const renews = `CurrentUser\\MY\\${'A'.repeat(40)}`;
      const own = `CurrentUser\\MY\\${'B'.repeat(40)}`;
      requests.pending = [{ ...first, renews, certificates: [renews, own] }];
      const { output, json } = { ...(await csr('ls')), json: (await csr('ls', '--json')).json() };
      const [head, row, note, ...others] = output().trimEnd().split('\n');
      assert.match(head ?? '', /^Name +Subject +Created +Age +Request$/);
      assert.match(row ?? '', /^shop\?\[2J +CN=bar\.example +2030-01-02 .*CurrentUser\\REQUEST\\/);
      assert.match(note ?? '', /B{40} has its key already/);
      assert.deepEqual(others, []);
      assert.deepEqual((json['requests'] as { certificates: unknown }[])[0]?.certificates, [renews, own]);
    });
  });

  describe('show', () => {
    it('shows a file', async () => {
      const { request } = await requests.createRequest({ dns: ['bar.example'], template: 'WebServer' });
      writeFileSync(fileOf('show.der'), request.der);
      const outcome = await csr('show', fileOf('show.der'));
      assert.equal(outcome.code, 0, outcome.errors());
      assert.match(
        outcome.output(),
        /^bar\.example\nsubject +CN=bar\.example\nnames +bar\.example\npurposes +serverAuth\n/,
      );
      assert.match(outcome.output(), /template +WebServer\n/);
      assert.equal((await csr('show', fileOf('show.der'), '--pem')).output(), request.pem);
    });

    it('shows a pending one by its name', async () => {
      const { reference, request } = await requests.createRequest({
        dns: ['bar.example'],
        friendlyName: 'shop',
      });
      const outcome = await csr('show', 'shop');
      assert.match(outcome.output(), /^shop\n/);
      assert.ok(outcome.output().includes(reference));
      assert.equal((await csr('show', reference, '--pem')).output(), request.pem);
    });

    it('shows one of another program, which has no copy', async () => {
      await requests.createRequest({ dns: ['bar.example'] });
      requests.pending = requests.pending.map((each) => ({ ...each, request: null }));
      const reference = requests.pending[0]?.reference ?? '';
      assert.match((await csr('show', reference)).output(), /another program made it/);
      assert.equal((await csr('show', reference, '--pem')).code, 2);
    });

    it('refuses a file that is none', async () => {
      writeFileSync(fileOf('bar.pem'), bar.cert);
      const outcome = await csr('show', fileOf('bar.pem'));
      assert.equal(outcome.code, 1);
      assert.match(outcome.errors(), /holds no certificate request: it is a certificate/);
    });
  });

  describe('complete', () => {
    beforeEach(async () => {
      await requests.createRequest({ dns: ['bar.example'], friendlyName: 'shop' });
      requests.issued = bar.der;
      const system = new ScriptedSystem();
      const certificate = new Certificate(
        system.hand({ encoded: Buffer.from(bar.der), properties: new Map(), location: null }),
        null,
      );
      requests.result = {
        certificate,
        request: requests.pending[0] ?? null,
        placements: [{ certificate, role: 'identity', store: 'CurrentUser\\MY', action: 'added' }],
        differences: [{ what: 'names', asked: ['a'], given: [], meaning: 'It lacks the name a.' }],
        verdict: { state: 'incomplete', faults: ['IS_PARTIAL_CHAIN'], chain: ['CN=bar.example'] },
        missing: [
          { code: 'ISSUER_MISSING', meaning: 'Windows has no certificate of X.', remedy: 'Ask for it.' },
        ],
        renewed: null,
      };
    });

    it('says where it is, what differs and what is missing', async () => {
      const outcome = await csr('complete', 'www.cer', '--store', 'WebHosting', '--search-keys');
      assert.equal(outcome.code, 0, outcome.errors());
      assert.match(
        outcome.output(),
        /^added bar\.example \([0-9A-F]{40}\) with its key to CurrentUser\\MY\nits chain is incomplete on this machine\ndiffers from the request: It lacks the name a\.\nWindows has no certificate of X\.\n {2}advice {2}Ask for it\.\n$/,
      );
      assert.deepEqual(requests.changes, ['complete', 'dispose']);
      const [options] = requests.completions;
      assert.deepEqual(
        [options?.store, options?.searchKeys, options?.trustRoot],
        ['WebHosting', true, false],
      );
    });

    it('gives all of it as JSON', async () => {
      const facts = (await csr('complete', 'www.cer', '--json')).json();
      assert.equal(facts['ok'], true);
      assert.deepEqual((facts['verdict'] as { state: string }).state, 'incomplete');
      assert.deepEqual(
        (facts['missing'] as { code: string }[]).map(({ code }) => code),
        ['ISSUER_MISSING'],
      );
    });

    it('changes nothing with --dry-run', async () => {
      const outcome = await csr('complete', 'www.cer', '--dry-run');
      assert.match(
        outcome.output(),
        /^would complete CurrentUser\\REQUEST\\\d+ with bar\.example in CurrentUser\\MY\n$/,
      );
      assert.deepEqual(requests.changes, []);
    });

    it('asks before it trusts a root, or changes what belongs to the machine', async () => {
      const trusting = await csr('complete', 'www.cer', '--trust-root');
      assert.equal(trusting.code, 2);
      assert.match(trusting.errors(), /Every certificate that bar\.example signs will be trusted/);
      requests.pending = requests.pending.map((each) => ({ ...each, location: 'LocalMachine' as const }));
      const ofMachine = await csr('complete', 'www.cer');
      assert.equal(ofMachine.code, 2);
      assert.match(ofMachine.errors(), /LocalMachine\\MY is not only used by this account/);
      assert.deepEqual(requests.changes, []);
      assert.equal((await csr('complete', 'www.cer', '--trust-root', '--yes')).code, 0);
    });
  });

  describe('cancel', () => {
    it('removes it, and asks before it deletes a key', async () => {
      const { reference } = await requests.createRequest({ dns: ['bar.example'], friendlyName: 'shop' });
      const outcome = await csr('cancel', 'shop');
      assert.equal(outcome.output(), `cancelled shop (${reference})\n`);
      const asking = await csr('cancel', 'shop', '--with-key');
      assert.equal(asking.code, 2);
      assert.match(asking.errors(), /A deleted key cannot be restored\. Cancel shop/);
      assert.equal((await csr('cancel', 'shop', '--with-key', '--dry-run')).code, 0);
      assert.equal((await csr('cancel', 'shop', '--with-key', '--yes')).code, 0);
      assert.deepEqual(requests.changes, [`cancel ${reference}`, `cancel ${reference} with key`]);
    });

    it('says that there is none', async () => {
      const outcome = await csr('cancel', 'nothing');
      assert.equal(outcome.code, 1);
      assert.match(outcome.errors(), /ERR_SCHANNEL_REQUEST_NOT_FOUND/);
    });
  });

  describe('cert repair', () => {
    it('links a certificate to its key again', async () => {
      const { reference, thumbprint } = stores.put('CurrentUser\\MY', bar.der);
      const dry = await schannel(['cert', 'repair', 'bar.example', '--dry-run']);
      assert.equal(dry.output(), `would search the private key of bar.example (${thumbprint})\n`);
      assert.deepEqual(requests.changes, []);
      const outcome = await schannel(['cert', 'repair', 'bar.example']);
      assert.equal(outcome.code, 0, outcome.errors());
      assert.match(outcome.output(), /^repaired bar\.example .*\nits private key is "found" in /);
      assert.deepEqual(requests.changes, [`repair ${reference}`]);
    });
  });
});
