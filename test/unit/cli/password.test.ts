import assert from 'node:assert/strict';
import { readPassword } from '#lib/cli/password.js';
import { capturedSurroundings, Keyboard } from '../../support/mail-surroundings.js';

/** What comes of typing this at the question. */
async function typing(...keys: string[]): Promise<{ password: string; shown: string; modes: boolean[] }> {
  const keyboard = new Keyboard();
  const surroundings = capturedSurroundings({ stdin: keyboard });
  const asked = readPassword(surroundings, 'anna');
  for (const key of keys) keyboard.write(key);
  return { password: await asked, shown: surroundings.errors(), modes: keyboard.modes };
}

describe('cli/password', () => {
  it('is taken from the environment', async () => {
    const surroundings = capturedSurroundings({ env: { SCHANNEL_PASSWORD: 'geheim' } });
    assert.equal(await readPassword(surroundings, 'anna'), 'geheim');
    assert.equal(surroundings.errors(), '');
  });

  it('is asked for without echo', async () => {
    const { password, shown, modes } = await typing('ge', 'heim\r');
    assert.equal(password, 'geheim');
    assert.equal(shown, 'Password of anna: \n');
    assert.deepEqual(modes, [true, false]);
  });

  it('can be corrected while it is typed', async () => {
    assert.equal((await typing('x\u007fgeheinn\u0008\u007fm\n')).password, 'geheim');
  });

  it('is given up by Ctrl+C', async () => {
    await assert.rejects(typing('ge\u0003'), { name: 'UsageError', message: 'Interrupted' });
  });

  it('is a usage error where nobody can be asked', async () => {
    await assert.rejects(readPassword(capturedSurroundings(), 'anna'), {
      name: 'UsageError',
      message: /SCHANNEL_PASSWORD/,
    });
  });

  it('is asked for when the variable is empty', async () => {
    const surroundings = capturedSurroundings({ env: { SCHANNEL_PASSWORD: '' } });
    await assert.rejects(readPassword(surroundings, 'anna'), { name: 'UsageError' });
  });
});
