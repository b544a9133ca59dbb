import { domainToASCII } from 'node:url';
import { inspect } from 'node:util';
import { isIP } from 'node:net';
import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { canonicalAddress } from './ip-address.js';

/** Names for the subject alternative name (RFC 5280 §4.2.1.6). */
export interface AlternativeNames {
  /** In ASCII. */
  readonly dns: readonly string[];
  /** In the shortest form. */
  readonly ip: readonly string[];
  /** E-mail addresses, in ASCII. */
  readonly email: readonly string[];
  /** User principal names, 'anna@bar.example': the Windows accounts that can log on. */
  readonly upn: readonly string[];
  /** In ASCII. */
  readonly uri: readonly string[];
}

/**
 * Names in the form for certificates: international names as A-labels ('xn--…', RFC 5890), without a final dot; each
 * name once.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE for an invalid name or address, ERR_INVALID_ARG_TYPE for what is no list
 */
export const alternativeNames = ({
  dns = [],
  ip = [],
  email = [],
  upn = [],
  uri = [],
}: Partial<AlternativeNames>): AlternativeNames => ({
  dns: namesOf('dns', dns, asciiName),
  ip: namesOf('ip', ip, address),
  email: namesOf('email', email, mailbox),
  upn: namesOf('upn', upn, account),
  uri: namesOf('uri', uri, absoluteUri),
});

/** Each of them once. */
function namesOf(kind: keyof AlternativeNames, names: unknown, read: (name: string) => string): string[] {
  if (!Array.isArray(names)) throw invalidType(`names.${kind}`, 'an Array', names);
  return [
    ...new Set(
      Array.from(names, (name: unknown) => {
        if (typeof name === 'string') return read(name);
        throw refusal(kind, 'text', name);
      }),
    ),
  ];
}

/**
 * Host names and addresses, in any order. An address of IPv6 may have brackets.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE
 */
export const hostNames = (given: readonly string[]): AlternativeNames =>
  alternativeNames({
    dns: given.filter((name) => canonicalAddress(name) === null),
    ip: given.filter((name) => canonicalAddress(name) !== null),
  });

export const hasNames = (names: AlternativeNames): boolean => Object.values(names).flat().length > 0;

/** A label of a host name. '_' is in use, and the first label may be '*' (RFC 6125 §6.4.3). */
const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const NAME = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`);

/** What ends a host for domainToASCII(), or what it removes or decodes: 'a.example/path' would become 'a.example'. */
const NOT_IN_NAMES = /[\s/:?#@[\]\\%\p{Cc}]/u;

/** In A-labels; '' if it is not a host name. */
const toAscii = (name: string): string => (NOT_IN_NAMES.test(name) ? '' : domainToASCII(name));

function asciiName(name: string): string {
  const ascii = toAscii(name).replace(/\.$/, '');
  if (NAME.test(ascii) && ascii.length <= 253 && isIP(ascii) === 0) return ascii;
  throw refusal('dns', "host names; put addresses into 'ip'", name);
}

function address(text: string): string {
  const canonical = text.includes('%') ? null : canonicalAddress(text);
  if (canonical !== null) return canonical;
  throw refusal('ip', 'IP addresses', text);
}

/** A mailbox (RFC 5321 §4.1.2) without quotes. Its domain is written in A-labels (RFC 5280 §7.5). */
function mailbox(text: string): string {
  const [, local, domain] = /^([\w.!#$%&'*+/=?^`{|}~-]{1,64})@([^@\s]+)$/.exec(text) ?? [];
  const ascii = domain === undefined ? '' : toAscii(domain);
  if (local !== undefined && NAME.test(ascii) && !ascii.startsWith('*')) return `${local}@${ascii}`;
  throw refusal('email', "addresses such as 'anna@bar.example'", text);
}

function account(text: string): string {
  // eslint-disable-next-line no-control-regex -- it must contain none
  if (/^[^@\u0000-\u0020]{1,256}@[^@\u0000-\u0020]{1,255}$/.test(text)) return text;
  throw refusal('upn', "accounts such as 'anna@bar.example'", text);
}

function absoluteUri(text: string): string {
  const url = URL.canParse(text) ? new URL(text).href : '';
  // An IA5String.
  if (/^[!-~]{1,2048}$/.test(url)) return url;
  throw refusal('uri', "addresses such as 'https://bar.example/'", text);
}

const refusal = (property: keyof AlternativeNames, what: string, received: unknown): TypeError =>
  argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property '${property}' must contain ${what}. Received ${inspect(received)}`,
  );
