import assert from 'node:assert/strict';
import { confirmChange, type ChangeFlags } from '#lib/cli/change-flags.js';
import { capturedIO, Keyboard } from '../../support/captured-io.js';

const QUESTION = 'Delete the private key of bar.example?';

/** What comes of typing this at the question. */
async function answering(keys: string): Promise<string> {
  const keyboard = new Keyboard();
  const io = capturedIO({ stdin: keyboard, terminal: true });
  const asked = confirmChange(io, {}, QUESTION);
  keyboard.write(keys);
  await asked;
  return io.errors();
}

describe('cli/change-flags', () => {
  for (const yes of ['y\n', 'Yes\r\n', ' YES \n']) {
    it(`takes ${JSON.stringify(yes)} for yes`, async () => {
      assert.equal(await answering(yes), `${QUESTION} [y/N] `);
    });
  }

  for (const no of ['\n', 'n\n', 'yessir\n', 'ja\n']) {
    it(`takes ${JSON.stringify(no)} for no`, async () => {
      await assert.rejects(answering(no), { name: 'Declined', message: 'Nothing was changed' });
    });
  }

  for (const flags of [{ yes: true }, { dryRun: true }] satisfies ChangeFlags[]) {
    it(`does not ask with ${JSON.stringify(flags)}`, async () => {
      const io = capturedIO();
      await confirmChange(io, flags, QUESTION);
      assert.equal(io.errors(), '');
    });
  }

  it('refuses without a terminal', async () => {
    await assert.rejects(confirmChange(capturedIO({ terminal: true }), {}, QUESTION), {
      name: 'UsageError',
      message: /--yes/,
    });
  });

  it('refuses if nobody can see the question', async () => {
    await assert.rejects(confirmChange(capturedIO({ stdin: new Keyboard() }), {}, QUESTION), {
      name: 'UsageError',
    });
  });
});
