import type { X509Certificate } from 'node:crypto';
import { integerWithin, invalidType } from '../../base/errors/argument-error.js';

/** Strict-Transport-Security (RFC 6797). */
export interface StrictTransportOptions {
  /** Seconds for which a browser remembers it. Default 60 days. */
  readonly maxAge?: number | undefined;
  /** It counts for all names below as well. Default false. */
  readonly includeSubDomains?: boolean | undefined;
}

/** A mistake ends after this time, and a renewed certificate has come before: Let's Encrypt's renew every 60 days. */
const SIXTY_DAYS_S = 5_184_000;
const TWO_YEARS_S = 63_072_000;

/**
 * The value of the header; null for none.
 * @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE
 */
export function strictTransport(given: boolean | StrictTransportOptions = false): string | null {
  if (given === false) return null;
  if (given !== true && (typeof given !== 'object' || (given as unknown) === null)) {
    throw invalidType('options.hsts', 'of type boolean or an object', given);
  }
  const { maxAge = SIXTY_DAYS_S, includeSubDomains = false } = given === true ? {} : given;
  integerWithin('options.hsts.maxAge', maxAge, 0, TWO_YEARS_S);
  return `max-age=${maxAge}${includeSubDomains ? '; includeSubDomains' : ''}`;
}

/** A connection that knows the certificate that it showed: a TLSSocket. */
export interface Showing {
  getX509Certificate(): X509Certificate | undefined;
}

/**
 * Whether the certificate of a connection is one that visitors can be bound to. A self-signed one is not, and neither
 * is one for trying out: with Strict-Transport-Security a browser lets nobody past its warning (RFC 6797 §12.1).
 */
export function isLasting(connection: Showing): boolean {
  const known = judged.get(connection);
  if (known !== undefined) return known;
  const certificate = connection.getX509Certificate();
  const verdict =
    certificate !== undefined &&
    certificate.issuer !== certificate.subject &&
    !FOR_TRYING_OUT.test(certificate.issuer);
  judged.set(connection, verdict);
  return verdict;
}

/** Once for each connection, not for each request. */
const judged = new WeakMap<Showing, boolean>();

/** Let's Encrypt's staging issuers have it in their names, those of pebble its own. */
const FOR_TRYING_OUT = /\(staging\)|\bfake le\b|\bpebble intermediate\b/i;
