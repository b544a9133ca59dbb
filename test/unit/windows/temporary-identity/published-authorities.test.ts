import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { AuthorityStore, type Entry } from '#lib/windows/temporary-identity/authority-store.js';
import { readOwners, writeOwners } from '#lib/windows/temporary-identity/owner-list.js';
import { Owner } from '#lib/windows/key-journal/owner.js';
import {
  PublishedAuthorities,
  publishing,
  sweeping,
  withdrawing,
} from '#lib/windows/temporary-identity/published-authorities.js';
import { runProcedureSync } from '#lib/windows/temporary-identity/procedure.js';
import { ScriptedMachine, type ScriptedProcess } from '../../../support/scripted-machine.js';
import { OWN_PROPERTY } from '#lib/windows/store/properties.js';

const A = Buffer.from('certificate a');
const B = Buffer.from('certificate b');
const ME = `g${'1'.repeat(32)}`;
const OTHER = `g${'2'.repeat(32)}`;

const ERROR_KEY_DELETED = 1018;

const entry = (certificate: Uint8Array, owners: Entry['owners']): Entry => ({ certificate, owners });

describe('windows/temporary-identity/published-authorities: who owns a published certificate', () => {
  it('are the first to publish it, and all later ones', () => {
    assert.deepEqual(publishing([A, B], ME)([]), [
      { certificate: A, owners: [ME] },
      { certificate: B, owners: [ME] },
    ]);
    assert.deepEqual(publishing([A], ME)([entry(A, [OTHER])]), [{ certificate: A, owners: [OTHER, ME] }]);
    assert.deepEqual(publishing([A], ME)([entry(A, [ME])]), []);
  });

  it('are not recorded if the certificate was there before', () => {
    assert.deepEqual(publishing([A], ME)([entry(A, null)]), []);
    assert.deepEqual(withdrawing([A], ME)([entry(A, null)]), []);
    assert.deepEqual(sweeping(() => true)([entry(A, null)]), []);
  });

  it('are the others when one withdraws', () => {
    assert.deepEqual(withdrawing([A], ME)([entry(A, [ME, OTHER]), entry(B, [ME])]), [
      { certificate: A, owners: [OTHER] },
    ]);
    assert.deepEqual(withdrawing([A], ME)([entry(A, [ME])]), [{ certificate: A, owners: [] }]);
    assert.deepEqual(withdrawing([A], ME)([entry(A, [OTHER])]), []);
  });

  it('are only the living after a sweep', () => {
    const isDead = (token: string): boolean => token === OTHER;
    assert.deepEqual(sweeping(isDead)([entry(A, [OTHER]), entry(B, [OTHER, ME])]), [
      { certificate: A, owners: [] },
      { certificate: B, owners: [ME] },
    ]);
    assert.deepEqual(sweeping(isDead)([entry(A, [ME])]), []);
  });
});

