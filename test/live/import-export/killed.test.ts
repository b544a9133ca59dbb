import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { native } from '#lib/native/load.js';
import { listKeys } from '#lib/windows/key/keys.js';
import { writePrivateFile } from '#lib/windows/import-export/write-file.js';
import { temporaryName } from '#lib/windows/import-export/temporary-name.js';
import { journalPath } from '#lib/windows/key-journal/record.js';
import { importPfx, openStore, sweepOrphans } from 'schannel/store';
import { selfSigned, type TestCertificate } from '../../support/certificates.js';
import { fixture } from '../../support/child.js';
import { derOf } from '../../support/key-material.js';
import { buildPfx } from '../../support/pfx-builder.js';
import { skip } from '../../support/skip.js';
import { onWine, skipOnRealWindows } from '../../support/windows.js';

type Location = 'CurrentUser' | 'LocalMachine';

describe('an import that is killed', () => {
  let folder: string;
  let file: string;
  let leaf: TestCertificate;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-killed-'));
    file = path.join(folder, 'x.pfx');
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    leaf = await selfSigned({ subject: `CN=killed ${randomUUID()}`, key: 'rsa' });
    const bags = [{ certificate: leaf.der }, { key: derOf(leaf.key), encryption: '3des' }] as const;
    writeFileSync(file, buildPfx({ parts: [{ bags }], iterations: 10, password: 'secret' }));
  });

  const thumbprint = (): string => new X509Certificate(leaf.der).fingerprint256.replaceAll(':', '');
  const load = async (location: Location): Promise<string> => {
    using result = await importPfx(file, { password: 'secret', location });
    return result.identities[0]?.keyLocation?.container ?? '';
  };

  /** Containers of keys from imports; other tests may have some. */
  const keys = async (location: Location): Promise<string[]> =>
    (await listKeys(location === 'LocalMachine'))
      .map(({ container }) => container)
      .filter((name) => name.startsWith('schannel-import-'));

  /** The certificate's key; null if it is not there. */
  async function keyOf(location: Location): Promise<string | null> {
    using store = await openStore('MY', { location });
    const found = await store.findOne({ thumbprint: thumbprint() });
    return found?.keyLocation?.container ?? null;
  }

  async function clear(location: Location): Promise<void> {
    using store = await openStore('MY', { location });
    const found = await store.findOne({ thumbprint: thumbprint() });
    if (found !== null) await store.remove(found, { withKey: true });
  }

  const records = (location: Location): Promise<string[]> =>
    new Promise((resolve) => {
      native().readRegistry(journalPath(location === 'LocalMachine'), 0, ({ value }) => {
        resolve((value ?? []).flatMap(({ values }) => values.map(({ name }) => name)));
      });
    });

  /** Starts it, and has it killed where it stops; before that `during` runs. */
  async function stop(
    call: string,
    work: string,
    location: Location,
    during: () => Promise<void>,
  ): Promise<void> {
    const child = spawn(process.execPath, [
      fixture('stopped-import'),
      ...[call, work, file, location, thumbprint()],
    ]);
    const ended = once(child, 'close');
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [first] = (await Promise.race([once(child.stdout, 'data'), ended])) as unknown[];
    assert.match(String(first), /^stopped/, said);
    await during();
    child.kill('SIGKILL');
    await ended;
  }

  for (const location of ['CurrentUser', 'LocalMachine'] as const) {
    describe(`in ${location}`, () => {
      const isUnknown = onWine() && location === 'LocalMachine';
      before(function () {
        if (location === 'LocalMachine') skipOnRealWindows(this, 'the stores and keys of the machine');
        if (isUnknown) skip(this, 'Wine neither lists nor finds keys of the machine');
      });
      afterEach(async () => {
        if (!isUnknown) await clear(location);
      });

      it('before its certificate is there leaves a key only until the next sweep', async () => {
        const before = await keys(location);
        const added = async (): Promise<string[]> =>
          (await keys(location)).filter((name) => !before.includes(name));
        await stop('createCertificate', 'import', location, async () => {
          await sweepOrphans();
          assert.equal((await added()).length, 1, 'a living import is spared');
        });
        const { failures } = await sweepOrphans();
        assert.deepEqual(failures, []);
        assert.deepEqual(await added(), []);
      });

      it('before its certificate is there leaves a key only until the next import', async () => {
        const before = await keys(location);
        await stop('createCertificate', 'import', location, () => Promise.resolve());
        const container = await load(location);
        assert.deepEqual(
          (await keys(location)).filter((name) => !before.includes(name)),
          [container],
        );
      });

      it('when all is in place keeps it', async () => {
        await stop('removeRegistryValue', 'import', location, () => Promise.resolve());
        const container = (await keyOf(location)) ?? '';
        assert.ok((await records(location)).some((name) => name.startsWith(container)));
        const { failures } = await sweepOrphans();
        assert.deepEqual(failures, []);
        assert.ok((await keys(location)).includes(container));
        assert.ok(!(await records(location)).some((name) => name.startsWith(container)));
        assert.equal(await load(location), container, 'the key is usable');
      });

      it('before the former key of its certificate is removed leaves it only until the next sweep', async () => {
        const former = await load(location);
        await stop('deleteKey', 'replace', location, async () => {
          await sweepOrphans();
          assert.ok((await keys(location)).includes(former));
        });
        await sweepOrphans();
        const now = (await keyOf(location)) ?? '';
        assert.notEqual(now, former);
        const left = await keys(location);
        assert.deepEqual([left.includes(now), left.includes(former)], [true, false]);
      });

      it('leaves a key as little as a removal that is killed', async () => {
        const container = await load(location);
        await stop('deleteKey', 'remove', location, () => Promise.resolve());
        await sweepOrphans();
        assert.equal(await keyOf(location), null);
        assert.ok(!(await keys(location)).includes(container));
      });
    });
  }

  it('leaves no record when it is not killed', async () => {
    const container = await load('CurrentUser');
    await clear('CurrentUser');
    assert.ok(!(await records('CurrentUser')).some((name) => name.startsWith(container)));
  });

  it('works without records if none can be written', async () => {
    const addon = native();
    const { setRegistryValue } = addon;
    const ERROR_ACCESS_DENIED = 5;
    let refused = 0;
    const refusing: typeof setRegistryValue = (_path, _value, callback) => {
      refused += 1;
      setImmediate(callback, { status: ERROR_ACCESS_DENIED, syscall: 'RegCreateKeyExW' });
    };
    Object.defineProperty(addon, 'setRegistryValue', { value: refusing, configurable: true, writable: true });
    try {
      assert.match(await load('CurrentUser'), /^schannel-import-/);
      assert.equal(refused, 1);
    } finally {
      Object.defineProperty(addon, 'setRegistryValue', {
        value: setRegistryValue,
        configurable: true,
        writable: true,
      });
      await clear('CurrentUser');
    }
  });
});

/** UV_FS_O_EXLOCK: as the writer of a file has it open. */
const SHARED_WITH_NOBODY = 0x10000000;

describe('a file that a killed process did not complete', () => {
  let folder: string;
  let target: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-file-'));
    target = path.join(folder, 'key.pem');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('goes when the next one is written, unless somebody writes it', async () => {
    const dead = temporaryName(target);
    writeFileSync(dead, 'left');
    const alive = temporaryName(target);
    const writer = openSync(alive, constants.O_CREAT | constants.O_RDWR | SHARED_WITH_NOBODY);
    await writePrivateFile(target, 'new');
    assert.deepEqual(readdirSync(folder).sort(), [path.basename(alive), 'key.pem'].sort());
    closeSync(writer);
    await writePrivateFile(target, 'newer', { overwrite: true });
    assert.deepEqual(readdirSync(folder), ['key.pem']);
  });
});
