import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type AcmeConfig, configFile, readConfig, writeConfig } from '#lib/apps/acme/config/config.js';

const CONFIG: AcmeConfig = {
  directory: 'https://acme.test/directory',
  termsOfServiceAgreed: true,
  contact: ['mailto:anna@bar.example'],
  externalAccount: 'kid-1',
  fallback: { directory: 'https://other.test/directory' },
  accountKey: { provider: 'tpm', algorithm: 'ec' },
  certificates: [
    {
      names: ['www.bar.example'],
      challenge: { kind: 'webroot', folder: 'C:\\inetpub\\wwwroot' },
      store: 'LocalMachine\\MY',
      key: { algorithm: 'ec', readers: ['NT SERVICE\\web'] },
      after: { program: 'powershell.exe', args: ['-File', 'a.ps1', '{CertThumbprint}'] },
      dropFailing: true,
      bindings: 'all',
    },
    { names: ['*.bar.example'], challenge: { kind: 'dns', provider: 'dnsimple' } },
  ],
};

describe('apps/acme/config/config', () => {
  let file: string;
  beforeEach(async () => {
    file = configFile(await mkdtemp(path.join(os.tmpdir(), 'schannel-config-')));
  });
  afterEach(() => rm(path.dirname(file), { recursive: true }));

  it('reads what it has written', async () => {
    await writeConfig(file, CONFIG);
    assert.deepEqual(await readConfig(file), CONFIG);
  });

  it('knows that there is none', async () => {
    assert.equal(await readConfig(file), null);
  });

  it('reads what an editor of Windows has saved', async () => {
    await writeFile(file, `\uFEFF${JSON.stringify(CONFIG)}`);
    assert.deepEqual(await readConfig(file), CONFIG);
  });

  const [first] = CONFIG.certificates;
  const withChallenge = (challenge: unknown): object => ({
    ...CONFIG,
    certificates: [{ ...first, challenge }],
  });
  const WRONG: readonly (readonly [value: unknown, fault: RegExp])[] = [
    [[], /must be an object/],
    [{ ...CONFIG, termsOfServiceAgreed: undefined }, /termsOfServiceAgreed is missing/],
    [{ ...CONFIG, directory: '' }, /directory must be text/],
    [{ ...CONFIG, certificats: [] }, /certificats is not known/],
    [{ ...CONFIG, toString: 'x' }, /toString is not known/],
    [{ ...CONFIG, contact: [7] }, /contact\[0\] must be text/],
    [{ ...CONFIG, certificates: [{ ...first, bindings: true }] }, /certificates\[0\]\.bindings/],
    [{ ...CONFIG, certificates: {} }, /certificates must be a list/],
    [{ ...CONFIG, certificates: [{ names: ['a'] }] }, /certificates\[0\]\.challenge is missing/],
    [
      withChallenge(null),
      /certificates\[0\]\.challenge\.kind must be one of http, webroot, tls-alpn, site, dns-persist, dns/,
    ],
    [withChallenge({ kind: 'toString' }), /challenge\.kind must be one of/],
    [withChallenge({ kind: 'webroot' }), /challenge\.folder is missing/],
    [withChallenge({ kind: 'http', port: '80' }), /challenge\.port must be a whole number/],
    [withChallenge({ kind: 'dns', provider: 'route53' }), /challenge\.provider must be one of dnsimple/],
    [withChallenge({ kind: 'dns', provider: 'rfc2136', server: 'a' }), /challenge\.keyName is missing/],
    // A secret has no place in the file.
    [withChallenge({ kind: 'dns', provider: 'dnsimple', token: 'x' }), /challenge\.token is not known/],
    [{ ...CONFIG, certificates: [{ ...first, after: [{ args: [] }] }] }, /after\[0\]\.program is missing/],
  ];
  for (const [value, fault] of WRONG) {
    it(`says what is wrong: ${fault.source}`, async () => {
      await writeFile(file, JSON.stringify(value));
      await assert.rejects(readConfig(file), { code: 'ERR_SCHANNEL_ACME_CONFIG', message: fault });
    });
  }

  it('says that it is no JSON', async () => {
    await writeFile(file, '{ "directory": ');
    await assert.rejects(readConfig(file), { code: 'ERR_SCHANNEL_ACME_CONFIG' });
  });

  it('writes nothing that it could not read', async () => {
    const wrong = { ...CONFIG, certificates: [{ names: ['a'] }] } as unknown as AcmeConfig;
    await assert.rejects(writeConfig(file, wrong), { code: 'ERR_SCHANNEL_ACME_CONFIG' });
    assert.equal(await readConfig(file), null);
  });
});
