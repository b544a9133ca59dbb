import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { NativeHandleCounts } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import type { Certificate } from '#lib/windows/store/certificate.js';
import { expiring } from '#lib/windows/store/expiring.js';
import { expiryAlarms } from '#lib/windows/store/expiry-alarms.js';
import { thumbprintOf } from '#lib/windows/store/snapshot.js';
import { type CertificateStore, openStore } from '#lib/windows/store/store.js';
import type { StoreChange, StoreWatcher } from '#lib/windows/store/watch.js';
import { daysFromNow, sharedRoot } from '../../support/certificates.js';
import { handlesBackTo } from '../../support/native-store.js';

const run = promisify(execFile);

describe('watching a store', () => {
  let folder: string;
  let thumbprint: string;
  let store: CertificateStore;
  let before: NativeHandleCounts;

  /** Another process makes the change. */
  const elsewhere = (what: 'add' | 'rename' | 'remove'): Promise<unknown> =>
    run(process.execPath, [join(__dirname, 'change-program.js'), what, join(folder, 'certificate')]);

  /** The next change of this test's certificate; others may use MY at the same time. */
  async function nextOf(watcher: StoreWatcher<Certificate>): Promise<StoreChange<Certificate>> {
    for (;;) {
      const { value } = await watcher.next();
      assert.ok(value, 'watching has ended');
      if (value.thumbprint === thumbprint) return value;
      value.certificate.close();
    }
  }

  beforeEach(async () => {
    const { der } = await (await sharedRoot()).issue({ notAfter: daysFromNow(3) });
    thumbprint = thumbprintOf(der);
    folder = mkdtempSync(join(tmpdir(), 'schannel-watch-'));
    writeFileSync(join(folder, 'certificate'), der);
    before = native().handleCounts();
    store = await openStore('MY');
  });
  afterEach(async () => {
    for (const left of await store.find({ thumbprint })) await store.remove(left);
    store.close();
    await handlesBackTo(before);
    rmSync(folder, { recursive: true });
  });

  it('reports what another process adds, changes and removes', async () => {
    const watcher = store.watch({ interval: 50 });
    await watcher.started;

    const added = nextOf(watcher);
    await elsewhere('add');
    const { type, reference, certificate } = await added;
    assert.deepEqual([type, reference], ['added', `CurrentUser\\MY\\${thumbprint}`]);
    assert.equal(certificate.friendlyName, 'one');

    const changed = nextOf(watcher);
    await elsewhere('rename');
    assert.equal((await changed).type, 'changed');

    const removed = nextOf(watcher);
    await elsewhere('remove');
    const last = await removed;
    assert.equal(last.type, 'removed');
    assert.equal(last.certificate.friendlyName, 'two');
    assert.equal(last.certificate.subject, 'CN=localhost');
    await assert.rejects(last.certificate.setFriendlyName('x'), {
      code: 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND',
    });
    last.certificate.close();
    await watcher.return();
  });

  it('reports what this process changes', async () => {
    const watcher = store.watch({ interval: 50 });
    await watcher.started;
    const other = await openStore('MY');
    const der = readFileSync(join(folder, 'certificate'));
    await other.add(der);
    assert.equal((await nextOf(watcher)).type, 'added');
    await other.remove(thumbprint);
    assert.equal((await nextOf(watcher)).type, 'removed');
    other.close();
  });

  it('ends with its store', async () => {
    const watcher = store.watch();
    await watcher.started;
    const next = nextOf(watcher);
    const other = await openStore('MY');
    store.close();
    await assert.rejects(next, { message: 'watching has ended' });
    store = other;
  });

  it('raises an alarm when a certificate that is near its end comes', async () => {
    const alarms = expiryAlarms(store, {
      before: ['30d', '7d'],
      interval: 50,
      where: (certificate) => certificate.thumbprint === thumbprint,
    });
    const next = alarms.next();
    await elsewhere('add');
    const { value } = await next;
    assert.equal(value?.before, '7d');
    assert.ok(value.left > 0);
    value.certificate.close();
    await alarms.return?.();

    const found = await expiring(store, { within: '7d', where: (each) => each.thumbprint === thumbprint });
    assert.deepEqual(
      found.map((each) => each.reference),
      [`CurrentUser\\MY\\${thumbprint}`],
    );
  });
});
