import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SecretChecker } from '#lib/apps/acme/challenge-server/secret.js';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { acmeCommand } from '../../../../support/acme-command.js';

describe('cli/commands/acme/challenge-client', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-clients-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const clients = () =>
    (
      JSON.parse(readFileSync(path.join(folder, 'clients.json'), 'utf8')) as {
        clients: Record<string, unknown>[];
      }
    ).clients;

  const client = (...args: readonly string[]) => acmeCommand(['challenge-client', ...args]);

  it('adds a client, whose secret is shown once and not kept', async () => {
    const { code, ...io } = await client('add', folder, 'hulk', '--names', 'bar.example', '.lan.bar.example');
    assert.equal(code, EXIT_CODES.ok, io.errors());
    const [, secret = ''] = /^secret {2}([\w-]{40})$/m.exec(io.output()) ?? [];
    const [stored] = clients();
    assert.ok(!JSON.stringify(stored).includes(secret));
    assert.deepEqual(stored?.['names'], ['bar.example', '.lan.bar.example']);
    assert.equal(await new SecretChecker().isRight(String(stored['secret']), secret), true);
    const list = await client('ls', folder);
    assert.deepEqual(list.output().split('\n'), [
      'NAME  NAMES                         HOSTS  FROM      CERTIFICATE  RECORD',
      'hulk  bar.example .lan.bar.example  -      anywhere  -            -',
      '',
    ]);
    assert.doesNotMatch((await client('ls', folder, '--json')).output(), /scrypt/);
  });

  it('adds all that a client may have, and prints one object with --json', async () => {
    const outcome = await client(
      ...[
        'add',
        folder,
        'a',
        '--hosts',
        '*.lan.bar.example',
        '--public-addresses',
        '--networks',
        '10.0.0.0/8',
      ],
      ...['--certificate', 'a.example', '--subdomain', 'own', '--json'],
    );
    const { client: facts, secret } = outcome.json() as { client: object; secret: string };
    assert.match(secret, /^[\w-]{40}$/);
    assert.deepEqual(facts, {
      name: 'a',
      hosts: ['*.lan.bar.example'],
      publicAddresses: true,
      networks: ['10.0.0.0/8'],
      certificate: 'a.example',
      subdomain: 'own',
    });
  });

  it('removes a client, once that is confirmed', async () => {
    await client('add', folder, 'hulk', '--names', 'bar.example');
    assert.equal((await client('rm', folder, 'hulk')).code, EXIT_CODES.usage);
    assert.equal((await client('rm', folder, 'hulk', '--dry-run')).output(), 'would remove hulk\n');
    assert.equal(clients().length, 1);
    assert.equal((await client('rm', folder, 'hulk', '--yes')).output(), 'removed hulk\n');
    assert.deepEqual(clients(), []);
    assert.equal((await client('rm', folder, 'hulk', '--yes')).code, EXIT_CODES.usage);
    assert.equal((await client('ls', folder)).output(), 'There is no client\n');
  });

  for (const [what, args] of [
    ['a client that could do nothing', ['hulk']],
    ['a name with a colon', ['a:b', '--names', 'bar.example']],
    ['a rule for everything', ['hulk', '--names', '*']],
    ['a network that is none', ['hulk', '--names', 'bar.example', '--networks', 'lan']],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { code, ...io } = await client('add', folder, ...args);
      assert.equal(code, EXIT_CODES.usage);
      assert.equal(io.output(), '');
    });
  }

  it('refuses a second client of one name', async () => {
    await client('add', folder, 'hulk', '--names', 'bar.example');
    assert.equal((await client('add', folder, 'hulk', '--names', 'bar.example')).code, EXIT_CODES.usage);
    assert.equal(clients().length, 1);
  });
});
