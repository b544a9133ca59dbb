import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import { generateKey, openKey, type PrivateKey } from '#lib/store.js';
import { type KeyDialogAnswer, steer } from '../../support/double.js';
import { skip } from '../../support/skip.js';
import { onDouble } from '../../support/windows.js';

/** More dialogs than the add-on has threads. */
const MANY = 20;

describe('private keys that ask their user', () => {
  const data = Buffer.from('to be signed');
  let name: string;
  let quiet: PrivateKey;
  let asking: PrivateKey;

  before(function () {
    if (!onDouble) skip(this, 'only the double answers dialogs');
  });
  beforeEach(async () => {
    quiet = await generateKey({ algorithm: 'ec', silent: true });
    name = quiet.location.container;
    asking = await openKey({ name });
  });
  afterEach(async () => {
    answer('none');
    await asking.close();
    await quiet.delete();
  });

  const answer = (given: KeyDialogAnswer): void => assert.ok(steer().keyDialog(name, given));

  it('fail where no dialog may be shown, and not before', async () => {
    assert.ok(verify('sha256', data, quiet.publicKey, await quiet.sign('sha256', data)));
    answer('answered');
    await assert.rejects(quiet.sign('sha256', data), { code: 'ERR_SCHANNEL_KEY_DIALOG' });
  });

  it('sign once the user has answered', async () => {
    answer('answered');
    assert.ok(verify('sha256', data, quiet.publicKey, await asking.sign('sha256', data)));
  });

  const refusals: readonly (readonly [KeyDialogAnswer, string])[] = [
    ['cancelled', 'ERR_SCHANNEL_KEY_CANCELLED'],
    ['cardCancelled', 'ERR_SCHANNEL_KEY_CANCELLED'],
    ['wrongPin', 'ERR_SCHANNEL_KEY_ACCESS_DENIED'],
  ];
  for (const [given, code] of refusals) {
    it(`say what the user did (${given})`, async () => {
      answer(given);
      await assert.rejects(asking.sign('sha256', data), { code });
    });
  }

  it('hold up nobody else while a dialog is open, however many wait for it', async () => {
    answer('open');
    const keys = await Promise.all(Array.from({ length: MANY }, () => openKey({ name })));
    const waiting = keys.map((key) => key.sign('sha256', data));
    // The event loop turns, and the other work of the add-on goes on.
    await using another = await generateKey({ algorithm: 'ec', silent: true });
    assert.ok(verify('sha256', data, another.publicKey, await another.sign('sha256', data)));
    await another.delete();
    answer('answered');
    for (const signature of await Promise.all(waiting)) {
      assert.ok(verify('sha256', data, quiet.publicKey, signature));
    }
    await Promise.all(keys.map((key) => key.close()));
  });

  it('are closed when their uses have ended, and hold up nobody else until then', async () => {
    answer('open');
    const keys = await Promise.all(Array.from({ length: MANY }, () => openKey({ name })));
    const ends = keys.map(async (key) => {
      const signed = key.sign('sha256', data);
      await Promise.all([signed, key.close()]);
    });
    await using another = await generateKey({ algorithm: 'ec', silent: true });
    await another.delete();
    answer('answered');
    await Promise.all(ends);
  });
});
