import assert from 'node:assert/strict';
import { BindingMachine } from '../../../../support/binding-command.js';
import { OLD } from '../../../../support/scripted-http.js';

describe('cli/commands/binding/check', () => {
  it('says what is wrong, and ends with 6', async () => {
    const machine = new BindingMachine();
    machine.http.add('*:443', { checkMode: 1 });
    const bad = await machine.run(['check', '*:443']);
    assert.equal(bad.code, 6);
    assert.match(
      bad.output(),
      /^0\.0\.0\.0:443\nlistening +http\.sys\nerror The certificate (AB){20} is not in LocalMachine\\MY/,
    );
    assert.match(bad.output(), /warning Client certificates are not checked for revocation/);
    assert.match(bad.output(), /the binding cannot work\n$/);
    machine.http.certify(OLD);
    const good = await machine.run(['check', '*:443', '--json']);
    assert.equal(good.code, 0);
    const { ok, findings } = JSON.parse(good.output()) as { ok: boolean; findings: { code: string }[] };
    assert.deepEqual([ok, findings.map(({ code }) => code)], [true, ['REVOCATION_OFF']]);
  });
});
