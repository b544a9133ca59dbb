import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { KeyJournal } from '#lib/windows/key-journal/key-journal.js';
import { journalPath, readRecord } from '#lib/windows/key-journal/record.js';
import { isOwnerAlive } from '#lib/windows/key-journal/owner.js';
import { ScriptedMachine } from '../../../support/scripted-machine.js';

describe('windows/key-journal/key-journal', () => {
  const key = (machine = false): { container: string; machine: boolean } => ({
    container: `schannel-import-${randomUUID()}`,
    machine,
  });
  const records = (machine: ScriptedMachine, ofMachine = false): string[] =>
    [...(machine.registry.get(journalPath(ofMachine))?.values() ?? [])].map((value) => {
      const record = readRecord(value, ofMachine);
      assert.ok(record);
      return record.key.container;
    });

  it('has keys noted, with a living owner, until everything is done', async () => {
    const machine = new ScriptedMachine();
    const process = machine.process();
    const journal = new KeyJournal(process.native);
    const [one, other] = [key(), key(true)];
    await journal.note(one, 'CurrentUser\\MY');
    await journal.note(other, 'LocalMachine\\MY');
    assert.deepEqual(records(machine), [one.container]);
    assert.deepEqual(records(machine, true), [other.container]);
    const [value] = machine.registry.get(journalPath(false))?.values() ?? [];
    assert.ok(value);
    const owner = readRecord(value, false)?.owner ?? '';
    assert.ok(isOwnerAlive(process.native, owner));
    await journal.done();
    assert.deepEqual([records(machine), records(machine, true)], [[], []]);
    assert.ok(!isOwnerAlive(process.native, owner));
    assert.ok(process.isClean);
  });

  it('removes a record before its owner is dead', async () => {
    const machine = new ScriptedMachine();
    const { native } = machine.process();
    const journal = new KeyJournal(native);
    await journal.note(key(), 'CurrentUser\\MY');
    machine.onCall = (call) => {
      if (call === 'removeRegistryValue') assert.equal(machine.livenessMarkers.size, 1);
      return 0;
    };
    await journal.done();
    assert.equal(machine.livenessMarkers.size, 0);
  });

  it('leaves the records to a sweep if it gives up', async () => {
    const machine = new ScriptedMachine();
    const process = machine.process();
    const journal = new KeyJournal(process.native);
    const one = key();
    await journal.note(one, 'CurrentUser\\MY');
    journal.giveUp();
    journal.giveUp();
    await journal.done();
    assert.deepEqual(records(machine), [one.container]);
    assert.ok(process.isClean);
  });

  it('notes no key whose name others chose', async () => {
    const machine = new ScriptedMachine();
    const journal = new KeyJournal(machine.process().native);
    for (const container of [
      'mine',
      'schannel-import-',
      `schannel-${randomUUID()}`,
      `le-${key().container}`,
    ]) {
      await journal.note({ container, machine: false }, 'CurrentUser\\MY');
    }
    assert.deepEqual([machine.calls, machine.registry.size], [[], 0]);
  });

  it('notes nothing in an app container, or without the functions for it', async () => {
    const machine = new ScriptedMachine();
    const process = machine.process();
    process.isAppContainer = true;
    for (const native of [process.native, {}]) {
      const journal = new KeyJournal(native);
      await journal.note(key(), 'CurrentUser\\MY');
      await journal.done();
    }
    assert.equal(machine.registry.size, 0);
  });

  for (const call of ['createLivenessMarker', 'setRegistryValue', 'removeRegistryValue']) {
    it(`does not fail if ${call} does`, async () => {
      const machine = new ScriptedMachine();
      const process = machine.process();
      machine.onCall = (name) => (name === call ? 5 : 0);
      const journal = new KeyJournal(process.native);
      await journal.note(key(), 'CurrentUser\\MY');
      // The value may still have been set: the owner is seen to be alive.
      if (call === 'setRegistryValue') assert.equal(machine.livenessMarkers.size, 1);
      await journal.done();
      assert.ok(process.isClean);
    });
  }
});
