import { isIP } from 'node:net';
import path from 'node:path';
import { dnsRecords } from '../../apps/acme/challenge/dns-records.js';
import { httpTokens, type HttpTokenSolver } from '../../apps/acme/challenge/http-tokens.js';
import type { ChallengeSolver } from '../../apps/acme/challenge/solver.js';
import { webroot } from '../../apps/acme/challenge/webroot.js';
import { cloudflare } from '../../apps/acme/dns/cloudflare.js';
import { dnsimple } from '../../apps/acme/dns/dnsimple.js';
import { httpRequest } from '../../apps/acme/dns/http-request.js';
import type { DnsProvider } from '../../apps/acme/dns/provider.js';
import { dnsUpdate } from '../../apps/acme/dns/update.js';
import { letsEncrypt, type ManagerOptions } from '../../apps/acme/manager/options.js';
import { defaultState } from '../../apps/acme/manager/state-folder.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { ManagerSettings } from './manager.js';
import type { SecretName, SettingName, Settings } from './schema.js';

type Given = Pick<ManagerSettings, 'settings' | 'secrets'>;

/** What a manager is made with, and what answers on port 80; null if nothing has to. */
export interface AcmeSetUp {
  readonly options: ManagerOptions;
  readonly tokens: HttpTokenSolver | null;
}

/**
 * @param state the folder of the manager
 * @throws SchannelError ERR_SCHANNEL_SETTINGS_INVALID for what is missing, with all reasons
 */
export function acmeSetUp(given: Given, state = defaultState()): AcmeSetUp {
  const { settings, secrets } = given;
  const missing = missingFrom(given);
  if (missing.length > 0) throw incomplete(missing);
  // The web server may be another process. It answers for all that is in this folder.
  const tokens =
    settings.challenge === 'http-01' && settings.webFolder === ''
      ? httpTokens({ folder: path.join(state, 'http-01') })
      : null;
  const challenge = tokens ?? solverFor(given);
  const provider = settings.keyProvider === 'tpm' ? 'tpm' : undefined;
  const key = { algorithm: settings.keyAlgorithm, provider };
  const { hookProgram: program, hookArguments: args, externalAccount: kid, profile } = settings;
  return {
    tokens,
    options: {
      directory: directoryOf(settings),
      staging: settings.testing,
      contact: settings.contact === '' ? [] : `mailto:${settings.contact}`,
      termsOfServiceAgreed: settings.termsOfServiceAgreed,
      externalAccount: kid === '' ? undefined : { kid, macKey: secrets.externalAccountKey ?? '' },
      accountKey: key,
      state,
      certificates: settings.names.map((names) => ({
        names: names.map((name) => completeName(name, settings.rootDomain)),
        challenge,
        store: settings.store,
        key,
        ...(profile !== '' && { profile }),
        ...(program !== '' && { after: { program, args } }),
      })),
    },
  };
}

/** 'www' is 'www.bar.example' in the domain bar.example. */
export const completeName = (name: string, domain: string): string =>
  domain === '' || name.includes('.') || isIP(name) !== 0 ? name : `${name}.${domain}`;

const directoryOf = ({ directory, testing }: Settings): string => {
  if (directory !== 'letsencrypt') return directory;
  return testing ? letsEncrypt.staging : letsEncrypt.production;
};

function solverFor({ settings, secrets }: Given): ChallengeSolver {
  switch (settings.challenge) {
    case 'http-01':
      return webroot({ folder: settings.webFolder });
    case 'dns-01':
      return dnsRecords(providerFor({ settings, secrets }));
    case 'api': {
      const { apiUrl: url, apiUser: username } = settings;
      const account = username === '' ? {} : { username, password: secrets.apiPassword };
      return dnsRecords(httpRequest({ url, ...account }));
    }
  }
}

function providerFor({ settings, secrets }: Given): DnsProvider {
  switch (settings.dnsProvider) {
    case 'dnsimple':
      return dnsimple({
        token: secrets.dnsimpleToken ?? '',
        account: settings.dnsimpleAccount === '' ? undefined : settings.dnsimpleAccount,
      });
    case 'cloudflare':
      return cloudflare({ token: secrets.cloudflareToken ?? '' });
    case 'rfc2136':
      return dnsUpdate({
        server: settings.dnsServer,
        keyName: settings.dnsKeyName,
        secret: secrets.dnsSecret ?? '',
      });
  }
}

/** What the challenge and the account need and do not have. */
function missingFrom({ settings, secrets }: Given): readonly (SettingName | SecretName)[] {
  const needed: (SettingName | SecretName)[] = [];
  if (settings.externalAccount !== '') needed.push('externalAccountKey');
  if (settings.challenge === 'api') {
    needed.push('apiUrl');
    if (settings.apiUser !== '') needed.push('apiPassword');
  }
  if (settings.challenge === 'dns-01') needed.push(...NEEDED_BY[settings.dnsProvider]);
  const values: Readonly<Record<string, unknown>> = { ...settings, ...secrets };
  return needed.filter((name) => (values[name] ?? '') === '');
}

const NEEDED_BY: Readonly<Record<Settings['dnsProvider'], readonly (SettingName | SecretName)[]>> = {
  dnsimple: ['dnsimpleToken'],
  cloudflare: ['cloudflareToken'],
  rfc2136: ['dnsServer', 'dnsKeyName', 'dnsSecret'],
};

function incomplete(missing: readonly string[]): SchannelError {
  const reasons = missing.map((name) => `${name} is missing`);
  return new SchannelError(
    'ERR_SCHANNEL_SETTINGS_INVALID',
    `The settings are not complete: ${reasons.join(', ')}`,
    {
      reasons,
      advice: 'Enter what is missing, and save.',
    },
  );
}
