import assert from 'node:assert/strict';
import path from 'node:path';
import { acmeSetUp, completeName } from '#lib/web/settings/acme-options.js';
import { DEFAULTS, type SecretName, type Settings } from '#lib/web/settings/schema.js';

const STATE = path.resolve('state');

const setUp = (settings: Partial<Settings>, secrets: Partial<Record<SecretName, string>> = {}) =>
  acmeSetUp({ settings: { ...DEFAULTS, ...settings }, secrets }, STATE);
const solverOf = (settings: Partial<Settings>, secrets?: Partial<Record<SecretName, string>>) => {
  const { options } = setUp({ names: [['www.bar.example']], ...settings }, secrets);
  const challenge = options.certificates[0]?.challenge;
  assert.ok(challenge !== undefined && 'name' in challenge);
  return challenge.name;
};

describe('web/settings/acme-options', () => {
  it('makes a set of each line of names, with everything that is set', () => {
    const { options } = setUp({
      names: [['www', 'bar.example'], ['192.0.2.1']],
      rootDomain: 'bar.example',
      contact: 'anna@bar.example',
      termsOfServiceAgreed: true,
      profile: 'tlsserver',
      keyAlgorithm: 'ec',
      keyProvider: 'tpm',
      hookProgram: 'powershell.exe',
      hookArguments: ['-File', 'rdp.ps1', '{CertThumbprint}'],
    });
    const { certificates, ...rest } = options;
    assert.deepEqual(
      certificates.map(({ names }) => names),
      [['www.bar.example', 'bar.example'], ['192.0.2.1']],
    );
    assert.deepEqual(
      { ...certificates[0], names: undefined, challenge: undefined },
      {
        names: undefined,
        challenge: undefined,
        store: 'LocalMachine\\MY',
        key: { algorithm: 'ec', provider: 'tpm' },
        profile: 'tlsserver',
        after: { program: 'powershell.exe', args: ['-File', 'rdp.ps1', '{CertThumbprint}'] },
      },
    );
    assert.deepEqual(rest, {
      directory: 'https://acme-staging-v02.api.letsencrypt.org/directory',
      staging: true,
      contact: 'mailto:anna@bar.example',
      termsOfServiceAgreed: true,
      externalAccount: undefined,
      accountKey: { algorithm: 'ec', provider: 'tpm' },
      state: STATE,
    });
  });

  for (const [directory, testing, expected] of [
    ['letsencrypt', true, 'https://acme-staging-v02.api.letsencrypt.org/directory'],
    ['letsencrypt', false, 'https://acme-v02.api.letsencrypt.org/directory'],
    ['https://ca.bar.example/acme', true, 'https://ca.bar.example/acme'],
  ] as const) {
    it(`asks ${directory}${testing ? ' for tests' : ''}: ${expected}`, () => {
      const { options } = setUp({ directory, testing });
      assert.deepEqual([options.directory, options.staging], [expected, testing]);
    });
  }

  it('completes names without a dot, and no others', () => {
    assert.equal(completeName('www', 'bar.example'), 'www.bar.example');
    assert.equal(completeName('www', ''), 'www');
    assert.equal(completeName('www.foo.example', 'bar.example'), 'www.foo.example');
    assert.equal(completeName('::1', 'bar.example'), '::1');
  });

  it('answers HTTP-01 on port 80, for every process of the machine, or in the folder of another server', () => {
    const name = solverOf({});
    assert.equal(name, `http-01 by ${path.join(STATE, 'http-01')}`);
    assert.notEqual(setUp({}).tokens, null);
    assert.equal(setUp({ webFolder: 'wwwroot' }).tokens, null);
    assert.equal(solverOf({ webFolder: 'wwwroot' }), `http-01 in ${path.resolve('wwwroot')}`);
  });

  it('answers DNS-01 by the service that is chosen, or by another server', () => {
    const dns = { challenge: 'dns-01' } as const;
    const key = { dnsServer: 'ns.bar.example', dnsKeyName: 'key' };
    const cases = [
      solverOf({ ...dns }, { dnsimpleToken: 'token' }),
      solverOf({ ...dns, dnsProvider: 'cloudflare' }, { cloudflareToken: 'token' }),
      solverOf({ ...dns, dnsProvider: 'rfc2136', ...key }, { dnsSecret: 'c2VjcmV0' }),
      solverOf(
        { challenge: 'api', apiUrl: 'https://acme.bar.example/', apiUser: 'anna' },
        { apiPassword: 'secret' },
      ),
    ];
    assert.equal(new Set(cases).size, 4);
    for (const name of cases) assert.match(name, /^dns-01 by /);
  });

  for (const [settings, missing] of [
    [{ challenge: 'dns-01' }, ['dnsimpleToken is missing']],
    [{ challenge: 'dns-01', dnsProvider: 'cloudflare' }, ['cloudflareToken is missing']],
    [
      { challenge: 'dns-01', dnsProvider: 'rfc2136' },
      ['dnsServer is missing', 'dnsKeyName is missing', 'dnsSecret is missing'],
    ],
    [{ challenge: 'api', apiUser: 'anna' }, ['apiUrl is missing', 'apiPassword is missing']],
    [{ externalAccount: 'kid' }, ['externalAccountKey is missing']],
  ] as const) {
    it(`says what is missing: ${missing.join(', ')}`, () => {
      assert.throws(() => setUp(settings), {
        code: 'ERR_SCHANNEL_SETTINGS_INVALID',
        reasons: missing,
      });
    });
  }

  it('gives the key of an external account', () => {
    const { options } = setUp({ externalAccount: 'kid' }, { externalAccountKey: 'c2VjcmV0' });
    assert.deepEqual(options.externalAccount, { kid: 'kid', macKey: 'c2VjcmV0' });
  });
});
