import assert from 'node:assert/strict';
import { BindingMachine } from '../../../../support/binding-command.js';
import { NEW, OLD } from '../../../../support/scripted-http.js';

describe('cli/commands/binding/replace', () => {
  let machine: BindingMachine;

  beforeEach(() => {
    machine = new BindingMachine();
    machine.http.certify(NEW);
    machine.http.add('*:443');
    machine.http.add('bar.example:443');
  });

  it('replaces a certificate everywhere', async () => {
    const { code, output, errors } = await machine.run(['replace', '--from', OLD, '--to', NEW, '--yes']);
    assert.equal(code, 0, errors());
    assert.match(output(), /^0\.0\.0\.0:443\n[^]*\nbar\.example:443\n/);
    assert.deepEqual(machine.http.done, ['update ', 'update bar.example']);
  });

  it('asks how many', async () => {
    const { code, errors } = await machine.run(['replace', '--from', OLD, '--to', NEW]);
    assert.equal(code, 2);
    assert.match(errors(), /Replace the certificate of 2 bindings\?/);
    assert.deepEqual(machine.http.done, []);
  });

  it('removes one', async () => {
    const dry = await machine.run(['rm', 'bar.example:443', '--dry-run']);
    assert.match(dry.output(), /dry run: nothing was changed\n$/);
    assert.deepEqual(machine.http.done, []);
    assert.equal((await machine.run(['rm', 'bar.example:443', '--yes'])).code, 0);
    assert.deepEqual(machine.http.done, ['remove bar.example']);
    assert.equal((await machine.run(['rm', 'bar.example:443', '--yes'])).code, 1);
  });
});
