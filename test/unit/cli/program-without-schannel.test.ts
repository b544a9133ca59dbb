import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { CommandLibrary } from '#lib/cli/command-context.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import * as acme from '#lib/acme.js';
import { createProgram, run } from '#lib/cli/program.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { commandLibrary, NO_RUN } from '../../support/command-library.js';
import { capturedIO } from '../../support/captured-io.js';

/** What it takes to run each command; what it names is not there. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  mail: ['--from', 'a@x', '--to', 'b@x', '--host', '127.0.0.1', '--user', 'anna', '--text', '@no-such-file'],
  connect: ['127.0.0.1:{port}', '--starttls', 'smtp', '--ca', 'no-such-file'],
  'cert ls': [],
  'cert show': ['x'],
  'cert find': [],
  'cert import': ['no-such-file'],
  'cert export': ['x', '--out', 'no-such-folder/file'],
  'cert new': [],
  'cert rm': ['x'],
  'cert rights': ['x'],
  'cert grant': ['x', '--to', 'S-1-5-20'],
  'cert revoke-grant': ['x', '--from', 'S-1-5-20'],
  'cert trust': ['no-such-file'],
  'cert untrust': ['no-such-file'],
  'cert check': ['x'],
  'cert expiring': [],
  'cert repair': ['x'],
  'cert watch': [],
  'dev-cert': [],
  'csr new': ['--dns', 'x', '--out', 'no-such-folder/file'],
  'csr ls': [],
  'csr show': ['no-such-file'],
  'csr complete': ['no-such-file'],
  'csr submit': ['x', '--est', 'https://127.0.0.1:{port}'],
  'csr cancel': ['x'],
  'acme account show': [],
  'acme account key': [],
  'acme account deactivate': [],
  'acme account forget': [],
  'acme revoke': ['x'],
  'acme preflight': ['x', '--webroot', 'no-such-folder'],
  'acme get': ['x', '--webroot', 'no-such-folder'],
  'acme check': [],
  'acme renew': [],
  'acme ls': [],
  'acme status': [],
  'acme task install': [],
  'acme task remove': [],
  'acme secret set': ['dnsimple'],
  'acme secret rm': ['dnsimple'],
  tunnel: ['--accept', '1', '--connect', '127.0.0.1:{port}'],
  'web serve': ['no-such-folder'],
  'web settings': [],
  'service install': ['x', '--', 'tunnel', '--accept', '1', '--connect', '127.0.0.1:{port}'],
  'service remove': ['x'],
  'service start': ['x'],
  'service stop': ['x'],
  'service restart': ['x'],
  'service status': ['x'],
  'service reload': ['x'],
  'service logs': ['x'],
  'service run': ['x', '--', 'tunnel', '--accept', '1', '--connect', '127.0.0.1:{port}'],
  'policy set protocol': ['TLS 1.0', 'server', 'off', '--dry-run'],
  'policy set suites': ['x', '--dry-run'],
  'policy set groups': ['x', '--dry-run'],
  'policy set client-auth-trust': ['1', '--dry-run'],
  'policy set event-logging': ['1', '--dry-run'],
  'policy set fips': ['on', '--dry-run'],
  'policy check': [],
  'policy diff': [],
  'policy events': [],
  'policy explain': [],
  'policy show': [],
  'policy undo': ['x', '--yes'],
  'binding ls': [],
  'binding show': ['*:443'],
  'binding set': ['*:443', '--tls13'],
  'binding rm': ['*:443'],
  'binding replace': ['--from', 'A1B2', '--to', 'A1B2'],
  'binding check': ['*:443'],
  doctor: [],
  'acme serve-challenges': ['no-such-folder', '--certificate', 'x'],
};

const unsupported = new SchannelError('ERR_SCHANNEL_UNSUPPORTED_PLATFORM', 'there is no Schannel here');

/** Where nothing but `ready` may be used. */
function elsewhere(): CommandLibrary {
  const never = (): never => assert.fail('used on another platform');
  const forbidden = new Proxy({}, { get: never });
  return {
    tls: {
      ready: () => {
        throw unsupported;
      },
      connect: never,
      startTls: never,
      connectThrough: never,
    },
    certificates: forbidden as CommandLibrary['certificates'],
    requests: forbidden as CommandLibrary['requests'],
    diagnose: never,
    doctor: { diagnoseConnection: never },
    devCert: { ensureDevCert: never, checkDevCert: never, removeDevCert: never },
    acme: forbidden as CommandLibrary['acme'],
    web: forbidden as CommandLibrary['web'],
    tunnel: forbidden as CommandLibrary['tunnel'],
    service: forbidden as CommandLibrary['service'],
    binding: forbidden as CommandLibrary['binding'],
    workers: forbidden as CommandLibrary['workers'],
    whyNotListen: never,
    policy: forbidden as CommandLibrary['policy'],
  };
}

const runnable = (command: Command, names: readonly string[] = []): string[] =>
  command.commands.length === 0
    ? [names.join(' ')]
    : command.commands.flatMap((each) => runnable(each, [...names, each.name()]));

const program = createProgram('0', {
  ...commandLibrary(),
  io: capturedIO(),
  ...NO_RUN,
});

describe('cli/program: without Schannel', () => {
  let server: net.Server;
  let connections = 0;
  before(async () => {
    server = net.createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  for (const name of runnable(program)) {
    if (name === 'explain' || /^(ca|probe|acme dns|acme challenge-client) /.test(name)) continue;
    it(`schannel ${name} says so before it does anything`, async () => {
      const { port } = server.address() as AddressInfo;
      const own = ARGUMENTS[name];
      assert.ok(own, 'a new command has to be put into the table');
      const args = [...name.split(' '), ...own.map((each) => each.replace('{port}', String(port)))];
      if (name === 'mail') args.push('--port', String(port));
      const stdin = new Readable({ read: () => assert.fail('read') });
      const io = capturedIO({ stdin });
      assert.equal(await run(args, '0', elsewhere(), io), EXIT_CODES.unsupported, io.errors());
      assert.match(io.errors(), /ERR_SCHANNEL_UNSUPPORTED_PLATFORM/);
      assert.equal(connections, 0);
    });
  }

  it('schannel acme dns still works', async () => {
    const io = capturedIO();
    const args = ['--issuer', 'ca.example', '--account', 'https://ca.example/1'];
    const code = await run(
      ['acme', 'dns', 'persist', 'bar.example', ...args],
      '0',
      { ...elsewhere(), acme },
      io,
    );
    assert.equal(code, EXIT_CODES.ok, io.errors());
    assert.match(io.output(), /_validation-persist\.bar\.example/);
  });

  it('schannel ca still works', async () => {
    const io = capturedIO();
    assert.equal(await run(['ca', 'templates'], '0', elsewhere(), io), EXIT_CODES.ok, io.errors());
    assert.match(io.output(), /server-client/);
  });

  it('schannel probe still works', async () => {
    const io = capturedIO();
    const { port } = server.address() as AddressInfo;
    assert.equal(
      await run(['probe', `127.0.0.1:${port}`], '0', elsewhere(), io),
      EXIT_CODES.tls,
      io.errors(),
    );
    assert.match(io.output(), /TLSv1\.2 {2}unsure \(the server no longer answers\)/);
  });

  it('schannel explain still works', async () => {
    const io = capturedIO();
    assert.equal(await run(['explain', '0x80090325'], '0', elsewhere(), io), EXIT_CODES.ok);
    assert.match(io.output(), /SEC_E_UNTRUSTED_ROOT/);
  });
});
