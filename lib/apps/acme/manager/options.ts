import { argumentError, invalidType } from '../../../base/errors/argument-error.js';
import { parseStoreName } from '../../../windows/store/store-name.js';
import type { ChallengeSolver } from '../challenge/solver.js';
import { type AcmeTransport, checkedUrl } from '../http/transport.js';
import { orderedNames } from '../order/names.js';
import type { WindowsKeyOptions } from '../order/windows-keys.js';
import type { RegisterOptions } from '../protocol/client.js';
import type { Identifier } from '../protocol/resources.js';
import type { ServerOptions } from './account.js';
import type { Hook, MoveBindings } from './hooks.js';
import { defaultState, idOf } from './state-folder.js';

/** Names that share one certificate. */
export interface CertificateSet {
  /** Host names, wildcards and IP addresses. */
  readonly names: readonly string[];
  /** What proves that the names are ours. The first one that can serve a name is used. */
  readonly challenge: ChallengeSolver | readonly ChallengeSolver[];
  /** Default 'CurrentUser\\MY'. Servers that run under other accounts need 'LocalMachine\\MY'. */
  readonly store?: string | undefined;
  /** Its key. Default RSA in software, a new one for each certificate. With a store of the machine, the machine's. */
  readonly key?: Omit<WindowsKeyOptions, 'machine'> | undefined;
  /** A profile that the certificate must have, or one that it has if the server offers it. */
  readonly profile?: string | undefined;
  readonly preferProfile?: string | undefined;
  /** Common name of the authority at the top of the chain, if there are several. */
  readonly preferredChain?: string | undefined;
  /** Whether names that no public authority certifies are ordered: for the server of a company. Default false. */
  readonly privateNames?: boolean | undefined;
  /**
   * Which bindings of http.sys show the new certificate instead of an earlier one of this set: with 'not-iis', all but
   * those of IIS, which writes its own again from its settings; with 'all', all. Default none. It needs
   * {@link ManagerOptions.moveBindings} and the store of a machine.
   */
  readonly bindings?: 'not-iis' | 'all' | undefined;
  /** Programs that run after each new certificate, in order. */
  readonly after?: Hook | readonly Hook[] | undefined;
  /** Whether a name that has failed for three days is left out, and the others get a certificate. Default false. */
  readonly dropFailing?: boolean | undefined;
  /** Its name in files and in the store. Default made of store and names: other names make another set. */
  readonly id?: string | undefined;
}

export interface ManagerOptions {
  /** URL of the directory of the ACME server: {@link letsEncrypt} has two. */
  readonly directory: string;
  /** Whether its certificates are for tests. They go into a separate store, which no server looks at. Default false. */
  readonly staging?: boolean | undefined;
  /** 'mailto:anna@bar.example'. */
  readonly contact?: string | readonly string[] | undefined;
  /** There is no default: only a person can agree. */
  readonly termsOfServiceAgreed: boolean;
  readonly externalAccount?: RegisterOptions['externalAccount'];
  /** Another server, which is asked when only a third of the time for a renewal is left. */
  readonly fallback?: Pick<ManagerOptions, 'directory' | 'externalAccount'> | undefined;
  /** The keys of accounts. Default RSA in software; the machine's if a store is. */
  readonly accountKey?: WindowsKeyOptions | undefined;
  /**
   * The folder for its state, which all accounts that renew these certificates share. Default
   * %ProgramData%\schannel\acme.
   */
  readonly state?: string | undefined;
  /** How requests are sent. Default: over Schannel, trusting what Windows trusts. */
  readonly transport?: AcmeTransport | undefined;
  /** What changes bindings of http.sys: `moveBindings` of schannel/binding. */
  readonly moveBindings?: MoveBindings | undefined;
  readonly certificates: readonly CertificateSet[];
}

/** Directories of Let's Encrypt. */
export const letsEncrypt = {
  production: 'https://acme-v02.api.letsencrypt.org/directory',
  staging: 'https://acme-staging-v02.api.letsencrypt.org/directory',
} as const;

/** Whatever else is said: no client trusts what it issues. */
const isForTests = (directory: string): boolean =>
  checkedUrl(directory).hostname === new URL(letsEncrypt.staging).hostname;

/** The store for certificates of a test server. */
const STAGING_STORE = 'schannel-staging';

/** A set, checked. */
export interface ParsedSet {
  readonly id: string;
  readonly names: readonly Identifier[];
  readonly solvers: readonly ChallengeSolver[];
  /** Where its certificates are put. */
  readonly store: string;
  /** Where servers look: another one for a test server. */
  readonly served: string;
  readonly isMachine: boolean;
  readonly key: WindowsKeyOptions;
  readonly bindings: CertificateSet['bindings'] | null;
  readonly hooks: readonly Hook[];
  readonly dropFailing: boolean;
  readonly wishes: Pick<CertificateSet, 'profile' | 'preferProfile' | 'preferredChain' | 'privateNames'>;
}

