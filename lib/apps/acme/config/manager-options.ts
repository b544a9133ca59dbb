import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as https from '../../../adapters/https/index.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { dnsPersist } from '../challenge/dns-persist.js';
import { dnsRecords } from '../challenge/dns-records.js';
import type { ChallengeSolver } from '../challenge/solver.js';
import { httpTokens } from '../challenge/http-tokens.js';
import { tlsAlpn } from '../challenge/tls-alpn.js';
import { webroot } from '../challenge/webroot.js';
import { acmeDns } from '../dns/acme-dns.js';
import { cloudflare } from '../dns/cloudflare.js';
import { dnsimple } from '../dns/dnsimple.js';
import { httpRequest } from '../dns/http-request.js';
import { program } from '../dns/program.js';
import type { DnsProvider } from '../dns/provider.js';
import { dnsUpdate } from '../dns/update.js';
import { type AcmeTransport, httpsTransport } from '../http/transport.js';
import type { ManagerOptions } from '../manager/options.js';
import type { AcmeConfig, ChallengeChoice, DnsChoice } from './config.js';
import { listeningTokens } from './listening-tokens.js';

/** Variables of the environment that have secrets: they are neither in files nor in arguments. */
export const SECRET_VARIABLES = {
  dnsimple: 'SCHANNEL_DNSIMPLE_TOKEN',
  cloudflare: 'SCHANNEL_CLOUDFLARE_TOKEN',
  rfc2136: 'SCHANNEL_TSIG_SECRET',
  httpreq: 'SCHANNEL_CHALLENGE_PASSWORD',
  'acme-dns': 'SCHANNEL_CHALLENGE_PASSWORD',
  externalAccount: 'SCHANNEL_EAB_KEY',
} as const;

export type SecretName = keyof typeof SECRET_VARIABLES;

export const SECRET_NAMES = Object.keys(SECRET_VARIABLES) as SecretName[];

export const isSecretName = (name: string): name is SecretName => Object.hasOwn(SECRET_VARIABLES, name);

/** Where secrets come from. @returns undefined for one that nobody has given */
export type SecretSource = (name: SecretName) => string | undefined;

export const secretsOf =
  (env: Readonly<Record<string, string | undefined>>): SecretSource =>
  (name) => {
    const secret = env[SECRET_VARIABLES[name]];
    return secret === '' ? undefined : secret;
  };

/**
 * The options of a manager, made of what a file says.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_CONFIG for a secret that is missing; errors of providers for wrong settings
 */
export function managerOptions(
  { certificates, externalAccount, ca, ...rest }: AcmeConfig,
  {
    state,
    secrets,
    moveBindings,
  }: {
    readonly state: string;
    readonly secrets: SecretSource;
    readonly moveBindings: ManagerOptions['moveBindings'];
  },
): ManagerOptions {
  return {
    ...rest,
    state,
    moveBindings,
    ...(ca !== undefined && { transport: transportTrusting(ca) }),
    ...(externalAccount !== undefined && {
      externalAccount: { kid: externalAccount, macKey: needed('externalAccount', secrets) },
    }),
    certificates: certificates.map((set) => ({
      ...set,
      challenge: [set.challenge].flat().map((choice) => solverFor(choice, { state, secrets })),
    })),
  };
}

function transportTrusting(files: readonly string[]): AcmeTransport {
  try {
    return httpsTransport(https, new https.Agent({ ca: files.map((file) => readFileSync(file)) }));
  } catch (error) {
    throw new SchannelError('ERR_SCHANNEL_ACME_CONFIG', `"ca" has a wrong file: ${toError(error).message}`, {
      advice: 'Name files with certificates: PEM, DER or P7B.',
      cause: error,
    });
  }
}

function solverFor(
  choice: ChallengeChoice,
  { state, secrets }: { readonly state: string; readonly secrets: SecretSource },
): ChallengeSolver {
  switch (choice.kind) {
    case 'http':
      return listeningTokens({ folder: path.join(state, 'answers'), ...choice });
    case 'webroot':
      return webroot(choice);
    case 'tls-alpn':
      return tlsAlpn({ folder: path.join(state, 'answers'), ...choice });
    case 'site':
      return httpTokens(choice);
    case 'dns-persist':
      return dnsPersist();
    case 'dns':
      return dnsRecords(providerFor(choice, secrets));
  }
}

function providerFor(choice: DnsChoice, secrets: SecretSource): DnsProvider {
  switch (choice.provider) {
    case 'dnsimple':
      return dnsimple({ ...choice, token: needed('dnsimple', secrets) });
    case 'cloudflare':
      return cloudflare({ ...choice, token: needed('cloudflare', secrets) });
    case 'rfc2136':
      return dnsUpdate({ ...choice, secret: needed('rfc2136', secrets) });
    case 'httpreq':
      return httpRequest({
        ...choice,
        ...(choice.username !== undefined && { password: needed('httpreq', secrets) }),
      });
    case 'acme-dns':
      return acmeDns({ ...choice, account: { ...choice.account, password: needed('acme-dns', secrets) } });
    case 'program':
      return program(choice);
  }
}

function needed(name: SecretName, secrets: SecretSource): string {
  const secret = secrets(name);
  if (secret !== undefined) return secret;
  throw new SchannelError('ERR_SCHANNEL_ACME_CONFIG', `The secret for "${name}" is missing`, {
    advice: `Put it into the variable ${SECRET_VARIABLES[name]} of the environment, or keep it: "schannel acme secret set ${name}".`,
  });
}
