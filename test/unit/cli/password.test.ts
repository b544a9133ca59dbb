import assert from 'node:assert/strict';
import { readNewPassword, readPassword, type PasswordRequest } from '#lib/cli/password.js';
import { capturedIO, Keyboard } from '../../support/captured-io.js';

const ANNA: PasswordRequest = { of: 'anna', neededBy: '--user' };

/** What comes of typing this at the question. */
async function typing(...keys: string[]): Promise<{ password: string; shown: string; modes: boolean[] }> {
  const keyboard = new Keyboard();
  const io = capturedIO({ stdin: keyboard });
  const asked = readPassword(io, ANNA);
  for (const key of keys) keyboard.write(key);
  return { password: await asked, shown: io.errors(), modes: keyboard.modes };
}

describe('cli/password', () => {
  it('is taken from the environment', async () => {
    const io = capturedIO({ env: { SCHANNEL_PASSWORD: 'geheim' } });
    assert.equal(await readPassword(io, ANNA), 'geheim');
    assert.equal(io.errors(), '');
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

  it('is cancelled by Ctrl+C', async () => {
    await assert.rejects(typing('ge\u0003'), { name: 'UsageError', message: 'Interrupted' });
  });

  it('is a usage error without a terminal', async () => {
    await assert.rejects(readPassword(capturedIO(), ANNA), {
      name: 'UsageError',
      message: /SCHANNEL_PASSWORD/,
    });
  });

  it('is asked for when the variable is empty', async () => {
    const io = capturedIO({ env: { SCHANNEL_PASSWORD: '' } });
    await assert.rejects(readPassword(io, ANNA), { name: 'UsageError' });
  });

  it('is cancelled when the terminal closes', async () => {
    const keyboard = new Keyboard();
    const asked = readPassword(capturedIO({ stdin: keyboard }), ANNA);
    keyboard.end();
    await assert.rejects(asked, { name: 'UsageError' });
    await assert.rejects(readPassword(capturedIO({ stdin: keyboard }), ANNA), {
      name: 'UsageError',
    });
  });
});

describe('cli/password: of something new', () => {
  const PFX: PasswordRequest = { of: 'x.pfx', neededBy: 'x.pfx' };
  const choosing = (keys: string): { chosen: Promise<string>; shown: () => string } => {
    const keyboard = new Keyboard();
    const io = capturedIO({ stdin: keyboard });
    const chosen = readNewPassword(io, PFX);
    keyboard.write(keys);
    return { chosen, shown: () => io.errors() };
  };

  it('is asked for twice, also when it was typed ahead', async () => {
    const { chosen, shown } = choosing('geheim\rgeheim\r');
    assert.equal(await chosen, 'geheim');
    assert.equal(shown(), 'New password of x.pfx: \nRepeat the password of x.pfx: \n');
  });

  it('must be the same twice', async () => {
    await assert.rejects(choosing('geheim\rgehiem\r').chosen, { message: 'The two passwords differ' });
  });

  it('cannot be empty', async () => {
    await assert.rejects(choosing('\r').chosen, { message: 'An empty password protects nothing' });
  });

  it('is taken from the environment without a question', async () => {
    const io = capturedIO({ env: { SCHANNEL_PASSWORD: 'geheim' } });
    assert.equal(await readNewPassword(io, PFX), 'geheim');
  });
});
