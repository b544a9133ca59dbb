import { extensionValues, outlineOf } from '../../../formats/x509/outline.js';
import { spanAt, spansIn } from '../../../formats/asn1/der-spans.js';
import { dateIn, type JsonObject, objectOf, textIn } from '../http/json.js';

/** When a server suggests to renew a certificate (RFC 9773 §4.2). */
export interface RenewalInfo {
  readonly start: Date;
  readonly end: Date;
  /** Where the server explains it; null if it does not. */
  readonly explanation: string | null;
  /** When to ask again, between a minute and a day from now. */
  readonly retryAfter: Date;
}

/** AuthorityKeyIdentifier (RFC 5280 §4.2.1.1). */
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
const KEY_IDENTIFIER_TAG = 0x80;

/**
 * A certificate's name for its server (RFC 9773 §4.1): its authority's key and its serial number.
 *
 * @param certificate DER
 * @returns null for a certificate that does not name its authority's key
 * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE
 */
export function certificateId(certificate: Uint8Array): string | null {
  const outline = outlineOf(certificate);
  const value = extensionValues(outline).get(AUTHORITY_KEY_IDENTIFIER);
  const authority =
    value === undefined
      ? undefined
      : spansIn(spanAt(value, 0).content).find(({ tag }) => tag === KEY_IDENTIFIER_TAG);
  if (authority === undefined) return null;
  return [authority.content, outline.serialNumber]
    .map((bytes) => Buffer.from(bytes).toString('base64url'))
    .join('.');
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** RFC 9773 §4.3.3, for servers that do not say when to ask again. */
const USUALLY_MS = 21_600_000;

/** @returns null for a window that ends before it begins, which counts as no answer (RFC 9773 §4.2) */
export function readRenewalInfo(
  document: JsonObject,
  retryAfter: Date | null,
  now = new Date(),
): RenewalInfo | null {
  const window = objectOf(document['suggestedWindow']) ?? {};
  const [start, end] = [dateIn(window, 'start'), dateIn(window, 'end')];
  if (start === null || end === null || end <= start) return null;
  const wait = retryAfter === null ? USUALLY_MS : retryAfter.getTime() - now.getTime();
  return {
    start,
    end,
    explanation: textIn(document, 'explanationURL').slice(0, 2048) || null,
    retryAfter: new Date(now.getTime() + Math.min(Math.max(wait, MINUTE_MS), DAY_MS)),
  };
}
