import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** How a name is proved to the authority. 'api': another server changes DNS, and has its credentials. */
const CHALLENGES = ['http-01', 'dns-01', 'api'] as const;
/** Who has the zones. */
const DNS_PROVIDERS = ['dnsimple', 'cloudflare', 'rfc2136'] as const;
const KEY_ALGORITHMS = ['rsa', 'ec'] as const;
const KEY_PROVIDERS = ['software', 'tpm'] as const;
const STORES = ['LocalMachine\\MY', 'LocalMachine\\WebHosting', 'CurrentUser\\MY'] as const;
const FAMILIES = ['both', 'ipv4', 'ipv6'] as const;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** What is set, without its secrets. Every member has a default. */
export interface Settings {
  /** Names of host, one list for each certificate. The first one is for clients that ask for no name. */
  readonly names: readonly (readonly string[])[];
  /** Completes names without a dot; '' completes none. */
  readonly rootDomain: string;
  /** A mail address; '' gives none. */
  readonly contact: string;
  readonly termsOfServiceAgreed: boolean;
  /** 'letsencrypt', or the URL of another directory. */
  readonly directory: string;
  /** Whether to order from the authority's server for tests. Its certificates are shown to nobody. */
  readonly testing: boolean;
  /** '' is the authority's choice. */
  readonly profile: string;
  /** Identifier of an account that the authority knows (RFC 8555 §7.3.4); '' for none. */
  readonly externalAccount: string;
  readonly challenge: (typeof CHALLENGES)[number];
  /** Where another web server takes the answers to HTTP-01 from; '' for a separate server on port 80. */
  readonly webFolder: string;
  readonly dnsProvider: (typeof DNS_PROVIDERS)[number];
  /** The number of the account; '' for the token's. */
  readonly dnsimpleAccount: string;
  readonly dnsServer: string;
  readonly dnsKeyName: string;
  readonly apiUrl: string;
  readonly apiUser: string;
  readonly keyAlgorithm: (typeof KEY_ALGORITHMS)[number];
  readonly keyProvider: (typeof KEY_PROVIDERS)[number];
  readonly store: (typeof STORES)[number];
  /** A program that runs after a certificate was placed; '' for none. */
  readonly hookProgram: string;
  /** One a line. */
  readonly hookArguments: readonly string[];
  /** Certificates of this folder can be imported with their keys. */
  readonly certificateFolder: string;
  readonly securePort: number;
  /** 0 for none. */
  readonly insecurePort: number;
  readonly family: (typeof FAMILIES)[number];
  /** '' for all addresses. */
  readonly address: string;
  readonly minVersion: (typeof VERSIONS)[number];
  readonly maxVersion: (typeof VERSIONS)[number];
  /** Whether a self-signed certificate is shown while there is no other. */
  readonly selfSigned: boolean;
}

export type SettingName = keyof Settings;

/** Secrets by name, and the variable of the environment that has it. */
export const SECRETS = {
  externalAccountKey: 'SCHANNEL_EAB_KEY',
  dnsimpleToken: 'SCHANNEL_DNSIMPLE_TOKEN',
  cloudflareToken: 'SCHANNEL_CLOUDFLARE_TOKEN',
  dnsSecret: 'SCHANNEL_TSIG_SECRET',
  apiPassword: 'SCHANNEL_CHALLENGE_PASSWORD',
  /** One a line, or 'bar.example=password'. */
  pfxPasswords: 'SCHANNEL_PFX_PASSWORDS',
} as const;

export type SecretName = keyof typeof SECRETS;

export const SECRET_NAMES = Object.keys(SECRETS) as SecretName[];

interface Field<Value> {
  readonly default: Value;
  /** What is wrong with a value from JSON, in half a sentence: 'must be …'; null for nothing. */
  readonly fault: (value: unknown) => string | null;
  /** From a variable of the environment. */
  readonly parse: (text: string) => unknown;
}

const LONGEST = 2000;
const MOST_ITEMS = 200;

const field = <Value>(
  fallback: Value,
  fault: Field<Value>['fault'],
  parse: Field<Value>['parse'] = (text) => text,
): Field<Value> => ({ default: fallback, fault, parse });

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= LONGEST && !/\p{Cc}/u.test(value);

const text = (pattern = /^/, expected = 'must be text on one line'): Field<string> =>
  field('', (value) => (isText(value) && (value === '' || pattern.test(value)) ? null : expected));

const flag = (fallback: boolean): Field<boolean> =>
  field(
    fallback,
    (value) => (typeof value === 'boolean' ? null : 'must be true or false'),
    (given) => ({ true: true, 1: true, false: false, 0: false })[given.toLowerCase()] ?? given,
  );

const oneOf = <Value extends string>(values: readonly Value[], fallback: Value): Field<Value> =>
  field<Value>(fallback, (value) =>
    values.some((each) => each === value) ? null : `must be one of ${values.join(', ')}`,
  );

const port = (fallback: number, least: number): Field<number> =>
  field(
    fallback,
    (value) =>
      Number.isInteger(value) && Number(value) >= least && Number(value) <= 65_535
        ? null
        : `must be a port from ${least} to 65535`,
    Number,
  );

const list = (fallback: readonly string[] = []): Field<readonly string[]> =>
  field(
    fallback,
    (value) =>
      Array.isArray(value) && value.length <= MOST_ITEMS && value.every(isText)
        ? null
        : `must be at most ${MOST_ITEMS} lines`,
    (given) => given.split('\n'),
  );

/** Without a password, which would be shown and kept as it is: there are fields for secrets. */
function isHttps(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return protocol === 'https:' && username + password === '';
}

