import assert from 'node:assert/strict';
import {
  isOwnerAlive,
  isOwnerToken,
  Owner,
  ownerOfContainer,
  temporaryContainer,
} from '#lib/windows/key-journal/owner.js';
import { ScriptedMachine } from '../../../support/scripted-machine.js';

describe('windows/key-journal/owner', () => {
  let machine: ScriptedMachine;
  beforeEach(() => {
    machine = new ScriptedMachine();
  });

  it('is alive as long as it holds anything', () => {
    const { native } = machine.process();
    const owner = new Owner(native);
    const token = owner.hold();
    assert.equal(owner.hold(), token);
    owner.release();
    assert.ok(isOwnerAlive(native, token));
    owner.release();
    assert.ok(!isOwnerAlive(native, token));
  });

  it('has another token the next time', () => {
    const owner = new Owner(machine.process().native);
    const first = owner.hold();
    owner.release();
    assert.notEqual(owner.hold(), first);
  });

  it('is dead when its process was killed', () => {
    const process = machine.process();
    const token = new Owner(process.native).hold();
    process.kill();
    assert.ok(!isOwnerAlive(machine.process().native, token));
  });

  it('has a marker in the global namespace, or in that of its app container', () => {
    const token = new Owner(machine.process().native).hold();
    assert.deepEqual([...machine.livenessMarkers], [`Global\\schannel-${token}`]);
    const contained = machine.process();
    contained.isAppContainer = true;
    const local = new Owner(contained.native).hold();
    assert.ok(machine.livenessMarkers.has(`Local\\schannel-${local}`));
    assert.ok(isOwnerAlive(contained.native, local));
  });

  it('fails if it may not create the marker, and uses no other namespace', () => {
    const ERROR_ACCESS_DENIED = 5;
    machine.onCall = (call) => (call === 'createLivenessMarker' ? ERROR_ACCESS_DENIED : 0);
    assert.throws(() => new Owner(machine.process().native).hold(), { status: ERROR_ACCESS_DENIED });
    assert.equal(machine.livenessMarkers.size, 0);
    assert.deepEqual(machine.calls, ['createLivenessMarker']);
  });

  it('does not exist if its marker cannot be created', () => {
    machine.onCall = () => 8;
    const owner = new Owner(machine.process().native);
    assert.throws(() => owner.hold(), { status: 8 });
    machine.onCall = () => 0;
    const token = owner.hold();
    owner.release();
    assert.ok(!isOwnerAlive(machine.process().native, token));
  });

  it('is read from the names of its keys, and from no others', () => {
    const token = new Owner(machine.process().native).hold();
    assert.ok(isOwnerToken(token));
    assert.equal(ownerOfContainer(temporaryContainer(token, 'an-id')), token);
    for (const name of [
      `schannel-import-${token}-an-id`,
      `schannel-tls-${token}`,
      `my-schannel-tls-${token}-an-id`,
      `schannel-tls-${token.toUpperCase()}-an-id`,
      'schannel-tls-x0123456789abcdef0123456789abcdef-an-id',
      'schannel-tls-',
      '',
    ]) {
      assert.equal(ownerOfContainer(name), null, name);
    }
  });
});
