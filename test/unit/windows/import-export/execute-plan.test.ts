import assert from 'node:assert/strict';
import { executePlan, type ExecuteOptions, type Placement } from '#lib/windows/import-export/execute-plan.js';
import { type ImportPlan, planImport } from '#lib/windows/import-export/plan.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { selfSigned, sharedRoot, type TestCertificate } from '../../../support/certificates.js';
import { materialOf } from '../../../support/import-material.js';
import { type ScriptedEntry, ScriptedImportTarget } from '../../../support/scripted-import-target.js';

const DEFAULTS: ExecuteOptions = { trustRoot: false, onExisting: 'keep' };

class Failing extends Error {}

describe('windows/import-export/execute-plan', () => {
  let leaf: TestCertificate;
  let renewed: TestCertificate;
  let stranger: TestCertificate;
  let authority: TestCertificate;
  let root: TestCertificate;
  before(async () => {
    const anchor = await sharedRoot();
    const middle = await anchor.authority('CN=schannel test middle');
    root = anchor.certificate;
    authority = middle.certificate;
    leaf = await middle.issue({ subject: 'CN=leaf.test' });
    renewed = await middle.issue({ subject: 'CN=renewed.test' });
    stranger = await middle.issue({ subject: 'CN=stranger.test' });
  });

  const planFor = (
    withKey: readonly TestCertificate[],
    others: readonly TestCertificate[] = [],
  ): ImportPlan => planImport(materialOf([...withKey, ...others], withKey, 'of the file'));
  const whole = (): ImportPlan => planFor([leaf, renewed], [stranger, authority, root]);
  const actions = (placements: readonly Placement<ScriptedEntry>[]): string[] =>
    placements.map(({ role, action, store }) => `${role} ${action} ${store}`);

  it('puts everything into the right store', async () => {
    const target = new ScriptedImportTarget();
    const placements = await executePlan(whole(), target, { ...DEFAULTS, trustRoot: true });
    assert.deepEqual(actions(placements), [
      'identity added CurrentUser\\MY',
      'identity added CurrentUser\\MY',
      'certificate added CurrentUser\\MY',
      'authority added CurrentUser\\CA',
      'root added CurrentUser\\Root',
    ]);
    const containers = [...target.stores.own.values()].map(({ keyLocation }) => keyLocation?.container);
    assert.deepEqual(containers, ['schannel-import-1', 'schannel-import-2', undefined]);
    assert.deepEqual(
      [...target.stores.Root.values()].map(({ trustedByName }) => trustedByName),
      [true],
    );
  });

  it('trusts a root only if asked to', async () => {
    const target = new ScriptedImportTarget();
    const placements = await executePlan(planFor([], [root]), target, DEFAULTS);
    assert.deepEqual(actions(placements), ['root not-added CurrentUser\\Root']);
    assert.equal(target.stores.Root.size, 0);
    assert.ok(!target.calls.includes('add Root'));
  });

  it("prefers the caller's name to the file's", async () => {
    const target = new ScriptedImportTarget();
    await executePlan(planFor([leaf]), target, DEFAULTS);
    await executePlan(planFor([renewed]), target, { ...DEFAULTS, friendlyName: 'of the caller' });
    const names = [...target.stores.own.values()].map(({ friendlyName }) => friendlyName);
    assert.deepEqual(names, ['of the file', 'of the caller']);
  });

  it('keeps one key for several certificates of it', async () => {
    const target = new ScriptedImportTarget();
    const other = await selfSigned({ subject: 'CN=same key' });
    const plan = planFor([leaf]);
    const [identity] = plan.identities;
    const [second] = planFor([other]).identities;
    assert.ok(identity && second);
    await executePlan(
      { ...plan, identities: [identity, { ...second, key: identity.key }] },
      target,
      DEFAULTS,
    );
    assert.equal(target.keys.size, 1);
    assert.equal(target.stores.own.size, 2);
  });

  describe('a second time', () => {
    it('changes nothing, and adds no second key', async () => {
      const target = new ScriptedImportTarget();
      await executePlan(whole(), target, { ...DEFAULTS, trustRoot: true });
      const before = target.state;
      target.calls.length = 0;
      const placements = await executePlan(whole(), target, DEFAULTS);
      assert.ok(placements.every(({ action }) => action === 'present'));
      assert.deepEqual(target.state, before);
      assert.ok(!target.calls.includes('keepKey'));
    });

    it('gives a certificate without its key the key from the file', async () => {
      const target = new ScriptedImportTarget();
      await executePlan(planFor([leaf]), target, DEFAULTS);
      target.keys.clear();
      const placements = await executePlan(planFor([leaf]), target, DEFAULTS);
      assert.deepEqual(actions(placements), ['identity replaced CurrentUser\\MY']);
      assert.deepEqual([...target.keys], ['schannel-import-2']);
    });

    it('"replace": the former key goes', async () => {
      const target = new ScriptedImportTarget();
      await executePlan(planFor([leaf]), target, DEFAULTS);
      await executePlan(planFor([leaf]), target, { ...DEFAULTS, onExisting: 'replace' });
      assert.deepEqual([...target.keys], ['schannel-import-2']);
      const [entry] = target.stores.own.values();
      assert.equal(entry?.keyLocation?.container, 'schannel-import-2');
    });

    it('"replace": the former key is noted before its certificate loses it', async () => {
      const target = new ScriptedImportTarget();
      await executePlan(planFor([leaf]), target, DEFAULTS);
      target.noted.clear();
      target.onCall = (call) => {
        if (call === 'add own')
          assert.deepEqual([...target.noted], ['schannel-import-1', 'schannel-import-2']);
      };
      await executePlan(planFor([leaf]), target, { ...DEFAULTS, onExisting: 'replace' });
      assert.deepEqual(target.ends, [true, true]);
    });

    it('"replace": a former key that is not of an import stays', async () => {
      const target = new ScriptedImportTarget();
      const store = await target.store('own');
      target.onCall = (call) => {
        assert.notEqual(call, 'noteKey');
      };
      target.keys.add('of somebody');
      const keyLocation = { container: 'of somebody', provider: '', providerType: 0, flags: 0, keySpec: 0 };
      await store.add(leaf.der, { onExisting: 'error', keyLocation });
      await executePlan(planFor([leaf]), target, { ...DEFAULTS, onExisting: 'replace' });
      assert.deepEqual([...target.keys], ['of somebody', 'schannel-import-1']);
    });

    it('"replace": a former key that another certificate has too stays', async () => {
      const target = new ScriptedImportTarget();
      const plan = planFor([leaf]);
      const [first] = plan.identities;
      const [second] = planFor([renewed]).identities;
      assert.ok(first && second);
      await executePlan({ ...plan, identities: [first, { ...second, key: first.key }] }, target, DEFAULTS);
      await executePlan(plan, target, { ...DEFAULTS, onExisting: 'replace' });
      assert.deepEqual([...target.keys], ['schannel-import-1', 'schannel-import-2']);
    });

    it('"replace": says that the former key could not be removed', async () => {
      const target = new ScriptedImportTarget();
      await executePlan(planFor([leaf]), target, DEFAULTS);
      target.onCall = (call) => {
        if (call === 'removeKey') throw new Failing('no right to');
      };
      await assert.rejects(executePlan(planFor([leaf]), target, { ...DEFAULTS, onExisting: 'replace' }), {
        code: 'ERR_SCHANNEL_IMPORT_LEFTOVERS',
        message: /The import is done, but the key "schannel-import-1"/,
      });
      // The new one is not taken back, and a sweep tries to remove the former one again.
      assert.equal(target.keys.size, 2);
      assert.deepEqual(target.ends, [true, false]);
    });

    it('"error": refuses, and adds nothing', async () => {
      const target = new ScriptedImportTarget();
      await executePlan(planFor([renewed]), target, DEFAULTS);
      const before = target.state;
      await assert.rejects(executePlan(whole(), target, { ...DEFAULTS, onExisting: 'error' }), {
        code: 'ERR_SCHANNEL_STORE_EXISTS',
      });
      assert.deepEqual(target.state, before);
    });
  });

  it('accepts what another process added meanwhile, and leaves no key', async () => {
    const target = new ScriptedImportTarget();
    let intruded = false;
    target.onCall = (call) => {
      if (call !== 'add own' || intruded) return;
      intruded = true;
      target.keys.add('of the other');
      const keyLocation = { container: 'of the other', provider: '', providerType: 0, flags: 0, keySpec: 0 };
      const entry = {
        ...target.outside(leaf.der),
        keyLocation,
        inspectKey: () => Promise.resolve({ usable: true }),
      };
      target.stores.own.set(entry.thumbprint, entry);
    };
    const placements = await executePlan(planFor([leaf]), target, DEFAULTS);
    assert.deepEqual(actions(placements), ['identity present CurrentUser\\MY']);
    assert.deepEqual([...target.keys], ['of the other']);
  });

  it('leaves no certificate where adding it failed after it was there', async () => {
    const target = new ScriptedImportTarget();
    const before = target.state;
    target.onAdded = () => {
      throw new Failing('no memory for the answer');
    };
    await assert.rejects(executePlan(planFor([leaf]), target, DEFAULTS), Failing);
    assert.deepEqual(target.state, before);
  });

  it('keeps an authority that was there only temporarily', async () => {
    const target = new ScriptedImportTarget();
    const entry = target.outside(authority.der);
    target.stores.CA.set(entry.thumbprint, entry);
    target.temporary.add(entry.thumbprint);
    assert.deepEqual(actions(await executePlan(planFor([], [authority]), target, DEFAULTS)), [
      'authority added CurrentUser\\CA',
    ]);
    assert.equal(target.temporary.size, 0);
    assert.deepEqual(actions(await executePlan(planFor([], [authority]), target, DEFAULTS)), [
      'authority present CurrentUser\\CA',
    ]);
  });

  it('gives up on a store that contradicts itself about a certificate', async () => {
    const target = new ScriptedImportTarget();
    target.onCall = (call) => {
      if (call === 'add own') throw new SchannelError('ERR_SCHANNEL_STORE_EXISTS', 'It is there');
    };
    await assert.rejects(executePlan(planFor([leaf]), target, DEFAULTS), {
      code: 'ERR_SCHANNEL_STORE_EXISTS',
    });
    assert.equal(target.keys.size, 0);
  });

  describe('a failure leaves nothing', () => {
    const SCENARIOS = {
      'in empty stores': () => Promise.resolve(new ScriptedImportTarget()),
      'in stores with some of it': async () => {
        const target = new ScriptedImportTarget();
        await executePlan(planFor([leaf], [authority]), target, DEFAULTS);
        return target;
      },
      'with an authority that is there for a while': () => {
        const target = new ScriptedImportTarget();
        const entry = target.outside(authority.der);
        target.stores.CA.set(entry.thumbprint, entry);
        target.temporary.add(entry.thumbprint);
        return Promise.resolve(target);
      },
      'where a key was lost': async () => {
        const target = new ScriptedImportTarget();
        await executePlan(planFor([leaf], [authority]), target, DEFAULTS);
        target.keys.clear();
        return target;
      },
    };
    for (const [title, prepare] of Object.entries(SCENARIOS)) {
      it(`at any step, ${title}`, async () => {
        const counting = await prepare();
        counting.calls.length = 0;
        const options = { ...DEFAULTS, trustRoot: true };
        await executePlan(whole(), counting, options);
        const steps = counting.calls.length;
        assert.ok(steps > 10);

        for (let failing = 1; failing <= steps; failing++) {
          const target = await prepare();
          const before = target.state;
          target.calls.length = 0;
          target.onCall = (_, count) => {
            if (count === failing) throw new Failing(`step ${count}`);
          };
          await assert.rejects(executePlan(whole(), target, options), Failing);
          assert.deepEqual(target.state, before, `step ${failing}, ${target.calls.join(', ')}`);
          assert.equal(target.ends.at(-1), false);
        }
      });
    }

    it('at any step, when it is cancelled', async () => {
      for (let step = 1; step <= 12; step++) {
        const target = new ScriptedImportTarget();
        const before = target.state;
        const controller = new AbortController();
        target.onCall = (_, count) => {
          if (count === step) controller.abort();
        };
        const { signal } = controller;
        await assert.rejects(executePlan(whole(), target, { ...DEFAULTS, signal }), { name: 'AbortError' });
        assert.deepEqual(target.state, before, `step ${step}`);
      }
    });
  });

  it('names what is left when the clean-up fails too, and removes all the rest', async () => {
    const target = new ScriptedImportTarget();
    target.onCall = (call) => {
      if (call === 'add CA') throw new Failing('the disk is full');
      if (call === 'remove own' && target.stores.own.size === 2) throw new Failing('no right to');
    };
    await assert.rejects(
      executePlan(planFor([leaf, renewed], [authority]), target, DEFAULTS),
      (error: SchannelError) => {
        assert.equal(error.code, 'ERR_SCHANNEL_IMPORT_LEFTOVERS');
        assert.match(
          error.message,
          /^the disk is full\. .*: the certificate CurrentUser\\MY\\[0-9A-F]{40} \(no right to\)/,
        );
        assert.ok(error.cause instanceof Failing);
        return true;
      },
    );
    assert.equal(target.stores.own.size, 2);
    assert.equal(target.keys.size, 0);
  });
});
