import assert from 'node:assert/strict';
import { native } from '#lib/native/load.js';
import { steer } from '../../support/double.js';
import { skip } from '../../support/skip.js';
import { onDouble } from '../../support/windows.js';
import { acquire, handshake } from '../native/client.js';

describe('the double of Windows', () => {
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

  it('knows its profiles and choices, and no others', () => {
    assert.equal(steer().profile('XP'), false);
    assert.equal(steer().fix('missing', -1), true);
    assert.equal(steer().fix('weather', 0), false);
  });
});
