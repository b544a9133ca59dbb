import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { checkPolicy, type Policy, readPolicy } from 'schannel/policy';
import { probe } from 'schannel/probe';
import { native } from '#lib/native/load.js';
import { fixture } from '../../support/child.js';
import { handlesBackTo, settledCounts } from '../../support/native-store.js';
import { schannel } from '../../support/schannel-process.js';
import { skipOnDouble, skipOnRealWindows } from '../../support/windows.js';

const PROTOCOLS = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols';

type Tls11 = Policy['protocols']['TLS 1.1'];

/** What the fixture says. */
interface Told {
  readonly port: number;
  readonly tls11: Tls11;
}

interface Seen {
  readonly tls11: Tls11;
  /** Whether a probe gets TLS 1.1, and TLS 1.2. */
  readonly served: boolean | null;
  readonly tls12: boolean | null;
}

/** A program that we didn't write. */
const reg = async (...args: readonly string[]): Promise<void> => {
  await promisify(execFile)('reg.exe', [...args]);
};

describe('schannel policy', () => {
  let folder: string;
  let undo: string;

  before(function () {
    skipOnDouble(this, 'the registry and the versions of a credential are those of Wine');
  });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'schannel-policy-'));
    undo = path.join(folder, 'undo.reg');
  });

  afterEach(() => rm(folder, { recursive: true }));

  const exported = async (name: string): Promise<Buffer> => {
    const file = path.join(folder, name);
    await reg('export', PROTOCOLS, file, '/y');
    return readFile(file);
  };

  /** What a server in a new process serves, and what it reads: Wine reads the versions once for each process. */
  const seen = async (): Promise<Seen> => {
    const child = spawn(process.execPath, [fixture('tls11-server')], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const { port, tls11 } = JSON.parse(line) as Told;
      const { versions } = await probe({ host: '127.0.0.1', port, servername: 'localhost' }, { checks: [] });
      const [tls12, served] = (['TLSv1.2', 'TLSv1.1'] as const).map((name) => versions[name].offered);
      return { tls11, served: served ?? null, tls12: tls12 ?? null };
    } finally {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    }
  };

  const switchOff = async (...more: readonly string[]): Promise<void> => {
    const args = ['policy', 'set', 'protocol', 'TLS 1.1', 'server', 'off', '--undo', undo, ...more];
    const { code, stderr } = await schannel(args);
    assert.equal(code, 0, stderr);
  };

  it('reads settings, and leaves no handle open', async () => {
    // Without what earlier tests have left, which is released at any time.
    const before = await settledCounts();
    const policy = await readPolicy();
    assert.deepEqual(native().handleCounts(), before);
    assert.equal(policy.protocols['TLS 1.2'].client.effective, true);
    assert.equal(typeof policy.fips.effective, 'boolean');
  });

  it('finds nothing that breaks connections, in the roots either, and leaves no handle open', async () => {
    const before = native().handleCounts();
    const { usable, findings } = await checkPolicy();
    await handlesBackTo(before);
    assert.equal(usable, true);
    assert.ok(!findings.some(({ code }) => code === 'STORE_UNREAD'));
  });

  describe('of one version', () => {
    before(function () {
      skipOnRealWindows(this, 'the versions of TLS');
    });

    afterEach(async () => {
      // No other test serves TLS 1.1, so none notices while it is off.
      await reg('delete', `${PROTOCOLS}\\TLS 1.1`, '/f').catch(() => undefined);
    });

    it('switches a version off, which a new process and those who probe it see, and undoes it to the byte', async () => {
      const before = await exported('before.reg');
      const all = await seen();
      assert.deepEqual([all.tls11.server.effective, all.served, all.tls12], [true, true, true]);

      await switchOff('--dry-run');
      assert.deepEqual(await exported('dry.reg'), before);

      await switchOff('--yes');
      const { tls11, served, tls12 } = await seen();
      const { server, client } = tls11;
      assert.deepEqual([served, tls12], [false, true]);
      assert.deepEqual([server.state, server.decidedBy, server.effective], ['disabled', 'registry', false]);
      assert.deepEqual([client.state, client.effective], ['default', true]);

      const undone = await schannel(['policy', 'undo', undo, '--yes']);
      assert.equal(undone.code, 0, undone.stderr);
      assert.deepEqual(await exported('after.reg'), before);
      assert.deepEqual(await seen(), all);
    });

    it('writes undo files that reg.exe imports', async () => {
      const before = await exported('before.reg');
      await switchOff('--yes');
      assert.notDeepEqual(await exported('between.reg'), before);
      await reg('import', undo);
      assert.deepEqual(await exported('after.reg'), before);
    });
  });
});
