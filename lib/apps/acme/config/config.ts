import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../../base/errors/error-code.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { writePrivateFile } from '../../../windows/import-export/write-file.js';
import type { TransactionAlgorithm } from '../../../formats/dns/transaction-signature.js';
import type { AcmeDnsAccount } from '../dns/acme-dns.js';
import type { CertificateSet, ManagerOptions } from '../manager/options.js';
import { flag, kinds, listOf, number, object, oneOf, oneOrMore, type Shape, text } from './shape.js';

/** What proves names, as a file can say it. Secrets are not in it: see {@link SECRET_VARIABLES}. */
export type ChallengeChoice =
  /** HTTP-01 by a server that listens while an order needs it. */
  | { readonly kind: 'http'; readonly port?: number; readonly address?: string }
  /** HTTP-01 by files in the folder of another web server. */
  | { readonly kind: 'webroot'; readonly folder: string }
  /** TLS-ALPN-01 by a running site that has the folder of answers. Default 'answers' in the state folder. */
  | { readonly kind: 'tls-alpn'; readonly folder?: string }
  /** HTTP-01 by a running site that has the folder of answers. */
  | { readonly kind: 'site'; readonly folder: string; readonly port?: number }
  /** DNS-01 by a record that is there for good. */
  | { readonly kind: 'dns-persist' }
  | DnsChoice;

/** DNS-01 by records of a provider. */
export type DnsChoice =
  | { readonly kind: 'dns'; readonly provider: 'dnsimple'; readonly account?: string }
  | { readonly kind: 'dns'; readonly provider: 'cloudflare'; readonly zoneId?: string }
  | {
      readonly kind: 'dns';
      readonly provider: 'rfc2136';
      readonly server: string;
      readonly keyName: string;
      readonly port?: number;
      readonly zone?: string;
      readonly algorithm?: TransactionAlgorithm;
    }
  | {
      readonly kind: 'dns';
      readonly provider: 'httpreq';
      readonly url: string;
      readonly username?: string;
    }
  | {
      readonly kind: 'dns';
      readonly provider: 'acme-dns';
      readonly url: string;
      readonly account: Pick<AcmeDnsAccount, 'username' | 'subdomain'>;
    }
  | {
      readonly kind: 'dns';
      readonly provider: 'program';
      readonly program: string;
      readonly add?: readonly string[];
      readonly remove?: readonly string[];
    };

/** A set of names in a file. */
export interface ConfiguredSet extends Omit<CertificateSet, 'challenge'> {
  readonly challenge: ChallengeChoice | readonly ChallengeChoice[];
}

/** The certificates of a machine: what `schannel acme` works with. */
export interface AcmeConfig extends Pick<
  ManagerOptions,
  'directory' | 'staging' | 'contact' | 'termsOfServiceAgreed' | 'accountKey'
> {
  /** The key identifier of an account that the authority knows already; its key is a secret. */
  readonly externalAccount?: string;
  /** Files with certificates: the ACME server has to be below one of them. Default: what Windows trusts. */
  readonly ca?: readonly string[];
  readonly fallback?: { readonly directory: string };
  readonly certificates: readonly ConfiguredSet[];
}

const DNS = { kind: oneOf('dns'), provider: text };

const KEY = object(
  {},
  {
    algorithm: oneOf('rsa', 'ec'),
    modulusLength: number,
    namedCurve: oneOf('P-256', 'P-384'),
    provider: text,
    machine: flag,
    readers: listOf(text),
  },
);

const CHALLENGE = kinds('kind', {
  http: object({ kind: text }, { port: number, address: text }),
  webroot: object({ kind: text, folder: text }),
  'tls-alpn': object({ kind: text }, { folder: text }),
  site: object({ kind: text, folder: text }, { port: number }),
  'dns-persist': object({ kind: text }),
  dns: kinds('provider', {
    dnsimple: object(DNS, { account: text }),
    cloudflare: object(DNS, { zoneId: text }),
    rfc2136: object(
      { ...DNS, server: text, keyName: text },
      {
        port: number,
        zone: text,
        algorithm: oneOf('hmac-sha256', 'hmac-sha384', 'hmac-sha512', 'hmac-sha1'),
      },
    ),
    httpreq: object({ ...DNS, url: text }, { username: text }),
    'acme-dns': object({ ...DNS, url: text, account: object({ username: text, subdomain: text }) }),
    program: object({ ...DNS, program: text }, { add: listOf(text), remove: listOf(text) }),
  }),
});

const SET = object(
  { names: listOf(text), challenge: oneOrMore(CHALLENGE) },
  {
    id: text,
    store: text,
    key: KEY,
    profile: text,
    preferProfile: text,
    preferredChain: text,
    privateNames: flag,
    dropFailing: flag,
    bindings: oneOf('not-iis', 'all'),
    after: oneOrMore(object({ program: text }, { args: listOf(text), timeout: number })),
  },
);

const CONFIG: Shape = object(
  { directory: text, termsOfServiceAgreed: flag, certificates: listOf(SET) },
  {
    staging: flag,
    contact: oneOrMore(text),
    accountKey: KEY,
    externalAccount: text,
    ca: listOf(text),
    fallback: object({ directory: text }),
  },
);

/** The file of a state folder that says which certificates there are. */
export const configFile = (state: string): string => path.join(state, 'config.json');

/**
 * Reads which certificates there are. @returns null if there is no such file
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_CONFIG, which names the member at fault; ERR_SCHANNEL_ACME_STATE if it can't
 *   be read
 */
export async function readConfig(file: string): Promise<AcmeConfig | null> {
  let json: string;
  try {
    json = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw new SchannelError('ERR_SCHANNEL_ACME_STATE', `The file ${file} could not be read`, {
      advice: 'Give this account the right to read it.',
      cause: error,
    });
  }
  let value: unknown;
  try {
    // Editors of Windows write a byte order mark.
    value = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw wrong(file, error instanceof Error ? error.message : 'it is no JSON');
  }
  const fault = CONFIG(value, '');
  if (fault !== null) throw wrong(file, fault);
  return value as AcmeConfig;
}

/** Writes it completely or not at all. @throws SchannelError ERR_SCHANNEL_ACME_CONFIG; Error of node:fs */
export async function writeConfig(file: string, config: AcmeConfig): Promise<void> {
  const fault = CONFIG(JSON.parse(JSON.stringify(config)), '');
  if (fault !== null) throw wrong(file, fault);
  const text = `${JSON.stringify(config, null, 2)}\n`;
  await writePrivateFile(file, text, { overwrite: true, readers: 'folder' });
}

const wrong = (file: string, fault: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_CONFIG', `${file}: ${fault}`, {
    advice: 'Correct the file. Nothing was ordered.',
  });
