import assert from 'node:assert/strict';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { AcmeCommand, CONFIG } from '../../../../support/acme-manager-command.js';

describe('cli/commands/acme/ls', () => {
  it('lists the certificates, and ends with 0 whatever is due', async () => {
    const command = new AcmeCommand();
    command.sets = [{ due: true }];
    const { code, output } = await command.run(['ls']);
    assert.equal(code, EXIT_CODES.ok);
    assert.match(output(), /LocalMachine\\MY\\00AA/);
  });

  it('says that there are none', async () => {
    const command = new AcmeCommand();
    command.config = { ...CONFIG, certificates: [] };
    command.sets = [];
    assert.match((await command.run(['ls'])).output(), /No certificate is configured/);
  });
});
