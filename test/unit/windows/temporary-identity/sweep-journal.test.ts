import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { KeyJournal } from '#lib/windows/key-journal/key-journal.js';
import { journalPath, writeRecord } from '#lib/windows/key-journal/record.js';
import { nameOf } from '#lib/windows/key/locations.js';
import type { NativeKeyLocation } from '#lib/native/store-binding.js';
import { sweep } from '#lib/windows/temporary-identity/sweep.js';
import { sweepJournal } from '#lib/windows/temporary-identity/sweep-journal.js';
import { ScriptedMachine, type ScriptedProcess } from '../../../support/scripted-machine.js';

const ERROR_ACCESS_DENIED = 5;

describe('windows/temporary-identity/sweep-journal', () => {
  let machine: ScriptedMachine;
  let key: NativeKeyLocation;

  beforeEach(() => {
    machine = new ScriptedMachine();
    machine.keysInStores.set('MY', []);
    key = location();
  });

  const location = (flags = 0): NativeKeyLocation => ({
    ...{ container: `schannel-import-${randomUUID()}`, flags, keySpec: 0 },
    ...{ provider: 'Microsoft Software Key Storage Provider', providerType: 0 },
  });
  const storeOf = ({ flags }: NativeKeyLocation): string =>
    `${flags === 0 ? 'CurrentUser' : 'LocalMachine'}\\MY`;

  /** A process that has stored a key, and not yet its certificate. */
  async function importing(): Promise<{ process: ScriptedProcess; journal: KeyJournal }> {
    const process = machine.process();
    const journal = new KeyJournal(process.native);
    await journal.note(nameOf(key), storeOf(key));
    machine.containersOf(key.flags).add(key.container);
    return { process, journal };
  }
  const killed = async (): Promise<void> => (await importing()).process.kill();
  const run = (): ReturnType<typeof sweepJournal> => sweepJournal(machine.process().native, key.flags !== 0);
  const records = (): number => machine.registry.get(journalPath(key.flags !== 0))?.size ?? 0;

  for (const flags of [0, 0x20]) {
    describe(flags === 0 ? 'with keys of the user' : 'with keys of the machine', () => {
      beforeEach(() => {
        key = location(flags);
      });

      it('deletes a key without a certificate if its owner is dead', async () => {
        await killed();
        assert.deepEqual(await run(), { keys: [key.container], failures: [] });
        assert.deepEqual([machine.containersOf(flags).size, records()], [0, 0]);
      });

      it('keeps it while its owner lives', async () => {
        const { journal } = await importing();
        assert.deepEqual(await run(), { keys: [], failures: [] });
        assert.deepEqual([machine.containersOf(flags).size, records()], [1, 1]);
        await journal.done();
        assert.deepEqual(await run(), { keys: [], failures: [] });
        assert.deepEqual([machine.containersOf(flags).size, records()], [1, 0]);
      });

      it('keeps a key that a certificate has, however its provider is written there', async () => {
        await killed();
        machine.keysInStores.set('MY', [
          location(flags),
          { ...key, container: key.container.toUpperCase(), provider: '' },
        ]);
        assert.deepEqual(await run(), { keys: [], failures: [] });
        assert.deepEqual([machine.containersOf(flags).size, records()], [1, 0]);
      });
    });
  }

  it('is a part of every sweep', async () => {
    await killed();
    const user = key.container;
    key = location(0x20);
    await killed();
    const { keys, failures } = await sweep(machine.process().native);
    assert.deepEqual([keys, failures], [[user, key.container], []]);
  });

  it('removes the record of a key that was never made, or is gone', async () => {
    await killed();
    machine.containers.clear();
    assert.deepEqual(await run(), { keys: [], failures: [] });
    assert.equal(records(), 0);
  });

  it('takes a key for wanted if its owner ends well meanwhile', async () => {
    const { process, journal } = await importing();
    let isEnding = false;
    machine.onCall = (call) => {
      // Between the list and the look at the owner.
      if (call === 'isAlive' && !isEnding) {
        isEnding = true;
        machine.registry.clear();
        process.kill();
      }
      return 0;
    };
    assert.deepEqual(await run(), { keys: [], failures: [] });
    assert.equal(machine.containers.size, 1);
    journal.giveUp();
  });

  it('leaves what was noted on another machine to that one', async () => {
    const process = machine.process();
    const owner = `g${'a'.repeat(32)}`;
    const value = writeRecord({ key: nameOf(key), store: storeOf(key), owner, host: 'elsewhere' });
    process.native.setRegistryValue(journalPath(false), value, () => undefined);
    machine.containers.add(key.container);
    await new Promise(setImmediate);
    assert.equal(records(), 1);
    assert.deepEqual(await run(), { keys: [], failures: [] });
    assert.deepEqual([machine.containers.size, records()], [1, 1]);
  });

  it('deletes a key once, if two sweeps run at the same time', async () => {
    await killed();
    const reports = await Promise.all([run(), run(), run()]);
    assert.deepEqual(
      reports.flatMap(({ failures }) => failures),
      [],
    );
    assert.equal(reports.flatMap(({ keys }) => keys).length, 1);
    assert.deepEqual([machine.containers.size, records()], [0, 0]);
  });

  it('reports a damaged record, and deletes nothing for it', async () => {
    await killed();
    const values = machine.registry.get(journalPath(false));
    for (const [name, value] of values ?? []) values?.set(name, { ...value, data: Buffer.from('{') });
    for (let times = 0; times < 2; times += 1) {
      const { keys, failures } = await run();
      assert.deepEqual(keys, []);
      assert.match(
        String(failures),
        /^SchannelError: The record "schannel-import-.*" of an unfinished key cannot/,
      );
      assert.deepEqual([machine.containers.size, records()], [1, 1]);
    }
  });

  it('deletes nothing while the store cannot be read', async () => {
    await killed();
    for (const failing of ['openStore', 'certificates']) {
      machine.onCall = (call) => (call === failing ? ERROR_ACCESS_DENIED : 0);
      const { keys, failures } = await run();
      assert.deepEqual([keys.length, failures.length], [0, 1]);
      assert.deepEqual([machine.containers.size, records()], [1, 1]);
    }
  });

  it('deletes the key of a store that is gone', async () => {
    await killed();
    const ERROR_FILE_NOT_FOUND = 2;
    machine.onCall = (call) => (call === 'openStore' ? ERROR_FILE_NOT_FOUND : 0);
    assert.deepEqual(await run(), { keys: [key.container], failures: [] });
  });

  it('tries again what it could not do', async () => {
    await killed();
    for (const failing of ['readRegistry', 'deleteKey', 'removeRegistryValue']) {
      machine.onCall = (call) => (call === failing ? ERROR_ACCESS_DENIED : 0);
      assert.equal((await run()).failures.length, 1, failing);
      assert.equal(records(), 1);
    }
    machine.onCall = () => 0;
    await run();
    assert.deepEqual([machine.containers.size, records()], [0, 0]);
  });

  it('is silent about what another account has to do', async () => {
    key = location(0x20);
    await killed();
    for (const failing of ['deleteKey', 'removeRegistryValue']) {
      machine.onCall = (call) => (call === failing ? ERROR_ACCESS_DENIED : 0);
      assert.deepEqual((await run()).failures, []);
      assert.equal(records(), 1);
    }
  });
});
