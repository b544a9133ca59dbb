import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSecurityDescriptor } from '#lib/formats/security-descriptor/security-descriptor.js';
import { serviceSid } from '#lib/formats/security-descriptor/sid.js';
import { logFolderOf } from '#lib/windows/service/log-folder.js';
import { selfSigned, type TestCertificate } from '../../../../support/certificates.js';
import { type FakeEntry, USABLE_KEY } from '../../../../support/fake-stores.js';
import { descriptorOf, MACHINE_KEY } from '../../../../support/security-descriptors.js';
import { ServiceMachine, type ServiceOutcome } from '../../../../support/service-command.js';

const TUNNEL = ['tunnel', '--accept', '1143', '--connect', 'mail.example:993'];

describe('cli/commands/service/install', () => {
  let machine: ServiceMachine;
  let bar: TestCertificate;
  let data: string;

  before(async () => {
    bar = await selfSigned({ subject: 'CN=bar.example', altNames: ['DNS:bar.example'] });
  });

  beforeEach(async () => {
    machine = new ServiceMachine();
    data = await mkdtemp(path.join(tmpdir(), 'schannel-data-'));
  });

  afterEach(async () => {
    assert.equal(machine.stores.open, 0, 'a store or a key was left open');
    await rm(data, { recursive: true });
  });

  const service = (...args: string[]): Promise<ServiceOutcome> =>
    machine.run(args, { env: { ProgramData: data } });

  const logs = (): string => logFolderOf('mail', { ProgramData: data });

  const install = (flags: readonly string[], command: readonly string[] = TUNNEL): Promise<ServiceOutcome> =>
    service('install', 'mail', '--yes', ...flags, '--', ...command);

  it('has Windows run the command, with time to drain', async () => {
    const { code, output, errors } = await install([]);
    assert.equal(code, 0, errors());
    const script = path.resolve(process.argv[1] ?? '');
    assert.deepEqual(machine.installed, [
      {
        ...{
          name: 'mail',
          displayName: undefined,
          account: 'virtual',
          start: 'auto',
          dependencies: undefined,
        },
        description: 'schannel tunnel --accept 1143 --connect mail.example:993',
        args: [script, 'service', 'run', 'mail', '--stops-within', '35000', '--', ...TUNNEL],
        ...{ files: [], stopsWithin: 35_000 },
      },
    ]);
    assert.match(output(), /^installed the service mail, which runs as NT SERVICE\\mail:\n/);
    assert.ok(existsSync(logs()));
  });

  it('does as it is told', async () => {
    const wishes = ['--account', 'LocalSystem', '--start', 'delayed', '--depend', 'Tcpip', 'Dnscache'];
    const texts = ['--display-name', 'Mail', '--description', 'for old programs', '--no-restart'];
    const { code, errors } = await install([...wishes, ...texts], [...TUNNEL, '--drain', '5m']);
    assert.equal(code, 0);
    const [options] = machine.installed;
    assert.deepEqual([options?.account, options?.start], ['LocalSystem', 'delayed']);
    assert.deepEqual(options?.dependencies, ['Tcpip', 'Dnscache']);
    assert.deepEqual([options.displayName, options.description], ['Mail', 'for old programs']);
    assert.deepEqual([options.restartAfter, options.stopsWithin], [[], 305_000]);
    assert.match(errors(), /^LocalSystem may do anything/);
  });

  it('makes paths absolute, and has them looked at', async () => {
    const file = path.join(data, 'ca.pem');
    await writeFile(file, bar.cert);
    const relative = path.relative(process.cwd(), file);
    assert.equal((await install([], [...TUNNEL, '--ca', relative])).code, 0);
    const [options] = machine.installed;
    assert.deepEqual(options?.files, [file]);
    assert.deepEqual(options.args.slice(-2), ['--ca', file]);
  });

  it('has all files looked at that a file of tunnels includes and names', async () => {
    const [conf, more, ca] = ['a.conf', path.join('more', 'b.conf'), 'ca.pem'].map((name) =>
      path.join(data, name),
    ) as [string, string, string];
    await mkdir(path.dirname(more));
    await writeFile(ca, bar.cert);
    await writeFile(conf, `include = ${path.dirname(more)}\n`);
    await writeFile(
      more,
      `[mail]\nclient = yes\naccept = 1143\nconnect = mail.example:993\nCAfile = ${ca}\nverifyChain = yes\n`,
    );
    const { code, errors } = await install([], ['tunnel', conf]);
    assert.equal(code, 0, errors());
    assert.deepEqual(new Set(machine.installed[0]?.files), new Set([conf, path.dirname(more), more, ca]));
  });

  it('has programs looked at that are started as targets', async () => {
    const [conf, program, pem] = ['a.conf', 'program', 'ca.pem'].map((name) => path.join(data, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(program, '');
    await writeFile(pem, bar.cert);
    const lines = ['[mail]', 'client = yes', 'accept = 1143', `exec = ${program}`, `CAfile = ${pem}`];
    await writeFile(
      conf,
      [...lines, 'verifyChain = yes', 'checkHost = bar.example', 'sni = bar.example'].join('\n'),
    );
    const { code, errors } = await install([], ['tunnel', conf, '--allow-exec']);
    assert.equal(code, 0, errors());
    assert.ok(machine.installed[0]?.files?.includes(program));
  });

  it('changes nothing without a yes, or in a dry run', async () => {
    assert.equal((await service('install', 'mail', '--', ...TUNNEL)).code, 2);
    const { code, output } = await service('install', 'mail', '--dry-run', '--json', '--', ...TUNNEL);
    assert.equal(code, 0);
    const facts = JSON.parse(output()) as { dryRun: boolean; account: string };
    assert.deepEqual([facts.dryRun, facts.account], [true, 'NT SERVICE\\mail']);
    assert.deepEqual([machine.installed, existsSync(logs())], [[], false]);
  });

  it('says that its account can not read what is in the profile of a user', async () => {
    const [node, script] = [process.execPath, process.argv[1]];
    process.argv[1] = path.resolve('C:\\Users\\ben\\npm-cache\\main.js');
    // The path of another system is taken for a relative one there.
    process.execPath = 'C:\\Users\\ben\\node.exe';
    try {
      const { errors } = await install([]);
      assert.match(
        errors(),
        /^C:\\Users\\ben\\node\.exe is in the profile of a user, which NT SERVICE\\mail can't/,
      );
      assert.equal((await install(['--account', 'LocalSystem'])).errors().includes('profile'), false);
    } finally {
      process.execPath = node;
      process.argv[1] = script ?? '';
    }
  });

  it('says before it asks why Windows would refuse', async () => {
    machine.failures.set('checkInstallService', new Error('others can change it'));
    const { code, errors } = await service('install', 'mail', '--', ...TUNNEL);
    assert.equal(code, 1);
    assert.match(errors(), /others can change it/);
  });

  describe('with a certificate', () => {
    const server = (...more: string[]): string[] => [
      ...['tunnel', '--server', '--accept', '993', '--connect', '143', '--certificate', 'bar.example'],
      ...more,
    ];
    let entry: FakeEntry;

    beforeEach(() => {
      entry = machine.stores.put('LocalMachine\\MY', bar.der, { key: USABLE_KEY });
      machine.stores.setRights(entry, descriptorOf(MACHINE_KEY));
    });

    const users = (): unknown[] | undefined =>
      readSecurityDescriptor(machine.stores.rightsOf(entry) ?? Buffer.alloc(0)).dacl?.entries.map(
        ({ sid }) => sid,
      );

    it('lets the service use its key', async () => {
      const { code, output, errors } = await install([], server('--store', 'LocalMachine\\MY'));
      assert.equal(code, 0, errors());
      assert.match(
        output(),
        new RegExp(`may use the private key of LocalMachine\\\\MY\\\\${entry.thumbprint}`),
      );
      assert.ok(users()?.includes(serviceSid('mail')), String(users()));
    });

    it('leaves the key as it is in a dry run', async () => {
      const before = users();
      await service('install', 'mail', '--dry-run', '--', ...server('--store', 'LocalMachine\\MY'));
      assert.deepEqual(users(), before);
    });

    it('refuses a store of the user, and says why', async () => {
      machine.stores.put('CurrentUser\\MY', bar.der, { key: USABLE_KEY });
      for (const more of [[], ['--store', 'CurrentUser\\MY'], ['--store', 'MY']]) {
        const { code, errors } = await install([], server(...more));
        assert.equal(code, 1);
        assert.match(errors(), /^CurrentUser\\MY is another store for each account/);
        assert.match(errors(), /LocalMachine\\MY/);
      }
      assert.deepEqual(machine.installed, []);
    });

    it('refuses one that is not there', async () => {
      machine.stores.take('LocalMachine\\MY', entry);
      const { errors } = await install([], server('--store', 'LocalMachine\\MY'));
      assert.match(errors(), /has no certificate with a private key/);
      assert.deepEqual(machine.installed, []);
    });

    it('installs nothing if the key can not be given', async () => {
      machine.stores.setRights(entry, Buffer.alloc(0));
      const { code } = await install([], server('--store', 'LocalMachine\\MY'));
      assert.notEqual(code, 0);
      assert.deepEqual(machine.done, ['remove mail']);
      assert.equal(existsSync(logs()), false);
    });

    it('takes back the right to a key if the next one can not be given', async () => {
      const other = await selfSigned({ subject: 'CN=bar.example', altNames: ['DNS:bar.example'] });
      const next = machine.stores.put('LocalMachine\\MY', other.der, { key: USABLE_KEY });
      machine.stores.setRights(next, Buffer.alloc(0));
      const before = users();
      const { code } = await install([], server('--store', 'LocalMachine\\MY'));
      assert.notEqual(code, 0);
      assert.deepEqual(users(), before);
    });
  });

  it('tells both why it failed, and what it could not undo', async () => {
    await writeFile(path.join(data, 'schannel'), 'no folder');
    machine.failures.set('removeService', new Error('it is in use'));
    const { code, errors } = await install([]);
    assert.equal(code, 1);
    assert.match(errors(), /^Not everything could be undone: it is in use\n/m);
    assert.match(errors(), /EEXIST|ENOTDIR|ENOENT/);
  });

  describe('with a website', () => {
    const web = (...more: string[]): string[] => ['web', 'serve', 'site', '--name', 'bar.example', ...more];

    it('refuses the default store, which is the user’s', async () => {
      assert.match((await install([], web())).errors(), /ERR_SCHANNEL_SERVICE_CERTIFICATE/);
    });

    it('says that the account may not make certificates', async () => {
      const { code, errors } = await install([], web('--store', 'LocalMachine\\MY'));
      assert.equal(code, 0);
      assert.match(errors(), /adds certificates to its store .* NT SERVICE\\mail may not/);
      assert.equal(machine.installed[0]?.args.at(-5), path.resolve('site'));
      const quiet = await install([], web('--store', 'LocalMachine\\MY', '--no-fallback'));
      assert.equal(quiet.errors(), '');
    });
  });

  it('removes a service with its logs', async () => {
    await install([]);
    const { code, output } = await service('remove', 'mail', '--yes');
    assert.deepEqual([code, output()], [0, 'removed the service mail\n']);
    assert.deepEqual([machine.done, existsSync(logs())], [['remove mail'], false]);
  });

  it('removes nothing in a dry run, or of others', async () => {
    const { output } = await service('remove', 'mail', '--dry-run');
    assert.equal(output(), 'would remove the service mail\n');
    machine.failures.set('serviceStatus', new Error('not ours'));
    assert.equal((await service('remove', 'mail', '--yes')).code, 1);
    assert.deepEqual(machine.done, []);
  });
});