/** Plain HTTP is for servers of this machine, whose traffic nobody else sees. */
const isSafe = (value: string): boolean =>
  isHttps(value) ||
  (URL.canParse(value) && /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?\//.test(new URL(value).href));

function namesFault(value: unknown): string | null {
  if (!Array.isArray(value) || value.length > MOST_ITEMS) {
    return `must be at most ${MOST_ITEMS} lists of names`;
  }
  for (const names of value as unknown[]) {
    if (!Array.isArray(names) || names.length === 0 || names.length > 100) {
      return 'must have from 1 to 100 names for each certificate';
    }
    const wrong: unknown = names.find((name) => !isHostName(name));
    if (wrong !== undefined) return `has ${JSON.stringify(wrong)}, which is no host name`;
  }
  return null;
}

function isHostName(name: unknown): boolean {
  if (!isText(name) || name.length > 253) return false;
  if (isIP(name) !== 0) return true;
  const host = name.replace(/^\*\./, '');
  return /^[\p{L}\p{M}\p{N}.-]+$/u.test(host) && !/^[.]|[.]{2}/.test(host) && domainToASCII(host) !== '';
}

/** 'www.bar.example, bar.example; other.example': lists of names, as a person writes them. */
export const parseNames = (given: string): string[][] =>
  given
    .split(/[;\n]/)
    .map((line) => line.split(/[\s,]+/).filter((name) => name !== ''))
    .filter((names) => names.length > 0);

type Fields = { readonly [Name in SettingName]: Field<Settings[Name]> };

export const FIELDS: Fields = {
  names: field([], namesFault, parseNames),
  rootDomain: text(/^[\p{L}\p{M}\p{N}-]+(\.[\p{L}\p{M}\p{N}-]+)+$/u, 'must be a domain, such as bar.example'),
  contact: text(/^[^\s@,:?]+@[^\s@,:?]+$/, 'must be a mail address'),
  termsOfServiceAgreed: flag(false),
  directory: field('letsencrypt', (value) =>
    value === 'letsencrypt' || (isText(value) && isHttps(value))
      ? null
      : "must be 'letsencrypt', or the https address of a directory without a password",
  ),
  testing: flag(true),
  profile: text(/^[\w.-]+$/, 'must be the name of a profile'),
  externalAccount: text(),
  challenge: oneOf(CHALLENGES, 'http-01'),
  webFolder: text(),
  dnsProvider: oneOf(DNS_PROVIDERS, 'dnsimple'),
  dnsimpleAccount: text(/^\d+$/, 'must be the number of an account'),
  dnsServer: text(/^[\w.:-]+$/, 'must be a host name or an address'),
  dnsKeyName: text(/^[\w.-]+$/, 'must be the name of a key'),
  apiUrl: field('', (value) =>
    isText(value) && (value === '' || isSafe(value)) ? null : 'must be an https address without a password',
  ),
  apiUser: text(/^[^:]+$/, 'must be a name without a colon'),
  keyAlgorithm: oneOf(KEY_ALGORITHMS, 'rsa'),
  keyProvider: oneOf(KEY_PROVIDERS, 'software'),
  store: oneOf(STORES, 'LocalMachine\\MY'),
  hookProgram: text(),
  hookArguments: list(),
  certificateFolder: text(),
  securePort: port(443, 1),
  insecurePort: port(80, 0),
  family: oneOf(FAMILIES, 'both'),
  address: field('', (value) =>
    value === '' || (typeof value === 'string' && isIP(value) !== 0)
      ? null
      : 'must be an address of this machine',
  ),
  minVersion: oneOf(VERSIONS, 'TLSv1.2'),
  maxVersion: oneOf(VERSIONS, 'TLSv1.3'),
  selfSigned: flag(true),
};

export const SETTING_NAMES = Object.keys(FIELDS) as SettingName[];

export const DEFAULTS = Object.fromEntries(
  SETTING_NAMES.map((name) => [name, FIELDS[name].default]),
) as unknown as Settings;

/** 'SCHANNEL_SECURE_PORT' for securePort. */
export const variableOf = (name: SettingName): string =>
  `SCHANNEL_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** What is wrong with single settings: sentences by name. */
export type Faults = Readonly<Record<string, string>>;

/** @returns the settings that are right, and what is wrong with the others; a name that is not known is wrong */
export function checked(values: Readonly<Record<string, unknown>>): {
  readonly settings: Partial<Settings>;
  readonly faults: Faults;
} {
  const judged = Object.entries(values).map(
    ([name, value]) =>
      [name, value, isSettingName(name) ? FIELDS[name].fault(value) : 'is no setting'] as const,
  );
  return {
    settings: Object.fromEntries(
      judged.flatMap(([name, value, fault]) => (fault === null ? [[name, value]] : [])),
    ),
    faults: Object.fromEntries(judged.flatMap(([name, , fault]) => (fault === null ? [] : [[name, fault]]))),
  };
}

/** What is wrong with settings that are right one by one. */
export function contradictions({ family, address, minVersion, maxVersion }: Settings): Faults {
  const faults: Record<string, string> = {};
  const version = { both: 0, ipv4: 4, ipv6: 6 }[family];
  if (address !== '' && version !== 0 && isIP(address) !== version) {
    faults['address'] = `is no address of ${family === 'ipv4' ? 'IPv4' : 'IPv6'}`;
  }
  if (minVersion > maxVersion) faults['maxVersion'] = 'must not be below the lowest version';
  return faults;
}

const isSettingName = (name: string): name is SettingName => Object.hasOwn(FIELDS, name);

export const isSecretName = (name: string): name is SecretName => Object.hasOwn(SECRETS, name);
