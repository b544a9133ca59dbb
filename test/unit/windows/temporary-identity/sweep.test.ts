import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readOwners } from '#lib/windows/temporary-identity/owner-list.js';
import { sweep } from '#lib/windows/temporary-identity/sweep.js';
import { TemporaryIdentities } from '#lib/windows/temporary-identity/temporary-identities.js';
import {
  clientBelowIntermediate,
  materialOf,
  type MaterialText,
} from '../../../support/identity-material.js';
import { ScriptedMachine } from '../../../support/scripted-machine.js';
import { OWN_PROPERTY } from '#lib/windows/store/properties.js';

describe('windows/temporary-identity/sweep', () => {
  let text: MaterialText;
  let machine: ScriptedMachine;

  before(async () => {
    text = await clientBelowIntermediate('unit');
  });
  beforeEach(() => {
    machine = new ScriptedMachine();
  });

  const issuer = (): Uint8Array => materialOf(text).chain[0] ?? new Uint8Array();

  /** A process with an identity, which was killed then. */
  async function killed(): Promise<void> {
    const process = machine.process();
    const identities = new TemporaryIdentities(process.native);
    await identities.lease(materialOf(text));
    await identities.settled();
    process.kill();
  }

  it('removes the keys and certificates of the dead', async () => {
    await killed();
    const [container] = machine.containers;
    const process = machine.process();
    const report = await sweep(process.native);
    const thumbprint = new X509Certificate(issuer()).fingerprint.replaceAll(':', '');
    assert.deepEqual(report, { keys: [container], certificates: [thumbprint], failures: [] });
    assert.equal(machine.containers.size, 0);
    assert.equal(machine.authorities.size, 0);
    assert.ok(process.isClean);
  });

  it('removes keys of the machine too, and leaves those of other accounts to them', async () => {
    const process = machine.process();
    const identities = new TemporaryIdentities(process.native);
    await identities.lease(materialOf(text), { keySet: 'machine' });
    await identities.settled();
    process.kill();
    const ERROR_ACCESS_DENIED = 5;
    machine.onCall = (call) => (call === 'deleteKey' ? ERROR_ACCESS_DENIED : 0);
    assert.deepEqual((await sweep(machine.process().native)).failures, []);
    assert.equal(machine.containersOfMachine.size, 1);
    machine.onCall = () => 0;
    const [container] = machine.containersOfMachine;
    assert.deepEqual((await sweep(machine.process().native)).keys, [container]);
    assert.equal(machine.containersOfMachine.size, 0);
  });

  it('keeps what living owners have, even if they share it with dead ones', async () => {
    const identities = new TemporaryIdentities(machine.process().native);
    const lease = await identities.lease(materialOf(text));
    await identities.settled();
    const mine = [...machine.containers];
    await killed();
    assert.equal(readOwners(machine.property(issuer(), OWN_PROPERTY.owners))?.length, 2);
    const report = await sweep(machine.process().native);
    assert.equal(report.keys.length, 1);
    assert.deepEqual(report.certificates, []);
    assert.deepEqual([...machine.containers], mine);
    assert.equal(readOwners(machine.property(issuer(), OWN_PROPERTY.owners))?.length, 1);
    await lease.release();
    assert.equal(machine.authorities.size, 0);
  });

  it('keeps what is not temporary', async () => {
    const names = ['schannel-import-a', 'schannel-tls-', 'schannel-test-b', 'tp-1234', ''];
    for (const name of names) machine.containers.add(name);
    machine.addAuthority(issuer());
    assert.deepEqual(await sweep(machine.process().native), { keys: [], certificates: [], failures: [] });
    assert.deepEqual([...machine.containers], names);
    assert.ok(machine.has(issuer()));
    assert.ok(!machine.calls.includes('acquireLock'), 'nobody was made to wait');
  });

  it('runs one after another with other sweeps', async () => {
    await killed();
    const reports = await Promise.all([1, 2, 3].map(() => sweep(machine.process().native)));
    assert.deepEqual(
      reports.flatMap(({ failures }) => failures),
      [],
    );
    assert.equal(reports.flatMap(({ keys }) => keys).length, 1);
    assert.equal(machine.containers.size, 0);
    assert.equal(machine.authorities.size, 0);
  });

  for (const call of ['listContainers', 'deleteKey', 'openStore', 'acquireLock', 'commit', 'isAlive']) {
    it(`reports that ${call} failed, and does the rest`, async () => {
      await killed();
      machine.onCall = (name) => (name === call ? 5 : 0);
      const { failures } = await sweep(machine.process().native);
      assert.notEqual(failures.length, 0);
      if (call === 'listContainers' || call === 'deleteKey') assert.equal(machine.authorities.size, 0);
      else if (call !== 'isAlive') assert.equal(machine.containers.size, 0);
    });
  }

  it('runs in the background on the first use in a process', async () => {
    await killed();
    const identities = new TemporaryIdentities(machine.process().native);
    machine.onCall = (name) => (name === 'listContainers' ? 5 : 0);
    const lease = await identities.lease(materialOf(text, 'mine'));
    await lease.release();
    await identities.settled();
    assert.equal(machine.containers.size, 1, 'the failure is nobody’s');
    machine.onCall = () => 0;
    const later = new TemporaryIdentities(machine.process().native);
    await (await later.lease(materialOf(text, 'mine'))).release();
    await later.settled();
    assert.equal(machine.containers.size, 0);
  });
});
