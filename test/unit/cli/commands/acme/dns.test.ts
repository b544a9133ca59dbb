import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { acmeCommand } from '../../../../support/acme-command.js';
import { FakeLookup } from '../../../../support/fake-lookup.js';
import { MemoryDns } from '../../../../support/memory-dns.js';

const BY_PROGRAM = ['--dns', 'program', '--dns-program', 'x'];

describe('cli/commands/acme/dns', () => {
  let dns: MemoryDns;
  beforeEach(() => {
    dns = new MemoryDns();
  });

  describe('check', () => {
    it('adds a value where the CNAME record leads to, and removes it', async () => {
      const lookup = new FakeLookup({
        '': { 'CNAME _acme-challenge.www.bar.example': ['www.auth.example'] },
      });
      const { code, ...io } = await acmeCommand(['dns', 'check', '*.www.bar.example', ...BY_PROGRAM], {
        dns,
        lookup,
      });
      assert.equal(code, EXIT_CODES.ok, io.errors());
      assert.match(
        dns.calls.join(),
        /^add www\.auth\.example [\w-]{43},remove www\.auth\.example [\w-]{43}$/,
      );
      assert.match(
        io.output(),
        /Adding a value to "www\.auth\.example" by memory\.\n[^]*the value was added and removed\n$/,
      );
    });

    it('removes it even if it could not be added for certain, and says why', async () => {
      dns.errors.push(new SchannelError('ERR_SCHANNEL_DNS_REFUSED', 'no right'));
      const lookup = new FakeLookup({});
      const { code, ...io } = await acmeCommand(['dns', 'check', 'bar.example', ...BY_PROGRAM], {
        dns,
        lookup,
      });
      assert.equal(code, EXIT_CODES.signIn);
      assert.match(io.errors(), /no right/);
      assert.match(dns.calls[1] ?? '', /^removeValue _acme-challenge\.bar\.example /);
    });

    it('removes it if it is interrupted', async () => {
      const before = process.listenerCount('SIGINT');
      let listening = 0;
      // Its servers are looked up once the value was added.
      const lookup = new FakeLookup({});
      const at = lookup.at.bind(lookup);
      lookup.at = () => ({
        ...at(),
        isZone: () => {
          listening = process.listenerCount('SIGINT') - before;
          if (listening > 0) process.emit('SIGINT');
          return Promise.resolve(true);
        },
        ns: () => Promise.reject(new Error('the end')),
      });
      const { code } = await acmeCommand(['dns', 'check', 'bar.example', ...BY_PROGRAM], { dns, lookup });
      assert.equal(listening, 1);
      assert.notEqual(code, EXIT_CODES.ok);
      assert.deepEqual(dns.values, []);
      assert.match(dns.calls.join(), /^add .*,remove /);
      assert.equal(process.listenerCount('SIGINT'), before);
    });

    it('prints one object with --json', async () => {
      const lookup = new FakeLookup({});
      const outcome = await acmeCommand(['dns', 'check', 'bar.example', '--json', ...BY_PROGRAM], {
        dns,
        lookup,
      });
      const { ok, record } = outcome.json() as { ok: boolean; record: string };
      assert.deepEqual([ok, record], [true, '_acme-challenge.bar.example']);
    });
  });

  describe('add', () => {
    it('sets the address of a host, and removes it', async () => {
      const add = await acmeCommand(['dns', 'add', 'pc.bar.example', 'FD00::0:7', ...BY_PROGRAM], { dns });
      assert.equal(add.code, EXIT_CODES.ok, add.errors());
      assert.equal(add.output(), 'set pc.bar.example to fd00::7\n');
      await acmeCommand(['dns', 'add', 'pc.bar.example', '--remove', ...BY_PROGRAM], { dns });
      assert.deepEqual(dns.calls, ['setAddress pc.bar.example fd00::7', 'setAddress pc.bar.example none']);
    });

    for (const [what, args] of [
      ['no address', ['pc.bar.example', ...BY_PROGRAM]],
      ['both', ['pc.bar.example', '10.0.0.1', '--remove', ...BY_PROGRAM]],
      ['a name', ['pc.bar.example', 'pc2.bar.example', ...BY_PROGRAM]],
      ['nobody who changes it', ['pc.bar.example', '10.0.0.1']],
    ] as const) {
      it(`refuses ${what}`, async () => {
        assert.equal((await acmeCommand(['dns', 'add', ...args], { dns })).code, EXIT_CODES.usage);
        assert.deepEqual(dns.calls, []);
      });
    }
  });

  describe('persist', () => {
    const PROOF = ['--issuer', 'CA.example', '--account', 'https://ca.example/acct/1'];

    it('shows the record', async () => {
      const { code, ...io } = await acmeCommand([
        'dns',
        'persist',
        '*.bar.example',
        '--until',
        '2027-12-31',
        ...PROOF,
      ]);
      assert.equal(code, EXIT_CODES.ok, io.errors());
      assert.deepEqual(io.output().split('\n'), [
        'name   _validation-persist.bar.example',
        'type   TXT',
        'value  ca.example; accounturi=https://ca.example/acct/1; policy=wildcard; persistUntil=1830211200',
        '',
      ]);
    });

    it('adds it with --dns', async () => {
      await acmeCommand(['dns', 'persist', 'bar.example', ...PROOF, ...BY_PROGRAM], { dns });
      assert.deepEqual(dns.values, [
        '_validation-persist.bar.example ca.example; accounturi=https://ca.example/acct/1',
      ]);
    });

    for (const args of [
      ['--issuer', 'ca.example'],
      ['--issuer', 'ca.example', '--account', 'acct/1'],
      ['--issuer', 'ca.example', '--account', 'http://ca.example/1'],
      [...PROOF, '--until', 'tomorrow'],
      [...PROOF, '--until', '2027-13-31'],
    ]) {
      it(`refuses ${args.join(' ')}`, async () => {
        assert.equal((await acmeCommand(['dns', 'persist', 'bar.example', ...args])).code, EXIT_CODES.usage);
      });
    }
  });
});