describe('windows/temporary-identity/published-authorities: published authorities', () => {
  let machine: ScriptedMachine;
  beforeEach(() => {
    machine = new ScriptedMachine();
  });

  const open = (process: ScriptedProcess): PublishedAuthorities =>
    new PublishedAuthorities(new AuthorityStore(process.native), new Owner(process.native));
  const owners = (certificate: Uint8Array): number =>
    readOwners(machine.property(certificate, OWN_PROPERTY.owners))?.length ?? 0;

  it('stay until the last user of the thread withdraws', async () => {
    const process = machine.process();
    const authorities = open(process);
    await Promise.all([authorities.publish([A]), authorities.publish([A, B])]);
    assert.deepEqual([owners(A), owners(B)], [1, 1]);
    await authorities.withdraw([A, B]);
    assert.deepEqual([machine.has(A), machine.has(B)], [true, false]);
    await authorities.withdraw([A]);
    assert.ok(!machine.has(A));
    assert.ok(authorities.isEmpty);
    assert.ok(process.isClean);
    assert.equal(machine.livenessMarkers.size, 0);
  });

  it('stay until the last process withdraws', async () => {
    const one = open(machine.process());
    const two = open(machine.process());
    await one.publish([A]);
    await two.publish([A]);
    assert.equal(owners(A), 2);
    await one.withdraw([A]);
    assert.equal(owners(A), 1);
    await two.withdraw([A]);
    assert.ok(!machine.has(A));
  });

  it('are changed by one process after the other', async () => {
    const use = async (process: ScriptedProcess): Promise<void> => {
      const authorities = open(process);
      for (let round = 0; round < 5; round += 1) {
        await authorities.publish([A]);
        assert.ok(machine.has(A));
        await authorities.withdraw([A]);
      }
      assert.ok(process.isClean);
    };
    await Promise.all([1, 2, 3].map(() => use(machine.process())));
    assert.equal(machine.authorities.size, 0);
  });

  it('stay if they were there before', async () => {
    const process = machine.process();
    machine.addAuthority(A);
    machine.addAuthority(B, new Map([[OWN_PROPERTY.owners, Buffer.from('of another program')]]));
    const before = new Map(machine.authorities);
    const authorities = open(process);
    await authorities.publish([A, B]);
    await authorities.withdraw([A, B]);
    assert.deepEqual(machine.authorities, before);
    assert.ok(process.isClean);
  });

  it('are withdrawn when the process exits, even if they are in use', async () => {
    const process = machine.process();
    const authorities = open(process);
    await authorities.publish([A]);
    await authorities.publish([A, B]);
    process.native.finish(0, 0);
    runProcedureSync(authorities.withdrawAll());
    assert.equal(machine.authorities.size, 0);
    assert.ok(process.isClean);
  });

  it('are withdrawn when the process exits during a change', async () => {
    const process = machine.process();
    const authorities = open(process);
    await authorities.publish([A]);
    void authorities.publish([B]);
    while (machine.locks.size === 0) await new Promise(setImmediate);
    process.native.finish(0, 0);
    runProcedureSync(authorities.withdrawAll());
    assert.equal(machine.authorities.size, 0);
    assert.equal(machine.locks.size, 0);
  });

  for (const call of [
    'acquireLock',
    'openStore',
    'certificates',
    'setProperty',
    'add',
    'commit',
    'closeStore',
  ]) {
    it(`leave nothing behind when ${call} fails`, async () => {
      const process = machine.process();
      const authorities = open(process);
      let failures = 0;
      machine.onCall = (name) => (name === call && failures++ === 0 ? 8 : 0);
      await assert.rejects(authorities.publish([A, B]), { code: 'ERR_SCHANNEL_SYSTEM_MEMORY' });
      assert.equal(machine.authorities.size, 0);
      assert.equal(machine.livenessMarkers.size, 0);
      assert.ok(authorities.isEmpty);
      // And the next one can.
      await authorities.publish([A, B]);
      assert.equal(machine.authorities.size, 2);
    });
  }

  it('take the lock of the machine, and in an app container its own', async () => {
    const names = (): string[] => [...machine.lockNames];
    await open(machine.process()).publish([A]);
    assert.deepEqual(names(), ['Global\\schannel-authorities']);
    const contained = machine.process();
    contained.isAppContainer = true;
    await open(contained).publish([A]);
    assert.deepEqual(names(), ['Global\\schannel-authorities', 'Local\\schannel-authorities']);
  });

  it('are not published if another account created the lock, with advice', async () => {
    const ERROR_ACCESS_DENIED = 5;
    machine.onCall = (name) => (name === 'acquireLock' ? ERROR_ACCESS_DENIED : 0);
    await assert.rejects(
      open(machine.process()).publish([A]),
      (error) =>
        error instanceof SchannelError &&
        error.code === 'ERR_SCHANNEL_STORE_ACCESS_DENIED' &&
        error.advice?.includes('Another account created the mutex Global\\schannel-authorities') === true,
    );
    assert.ok(!machine.has(A));
    assert.deepEqual([...machine.lockNames], ['Global\\schannel-authorities']);
  });

  it('wait for the lock only briefly after a timeout, until it is released', async () => {
    const authorities = open(machine.process());
    const ERROR_TIMEOUT = 1460;
    machine.onCall = (name) => (name === 'acquireLock' ? ERROR_TIMEOUT : 0);
    for (const certificate of [A, B]) {
      await assert.rejects(
        authorities.publish([certificate]),
        (error) =>
          error instanceof SchannelError &&
          error.advice?.includes('Another process holds the mutex') === true &&
          error.status === ERROR_TIMEOUT,
      );
    }
    const [first, ...later] = machine.patience.splice(0);
    assert.equal(first, 10_000);
    assert.ok(later.length > 0 && later.every((patience) => patience === 100));
    machine.onCall = () => 0;
    await authorities.publish([A]);
    await authorities.publish([B]);
    assert.deepEqual(machine.patience, [100, 10_000]);
  });

  for (const [wine, commits] of [
    [null, 0],
    ['10.0', 2],
  ] as const) {
    it(`are written by ${wine === null ? 'Windows itself' : 'a commit in Wine'}`, async () => {
      machine = new ScriptedMachine(wine);
      const authorities = open(machine.process());
      await authorities.publish([A, B]);
      assert.equal(machine.authorities.size, 2);
      await authorities.withdraw([A, B]);
      assert.equal(machine.authorities.size, 0);
      assert.equal(machine.calls.filter((call) => call === 'commit').length, commits);
    });
  }

  it('are written again if Wine was disturbed by another process, and not without end', async () => {
    const authorities = open(machine.process());
    let disturbances = 1;
    machine.onCall = (name) => {
      if (name !== 'commit' || disturbances === 0) return 0;
      disturbances -= 1;
      return ERROR_KEY_DELETED;
    };
    await authorities.publish([A]);
    assert.equal(machine.authorities.size, 1);
    disturbances = Infinity;
    await assert.rejects(authorities.publish([B]), { status: ERROR_KEY_DELETED });
    // Ten times, and as often to take it back.
    assert.equal(machine.calls.filter((call) => call === 'commit').length, 2 + 20);
  });

  it('keep the owners of other certificates if one fails', async () => {
    machine.addAuthority(A, new Map([[OWN_PROPERTY.owners, writeOwners([OTHER])]]));
    const authorities = open(machine.process());
    machine.onCall = (name) => (name === 'commit' ? 8 : 0);
    await assert.rejects(authorities.publish([A]));
    assert.deepEqual(readOwners(machine.property(A, OWN_PROPERTY.owners)), [OTHER]);
  });
});
