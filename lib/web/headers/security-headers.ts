import { validateHeaderName, validateHeaderValue } from 'node:http';

/** Headers by name; null for one that is not sent. */
export type HeaderChoice = Readonly<Record<string, string | null>>;

/**
 * What every answer has unless the site says otherwise: its pages load from itself only, are in nobody's frame, say
 * nothing to other sites, and are what their type says (Content Security Policy Level 3, Fetch, HTML).
 */
const DEFAULTS: HeaderChoice = {
  'Content-Security-Policy':
    "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/**
 * The headers of every answer, in the order in which they are set.
 *
 * @param choice replaces and adds headers, and leaves those out that are null; names in any case
 * @throws TypeError ERR_INVALID_HTTP_TOKEN, ERR_INVALID_CHAR, ERR_HTTP_INVALID_HEADER_VALUE
 */
export function securityHeaders(
  choice: HeaderChoice = {},
): readonly (readonly [name: string, value: string])[] {
  const chosen = new Map<string, readonly [name: string, value: string | null]>();
  for (const [name, value] of [...Object.entries(DEFAULTS), ...Object.entries(choice)]) {
    validateHeaderName(name);
    if (value !== null) validateHeaderValue(name, value);
    chosen.set(name.toLowerCase(), [name, value]);
  }
  return [...chosen.values()].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}
