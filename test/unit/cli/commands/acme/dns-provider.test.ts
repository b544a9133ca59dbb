import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as acme from '#lib/acme.js';
import { dnsProviderOf } from '#lib/cli/commands/acme/dns-provider.js';
import { UsageError } from '#lib/cli/usage-error.js';

const SECRETS = {
  SCHANNEL_TSIG_SECRET: 'AAAA',
  SCHANNEL_DNSIMPLE_TOKEN: 'simple',
  SCHANNEL_CLOUDFLARE_TOKEN: 'cloud',
  SCHANNEL_CHALLENGE_PASSWORD: 'word',
};

describe('cli/commands/acme/dns-provider', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-dns-'));
    file = path.join(folder, 'account.json');
    writeFileSync(file, JSON.stringify({ username: 'u', password: 'p', subdomain: 's' }));
    writeFileSync(path.join(folder, 'other.json'), '{"username":"u"}');
    writeFileSync(path.join(folder, 'broken.json'), '{');
  });
  after(() => rmSync(folder, { recursive: true }));

  /** The options that a provider was made with. */
  function optionsOf(
    flags: Parameters<typeof dnsProviderOf>[1],
    env: Record<string, string> = SECRETS,
  ): unknown {
    const made: unknown[] = [];
    const spy = (name: string) => (options: object) => {
      made.push({ kind: name, ...options });
      return { name };
    };
    const names = ['dnsUpdate', 'dnsimple', 'cloudflare', 'httpRequest', 'acmeDns', 'program'];
    const library = { ...acme, ...Object.fromEntries(names.map((name) => [name, spy(name)])) };
    dnsProviderOf(library, flags, { env });
    return JSON.parse(JSON.stringify(made[0]));
  }

  it('makes each kind with its secret from the environment', () => {
    const account = { username: 'u', password: 'p', subdomain: 's' };
    for (const [flags, expected] of [
      [
        { dns: 'rfc2136', dnsServer: 'ns.bar.example', dnsKey: 'k' },
        { kind: 'dnsUpdate', server: 'ns.bar.example', port: 53, keyName: 'k', secret: 'AAAA' },
      ],
      [
        {
          dns: 'rfc2136',
          dnsServer: '[fd00::1]:5353',
          dnsKey: 'k',
          dnsAlgorithm: 'hmac-sha512',
          dnsZone: 'z',
        },
        {
          kind: 'dnsUpdate',
          server: 'fd00::1',
          port: 5353,
          keyName: 'k',
          secret: 'AAAA',
          algorithm: 'hmac-sha512',
          zone: 'z',
        },
      ],
      [
        { dns: 'dnsimple', dnsAccount: '7' },
        { kind: 'dnsimple', token: 'simple', account: '7' },
      ],
      [
        { dns: 'cloudflare', dnsZone: 'z' },
        { kind: 'cloudflare', token: 'cloud', zoneId: 'z' },
      ],
      [
        { dns: 'httpreq', dnsUrl: 'https://c.example', dnsUser: 'u' },
        { kind: 'httpRequest', url: 'https://c.example', username: 'u', password: 'word' },
      ],
      [
        { dns: 'acme-dns', dnsUrl: 'https://a.example', dnsAccount: file },
        { kind: 'acmeDns', url: 'https://a.example', account },
      ],
      [
        { dns: 'program', dnsProgram: 'x' },
        { kind: 'program', program: 'x' },
      ],
    ] as const) {
      assert.deepEqual(optionsOf(flags), expected);
    }
  });

  it('says what is missing, and no secret', () => {
    for (const [flags, env, message] of [
      [{}, SECRETS, /--dns must say/],
      [{ dns: 'rfc2136', dnsKey: 'k' }, SECRETS, /needs --dns-server/],
      [{ dns: 'rfc2136', dnsServer: 'x' }, SECRETS, /needs --dns-key/],
      [{ dns: 'rfc2136', dnsServer: 'x', dnsKey: 'k' }, {}, /set SCHANNEL_TSIG_SECRET/],
      [{ dns: 'rfc2136', dnsServer: 'a b', dnsKey: 'k' }, SECRETS, /--dns-server must be/],
      [{ dns: 'dnsimple' }, { SCHANNEL_DNSIMPLE_TOKEN: '' }, /set SCHANNEL_DNSIMPLE_TOKEN/],
      [{ dns: 'cloudflare' }, {}, /set SCHANNEL_CLOUDFLARE_TOKEN/],
      [{ dns: 'httpreq', dnsUrl: 'https://c.example' }, SECRETS, /needs --dns-user/],
      [{ dns: 'acme-dns', dnsUrl: 'https://a.example', dnsAccount: 'no-such-file' }, SECRETS, /no-such-file/],
      [{ dns: 'program' }, SECRETS, /needs --dns-program/],
    ] as const) {
      assert.throws(
        () => optionsOf(flags, { ...env }),
        (error: Error) => error instanceof UsageError && message.test(error.message),
      );
    }
    for (const name of ['other.json', 'broken.json']) {
      const flags = {
        dns: 'acme-dns',
        dnsUrl: 'https://a.example',
        dnsAccount: path.join(folder, name),
      } as const;
      assert.throws(() => optionsOf(flags), /has no account of acme-dns/);
    }
  });
});
