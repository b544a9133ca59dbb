import assert from 'node:assert/strict';
import { guidBytes } from '#lib/windows/binding/binding.js';
import { BindingMachine, type BindingOutcome } from '../../../../support/binding-command.js';
import { selfSigned } from '../../../../support/certificates.js';
import { USABLE_KEY } from '../../../../support/fake-stores.js';
import { fault, IIS, NEW, OLD } from '../../../../support/scripted-http.js';

describe('cli/commands/binding/set', () => {
  let machine: BindingMachine;

  beforeEach(() => {
    machine = new BindingMachine();
    machine.http.certify(NEW);
  });

  afterEach(() => {
    assert.equal(machine.stores.open, 0, 'a store was left open');
  });

  const set = (...args: string[]): Promise<BindingOutcome> => machine.run(['set', ...args]);

  it('makes one', async () => {
    const { code, output, errors } = await set('*:443', '--certificate', NEW, '--yes');
    assert.equal(code, 0, errors());
    assert.match(output(), /^0\.0\.0\.0:443\n/);
    assert.match(output(), new RegExp(`\\* *certificate +- +${NEW}`));
    assert.match(output(), /done, and read back from Windows\n$/);
    assert.deepEqual(machine.http.done, ['set ']);
  });

  it('shows what is now and what will be, and asks', async () => {
    machine.http.add('*:443');
    const { code, output, errors } = await set('*:443', '--revocation', 'off');
    assert.equal(code, 2);
    assert.match(errors(), /\* +revocation +checked +not checked\n/);
    assert.match(errors(), / {2}certificate +(AB){20} +(AB){20}\n/);
    assert.match(errors(), /Change the binding 0\.0\.0\.0:443\? There is no terminal/);
    assert.deepEqual([output(), machine.http.done], ['', []]);
  });

  it('changes nothing in a dry run', async () => {
    machine.http.add('*:443');
    const flags = ['--no-tls13', '--no-http2', '--no-legacy-tls', '--no-client-certificates'];
    const { code, output } = await set('*:443', ...flags, '--dry-run', '--json');
    assert.equal(code, 0);
    const { dryRun, changes } = JSON.parse(output()) as {
      dryRun: boolean;
      changes: { before: { flagBits: number }; after: { flagBits: number } }[];
    };
    assert.deepEqual(
      [dryRun, changes[0]?.before.flagBits, changes[0]?.after.flagBits, machine.http.done],
      [true, 0x80000002, 0x80000450, []],
    );
  });

  it('finds a certificate of the machine by its name', async () => {
    const { der } = await selfSigned({ subject: 'CN=bar.example', altNames: ['DNS:bar.example'] });
    const { thumbprint } = machine.stores.put('LocalMachine\\MY', der, { key: USABLE_KEY });
    machine.http.certify(thumbprint);
    const { code, errors } = await set('bar.example:443', '--certificate', 'bar.example', '--yes');
    assert.equal(code, 0, errors());
    assert.equal(
      Buffer.from(machine.http.records[0]?.hash ?? [])
        .toString('hex')
        .toUpperCase(),
      thumbprint,
    );
  });

  it('has an exit code for each kind of failure', async () => {
    machine.http.certify(OLD, { findings: [fault('KEY_MISSING', 'error')] });
    machine.http.add('*:1', { appId: guidBytes(IIS) ?? new Uint8Array() });
    const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['*:443', '--certificate', OLD], 6, /It has KEY_MISSING/],
      [['*:443'], 2, /Say what the binding should have/],
      [['*:443', '--tls13'], 2, /is needed: there is no binding 0\.0\.0\.0:443 yet/],
      [['nonsense', '--tls13'], 2, /"nonsense" names no binding/],
      [['*:1', '--certificate', NEW], 1, /IIS has made 0\.0\.0\.0:1/],
      [['*:443', '--revocation', 'perhaps'], 2, /Allowed choices/],
    ];
    for (const [args, expected, text] of rows) {
      const { code, errors } = await set(...args, '--yes');
      assert.equal(code, expected, errors());
      assert.match(errors(), text);
    }
    assert.equal((await set('*:1', '--certificate', NEW, '--yes', '--owned')).code, 0);
    machine.http.pretends.add('updateSslRecord');
    const { code, errors } = await set('*:1', '--owned', '--no-tls13', '--yes');
    assert.equal(code, 1);
    assert.match(errors(), /ERR_SCHANNEL_BINDING_UNVERIFIED/);
    machine.http.refusals.set('updateSslRecord', [5]);
    assert.match((await set('*:1', '--owned', '--no-tls13', '--yes')).errors(), /Only administrators/);
  });
});
