import assert from 'node:assert/strict';
import { sweepOrphans } from '#lib/windows/temporary-identity/sweep.js';
import { temporaryIdentities } from '#lib/windows/temporary-identity/temporary-identities.js';
import { clientBelowIntermediate, materialOf } from '../../support/identity-material.js';
import { type Inventory, inventory } from '../../support/windows-inventory.js';
import { Users } from './user.js';

describe('processes with temporary identities', () => {
  let users: Users;
  let initially: Inventory;

  before(async () => {
    users = await Users.with(await clientBelowIntermediate('schannel processes'));
    initially = await inventory();
  });
  after(() => users[Symbol.asyncDispose]());

  for (const [way, code] of [
    ['natural', 0],
    ['exit', 7],
    ['uncaught', 1],
    ['midway', 7],
  ] as const) {
    it(`leave nothing behind: ${way}`, async () => {
      const result = await users.run(way, 2);
      assert.match(result.stdout, /held/, result.stderr);
      assert.equal(result.code, code, result.stderr);
      assert.deepEqual(await inventory(), initially);
    });
  }

  it('have threads, each of which cleans up after itself', async () => {
    const { code, stdout, stderr } = await users.run('threads', 2);
    assert.match(stdout, /^0,7\s*$/m, stderr);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await inventory(), initially);
  });

  it('may stop a thread with all that it holds: then the sweep removes it, and not before', async () => {
    const { code, stdout, stderr } = await users.run('terminated', 3);
    assert.equal(stdout.trim(), '0,0,3,1', stderr);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await inventory(), initially);
  });

  it('may be sixteen at once', async () => {
    const results = await Promise.all(Array.from({ length: 16 }, () => users.run('use', 5)));
    for (const { code, stdout, stderr } of results) {
      assert.match(stdout, /used/, stderr);
      assert.equal(code, 0, stderr);
    }
    assert.deepEqual(await inventory(), initially);
  });

  it('may be killed in the middle: the sweep removes what they leave, and spares the living', async () => {
    const text = await clientBelowIntermediate('schannel survivor');
    const mine = await temporaryIdentities().lease(materialOf(text));
    await temporaryIdentities().settled();
    const during = await inventory();
    const first = await users.start('hold', 3);
    const others = await Promise.all([users.start('busy'), users.start('busy'), users.start('hold', 2)]);
    await Promise.all(others.map((user) => user.kill()));
    const litter = await inventory();
    assert.ok(litter.keys.length >= during.keys.length + 5, 'there is something to sweep');
    assert.equal(litter.CA.length, during.CA.length + 1);
    const report = await sweepOrphans();
    assert.deepEqual(report.failures, []);
    assert.ok(report.keys.length >= 2);
    const swept = await inventory();
    assert.equal(swept.keys.length, during.keys.length + 3);
    assert.equal(swept.CA.length, during.CA.length + 1);
    await first.kill();
    const last = await sweepOrphans();
    assert.deepEqual([last.keys.length, last.certificates.length, last.failures], [3, 1, []]);
    assert.deepEqual(await inventory(), during);
    await mine.release();
    assert.deepEqual(await inventory(), initially);
  });

  it('sweep by themselves, when they use an identity for the first time', async () => {
    const user = await users.start('hold', 2);
    await user.kill();
    assert.notDeepEqual(await inventory(), initially);
    const { stdout, stderr } = await users.run('use', 1);
    assert.match(stdout, /used/, stderr);
    assert.deepEqual(await inventory(), initially);
  });
});
