import assert from 'node:assert/strict';
import { PolicyMachine } from '../../../../support/policy-command.js';

describe('cli/commands/policy/events', () => {
  it('shows what was logged with what it means', async () => {
    const machine = new PolicyMachine();
    machine.events.push({ id: 36887, time: 1_000, level: 2, texts: ['48'] });
    machine.events.push({ id: 9, time: 2_000, level: 2, texts: ['x'] });
    const { code, output } = await machine.run(['events', '--since', '2d']);
    assert.equal(code, 0);
    assert.match(output(), /36887 .*, alert 48 unknown_ca: once, on 1970-01-01T00:00:01/);
    assert.match(output(), /9 unknown event: once[^\n]*\n {2}x/);
  });

  it('writes JSON, and says when there is nothing', async () => {
    const machine = new PolicyMachine();
    assert.match((await machine.run(['events'])).output(), /logged nothing/);
    const { output } = await machine.run(['events', '--json']);
    assert.deepEqual(JSON.parse(output()), { ok: true, events: [], error: null });
  });
});
