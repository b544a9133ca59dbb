import { argumentError } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { Certificate } from '../../windows/store/certificate.js';
import type { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { newestValidFirst } from '../../windows/store/order.js';
import { type CertificateMatcher, type CertificateQuery, matcherOf } from '../../windows/store/query.js';
import { parseStoreName } from '../../windows/store/store-name.js';
import { openStore } from '../../windows/store/store.js';
import { storedOf, type StoredIdentity } from './choice.js';

/**
 * What our certificate is looked for by; all that is given must hold. It must have a private key, be valid now and be
 * for our side, a server's or a client's. Of several, those that an authority issued come before self-signed ones, and of
 * these the one issued last is taken; `issuer` says whose it has to be.
 */
export interface CertificateSearch extends Omit<CertificateQuery, 'validAt'> {
  /** As in openStore(). Default 'CurrentUser\\MY'. */
  readonly store?: string;
}

/** A search, checked. */
export interface ParsedSearch {
  /** 'LocalMachine\\MY'. */
  readonly store: string;
  /** All but side and time. */
  readonly matches: CertificateMatcher;
}

/** The purpose that a certificate has to allow. */
export type Purpose = 'serverAuth' | 'clientAuth';

/** A certificate that can be shown. */
export interface FoundCertificate {
  readonly contents: CertificateContents;
  readonly stored: StoredIdentity;
}

/** A store as a search needs it. */
export interface SearchedStore {
  find(query: CertificateQuery): Promise<Certificate[]>;
}

/** What a search comes to at a moment. */
export interface Findings {
  /** The best one first. */
  readonly valid: readonly FoundCertificate[];
  /** When the next one becomes valid; null when none does. */
  readonly nextFrom: Date | null;
}

/** Tells a search from a certificate; any other value is neither. */
export function isSearch(choice: unknown): choice is CertificateSearch {
  if (typeof choice !== 'object' || choice === null || 'raw' in choice) return false;
  const prototype: unknown = Object.getPrototypeOf(choice);
  return (prototype === Object.prototype || prototype === null) && Object.keys(choice).length > 0;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; SchannelError ERR_SCHANNEL_STORE_NAME */
export function parseSearch({ store = 'MY', ...query }: CertificateSearch): ParsedSearch {
  if ('validAt' in query) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      'The criterion "validAt" is always now for a certificate that is to be shown',
    );
  }
  return { store: parseStoreName(store).path, matches: matcherOf(query) };
}

/** @throws SchannelError when the store cannot be read */
export async function lookIn(
  store: SearchedStore,
  search: ParsedSearch,
  { purpose, now }: { readonly purpose: Purpose; readonly now: Date },
): Promise<Findings> {
  const certificates = await store.find({ hasPrivateKey: true, eku: purpose, where: search.matches });
  try {
    const valid = newestValidFirst(certificates, now).filter((certificate) => certificate.isValid(now));
    const starts = certificates
      .map(({ validFrom }) => validFrom.getTime())
      .filter((moment) => moment > now.getTime());
    return {
      valid: valid.map((certificate) => ({ contents: certificate, stored: storedOf(certificate) })),
      nextFrom: starts.length === 0 ? null : new Date(Math.min(...starts)),
    };
  } finally {
    // What stands in them can be read all the same.
    for (const certificate of certificates) certificate.close();
  }
}

/**
 * Looks once.
 * @throws SchannelError ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND, ERR_SCHANNEL_STORE_NOT_FOUND,
 *   ERR_SCHANNEL_STORE_ACCESS_DENIED
 */
export async function findNewest(search: ParsedSearch, purpose: Purpose): Promise<StoredIdentity> {
  const store = await openStore(search.store, { readOnly: true });
  try {
    const [found] = (await lookIn(store, search, { purpose, now: new Date() })).valid;
    if (found) return found.stored;
    throw nothingFound(search, purpose);
  } finally {
    store.close();
  }
}

export const nothingFound = ({ store }: ParsedSearch, purpose: Purpose): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND',
    `No certificate in ${store} with a private key, for ${purpose} and valid now, is what "certificate" looks for`,
    {
      phase: 'store',
      advice: 'Look with "schannel cert find"; another account has another CurrentUser.',
    },
  );
