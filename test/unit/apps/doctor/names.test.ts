import assert from 'node:assert/strict';
import { isAbandoned, isOurs, markOurs, newName, runOf } from '#lib/apps/doctor/names.js';

describe('apps/doctor/names', () => {
  /** Kernel objects, and whether they can be seen from a container only. */
  function system(isAppContainer = false) {
    const names = new Set<string>();
    return {
      names,
      isAppContainer: () => isAppContainer,
      isAlive: (name: string) => names.has(name),
      createLivenessMarker(name: string) {
        assert.ok(!names.has(name), 'it exists');
        names.add(name);
        return { close: () => void names.delete(name) };
      },
    };
  }
  const DEAD = `schannel-doctor-${'0'.repeat(32)}-00000000-0000-4000-8000-000000000000`;

  it('tells own names, those of other runs, and those that are none of the doctor', () => {
    const [one, other] = [newName(), newName()];
    assert.notEqual(one, other);
    assert.ok(isOurs(one) && isOurs(other));
    assert.ok(!isOurs(DEAD));
    assert.equal(runOf(DEAD), '0'.repeat(32));
    for (const name of [
      '',
      'schannel-doctor-',
      'schannel-doctor-00000000-0000-4000-8000-000000000000',
      `${DEAD}0`,
      `x${DEAD}`,
      DEAD.replace('doctor', 'key'),
      DEAD.toUpperCase(),
    ])
      assert.equal(runOf(name), null, name);
  });

  it('calls a name abandoned when nobody marks its run, and never one that is none of the doctor', () => {
    const windows = system();
    assert.equal(isAbandoned(windows, DEAD), true);
    windows.names.add(`Global\\schannel-doctor-${'0'.repeat(32)}`);
    assert.equal(isAbandoned(windows, DEAD), false);
    for (const name of ['', 'localhost', 'schannel-key-00000000-0000-4000-8000-000000000000'])
      assert.equal(isAbandoned(windows, name), false, name);
  });

  it('marks what is ours until the last run of this thread has ended', () => {
    for (const isAppContainer of [false, true]) {
      const windows = system(isAppContainer);
      const name = newName();
      assert.equal(isAbandoned(windows, name), true);
      const first = markOurs(windows);
      const second = markOurs(windows);
      assert.match([...windows.names].join(), isAppContainer ? /^Local\\/ : /^Global\\/);
      first();
      assert.equal(isAbandoned(windows, name), false);
      second();
      assert.equal(isAbandoned(windows, name), true);
      assert.equal(windows.names.size, 0);
    }
  });
});
