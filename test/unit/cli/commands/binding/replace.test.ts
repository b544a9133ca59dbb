import assert from 'node:assert/strict';
import { Keyboard } from '../../../../support/captured-io.js';
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

  it('makes only the change that was agreed to', async () => {
    const args = ['replace', '--from', OLD, '--to', NEW];
    const answer = (before: () => void): Keyboard => {
      const keyboard = new Keyboard();
      // It is listened to once the question was asked.
      keyboard.once('resume', () => {
        before();
        keyboard.write('y\n');
      });
      return keyboard;
    };
    const another = answer(() => void machine.http.add('*:8443'));
    const refused = await machine.run(args, { stdin: another, terminal: true });
    assert.equal(refused.code, 1);
    assert.match(refused.errors(), /The bindings have changed while you were asked/);
    assert.deepEqual(machine.http.done, []);
    const agreed = await machine.run(args, { stdin: answer(() => undefined), terminal: true });
    assert.equal(agreed.code, 0, agreed.errors());
    assert.match(agreed.errors(), /Replace the certificate of 3 bindings\?/);
    assert.equal(machine.http.done.length, 3);
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
