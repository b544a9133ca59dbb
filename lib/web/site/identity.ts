import type { ServerOptions } from '../../adapters/https/index.js';
import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { type CertificateSearch, isSearch, parseSearch } from '../../tls/identity/search.js';
import { hostPattern } from '../../tls/server/host-pattern.js';
import type { Certificate } from '../../windows/store/certificate.js';
import type { CertificateQuery } from '../../windows/store/query.js';
import { parseStoreName } from '../../windows/store/store-name.js';
import { isFallbackFor } from '../fallback/fallback-certificate.js';
import type { SiteNames } from '../names/site-names.js';

/** What shows a certificate, in terms of createServer(). */
export interface SiteIdentity {
  /** For clients that ask for no name, or for an unknown one. */
  readonly first: Pick<ServerOptions, 'certificate' | 'pfx' | 'cert' | 'key' | 'passphrase'>;
  /** In the order of addContext(): if several match, the last one counts. */
  readonly byName: readonly (readonly [name: string, certificate: CertificateSearch])[];
  /** Where the fall-back goes, and what it stands in for; null for none. */
  readonly fallback: { readonly store: string; readonly searches: readonly CertificateQuery[] } | null;
}

/** The options of serve() about it. */
export interface IdentityOptions extends Pick<
  ServerOptions,
  'certificate' | 'pfx' | 'cert' | 'key' | 'passphrase'
> {
  readonly store?: string | undefined;
  readonly fallback?: boolean | undefined;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; SchannelError ERR_SCHANNEL_STORE_NAME */
export function siteIdentity({ store, fallback, ...given }: IdentityOptions, names: SiteNames): SiteIdentity {
  if (store !== undefined && typeof store !== 'string')
    throw invalidType('options.store', 'of type string', store);
  if (fallback !== undefined && typeof fallback !== 'boolean') {
    throw invalidType('options.fallback', 'of type boolean', fallback);
  }
  const { certificate, ...files } = given;
  if (Object.values(files).some(isGiven) || (isGiven(certificate) && !isSearch(certificate))) {
    if (fallback === true || store !== undefined) throw nothingToSearch();
    return { first: defined(given), byName: [], fallback: null };
  }
  const search = isSearch(certificate) ? { ...(store !== undefined && { store }), ...certificate } : null;
  return search === null
    ? byNames(names, parseStoreName(store ?? 'MY').path, fallback ?? true)
    : bySearch(search, names, fallback ?? true);
}

function byNames(names: SiteNames, store: string, fallback: boolean): SiteIdentity {
  const queries = [...names.dns.map((dns) => ({ dns })), ...names.ip.map((ip) => ({ ip }))];
  const [wildcards, plain] = [names.dns.filter(isWildcard), names.dns.filter((name) => !isWildcard(name))];
  const first = 'dns' in names.first ? names.first.dns : null;
  // The default serves the first name, unless a wildcard would.
  const others = [...wildcards, ...plain].filter(
    (name) => name !== first || wildcards.some((wildcard) => hostPattern(wildcard).test(name)),
  );
  return {
    first: { certificate: { ...names.first, store } },
    byName: others.map((dns) => [dns, { dns, store }]),
    fallback: fallback ? { store, searches: queries } : null,
  };
}

function bySearch(search: CertificateSearch, names: SiteNames, fallback: boolean): SiteIdentity {
  const { store, matches } = parseSearch(search);
  if (!fallback) return { first: { certificate: search }, byName: [], fallback: null };
  return {
    // It may be about an issuer, or anything else that a fall-back does not have.
    first: {
      certificate: {
        store,
        where: async (certificate) => (await matches(certificate)) || isFallbackFor(certificate, names),
      },
    },
    byName: [],
    fallback: { store, searches: [{ where: matches }] },
  };
}

/**
 * The certificates that a manager has placed, whatever names they have: if a name fails, it may be left out.
 *
 * @param managed what the manager says about one of the names
 */
export function managedIdentity(
  managed: CertificateSearch,
  names: SiteNames,
  fallback: boolean,
): SiteIdentity {
  const { path: store } = parseStoreName(managed.store ?? 'MY');
  const isManaged = async (certificate: Certificate): Promise<boolean> =>
    !certificate.isSelfIssued && (await managed.where?.(certificate)) === true;
  return {
    first: {
      certificate: {
        store,
        where: async (certificate) =>
          (fallback && isFallbackFor(certificate, names)) || isManaged(certificate),
      },
    },
    byName: [],
    fallback: fallback ? { store, searches: [{ where: isManaged }] } : null,
  };
}

const isWildcard = (name: string): boolean => name.startsWith('*.');
const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Without the properties that are undefined. */
const defined = <Options extends object>(options: Options): Options =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => isGiven(value))) as Options;

const nothingToSearch = (): TypeError =>
  argumentError(
    'ERR_INVALID_ARG_VALUE',
    "The properties 'store' and 'fallback' are for a certificate that is searched for, and 'certificate', 'pfx' or " +
      "'cert' is one",
  );
