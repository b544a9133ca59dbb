import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import type { ChallengeChoice } from '#lib/apps/acme/config/config.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { AcmeCommand, CONFIG } from '../../../../support/acme-manager-command.js';

const GET = ['get', 'www.bar.com', 'bar.com', '--directory', CONFIG.directory, '--keep', '--yes'];
const ENV = {
  SCHANNEL_DNSIMPLE_TOKEN: 'a',
  SCHANNEL_CLOUDFLARE_TOKEN: 'b',
  SCHANNEL_TSIG_SECRET: Buffer.alloc(32).toString('base64'),
  SCHANNEL_CHALLENGE_PASSWORD: 'c',
};

describe('cli/commands/acme/keep', () => {
  let command: AcmeCommand;
  beforeEach(() => {
    command = new AcmeCommand();
    command.config = null;
  });

  it('begins the file with what was given, and without what was not', async () => {
    const { code, kept } = await command.run([
      ...GET,
      ...['--agree-terms', '--email', 'anna@bar.com', '--store', 'LocalMachine\\MY', '--webroot', 'C:\\www'],
      ...['--algorithm', 'ec', '--key-reader', 'NT SERVICE\\web'],
    ]);
    assert.equal(code, EXIT_CODES.ok);
    assert.deepEqual(kept, {
      directory: CONFIG.directory,
      contact: ['mailto:anna@bar.com'],
      termsOfServiceAgreed: true,
      certificates: [
        {
          names: ['www.bar.com', 'bar.com'],
          store: 'LocalMachine\\MY',
          key: { algorithm: 'ec', readers: ['NT SERVICE\\web'] },
          challenge: { kind: 'webroot', folder: path.resolve('C:\\www') },
        },
      ],
    });
  });

  const CHOICES: readonly (readonly [
    args: readonly string[],
    choice: ChallengeChoice | readonly ChallengeChoice[],
  ])[] = [
    [['--challenges', 'C:\\c'], { kind: 'site', folder: path.resolve('C:\\c') }],
    [['--challenges', 'C:\\c', '--tls-alpn'], { kind: 'tls-alpn', folder: path.resolve('C:\\c') }],
    [['--dns-persist'], { kind: 'dns-persist' }],
    [['--dns', 'dnsimple', '--dns-account', '7'], { kind: 'dns', provider: 'dnsimple', account: '7' }],
    [['--dns', 'cloudflare'], { kind: 'dns', provider: 'cloudflare' }],
    [
      ['--dns', 'rfc2136', '--dns-server', 'ns.bar.com:5353', '--dns-key', 'k'],
      { kind: 'dns', provider: 'rfc2136', server: 'ns.bar.com', port: 5353, keyName: 'k' },
    ],
    [
      ['--dns', 'httpreq', '--dns-url', 'https://dns.test/', '--dns-user', 'u'],
      { kind: 'dns', provider: 'httpreq', url: 'https://dns.test/', username: 'u' },
    ],
    [['--dns', 'program', '--dns-program', 'a.exe'], { kind: 'dns', provider: 'program', program: 'a.exe' }],
    [
      ['--dns', 'program', '--dns-program', './a.exe'],
      { kind: 'dns', provider: 'program', program: path.resolve('a.exe') },
    ],
    [
      ['--webroot', 'w', '--dns', 'dnsimple'],
      [
        { kind: 'webroot', folder: path.resolve('w') },
        { kind: 'dns', provider: 'dnsimple' },
      ],
    ],
  ];
  for (const [args, choice] of CHOICES) {
    it(`keeps how names are proved: ${args.join(' ')}`, async () => {
      const { kept, code, errors } = await command.run([...GET, ...args], { env: ENV });
      assert.equal(code, EXIT_CODES.ok, errors());
      assert.deepEqual(kept?.certificates[0]?.challenge, choice);
      // A second process would have the same solvers.
      command.config = kept;
      assert.equal((await command.run(['renew'], { env: ENV })).code, EXIT_CODES.ok);
    });
  }

  it('keeps how names are proved: by a server', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const { kept } = await command.run([
      ...GET,
      ...['--http-port', String(port), '--http-address', '127.0.0.1'],
    ]);
    assert.deepEqual(kept?.certificates[0]?.challenge, { kind: 'http', port, address: '127.0.0.1' });
  });

  it('replaces the set with the same names and store, and leaves others and additions of a person', async () => {
    const after = { program: 'x.exe' };
    const [set] = CONFIG.certificates;
    assert.ok(set !== undefined);
    const other = { ...set, names: ['other.com'] };
    command.config = {
      ...CONFIG,
      certificates: [other, { ...set, names: ['BAR.com', 'www.bar.com'], after }],
    };
    const { kept } = await command.run([...GET, '--store', 'LocalMachine\\MY', '--dns-persist']);
    assert.equal(kept?.certificates.length, 2);
    assert.deepEqual(kept.certificates[0], other);
    assert.deepEqual(kept.certificates[1]?.challenge, { kind: 'dns-persist' });
    assert.deepEqual(kept.certificates[1].after, after);
  });

  it('refuses a file of another server before anything is ordered', async () => {
    command.config = { ...CONFIG, directory: 'https://other.test/' };
    const { code, checks, errors } = await command.run([...GET, '--webroot', 'w']);
    assert.deepEqual([code, checks], [EXIT_CODES.usage, []]);
    assert.match(errors(), /--state/);
  });

  it('keeps which bindings follow', async () => {
    const { kept, code } = await command.run([
      ...GET,
      ...['--webroot', 'www', '--store', 'LocalMachine\\MY', '--bindings', 'not-iis'],
    ]);
    assert.equal(code, 0);
    assert.equal(kept?.certificates.at(-1)?.bindings, 'not-iis');
  });

  it('keeps nothing that failed', async () => {
    const error = new SchannelError('ERR_SCHANNEL_ACME_DNS', 'no record');
    command.sets = [{ action: 'failed', error }];
    const { code, kept } = await command.run([...GET, '--webroot', 'w']);
    assert.deepEqual([code, kept], [EXIT_CODES.denied, null]);
  });
});
