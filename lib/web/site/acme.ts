import { httpTokens } from '../../apps/acme/challenge/http-tokens.js';
import type { TokenSource } from '../../apps/acme/challenge/redirect-server.js';
import type { ChallengeSolver } from '../../apps/acme/challenge/solver.js';
import { tlsAlpn } from '../../apps/acme/challenge/tls-alpn.js';
import { type CertificateSet, letsEncrypt, type ManagerOptions } from '../../apps/acme/manager/options.js';
import { invalidType } from '../../base/errors/argument-error.js';
import type { TlsChallenges } from '../../tls/socket/server-options.js';
import type { KeySet } from '../../windows/temporary-identity/key-set.js';
import type { SiteNames } from '../names/site-names.js';

/** How a site gets its certificate: options of createAcmeManager() of schannel/acme, and of its one set of names. */
export interface AcmeOptions
  extends
    Omit<ManagerOptions, 'certificates' | 'directory'>,
    Omit<CertificateSet, 'names' | 'challenge' | 'store'> {
  /** URL of the directory of the ACME server. Default that of Let's Encrypt. */
  readonly directory?: string | undefined;
  /**
   * What proves that the names are ours. What `httpTokens()` and `tlsAlpn()` return is answered by the site itself.
   * Default: HTTP-01 on the port of `http`, or TLS-ALPN-01 on that of `https` with `http: false`. Wildcards need
   * `dnsRecords()` or `dnsPersist()`.
   */
  readonly challenge?: ChallengeSolver | readonly ChallengeSolver[] | undefined;
}

/** The options for a manager, and what answers challenges in the servers of the site. */
export interface SiteAcme {
  readonly manager: ManagerOptions;
  readonly fallback: boolean;
  readonly tokens: TokenSource | undefined;
  readonly challenges: TlsChallenges | undefined;
}

/** The rest of a site that its certificate depends on. */
interface Surroundings {
  readonly names: SiteNames;
  readonly store: string | undefined;
  readonly fallback: boolean | undefined;
  /** On 127.0.0.1, as far as they are known: 0 stands for any. `http` is null if there is none. */
  readonly ports: { readonly https: number; readonly http: number | null };
  readonly temporaryKeys: KeySet | undefined;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE */
export function siteAcme(
  options: AcmeOptions,
  { names, store, fallback = true, ports, temporaryKeys }: Surroundings,
): SiteAcme {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw invalidType('options.acme', 'of type object', options);
  }
  const { challenge, directory = letsEncrypt.production, ...more } = options;
  const { key, profile, preferProfile, preferredChain, privateNames, after, dropFailing, id, ...manager } =
    more;
  const given =
    challenge ??
    (ports.http === null ? tlsAlpn({ temporaryKeys, port: ports.https }) : httpTokens({ port: ports.http }));
  const solvers = Array.isArray(given) ? (given as readonly ChallengeSolver[]) : [given as ChallengeSolver];
  return {
    manager: {
      ...manager,
      directory,
      certificates: [
        {
          names: [...names.dns, ...names.ip],
          challenge: solvers,
          ...{ store, key, profile, preferProfile, preferredChain, privateNames, after, dropFailing, id },
        },
      ],
    },
    fallback,
    tokens: solvers.find(isTokenSource),
    challenges: solvers.find(isTlsChallenges),
  };
}

const isTokenSource = (solver: ChallengeSolver): solver is ChallengeSolver & TokenSource =>
  'answerFor' in solver && typeof solver.answerFor === 'function';

const isTlsChallenges = (solver: ChallengeSolver): solver is ChallengeSolver & TlsChallenges =>
  'contextFor' in solver && typeof solver.contextFor === 'function';
