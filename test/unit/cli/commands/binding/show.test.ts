import assert from 'node:assert/strict';
import { BindingMachine } from '../../../../support/binding-command.js';
import { NEW, OLD } from '../../../../support/scripted-http.js';

describe('cli/commands/binding/show', () => {
  let machine: BindingMachine;

  beforeEach(() => {
    machine = new BindingMachine();
  });

  it('lists them', async () => {
    assert.equal((await machine.run(['ls'])).output(), 'no bindings\n');
    machine.http.add('*:443');
    machine.http.add('ccs:8443', { flags: 0x40, checkMode: 1 });
    const lines = (await machine.run(['ls'])).output().split('\n');
    assert.match(
      lines[1] ?? '',
      /^0\.0\.0\.0:443 +(AB){20} +MY +\{1+-2222-.*\} +yes +on +NEGOTIATE_CLIENT_CERT 0x80000000$/,
    );
    assert.match(lines[2] ?? '', /^ccs:8443 +- +- +\{.*\} +no +off +DISABLE_TLS13$/);
  });

  it('has the same for programs', async () => {
    machine.http.add('*:443');
    machine.http.add('bar.example:443', { hash: Buffer.from(NEW, 'hex') });
    const keys = async (...args: string[]): Promise<string[]> => {
      const { output } = await machine.run(['ls', '--json', ...args]);
      return (JSON.parse(output()) as { bindings: { key: string }[] }).bindings.map(({ key }) => key);
    };
    assert.deepEqual(await keys(), ['0.0.0.0:443', 'bar.example:443']);
    assert.deepEqual(await keys('--thumbprint', OLD), ['0.0.0.0:443']);
    assert.deepEqual(await keys('--host', 'bar.example', '--port', '443'), ['bar.example:443']);
  });

  it('says what flags mean, and that there are other parameters', async () => {
    machine.http.add('*:443', { flags: 0x8000_0440 });
    machine.http.extended = [[0, 5]];
    const { output } = await machine.run(['show', '*:443']);
    assert.match(
      output(),
      /\n {2}DISABLE_LEGACY_TLS +Only TLS 1\.2 and newer, without CBC and RSA key exchange\.\n/,
    );
    assert.match(
      output(),
      /\n {2}DISABLE_TLS13 +TLS 1\.3 is off\.\n {2}.*\n {2}0x80000000 +A flag of a newer/,
    );
    assert.match(output(), /\nother parameters +HTTP2_WINDOW, TLS_SESSION_TICKET_KEYS\n/);
    const json = JSON.parse((await machine.run(['show', '*:443', '--json'])).output()) as object;
    assert.deepEqual((json as { extended: unknown }).extended, ['HTTP2_WINDOW', 'TLS_SESSION_TICKET_KEYS']);
  });

  it('says who listens', async () => {
    machine.http.add('*:443');
    const listening = async (): Promise<string | undefined> =>
      /\nlistening +(.*)\n/.exec((await machine.run(['show', '*:443'])).output())?.[1];
    const node = { address: '127.0.0.1', port: 443, pid: 7, program: 'a\u001bb.exe' };
    machine.http.listening = [...(machine.http.listening ?? []), node, { ...node, pid: 8, program: null }];
    assert.match((await listening()) ?? '', /^http\.sys, process 7 \(a.+b\.exe\), process 8$/);
    const { output } = await machine.run(['show', '*:443', '--json']);
    assert.equal((JSON.parse(output()) as { listeners: unknown[] }).listeners.length, 4);
    machine.http.listening = [];
    assert.equal(await listening(), 'nothing');
    machine.http.listening = null;
    assert.equal(await listening(), undefined);
  });

  it('shows one, with what a program wrote made printable', async () => {
    machine.http.add('bar.example:443', { ctlStore: 'a\u001b[2Jb' });
    const { code, output } = await machine.run(['show', 'bar.example:443']);
    assert.equal(code, 0);
    for (const line of [
      /^bar\.example:443\n/,
      /store +LocalMachine\\MY\n/,
      /client certificates +asked for\n/,
      /revocation +checked\n/,
      /purposes +not checked\n/,
      /newer lists after +3600 s\n/,
      /time for lists +5000 ms\n/,
      /list of issuers +list\n/,
    ]) {
      assert.match(output(), line);
    }
    assert.ok(!output().includes('\u001b'));
    assert.match(output(), /\nlistening +http\.sys\n/);
    assert.equal((await machine.run(['show', '*:1'])).code, 1);
  });
});
