import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { removeAtExit } from '#lib/windows/temporary-identity/exit.js';
import type { IdentityMaterial } from '#lib/windows/temporary-identity/material.js';
import { ownerOfContainer } from '#lib/windows/key-journal/owner.js';
import { TemporaryIdentities } from '#lib/windows/temporary-identity/temporary-identities.js';
import { selfSigned } from '../../../support/certificates.js';
import { withUnknownKey } from '../../../support/crafted-certificate.js';
import {
  clientBelowIntermediate,
  materialOf,
  type MaterialText,
} from '../../../support/identity-material.js';
import { ScriptedMachine, type ScriptedProcess } from '../../../support/scripted-machine.js';

describe('windows/temporary-identity/temporary-identities', () => {
  let text: MaterialText;
  let material: IdentityMaterial;
  let machine: ScriptedMachine;
  let process: ScriptedProcess;
  let identities: TemporaryIdentities;

  before(async () => {
    text = await clientBelowIntermediate('unit');
    material = materialOf(text);
  });

  beforeEach(() => {
    machine = new ScriptedMachine();
    process = machine.process();
    identities = new TemporaryIdentities(process.native);
  });

  const machineIsEmpty = (): void => {
    assert.deepEqual([...machine.containers, ...machine.containersOfMachine], []);
    assert.equal(machine.authorities.size, 0);
    assert.equal(machine.livenessMarkers.size, 0);
    assert.equal(machine.locks.size, 0);
  };
  const nothingIsLeft = async (): Promise<void> => {
    await identities.settled();
    machineIsEmpty();
    assert.ok(process.isClean);
    assert.ok(identities.isEmpty);
  };

  it('have their key in a container with a name of ours, and their issuers in the store', async () => {
    const lease = await identities.lease(material);
    const [container] = machine.containers;
    assert.ok(container !== undefined && ownerOfContainer(container) !== null);
    assert.equal(machine.containers.size, 1);
    assert.equal(lease.resource.certificate.keyLocation()?.container, container);
    assert.deepEqual(lease.resource.certificate.encoded, material.certificate);
    assert.equal(lease.resource.unpublished, null);
    assert.ok(material.chain.every((certificate) => machine.has(certificate)));
    await lease.release();
    await nothingIsLeft();
  });

  it('are shared by hash, until the last release', async () => {
    const [one, two] = await Promise.all([identities.lease(material), identities.lease(materialOf(text))]);
    assert.equal(one.resource, two.resource);
    assert.equal(machine.containers.size, 1);
    await one.release();
    await one.release();
    assert.equal(machine.containers.size, 1);
    await two.release();
    await nothingIsLeft();
  });

  it('are separate for another hash, but share their issuers', async () => {
    const one = await identities.lease(material);
    const two = await identities.lease(materialOf(text, 'two'));
    assert.equal(machine.containers.size, 2);
    await one.release();
    assert.equal(machine.containers.size, 1);
    assert.ok(material.chain.every((certificate) => machine.has(certificate)));
    await two.release();
    await nothingIsLeft();
  });

  it('are imported again after the last release', async () => {
    const first = await identities.lease(material);
    const [before] = machine.containers;
    const ended = first.release();
    const second = await identities.lease(material);
    await ended;
    assert.equal(machine.containers.size, 1);
    assert.ok(!machine.containers.has(String(before)));
    assert.ok(material.chain.every((certificate) => machine.has(certificate)));
    await second.release();
    await nothingIsLeft();
  });

  it('leave the store unchanged if told to', async () => {
    const lease = await identities.lease(material, { publishIntermediates: false });
    assert.equal(machine.authorities.size, 0);
    await lease.release();
    globalThis.process.env['SCHANNEL_PUBLISH_INTERMEDIATES'] = '0';
    try {
      const other = await identities.lease(material);
      assert.equal(machine.authorities.size, 0);
      await other.release();
    } finally {
      delete globalThis.process.env['SCHANNEL_PUBLISH_INTERMEDIATES'];
    }
    await nothingIsLeft();
  });

  it('never publish a root', async () => {
    const { chain } = materialOf(await clientBelowIntermediate('other'));
    const [intermediate] = chain;
    const root = await selfSigned({ authority: {} });
    const lease = await identities.lease({ ...material, chain: [...chain, root.der] });
    assert.ok(intermediate !== undefined && machine.has(intermediate));
    assert.ok(!machine.has(root.der));
    await lease.release();
    await nothingIsLeft();
  });

  it('publish an authority with a key of a kind that OpenSSL does not know', async () => {
    const { der } = await selfSigned({ authority: {}, keyIdentifiers: false });
    const unknown = withUnknownKey(der);
    const lease = await identities.lease({ ...material, chain: [unknown] });
    assert.ok(machine.has(unknown));
    await lease.release();
    await nothingIsLeft();
  });

  it('work without their issuers if the store cannot be written, with a warning', async () => {
    const ERROR_ACCESS_DENIED = 5;
    machine.onCall = (call) => (call === 'add' ? ERROR_ACCESS_DENIED : 0);
    const warned = once(globalThis.process, 'warning') as Promise<
      [Error & { readonly code?: string; readonly detail?: string }]
    >;
    const lease = await identities.lease(material);
    const [warning] = await warned;
    assert.equal(warning.name, 'SchannelWarning');
    assert.equal(warning.code, 'ERR_SCHANNEL_STORE_ACCESS_DENIED');
    assert.match(warning.message, /without its intermediates.*could not be published/);
    assert.ok(warning.detail);
    assert.equal(
      (lease.resource.unpublished as { code?: string } | null)?.code,
      'ERR_SCHANNEL_STORE_ACCESS_DENIED',
    );
    await lease.release();
    await nothingIsLeft();
  });

  for (const call of [
    'createLivenessMarker',
    'importKey',
    'closeKey',
    'createCertificate',
    'setKeyLocation',
  ]) {
    it(`leave nothing behind when ${call} fails`, async () => {
      await identities.settled();
      machine.onCall = (name) => (name === call ? 8 : 0);
      await assert.rejects(identities.lease(material), { code: 'ERR_SCHANNEL_SYSTEM_MEMORY', status: 8 });
      machine.onCall = () => 0;
      await nothingIsLeft();
      await (await identities.lease(material)).release();
      await nothingIsLeft();
    });
  }

  it('have their key with those of the machine if asked to, separate from the others', async () => {
    const CRYPT_MACHINE_KEYSET = 0x20;
    const mine = await identities.lease(material);
    const machines = await identities.lease(material, { keySet: 'machine' });
    assert.notEqual(mine.resource, machines.resource);
    const [container] = machine.containersOfMachine;
    assert.deepEqual([machine.containers.size, machine.containersOfMachine.size], [1, 1]);
    const location = machines.resource.certificate.keyLocation();
    assert.deepEqual([location?.container, location?.flags], [container, CRYPT_MACHINE_KEYSET]);
    await mine.release();
    await machines.release();
    await nothingIsLeft();
  });

  it('are swept in the key set that they use', async () => {
    await (await identities.lease(material)).release();
    await identities.settled();
    const listed = machine.calls.filter((call) => call === 'listContainers').length;
    await (await identities.lease(material)).release();
    await identities.settled();
    assert.equal(machine.calls.filter((call) => call === 'listContainers').length, listed, 'once');
    await (await identities.lease(material, { keySet: 'machine' })).release();
    await identities.settled();
    assert.equal(machine.calls.filter((call) => call === 'listContainers').length, 2 * listed);
    await nothingIsLeft();
  });

  it('advise what to do if the account has no profile', async () => {
    const NTE_TEMPORARY_PROFILE = 0x80090024;
    const ERROR_FILE_NOT_FOUND = 0x80070002;
    for (const status of [NTE_TEMPORARY_PROFILE, ERROR_FILE_NOT_FOUND]) {
      machine.onCall = (call) => (call === 'importKey' ? status : 0);
      await assert.rejects(identities.lease(material), { status, advice: /temporaryKeys to "machine"/ });
      await assert.rejects(
        identities.lease(material, { keySet: 'machine' }),
        (error) => error instanceof SchannelError && error.advice?.includes('temporaryKeys') !== true,
      );
    }
    machine.onCall = (call) => (call === 'importKey' ? 8 : 0);
    await assert.rejects(
      identities.lease(material),
      (error) => error instanceof SchannelError && error.advice?.includes('temporaryKeys') !== true,
    );
    machine.onCall = () => 0;
    await nothingIsLeft();
  });

  it('leave what cannot be deleted to a sweep', async () => {
    const lease = await identities.lease(material);
    machine.onCall = (call) => (call === 'deleteKey' ? 5 : 0);
    await lease.release();
    assert.equal(machine.containers.size, 1);
    assert.equal(machine.livenessMarkers.size, 0);
    machine.onCall = () => 0;
    const later = new TemporaryIdentities(machine.process().native);
    await (await later.lease(materialOf(text, 'later'))).release();
    await later.settled();
    await nothingIsLeft();
  });

  it('are removed when the process exits, even if they are in use', async () => {
    const listeners = globalThis.process.listeners('exit');
    removeAtExit(process.native, identities);
    const [atExit] = globalThis.process.listeners('exit').filter((each) => !listeners.includes(each));
    assert.ok(atExit !== undefined);
    globalThis.process.removeListener('exit', atExit);
    await identities.lease(material);
    await identities.lease(materialOf(text, 'two'));
    await identities.settled();
    atExit(0);
    machineIsEmpty();
  });

  it('do not delay the exit if there are none', async () => {
    const listeners = globalThis.process.listeners('exit');
    removeAtExit(process.native, identities);
    const [atExit] = globalThis.process.listeners('exit').filter((each) => !listeners.includes(each));
    assert.ok(atExit !== undefined);
    globalThis.process.removeListener('exit', atExit);
    await (await identities.lease(material)).release();
    await identities.settled();
    machine.calls.length = 0;
    atExit(0);
    assert.deepEqual(machine.calls, []);
  });
});
