import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parsePfx } from '#lib/formats/pfx/parse.js';
import { openStore } from 'schannel/store';
import { selfSigned } from '../../support/certificates.js';
import { listContainers } from '../../support/native-store.js';
import { createOwnStore, deleteOwnStore, ownStoreName } from '../../support/own-store.js';
import {
  schannel,
  schannelHere,
  startSchannel,
  type ProcessOutcome,
} from '../../support/schannel-process.js';
import { skipOnRealWindows } from '../../support/windows.js';

/** What these tests look at of the JSON. */
interface Entry {
  readonly reference: string;
  readonly thumbprint: string;
  readonly dnsNames: readonly string[];
  readonly friendlyName: string | null;
  readonly hasPrivateKey: boolean;
  readonly key?: { readonly usable: boolean; readonly container?: string | null };
}

interface Printed {
  readonly ok: boolean;
  readonly certificates?: readonly Entry[];
  readonly certificate?: Entry;
  readonly files?: readonly { readonly certificates: readonly { readonly action: string }[] }[];
  readonly error: { readonly code?: string; readonly candidates?: readonly string[] } | null;
}

const printed = ({ stdout }: ProcessOutcome): Printed => JSON.parse(stdout) as Printed;

const PASSWORD = { SCHANNEL_PASSWORD: 'geheim äöü' };

