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
 * Criteria for our certificate; all of them must match. The certificate must also have a private key, be valid now,
 * and be for our side, server or client. If several match, certificates of an authority come before self-signed ones,
 * and of these the newest is taken. Use `issuer` to choose the authority.
 */
export interface CertificateSearch extends Omit<CertificateQuery, 'validAt'> {
  /** As in openStore(). Default 'CurrentUser\\MY'. */
  readonly store?: string;
}

/** A search, checked. */
export interface ParsedSearch {
  /** 'LocalMachine\\MY'. */
  readonly store: string;
  /** All criteria except side and time. */
  readonly matches: CertificateMatcher;
}

/** The purpose that a certificate must allow. */
export type Purpose = 'serverAuth' | 'clientAuth';

/** A certificate that matches. */
export interface FoundCertificate {
  readonly contents: CertificateContents;
  readonly stored: StoredIdentity;
}

/** What a search needs of a store. */
export interface SearchedStore {
  find(query: CertificateQuery): Promise<Certificate[]>;
}

/** What a search finds at some moment. */
export interface Findings {
  /** The best one first. */
  readonly valid: readonly FoundCertificate[];
  /** When the next one becomes valid; null if none will. */
  readonly nextFrom: Date | null;
}

/** Whether a value of the option is a search, and not a certificate or something else. */
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
      'The criterion "validAt" can\'t be given for a certificate to show: it must be valid now',
    );
  }
  return { store: parseStoreName(store).path, matches: matcherOf(query) };
}

/** @throws SchannelError if the store can't be read */
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
    // Their contents can still be read.
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
    `No certificate in ${store} with a private key, for ${purpose} and valid now, matches "certificate"`,
    {
      phase: 'store',
      advice: 'See what "schannel cert find" lists. Each account has its own CurrentUser stores.',
    },
  );
