import assert from 'node:assert/strict';
import { native } from '#lib/native/load.js';
import { generateKey } from '#lib/store.js';
import { skip } from '../../support/skip.js';
import { onDouble } from '../../support/windows.js';
import { acquire, handshake } from '../native/client.js';

/** How the tests steer the double; its add-on exports it beside the library's functions. */
interface Steered {
  readonly double: {
    /** Takes what callers did wrong since the last call. */
    violations(): readonly string[];
    /** Whether there is such a profile, which then counts. */
    profile(name: string): boolean;
    /** Whether there is such a choice, which then has this value; -1 leaves it to the seed. */
    fix(choice: string, value: number): boolean;
    /** Whether the key of CNG with this name needs a PIN, which nobody is there to enter. */
    pinNeeded(name: string, needed: boolean): void;
  };
}

describe('the double of Windows', () => {
  const steer = (): Steered['double'] => (native() as unknown as Steered).double;
  before(function () {
    if (!onDouble) skip(this, 'only on the double');
  });

  it('complains about a step without the flags that every caller sets', async () => {
    const credential = await acquire();
    const session = native().createSession(credential, {
      targetName: 'localhost',
      requestFlags: 0x100, // ISC_REQ_ALLOCATE_MEMORY and no other
      alpnProtocols: [],
    });
    await handshake(session, []);
    session.close();
    credential.close();
    assert.match(steer().violations().join('\n'), /a step without all five flags/);
    assert.deepEqual(steer().violations(), []);
  });

  it('has keys that need a dialog, which a silent use is refused', async () => {
    const key = await generateKey({ algorithm: 'ec', silent: true });
    const name = key.facts.container ?? '';
    try {
      const data = Buffer.from('a word');
      await key.sign('sha256', data);
      steer().pinNeeded(name, true);
      await assert.rejects(key.sign('sha256', data), { code: 'ERR_SCHANNEL_KEY_DIALOG' });
    } finally {
      steer().pinNeeded(name, false);
      await key.delete();
    }
  });

  it('knows its profiles and choices, and no others', () => {
    assert.equal(steer().profile('XP'), false);
    assert.equal(steer().fix('missing', -1), true);
    assert.equal(steer().fix('weather', 0), false);
  });
});