describe('the schannel cert command', () => {
  let folder: string;
  let name: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'schannel-cert-ü-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    name = `${randomUUID()}.example`;
  });
  afterEach(async () => {
    // What a test that failed has left.
    using store = await openStore('MY');
    for (const each of await store.find({ dns: name }))
      await store.remove(each, { withKey: each.hasPrivateKey });
  });

  type Run = (args: readonly string[], env?: Record<string, string>) => Promise<ProcessOutcome>;
  const cert: Run = (args, env = {}) => schannelHere(['cert', ...args], { env, cwd: folder });
  const inProcess: Run = (args, env = {}) => schannel(['cert', ...args], { env, cwd: folder });

  /** Runs what has to succeed. */
  async function must(
    args: readonly string[],
    env: Record<string, string> = {},
    run: Run = cert,
  ): Promise<Printed> {
    const outcome = await run([...args, '--json'], env);
    assert.equal(outcome.code, 0, outcome.stderr);
    return printed(outcome);
  }

  const containerOf = async (): Promise<string> => {
    const { certificate } = await must(['show', name]);
    assert.equal(certificate?.key?.usable, true);
    return certificate.key.container ?? '';
  };

  it('makes, lists, exports, removes and imports a certificate with its key', async () => {
    const more = ['--friendly-name', `x ${name}`, '--exportable', '--yes'];
    const made = await must(['new', '--self-signed', '--dns', name, ...more], {}, inProcess);
    const { certificates = [] } = await must(['ls']);
    const [entry] = certificates.filter(({ dnsNames }) => dnsNames.includes(name));
    assert.deepEqual(entry, made.certificate);
    assert.equal(entry?.friendlyName, `x ${name}`);
    const container = await containerOf();
    assert.ok((await listContainers()).includes(container));

    await must(['check', name, '--server']);
    await must(['export', name, '--out', 'x.pfx'], PASSWORD, inProcess);
    const pfx = parsePfx(readFileSync(join(folder, 'x.pfx')), PASSWORD.SCHANNEL_PASSWORD);
    assert.equal(pfx.identities.length, 1);

    await must(['rm', name, '--with-key', '--yes']);
    assert.ok(!(await listContainers()).includes(container));
    const missing = await cert(['show', name, '--json']);
    assert.equal(missing.code, 1);
    assert.equal(printed(missing).error?.code, 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND');

    const { files } = await must(['import', 'x.pfx'], PASSWORD, inProcess);
    assert.equal(files?.[0]?.certificates[0]?.action, 'added');
    const imported = await containerOf();
    assert.notEqual(imported, container);
    const refused = await cert(['export', name, '--out', 'y.pfx', '--json'], PASSWORD);
    assert.equal(refused.code, 1);
    assert.equal(printed(refused).error?.code, 'ERR_SCHANNEL_KEY_NOT_EXPORTABLE');

    const expiring = await cert(['expiring', '--within', '400d', '--has-key', '--json']);
    assert.equal(expiring.code, 10);
    assert.ok(printed(expiring).certificates?.some(({ dnsNames }) => dnsNames.includes(name)));

    await must(['rm', name, '--with-key', '--yes']);
    assert.ok(!(await listContainers()).includes(imported));
  });

  it('does nothing without a terminal to ask on', async () => {
    await must(['new', '--self-signed', '--dns', name, '--yes']);
    const refused = await inProcess(['rm', name, '--with-key']);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /--yes/);
    const dry = await cert(['rm', name, '--with-key', '--dry-run']);
    assert.match(dry.stdout, /^would remove /);
    await containerOf();
    const unprompted = await cert(['export', name, '--out', 'z.pfx']);
    assert.equal(unprompted.code, 2);
    assert.match(unprompted.stderr, /SCHANNEL_PASSWORD/);
    await must(['rm', name, '--with-key', '--yes']);
  });

  it('trusts a certificate for the machine, and trusts it no longer', async function () {
    skipOnRealWindows(this, 'what every account trusts');
    const root = await selfSigned({ subject: `CN=${name}`, altNames: [] });
    writeFileSync(join(folder, 'root.pem'), root.cert);
    // Wine fills its Root with the roots of the host for each session, and keeps no others.
    const place = ['--store', 'TrustedPeople', '--location', 'LocalMachine'];
    assert.equal((await cert(['trust', 'root.pem', ...place])).code, 2);
    const { certificate } = await must(['trust', 'root.pem', ...place, '--yes']);
    assert.match(certificate?.reference ?? '', /^LocalMachine\\TrustedPeople\\/);
    assert.equal((await must(['find', ...place, '--subject', name])).certificates?.length, 1);
    await must(['untrust', name, ...place, '--yes']);
    assert.equal((await cert(['find', ...place, '--subject', name])).code, 1);
  });

  describe('on a separate store', () => {
    let store: string;
    beforeEach(async () => {
      store = ownStoreName();
      (await createOwnStore(store)).close();
    });
    afterEach(() => deleteOwnStore(store));

    const make = async (): Promise<string> => {
      const { certificate } = await must([
        'new',
        '--self-signed',
        '--dns',
        name,
        '--days',
        '9',
        '--store',
        store,
      ]);
      return certificate?.reference ?? '';
    };

    it('lists several of one name and refuses', async () => {
      const references = [await make(), await make()];
      const outcome = await cert(['rm', name, '--store', store, '--json']);
      assert.equal(outcome.code, 2);
      assert.deepEqual([...(printed(outcome).error?.candidates ?? [])].sort(), references.sort());
      for (const reference of references) {
        assert.ok(outcome.stderr.includes(reference), outcome.stderr);
        await must(['rm', reference, '--with-key', '--yes']);
      }
      assert.deepEqual((await must(['ls', '--store', store])).certificates, []);
    });

    it('tells monitoring what expires', async () => {
      assert.equal((await cert(['expiring', '--store', store])).code, 0);
      const reference = await make();
      assert.equal((await cert(['expiring', '--store', store, '--within', '8d'])).code, 0);
      assert.equal((await cert(['expiring', '--store', store, '--within', '10d'])).code, 10);
      await must(['rm', reference, '--with-key', '--yes']);
    });

    it('watches', async () => {
      const watching = startSchannel(['cert', 'watch', '--store', store, '--once', '--json', '--for', '90s']);
      const lines = createInterface(watching.stdout)[Symbol.asyncIterator]();
      const closed = once(watching, 'close');
      const [ready] = (await once(watching.stderr, 'data')) as [Buffer];
      assert.match(ready.toString(), /^Watching CurrentUser\\/);
      const reference = await make();
      const { value } = (await lines.next()) as { value: string };
      const { type, certificate } = JSON.parse(value) as { type: string; certificate: Entry };
      assert.deepEqual([type, certificate.reference], ['added', reference]);
      assert.deepEqual(await closed, [0, null]);
      await must(['rm', reference, '--with-key', '--yes']);
    });
  });
});
