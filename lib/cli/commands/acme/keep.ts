import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type AcmeConfig,
  type ChallengeChoice,
  configFile,
  type ConfiguredSet,
  readConfig,
  writeConfig,
} from '../../../apps/acme/config/config.js';
import { requireOwn } from '../../../apps/acme/manager/state-folder.js';
import type { ManagerOptions } from '../../../acme.js';
import type { CommandIO } from '../../terminal.js';
import { UsageError } from '../../usage-error.js';
import type { ChallengeFlags } from './challenge-flags.js';
import { stateOf } from './configured.js';
import { type DnsProviderFlags, hostAndPort } from './dns-provider.js';
import type { ServerFlags } from './server-flags.js';

interface KeepFlags extends ServerFlags, ChallengeFlags {
  readonly eabKid?: string;
}

/** What is written into the file of certificates once there is a certificate. */
export interface Kept {
  readonly file: string;
  write(): Promise<void>;
}

/**
 * Adds what a command was given to the file of certificates, or replaces the set with the same names. Nothing is
 * written yet.
 *
 * @throws {UsageError} for what the file can't have
 * @throws SchannelError ERR_SCHANNEL_ACME_CONFIG for a file that is wrong
 */
export async function keptSet(
  { certificates, directory, staging, contact, termsOfServiceAgreed }: ManagerOptions,
  flags: KeepFlags,
  io: Pick<CommandIO, 'env'>,
): Promise<Kept> {
  const state = stateOf(flags, io);
  await requireOwn(state);
  const file = configFile(state);
  const before = await readConfig(file);
  const [given] = certificates;
  if (given === undefined) throw new RangeError('there is no set to keep');
  const { challenge: _solvers, ...wishes } = given;
  const set = defined<ConfiguredSet>({
    ...wishes,
    key: defined(wishes.key ?? {}),
    challenge: challengesOf(flags),
  });
  const server = defined({
    directory,
    staging,
    externalAccount: flags.eabKid,
    ca: flags.ca?.map((each) => path.resolve(each)),
  });
  const config: AcmeConfig =
    before === null
      ? defined<AcmeConfig>({ ...server, contact, termsOfServiceAgreed, certificates: [set] })
      : { ...sameServer(before, server, file), certificates: withSet(before.certificates, set) };
  return { file, write: () => writeConfig(file, config) };
}

/** @throws {UsageError} if the file is about another server: its certificates would come from there from then on */
function sameServer(
  config: AcmeConfig,
  server: Pick<AcmeConfig, 'directory' | 'staging' | 'externalAccount' | 'ca'>,
  file: string,
): AcmeConfig {
  const { directory, staging = false } = config;
  if (directory === server.directory && staging === (server.staging ?? false))
    return { ...config, ...server };
  throw new UsageError(
    `${file} has certificates of ${directory}. Keep those of another server in another folder: --state`,
  );
}

const withSet = (sets: readonly ConfiguredSet[], set: ConfiguredSet): readonly ConfiguredSet[] => {
  const isSame = (other: ConfiguredSet): boolean =>
    other.store === set.store && isDeepStrictEqual(namesOf(other), namesOf(set));
  const at = sets.findIndex(isSame);
  // What a person has added to it by hand stays.
  return at < 0 ? [...sets, set] : sets.map((other, index) => (index === at ? { ...other, ...set } : other));
};

const namesOf = ({ names }: ConfiguredSet): readonly string[] =>
  names.map((name) => name.toLowerCase()).sort();

type Of<Kind extends string> = Extract<ChallengeChoice, { readonly kind: Kind }>;
type By<Provider extends string> = Extract<ChallengeChoice, { readonly provider: Provider }>;

function challengesOf(flags: ChallengeFlags): ChallengeChoice | readonly ChallengeChoice[] {
  const { challenges, tlsAlpn, webroot, httpPort, httpAddress } = flags;
  const folder = challenges === undefined ? undefined : path.resolve(challenges);
  const port = httpPort === 80 ? undefined : httpPort;
  const choices: ChallengeChoice[] = [];
  if (folder !== undefined)
    choices.push(
      tlsAlpn === true ? { kind: 'tls-alpn', folder } : defined<Of<'site'>>({ kind: 'site', folder, port }),
    );
  if (webroot !== undefined) choices.push({ kind: 'webroot', folder: path.resolve(webroot) });
  if (flags.dns !== undefined) choices.push(dnsOf(flags));
  if (flags.dnsPersist === true) choices.push({ kind: 'dns-persist' });
  const [first, ...others] = choices;
  if (first === undefined) return defined<Of<'http'>>({ kind: 'http', port, address: httpAddress });
  return others.length === 0 ? first : choices;
}

/** What is missing was refused before: the provider was made of the same flags. */
function dnsOf(flags: DnsProviderFlags): ChallengeChoice {
  const { dns, dnsServer = '', dnsKey = '', dnsAlgorithm, dnsZone, dnsUrl, dnsUser, dnsAccount } = flags;
  if (dnsUrl !== undefined && (dns === 'dnsimple' || dns === 'cloudflare')) {
    throw new UsageError(`--keep has no place for --dns-url of ${dns}`);
  }
  switch (dns) {
    case 'rfc2136': {
      const { host, port } = hostAndPort(dnsServer);
      const server = { server: host, port, keyName: dnsKey, algorithm: dnsAlgorithm, zone: dnsZone };
      return defined<By<'rfc2136'>>({ kind: 'dns', provider: 'rfc2136', ...server });
    }
    case 'dnsimple':
      return defined<By<'dnsimple'>>({ kind: 'dns', provider: 'dnsimple', account: dnsAccount });
    case 'cloudflare':
      return defined<By<'cloudflare'>>({ kind: 'dns', provider: 'cloudflare', zoneId: dnsZone });
    case 'httpreq':
      return defined<By<'httpreq'>>({
        kind: 'dns',
        provider: 'httpreq',
        url: dnsUrl ?? '',
        username: dnsUser,
      });
    case 'program':
      return { kind: 'dns', provider: 'program', program: programAt(flags.dnsProgram ?? '') };
    default:
      throw new UsageError(`--keep has no place for the account of ${dns ?? ''}: write it into config.json`);
  }
}

/** A task works in another folder. A name without a folder is looked up in PATH there, too. */
const programAt = (program: string): string => (/[\\/]/.test(program) ? path.resolve(program) : program);

/** Without the members that are undefined: JSON has none. */
const defined = <Value extends object>(value: {
  readonly [Name in keyof Value]: Value[Name] | undefined;
}): Value => Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value;
