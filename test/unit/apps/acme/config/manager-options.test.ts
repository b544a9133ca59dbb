import assert from 'node:assert/strict';
import type { AcmeConfig, ChallengeChoice } from '#lib/apps/acme/config/config.js';
import { managerOptions, secretsOf } from '#lib/apps/acme/config/manager-options.js';
import type { ManagerOptions } from '#lib/apps/acme/manager/options.js';

const optionsFor = (
  challenge: ChallengeChoice,
  env: Readonly<Record<string, string>> = {},
  more: Partial<AcmeConfig> = {},
): ManagerOptions =>
  managerOptions(
    {
      directory: 'https://acme.test/directory',
      termsOfServiceAgreed: true,
      certificates: [{ names: ['www.bar.com'], challenge }],
      ...more,
    },
    { state: '/state', secrets: secretsOf(env), moveBindings: undefined },
  );
const typesFor = (...given: Parameters<typeof optionsFor>): readonly string[] =>
  optionsFor(...given).certificates.flatMap(({ challenge }) =>
    [challenge].flat().flatMap(({ types }) => types),
  );

const SECRETS = {
  SCHANNEL_DNSIMPLE_TOKEN: 'a',
  SCHANNEL_CLOUDFLARE_TOKEN: 'b',
  SCHANNEL_TSIG_SECRET: Buffer.alloc(32).toString('base64'),
  SCHANNEL_CHALLENGE_PASSWORD: 'c',
};

describe('apps/acme/config/manager-options', () => {
  const CHOICES: readonly (readonly [ChallengeChoice, type: string])[] = [
    [{ kind: 'http' }, 'http-01'],
    [{ kind: 'webroot', folder: '/www' }, 'http-01'],
    [{ kind: 'tls-alpn' }, 'tls-alpn-01'],
    [{ kind: 'site', folder: '/answers' }, 'http-01'],
    [{ kind: 'dns-persist' }, 'dns-persist-01'],
    [{ kind: 'dns', provider: 'dnsimple' }, 'dns-01'],
    [{ kind: 'dns', provider: 'cloudflare', zoneId: 'z' }, 'dns-01'],
    [{ kind: 'dns', provider: 'rfc2136', server: '127.0.0.1', keyName: 'k' }, 'dns-01'],
    [{ kind: 'dns', provider: 'httpreq', url: 'https://dns.test/', username: 'u' }, 'dns-01'],
    [
      {
        kind: 'dns',
        provider: 'acme-dns',
        url: 'https://dns.test/',
        account: { username: 'u', subdomain: 's' },
      },
      'dns-01',
    ],
    [{ kind: 'dns', provider: 'program', program: 'dns.exe' }, 'dns-01'],
  ];
  for (const [choice, type] of CHOICES) {
    const title = choice.kind === 'dns' ? choice.provider : choice.kind;
    it(`makes a solver: ${title}`, () => {
      assert.deepEqual(typesFor(choice, SECRETS), [type]);
    });
  }

  for (const [choice] of CHOICES) {
    if (choice.kind !== 'dns' || choice.provider === 'program') continue;
    it(`names the variable that a secret is missing from: ${choice.provider}`, () => {
      assert.throws(
        () => optionsFor(choice),
        (error: Error & { advice?: string }) => {
          assert.equal(Reflect.get(error, 'code'), 'ERR_SCHANNEL_ACME_CONFIG');
          return /SCHANNEL_[A-Z_]+/.test(error.advice ?? '');
        },
      );
    });
  }

  it('needs no password for a server without users', () => {
    assert.deepEqual(typesFor({ kind: 'dns', provider: 'httpreq', url: 'https://dns.test/' }), ['dns-01']);
  });

  it('proves names by several kinds, the first one that can', () => {
    const both = [{ kind: 'webroot', folder: '/www' }, { kind: 'dns-persist' }] as const;
    const options = optionsFor(
      { kind: 'http' },
      {},
      { certificates: [{ names: ['bar.com'], challenge: both }] },
    );
    const [set] = options.certificates;
    assert.deepEqual(
      [set?.challenge].flat().flatMap((solver) => solver?.types),
      ['http-01', 'dns-persist-01'],
    );
  });

  it('names a file of trust that is not there', () => {
    assert.throws(() => optionsFor({ kind: 'http' }, {}, { ca: ['/no/such/file'] }), {
      code: 'ERR_SCHANNEL_ACME_CONFIG',
    });
  });

  it('gives an external account its key', () => {
    const options = optionsFor({ kind: 'http' }, { SCHANNEL_EAB_KEY: 'secret' }, { externalAccount: 'kid' });
    assert.deepEqual(options.externalAccount, { kid: 'kid', macKey: 'secret' });
    assert.equal(options.state, '/state');
    assert.throws(() => optionsFor({ kind: 'http' }, {}, { externalAccount: 'kid' }), /externalAccount/);
  });
});