export interface ParsedOptions {
  readonly state: string;
  readonly staging: boolean;
  readonly server: ServerOptions;
  readonly fallback: ServerOptions | null;
  readonly accountKey: WindowsKeyOptions;
  readonly transport: AcmeTransport | undefined;
  readonly moveBindings: MoveBindings | null;
  readonly sets: readonly ParsedSet[];
}

/**
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; SchannelError ERR_SCHANNEL_STORE_NAME,
 *   ERR_SCHANNEL_ACME_ANSWER for an address that no directory can have
 */
export function parseOptions(options: ManagerOptions): ParsedOptions {
  const { certificates, staging, termsOfServiceAgreed, contact = [], fallback, state } = options;
  if (typeof termsOfServiceAgreed !== 'boolean') {
    throw invalidType('options.termsOfServiceAgreed', 'of type boolean', termsOfServiceAgreed);
  }
  if (!Array.isArray(certificates)) throw invalidType('options.certificates', 'a list', certificates);
  const directory = checkedUrl(options.directory).href;
  const isStaging = staging ?? isForTests(directory);
  if (!isStaging && isForTests(directory))
    throw wrong('staging', `must not be false: ${directory} is for tests`);
  if (!isStaging && fallback !== undefined && isForTests(fallback.directory))
    throw wrong('fallback', 'names a server for tests, and its certificates would be served');
  const registration = {
    contact: typeof contact === 'string' ? [contact] : contact,
    termsOfServiceAgreed,
  };
  const sets = certificates.map((set: CertificateSet) => parseSet(set, directory, isStaging));
  const { moveBindings } = options;
  if (moveBindings !== undefined && typeof moveBindings !== 'function') {
    throw invalidType('options.moveBindings', 'a function', moveBindings);
  }
  if (moveBindings === undefined && sets.some(({ bindings }) => bindings !== null)) {
    throw wrong('bindings', 'needs `moveBindings` of schannel/binding');
  }
  const ids = sets.map(({ id }) => id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) throw wrong('certificates', `has the set ${twice} twice`);
  return {
    state: state ?? defaultState(),
    staging: isStaging,
    server: { directory, externalAccount: options.externalAccount, ...registration },
    fallback:
      fallback === undefined
        ? null
        : {
            directory: checkedUrl(fallback.directory).href,
            externalAccount: fallback.externalAccount,
            ...registration,
          },
    accountKey: { machine: sets.some(({ isMachine }) => isMachine), ...options.accountKey },
    transport: options.transport,
    moveBindings: options.moveBindings ?? null,
    sets,
  };
}

function parseSet(set: CertificateSet, directory: string, staging: boolean): ParsedSet {
  const { names, challenge, key, bindings = null, after, dropFailing = false, id } = set;
  const { profile, preferProfile, preferredChain, privateNames } = set;
  const solvers = Array.isArray(challenge)
    ? (challenge as readonly ChallengeSolver[])
    : [challenge as ChallengeSolver];
  // Profiles are known once the server was asked.
  const ordered = orderedNames({
    names,
    solvers,
    directory: { newOrder: directory, profiles: {} },
    privateNames,
  });
  const { path: served, location } = parseStoreName(set.store ?? 'MY');
  const isMachine = !location.startsWith('CurrentUser');
  if (bindings !== null && !['not-iis', 'all'].includes(bindings)) {
    throw wrong('bindings', "must be 'not-iis' or 'all'");
  }
  if (bindings !== null && location !== 'LocalMachine') {
    throw wrong('bindings', 'needs a store of the machine, such as LocalMachine\\MY');
  }
  if (id !== undefined && !/^[\w-]{1,64}$/.test(id)) throw wrong('id', `is no name for a file: ${id}`);
  return {
    id: id ?? idOf([served.toLowerCase(), ...ordered.names.map(({ value }) => value).sort()].join('\n')),
    names: ordered.names,
    solvers,
    served,
    store: staging ? parseStoreName(STAGING_STORE, location).path : served,
    isMachine,
    key: { ...key, machine: isMachine },
    bindings,
    hooks: after === undefined ? [] : Array.isArray(after) ? (after as readonly Hook[]) : [after as Hook],
    dropFailing,
    wishes: { profile, preferProfile, preferredChain, privateNames },
  };
}

const wrong = (name: string, what: string): Error =>
  argumentError('ERR_INVALID_ARG_VALUE', `The property '${name}' ${what}`);
