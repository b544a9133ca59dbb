import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { NativeKeyLocation } from '#lib/native/store-binding.js';
import { planCompletion } from '#lib/windows/request/completion-plan.js';
import { executeCompletion } from '#lib/windows/request/completion-target.js';
import type { ImportPlan } from '#lib/windows/import-export/plan.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { sharedRoot, type TestCertificate } from '../../../support/certificates.js';
import { ScriptedImportTarget } from '../../../support/scripted-import-target.js';

class Failing extends Error {}

const KEY: NativeKeyLocation = {
  container: 'schannel-request-1',
  provider: 'scripted',
  providerType: 0,
  flags: 0,
  keySpec: 0,
};

/** Stores and keys with a pending request: its key, and its entry in REQUEST. */
class PendingTarget extends ScriptedImportTarget {
  isPending = true;

  constructor() {
    super();
    this.keys.add(KEY.container);
  }

  /** Also the last step is one that can fail. */
  removeEntry = (): Promise<void> => {
    this.calls.push('remove entry');
    this.onCall('remove entry', this.calls.length);
    this.isPending = false;
    return Promise.resolve();
  };
}

describe('windows/request/completion-target', () => {
  let leaf: TestCertificate;
  let authority: TestCertificate;
  let root: TestCertificate;
  before(async () => {
    const anchor = await sharedRoot();
    const middle = await anchor.authority('CN=schannel test middle');
    root = anchor.certificate;
    authority = middle.certificate;
    leaf = await middle.issue({ subject: 'CN=leaf.test' });
  });

  const parsed = ({ cert }: TestCertificate): X509Certificate => new X509Certificate(cert);
  const plan = (): ImportPlan => {
    const certificate = parsed(leaf);
    return planCompletion(certificate, certificate.publicKey, [leaf, authority, root].map(parsed), 'shop');
  };
  const complete = (target: PendingTarget, trustRoot = true): Promise<unknown> =>
    executeCompletion(plan(), target, KEY, { trustRoot, last: target.removeEntry });
  const own = (target: ScriptedImportTarget): unknown =>
    [...target.stores.own.values()].map(({ keyLocation, friendlyName }) => [
      keyLocation?.container,
      friendlyName,
    ]);

  it('gives the certificate the key and the name of the request, and removes the entry last', async () => {
    const target = new PendingTarget();
    await complete(target);
    assert.deepEqual(own(target), [[KEY.container, 'shop']]);
    assert.equal(target.stores.CA.size, 1);
    assert.equal(target.stores.Root.size, 1);
    assert.equal(target.isPending, false);
    assert.equal(target.calls.at(-1), 'remove entry');
    assert.ok(!target.calls.includes('keepKey'));
    assert.deepEqual([...target.keys], [KEY.container]);
  });

  it('gives the key to a certificate that was imported instead', async () => {
    const target = new PendingTarget();
    const store = await target.store('own');
    await store.add(leaf.der, { onExisting: 'error' });
    await complete(target);
    assert.deepEqual(own(target), [[KEY.container, 'shop']]);
  });

  it('undoes everything but keeps the key, whichever step fails', async () => {
    const counting = new PendingTarget();
    await complete(counting);
    const steps = counting.calls.length;
    assert.ok(steps > 8);
    for (let failing = 1; failing <= steps; failing++) {
      const target = new PendingTarget();
      const before = target.state;
      target.onCall = (_, count) => {
        if (count === failing) throw new Failing(`step ${count}`);
      };
      await assert.rejects(complete(target), Failing);
      assert.deepEqual(target.state, before, `step ${failing}: ${target.calls.join(', ')}`);
      assert.equal(target.isPending, true);
    }
  });

  it('loses nothing if the process is killed, whichever step was the last, and completes again', async () => {
    const counting = new PendingTarget();
    await complete(counting);
    const steps = counting.calls.length;
    for (let killed = 1; killed <= steps; killed++) {
      const target = new PendingTarget();
      // Nothing happens after that, no undo either.
      target.onCall = (_, count) => {
        if (count >= killed) throw new Failing(`killed at ${count}`);
      };
      await assert.rejects(complete(target), (error) => error instanceof Failing || isLeftovers(error));
      assert.equal(target.isPending, true, `the entry is gone after ${killed} steps`);
      assert.ok(target.keys.has(KEY.container), `the key is gone after ${killed} steps`);

      target.onCall = () => undefined;
      await complete(target);
      assert.deepEqual(own(target), [[KEY.container, 'shop']], `${killed} steps`);
      assert.equal(target.stores.CA.size, 1);
      assert.equal(target.isPending, false);
    }
  });

  it('undoes nothing of what was there before', async () => {
    const target = new PendingTarget();
    await complete(target);
    target.isPending = true;
    const before = target.state;
    target.onCall = (call) => {
      if (call === 'remove entry') throw new Failing('denied');
    };
    await assert.rejects(complete(target), Failing);
    assert.deepEqual(target.state, before);
  });
});

const isLeftovers = (error: unknown): boolean =>
  error instanceof SchannelError && error.code === 'ERR_SCHANNEL_IMPORT_LEFTOVERS';
